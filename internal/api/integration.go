package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/integration"
	"patchboard/internal/rbac"
)

// GuidanceView is what to do about a failure.
type GuidanceView struct {
	Cause string   `json:"cause" doc:"What is wrong"`
	Who   string   `json:"who" enum:"nobody,admin,operator,workspace" doc:"Who can mend it; nobody: it passes by itself"`
	Steps []string `json:"steps" doc:"What to do, in order"`
	Link  string   `json:"link,omitempty" doc:"Where it can be mended"`
}

func guidanceView(g connector.Guidance) GuidanceView {
	return GuidanceView{Cause: g.Cause, Who: string(g.Who), Steps: append([]string{}, g.Steps...), Link: g.Link}
}

// IntegrationHealth is what the checks of a connection have found.
type IntegrationHealth struct {
	Status  string     `json:"status" enum:"healthy,degraded,error,reauthorize"`
	Since   time.Time  `json:"since"`
	Checked *time.Time `json:"checked,omitempty" doc:"The last check"`
	Called  *time.Time `json:"called,omitempty" doc:"When a check last asked the provider, where its quota bears few calls; the others go by what that one found"`
	LastOK  *time.Time `json:"lastOk,omitempty" doc:"The last check that was good"`
	Class   string     `json:"class,omitempty" doc:"Why the last check failed"`
	Code    string     `json:"code,omitempty" doc:"The provider's own word for it"`
	Detail  string     `json:"detail,omitempty"`
}

// AttentionView is what a person should look at.
type AttentionView struct {
	GuidanceView

	Title   string    `json:"title"`
	Since   time.Time `json:"since"`
	Affects []string  `json:"affects" doc:"What does not work meanwhile"`
	Action  string    `json:"action" enum:"reconnect,test,setup,wait" doc:"The one thing to do first"`
}

// IntegrationView is a card: a system of the catalog as this organization has it.
type IntegrationView struct {
	Slug         string             `json:"slug" example:"google-calendar"`
	Name         string             `json:"name"`
	Category     string             `json:"category"`
	Description  string             `json:"description"`
	Icon         string             `json:"icon" doc:"An SVG as a data URL, in one colour"`
	Status       integration.Word   `json:"status" enum:"Connected,Paused,Error,Reconnect needed,Available,Connecting"`
	StatusSince  *time.Time         `json:"statusSince,omitempty"`
	StatusBy     string             `json:"statusBy,omitempty" doc:"Who put it there: an e-mail address, the API key, or Patchboard for a rule"`
	StatusReason string             `json:"statusReason,omitempty"`
	Enabled      bool               `json:"enabled" doc:"Connected, and not paused"`
	Configured   bool               `json:"configured" doc:"There is a client id, or its settings need none"`
	Syncs        bool               `json:"syncs" doc:"Records are read from it"`
	Notifies     bool               `json:"notifies" doc:"Messages are posted to it"`
	Health       *IntegrationHealth `json:"health,omitempty"`
	LastSync     *time.Time         `json:"lastSync,omitempty" doc:"The last run that read everything there was"`
	Syncing      bool               `json:"syncing"`
	Account      string             `json:"account,omitempty" doc:"Whose account is connected"`
	Attention    *AttentionView     `json:"attention,omitempty" doc:"Something is broken"`
	Imports      bool               `json:"imports" doc:"Contacts can be imported from a file that it exports, without connecting it"`
	AccessEnds   *time.Time         `json:"accessEnds,omitempty" doc:"When the access ends, unless somebody connects it again before"`
	Usage        *UsageView         `json:"usage,omitempty" doc:"Of a quota of the provider's, where it tells"`

	AccessEndsAssumed bool `json:"accessEndsAssumed,omitempty" doc:"The provider did not say when: it is the latest that there can be"`
}

// UsageView is how much of a quota is used.
type UsageView struct {
	Label  string    `json:"label" example:"API calls in 24 hours, by all programs"`
	Used   int       `json:"used"`
	Limit  int       `json:"limit"`
	ReadAt time.Time `json:"readAt" doc:"When the provider said so"`
}

