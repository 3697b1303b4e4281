package api

import (
	"context"
	"time"

	"patchboard/internal/alert"
)

// AlertView is one problem, or a piece of news.
type AlertView struct {
	ID       string         `json:"id" example:"alr_01h455vb4pex5vsknk084sn02q"`
	Kind     alert.Kind     `json:"kind" example:"webhook.disabled"`
	Severity alert.Severity `json:"severity" enum:"problem,warning,notice"`
	Title    string         `json:"title"`
	Detail   string         `json:"detail,omitempty" doc:"What happened"`
	Steps    []string       `json:"steps" doc:"What to do"`
	Link     string         `json:"link" doc:"The page of the console that helps"`
	Subject  AlertSubject   `json:"subject"`
	Opened   time.Time      `json:"opened"`
	Closed   *time.Time     `json:"closed,omitempty" doc:"Missing while it lasts; news is closed as it comes"`
	Closing  *AlertClosing  `json:"closing,omitempty" doc:"How it ended"`
	Read     bool           `json:"read" doc:"By the person who asks"`
	Told     []AlertTold    `json:"told" doc:"Messages about it outside the console"`
}

// AlertSubject is what an alert is about.
type AlertSubject struct {
	Type string `json:"type" example:"webhook"`
	ID   string `json:"id"`
	Name string `json:"name"`
}

// AlertClosing says how a problem ended.
type AlertClosing struct {
	Title  string `json:"title"`
	Detail string `json:"detail,omitempty"`
}

// AlertTold is one message about an alert.
type AlertTold struct {
	Phase    alert.Phase     `json:"phase" enum:"opened,closed"`
	Channel  alert.Channel   `json:"channel" enum:"email,slack,webhook"`
	To       string          `json:"to,omitempty" doc:"For system administrators, and one's own address"`
	State    alert.SendState `json:"state" enum:"pending,sent,failed"`
	Attempts int             `json:"attempts"`
	Error    string          `json:"error,omitempty" doc:"Of the last try; for system administrators"`
	At       *time.Time      `json:"at,omitempty" doc:"When it was sent, or given up"`
}

func alertView(a alert.Alert) AlertView {
	v := AlertView{
		ID: a.ID, Kind: a.Kind, Severity: a.Severity, Title: a.Title, Detail: a.Detail, Steps: a.Steps, Link: a.Link,
		Subject: AlertSubject(a.Subject), Opened: a.Opened, Closed: ago(a.Closed), Read: a.Read,
		Told: pageOf(a.Told, "", toldView).Items,
	}
	if a.Closing.Title != "" {
		v.Closing = &AlertClosing{a.Closing.Title, a.Closing.Detail}
	}
	return v
}

func toldView(t alert.Told) AlertTold {
	return AlertTold{Phase: t.Phase, Channel: t.Channel, To: t.To, State: t.State, Attempts: t.Attempts, Error: t.Error, At: ago(t.At)}
}

// AlertPage is a page of alerts: what lasts first, then what is over.
type AlertPage struct {
	Page[AlertView]

	Unread int `json:"unread" doc:"Alerts that the person who asks has not read, counted up to 100"`
}

type alertsResponse struct{ Body AlertPage }

func (a *API) alerts(ctx context.Context, in *struct{ Paging }) (*alertsResponse, error) {
	position, err := listAlerts.position(in.Cursor)
	if err != nil {
		return nil, err
	}
	p, err := a.Alert.List(ctx, actorOf(ctx), position, in.Limit)
	if err != nil {
		return nil, err
	}
	return &alertsResponse{Body: AlertPage{Page: pageOf(p.Items, listAlerts.cursor(p.Next), alertView), Unread: p.Unread}}, nil
}

type readAlertsRequest struct {
	Body struct {
		Until time.Time `json:"until,omitzero" doc:"Everything opened up to this time"`
		IDs   []string  `json:"ids,omitempty" maxItems:"200" doc:"Or these alone"`
	}
}