func integrationView(c *integration.Card) IntegrationView {
	n := &c.Connection
	v := IntegrationView{
		Slug: c.About.Slug, Name: c.About.Name, Category: string(c.About.Category), Description: c.About.Description,
		Icon:   "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(c.About.Icon),
		Status: n.Word(), StatusSince: ago(n.StateAt), StatusBy: n.StateBy, StatusReason: n.StateReason,
		Enabled: n.State == integration.Connected, Configured: c.App.Source != integration.AppNone || c.Paste != nil,
		Syncs: c.Reads, Notifies: c.Notifies, Syncing: c.Syncing, Imports: c.Imports, AccessEnds: ago(c.Ends), AccessEndsAssumed: c.EndsAssumed,
	}
	if n.On() {
		v.Account, v.LastSync = n.Account.Name, ago(n.LastSync)
		if u := n.Usage; !u.At.IsZero() {
			v.Usage = &UsageView{Label: u.Label, Used: u.Used, Limit: u.Limit, ReadAt: u.At}
		}
		if n.Health.Status != "" {
			v.Health = healthView(n)
			if every := c.About.CallEvery; every > 0 {
				v.Health.Called = ago(c.Called)
			}
		}
	}
	if a := c.Attention; a != nil {
		v.Attention = &AttentionView{GuidanceView: guidanceView(a.Guidance), Title: a.Title, Since: a.Since, Affects: append([]string{}, a.Affects...), Action: string(a.Action)}
	}
	return v
}

func healthView(n *integration.Connection) *IntegrationHealth {
	h := n.Health
	return &IntegrationHealth{
		Status: string(h.Status), Since: h.Since, Checked: ago(n.Checked), LastOK: ago(h.LastOK), Class: string(h.Class), Code: n.Code, Detail: n.Detail,
	}
}

// IntegrationGroup is one half of the catalog.
type IntegrationGroup struct {
	Count        int               `json:"count"`
	Integrations []IntegrationView `json:"integrations"`
}

// CategoryView is a category and its systems' number.
type CategoryView struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

type integrationsResponse struct {
	Body struct {
		Connected  IntegrationGroup `json:"connected" doc:"Every granted connection, paused and failing ones too"`
		Available  IntegrationGroup `json:"available" doc:"The rest of the catalog"`
		Categories struct {
			Count      int            `json:"count"`
			Categories []CategoryView `json:"categories"`
		} `json:"categories"`
	}
}

func (a *API) integrations(ctx context.Context, _ *struct{}) (*integrationsResponse, error) {
	cards, err := a.Integration.List(ctx, actorOf(ctx))
	if err != nil {
		return nil, err
	}
	out := &integrationsResponse{}
	b := &out.Body
	b.Connected.Integrations, b.Available.Integrations = []IntegrationView{}, []IntegrationView{}
	counts := map[connector.Category]int{}
	for i := range cards {
		to := &b.Available
		if cards[i].Connection.On() {
			to = &b.Connected
		}
		to.Count++
		to.Integrations = append(to.Integrations, integrationView(&cards[i]))
		counts[cards[i].About.Category]++
	}
	b.Categories.Count = len(connector.Categories)
	for _, c := range connector.Categories {
		b.Categories.Categories = append(b.Categories.Categories, CategoryView{Name: string(c), Count: counts[c]})
	}
	return out, nil
}

// FieldView is one setting, for people.
type FieldView struct {
	Name       string `json:"name" doc:"Its name in settings"`
	Label      string `json:"label"`
	Help       string `json:"help"`
	Kind       string `json:"kind" enum:"toggle,number,choices,rules,choice,text"`
	Min        *int   `json:"min,omitempty"`
	Max        *int   `json:"max,omitempty" doc:"Of a text: characters"`
	Unit       string `json:"unit,omitempty"`
	HasChoices bool   `json:"hasChoices" doc:"GET …/choices lists what can be chosen, once connected"`

	Options  []ChoiceView   `json:"options,omitempty" doc:"The values of a choice"`
	Example  string         `json:"example,omitempty"`
	Optional bool           `json:"optional,omitempty" doc:"A text may be empty"`
	When     *ConditionView `json:"when,omitempty" doc:"The field matters only then"`
}

// ConditionView says that another field has a value.
type ConditionView struct {
	Field string   `json:"field"`
	Value string   `json:"value"`
	Or    []string `json:"or,omitempty" doc:"Other values that do as well"`
}

// ScopeView is a permission.
type ScopeView struct {
	Name     string `json:"name"`
	Why      string `json:"why"`
	Required bool   `json:"required"`
	Granted  *bool  `json:"granted,omitempty"`
}

// AppView is the application at the provider.
type AppView struct {
	Configured  bool   `json:"configured"`
	Source      string `json:"source" enum:"organization,configuration," doc:"Who has entered it: this organization, or this installation's configuration"`
	ClientID    string `json:"clientId,omitempty" doc:"For system administrators"`
	CallbackURL string `json:"callbackUrl" doc:"To be entered at the provider, character for character"`
	Console     string `json:"console,omitempty" doc:"Where the application is set up"`
	MayEdit     bool   `json:"mayEdit"`
}

// SyncView is how a connection is read.
type SyncView struct {
	EverySeconds int               `json:"everySeconds"`
	Due          *time.Time        `json:"due,omitempty"`
	Running      *RunView          `json:"running,omitempty"`
	LastRun      *RunView          `json:"lastRun,omitempty"`
	Records      []RecordCountView `json:"records"`
}

// RecordCountView is how many records of a kind there are.
type RecordCountView struct {
	Kind  string `json:"kind" enum:"contact,campaign,email,meeting,opportunity"`
	Count int64  `json:"count"`
}

// DestinationView is a place that takes no messages.
type DestinationView struct {
	Channel  string       `json:"channel"`
	Error    string       `json:"error" doc:"The provider's own word for it"`
	Since    time.Time    `json:"since"`
	Guidance GuidanceView `json:"guidance"`
}

// IntegrationDetail is a system with all that its page shows.
type IntegrationDetail struct {
	IntegrationView

	Version           int64               `json:"version" doc:"Send it as If-Match to change what you read"`
	Does              []string            `json:"does" doc:"What follows from connecting it"`
	Stays             string              `json:"stays" doc:"What stays after a disconnection"`
	App               AppView             `json:"app"`
	AccountID         string              `json:"accountId,omitempty"`
	ConnectedAt       *time.Time          `json:"connectedAt,omitempty"`
	ConnectedBy       string              `json:"connectedBy,omitempty"`
	CheckEverySeconds int                 `json:"checkEverySeconds" doc:"Between two checks, give or take a tenth"`
	Scopes            []ScopeView         `json:"scopes"`
	Settings          json.RawMessage     `json:"settings"`
	Fields            []FieldView         `json:"fields"`
	Sync              *SyncView           `json:"sync,omitempty"`
	Attempt           *ConnectAttemptView `json:"attempt,omitempty" doc:"The last try to connect, for a day, unless it has succeeded"`
	Destinations      []DestinationView   `json:"destinations"`
	Token             *PasteView          `json:"token,omitempty" doc:"What is pasted to connect it, with its settings, instead of signing in there"`
}

const stays = "Records that were read, settings and history stay. Tokens are deleted."

type integrationResponse struct {
	ETag string `header:"ETag"`
	Body IntegrationDetail
}

// BySlug is the request of a route that names one integration.
type BySlug struct {
	Slug string `path:"slug" maxLength:"40" example:"gmail"`
}

func (a *API) integration(ctx context.Context, in *BySlug) (*integrationResponse, error) {
	actor := actorOf(ctx)
	d, err := a.Integration.Get(ctx, actor, in.Slug)
	if err != nil {
		return nil, err
	}
	return &integrationResponse{ETag: etag(d.Connection.Version), Body: a.integrationDetail(actor, d)}, nil
}