type unreadResponse struct {
	Body struct {
		Unread int `json:"unread"`
	}
}

func (a *API) readAlerts(ctx context.Context, in *readAlertsRequest) (*unreadResponse, error) {
	n, err := a.Alert.Read(ctx, actorOf(ctx), in.Body.Until, in.Body.IDs)
	if err != nil {
		return nil, err
	}
	out := &unreadResponse{}
	out.Body.Unread = n
	return out, nil
}

// AlertRoute is where the alerts of one kind go beside the console.
type AlertRoute struct {
	Kind              alert.Kind     `json:"kind" maxLength:"60"`
	Severity          alert.Severity `json:"severity,omitempty" enum:"problem,warning,notice" readOnly:"true"`
	MailSystemAdmins  bool           `json:"mailSystemAdmins" doc:"System administrators are mailed, unless they chose otherwise"`
	MailUtilityAdmins bool           `json:"mailUtilityAdmins" doc:"Utility administrators are mailed, unless they chose otherwise"`
	Slack             bool           `json:"slack"`
	Webhook           bool           `json:"webhook" doc:"The operational webhook"`
}

// AlertRoutes are an organization's routes.
type AlertRoutes struct {
	Items         []AlertRoute `json:"items"`
	SlackChannel  string       `json:"slackChannel" doc:"A channel's id or name; empty leaves it to the Slack connection"`
	WebhookURL    string       `json:"webhookUrl" doc:"Of the operational webhook; empty for none"`
	WebhookSecret string       `json:"webhookSecret,omitempty" doc:"Only in the answer to the change that made it"`
	Version       int64        `json:"version" doc:"Send it as If-Match to change what you read"`
}

type alertRoutesResponse struct {
	ETag string `header:"ETag"`
	Body AlertRoutes
}

func routesAnswer(r alert.Routes) *alertRoutesResponse {
	items := pageOf(r.Items, "", func(i alert.Route) AlertRoute {
		return AlertRoute{i.Kind, alert.SeverityOf(i.Kind), i.MailSystemAdmins, i.MailUtilityAdmins, i.Slack, i.Webhook}
	}).Items
	return &alertRoutesResponse{ETag: etag(r.Version), Body: AlertRoutes{
		Items: items, SlackChannel: r.SlackChannel, WebhookURL: r.WebhookURL, WebhookSecret: r.Secret.Reveal(), Version: r.Version,
	}}
}

func (a *API) alertRoutes(ctx context.Context, _ *struct{}) (*alertRoutesResponse, error) {
	r, err := a.Alert.Routes(ctx, actorOf(ctx))
	if err != nil {
		return nil, err
	}
	return routesAnswer(r), nil
}

type setAlertRoutesRequest struct {
	Condition

	Body struct {
		Items        []AlertRoute `json:"items,omitempty" maxItems:"50" doc:"Kinds that are missing stay as they are"`
		SlackChannel *string      `json:"slackChannel,omitempty" maxLength:"200" doc:"Left out, it stays"`
		WebhookURL   *string      `json:"webhookUrl,omitempty" maxLength:"4096" doc:"Left out, it stays. The first address makes the signing secret; an empty one deletes it"`
		NewSecret    bool         `json:"newSecret,omitempty" doc:"Make a new signing secret"`
	}
}

func (a *API) setAlertRoutes(ctx context.Context, in *setAlertRoutesRequest) (*alertRoutesResponse, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	c := alert.Change{SlackChannel: in.Body.SlackChannel, WebhookURL: in.Body.WebhookURL, NewSecret: in.Body.NewSecret, Version: version}
	for _, i := range in.Body.Items {
		c.Items = append(c.Items, alert.Route{Kind: i.Kind, MailSystemAdmins: i.MailSystemAdmins, MailUtilityAdmins: i.MailUtilityAdmins, Slack: i.Slack, Webhook: i.Webhook})
	}
	r, err := a.Alert.SetRoutes(ctx, actorOf(ctx), c)
	if err != nil {
		return nil, err
	}
	return routesAnswer(r), nil
}