func (a *API) integrationDetail(actor rbac.Actor, d *integration.Detail) IntegrationDetail {
	n := &d.Connection
	v := IntegrationDetail{
		IntegrationView: integrationView(&d.Card), Version: n.Version, Does: append([]string{}, d.About.Does...), Stays: stays,
		App: AppView{
			Configured: d.App.Source != integration.AppNone, Source: string(d.App.Source), CallbackURL: d.Callback, Console: d.About.Console,
			MayEdit: actor.Can(rbac.IntegrationApp),
		},
		CheckEverySeconds: int(d.CheckEvery.Seconds()), Scopes: []ScopeView{}, Settings: n.Settings, Fields: []FieldView{}, Destinations: []DestinationView{},
		Token: pasteView(d.Paste),
	}
	if actor.Can(rbac.IntegrationApp) {
		v.App.ClientID = d.App.ClientID
	}
	if len(v.Settings) == 0 {
		v.Settings = json.RawMessage("{}")
	}
	if n.On() {
		v.AccountID, v.ConnectedAt, v.ConnectedBy = n.Account.ID, ago(n.ConnectedAt), n.ConnectedBy
	}
	for _, s := range d.Scopes {
		v.Scopes = append(v.Scopes, ScopeView{Name: s.Name, Why: s.Why, Required: s.Required, Granted: s.Granted})
	}
	for _, f := range d.Fields {
		v.Fields = append(v.Fields, fieldView(f))
	}
	if d.Reads && n.On() {
		v.Sync = a.syncView(d)
	}
	if d.Attempt != nil {
		v.Attempt = a.connectAttemptView(d.Attempt, n.Account)
	}
	for _, p := range d.Places {
		v.Destinations = append(v.Destinations, DestinationView{Channel: p.Channel, Error: p.Code, Since: p.Since, Guidance: guidanceView(p.Guidance)})
	}
	return v
}

func fieldView(f connector.Field) FieldView {
	v := FieldView{Name: f.Name, Label: f.Label, Help: f.Help, Kind: string(f.Kind), Unit: f.Unit, HasChoices: f.HasChoices}
	switch f.Kind {
	case connector.Number:
		v.Min, v.Max = &f.Min, &f.Max
	case connector.Text:
		v.Max, v.Example, v.Optional = &f.Max, f.Example, f.Optional
	case connector.One:
		for _, o := range f.Options {
			v.Options = append(v.Options, ChoiceView(o))
		}
	case connector.Toggle, connector.Many, connector.RulesToPost: // nothing more to say
	}
	if f.When != nil {
		v.When = (*ConditionView)(f.When)
	}
	return v
}

func (a *API) syncView(d *integration.Detail) *SyncView {
	v := &SyncView{EverySeconds: int(d.Connection.Every.Seconds()), Due: ago(d.Connection.SyncDue), Records: []RecordCountView{
		{"contact", d.Records.Contacts}, {"campaign", d.Records.Campaigns}, {"email", d.Records.Emails}, {"meeting", d.Records.Meetings},
		{"opportunity", d.Records.Opportunities},
	}}
	if d.Running != nil {
		v.Running = a.runView(d.About.Slug, d.Running)
	}
	if d.Last != nil {
		v.LastRun = a.runView(d.About.Slug, d.Last)
	}
	return v
}

type changeIntegrationRequest struct {
	BySlug
	Condition

	Body struct {
		Enabled          *bool           `json:"enabled,omitempty" doc:"False pauses: nothing more is read or posted"`
		Reason           string          `json:"reason,omitempty" doc:"For switching: scheduled, suspected_leak, person_left, maintenance, failing or other"`
		Settings         json.RawMessage `json:"settings,omitempty" doc:"Replaces the settings; fields describe them"`
		SyncEverySeconds *int            `json:"syncEverySeconds,omitempty" doc:"60 to 86400"`
	}
}

func (a *API) changeIntegration(ctx context.Context, in *changeIntegrationRequest) (*integrationResponse, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	p := integration.Patch{IfMatch: version, Enabled: in.Body.Enabled, Reason: in.Body.Reason, Settings: in.Body.Settings}
	if n := in.Body.SyncEverySeconds; n != nil {
		every := time.Duration(min(max(*n, -1), 1_000_000)) * time.Second
		p.Every = &every
	}
	if err := a.Integration.Update(ctx, actorOf(ctx), in.Slug, p); err != nil {
		return nil, err
	}
	return a.integration(ctx, &in.BySlug)
}

type saveAppRequest struct {
	BySlug

	Body struct {
		ClientID     string `json:"clientId" maxLength:"2000"`
		ClientSecret string `json:"clientSecret" maxLength:"2000" writeOnly:"true"`
	}
}

func (a *API) saveApp(ctx context.Context, in *saveAppRequest) (*integrationResponse, error) {
	if err := a.Integration.SaveApp(ctx, actorOf(ctx), in.Slug, connector.App{ID: in.Body.ClientID, Secret: in.Body.ClientSecret}); err != nil {
		return nil, err
	}
	return a.integration(ctx, &in.BySlug)
}

func (a *API) removeApp(ctx context.Context, in *BySlug) (*integrationResponse, error) {
	if err := a.Integration.RemoveApp(ctx, actorOf(ctx), in.Slug); err != nil {
		return nil, err
	}
	return a.integration(ctx, in)
}

func (a *API) askForApp(ctx context.Context, in *BySlug) (*struct{}, error) {
	return nil, a.Integration.AskForApp(ctx, actorOf(ctx), in.Slug)
}

type choicesResponse struct {
	Body struct {
		Fields []ChoicesView `json:"fields"`
	}
}

// ChoicesView is what can be chosen for a field of the settings.
type ChoicesView struct {
	Name    string       `json:"name" doc:"The field's"`
	Choices []ChoiceView `json:"choices"`
}

// ChoiceView is one value.
type ChoiceView struct {
	Value string `json:"value"`
	Label string `json:"label"`
	Hint  string `json:"hint,omitempty"`
}

func (a *API) choices(ctx context.Context, in *BySlug) (*choicesResponse, error) {
	actor := actorOf(ctx)
	d, err := a.Integration.Get(ctx, actor, in.Slug)
	if err != nil {
		return nil, err
	}
	all, err := a.Integration.Choices(ctx, actor, in.Slug)
	if err != nil {
		return nil, err
	}
	out := &choicesResponse{}
	out.Body.Fields = []ChoicesView{}
	for _, f := range d.Fields {
		if !f.HasChoices {
			continue
		}
		v := ChoicesView{Name: f.Name, Choices: []ChoiceView{}}
		for _, c := range all[f.Name] {
			v.Choices = append(v.Choices, ChoiceView(c))
		}
		out.Body.Fields = append(out.Body.Fields, v)
	}
	return out, nil
}

type impactResponse struct {
	Body struct {
		Events        int64               `json:"events" doc:"That its records raised in the last 7 days"`
		Notifications int64               `json:"notifications" doc:"Posted in the last 7 days"`
		Syncs         int64               `json:"syncs" doc:"Runs in the last 7 days"`
		Records       int64               `json:"records" doc:"That stay, and are read no more"`
		Webhooks      []ImpactWebhookView `json:"webhooks" doc:"That get events of its kinds"`
	}
}

// ImpactWebhookView is a webhook that would get fewer events.
type ImpactWebhookView struct {
	ID     string   `json:"id"`
	URL    string   `json:"url"`
	Events []string `json:"events"`
}

func (a *API) impact(ctx context.Context, in *BySlug) (*impactResponse, error) {
	i, err := a.Integration.Stops(ctx, actorOf(ctx), in.Slug)
	if err != nil {
		return nil, err
	}
	out := &impactResponse{}
	out.Body.Events, out.Body.Notifications, out.Body.Syncs, out.Body.Records = i.Events, i.Notifications, i.Syncs, i.Records
	out.Body.Webhooks = []ImpactWebhookView{}
	for _, w := range i.Webhooks {
		out.Body.Webhooks = append(out.Body.Webhooks, ImpactWebhookView(w))
	}
	return out, nil
}

type disconnectResponse struct {
	Body struct {
		Revoked bool   `json:"revoked" doc:"The provider has ended the grant too"`
		Message string `json:"message"`
		Stays   string `json:"stays"`
	}
}

func (a *API) disconnect(ctx context.Context, in *BySlug) (*disconnectResponse, error) {
	e, err := a.Integration.Disconnect(ctx, actorOf(ctx), in.Slug)
	if err != nil {
		return nil, err
	}
	out := &disconnectResponse{}
	out.Body.Revoked, out.Body.Message, out.Body.Stays = e.Revoked, e.Message, stays
	return out, nil
}