// AlertPreference is whether a person is mailed about a kind.
type AlertPreference struct {
	Kind  alert.Kind `json:"kind" maxLength:"60"`
	Email bool       `json:"email"`
	Own   bool       `json:"own" doc:"Chosen by the person; false follows the organization's default for the role"`
}

type alertPreferencesBody struct {
	Items []AlertPreference `json:"items" maxItems:"50"`
	Mail  bool              `json:"mail" readOnly:"true" doc:"Whether a mail server is set up at all"`
}

type alertPreferencesResponse struct{ Body alertPreferencesBody }

func (a *API) preferencesAnswer(all []alert.Preference) *alertPreferencesResponse {
	items := pageOf(all, "", func(p alert.Preference) AlertPreference { return AlertPreference(p) }).Items
	return &alertPreferencesResponse{Body: alertPreferencesBody{Items: items, Mail: a.Alert.Mails()}}
}

func (a *API) alertPreferences(ctx context.Context, _ *struct{}) (*alertPreferencesResponse, error) {
	all, err := a.Alert.Preferences(ctx, actorOf(ctx))
	if err != nil {
		return nil, err
	}
	return a.preferencesAnswer(all), nil
}

type setAlertPreferencesRequest struct {
	Body struct {
		Items []AlertPreference `json:"items" maxItems:"50" doc:"Kinds that are missing stay as they are"`
	}
}

func (a *API) setAlertPreferences(ctx context.Context, in *setAlertPreferencesRequest) (*alertPreferencesResponse, error) {
	items := make([]alert.Preference, len(in.Body.Items))
	for i, p := range in.Body.Items {
		items[i] = alert.Preference(p)
	}
	all, err := a.Alert.SetPreferences(ctx, actorOf(ctx), items)
	if err != nil {
		return nil, err
	}
	return a.preferencesAnswer(all), nil
}

// AlertTrial is what a test alert came to.
type AlertTrial struct {
	OK         bool   `json:"ok"`
	To         string `json:"to,omitempty" doc:"Where it went"`
	Detail     string `json:"detail" doc:"What the other end said"`
	DurationMs int64  `json:"durationMs"`
}

type alertTrialResponse struct{ Body AlertTrial }

type testAlertRequest struct {
	Body struct {
		Channel alert.Channel `json:"channel" enum:"email,slack,webhook"`
	}
}

func (a *API) testAlert(ctx context.Context, in *testAlertRequest) (*alertTrialResponse, error) {
	return a.trial(ctx, in.Body.Channel)
}

func (a *API) testMail(ctx context.Context, _ *struct{}) (*alertTrialResponse, error) {
	return a.trial(ctx, alert.Email)
}

func (a *API) trial(ctx context.Context, ch alert.Channel) (*alertTrialResponse, error) {
	t, err := a.Alert.Test(ctx, actorOf(ctx), ch)
	if err != nil {
		return nil, err
	}
	return &alertTrialResponse{Body: AlertTrial{OK: t.OK, To: t.To, Detail: t.Detail, DurationMs: t.Elapsed.Milliseconds()}}, nil
}

// MailView is how the way by e-mail stands.
type MailView struct {
	Configured bool          `json:"configured" doc:"Whether a mail server is set up"`
	Address    string        `json:"address,omitempty" example:"smtp.example.com:587"`
	From       string        `json:"from,omitempty"`
	TLS        alert.TLSMode `json:"tls,omitempty" enum:"starttls,tls,none"`
	LastSent   *time.Time    `json:"lastSent,omitempty" doc:"To somebody of this organization"`
	LastFailed *time.Time    `json:"lastFailed,omitempty"`
	LastError  string        `json:"lastError,omitempty"`
}

func mailView(m alert.MailState) MailView {
	return MailView{
		Configured: m.Configured, Address: m.Address, From: m.From, TLS: m.TLS,
		LastSent: ago(m.LastSent), LastFailed: ago(m.LastFailed), LastError: m.LastError,
	}
}
