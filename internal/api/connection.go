package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/fault"
	"patchboard/internal/health"
	"patchboard/internal/integration"
	"patchboard/internal/rbac"
)

// ConnectAttemptView is one way to a provider's consent page, and what came of it.
type ConnectAttemptView struct {
	ID              string        `json:"id"`
	Status          string        `json:"status" enum:"open,exchanging,succeeded,denied,failed,not_finished,other_account"`
	StartedBy       string        `json:"startedBy"`
	StartedAt       time.Time     `json:"startedAt"`
	Expires         time.Time     `json:"expires"`
	Account         string        `json:"account,omitempty" doc:"Whose grant came back"`
	PreviousAccount string        `json:"previousAccount,omitempty" doc:"Whose account is connected, where that is another"`
	Code            string        `json:"code,omitempty" doc:"The provider's own word for what went wrong"`
	Detail          string        `json:"detail,omitempty"`
	Guidance        *GuidanceView `json:"guidance,omitempty"`
}

func (a *API) connectAttemptView(t *integration.Attempt, connected connector.Account) *ConnectAttemptView {
	v := &ConnectAttemptView{ID: t.ID, Status: string(t.Status), StartedBy: t.By, StartedAt: t.Started, Expires: t.Expires, Account: t.Account.Name}
	if t.Status == integration.AttemptAsks {
		v.PreviousAccount = connected.Name
	}
	if f := t.Failure; f != nil {
		v.Code, v.Detail = f.Code, f.Detail
		if t.Status != integration.AttemptDenied {
			g := guidanceView(a.Integration.Guide(t.Slug, f))
			v.Guidance = &g
		}
	}
	return v
}

type connectRequest struct {
	BySlug

	Body struct {
		Settings json.RawMessage `json:"settings,omitempty" doc:"To connect with; without them those that there are"`
	}
}

type connectResponse struct {
	Body struct {
		AuthorizeURL string             `json:"authorizeUrl" doc:"The provider's consent page"`
		Attempt      ConnectAttemptView `json:"attempt"`
	}
}

func (a *API) connect(ctx context.Context, in *connectRequest) (*connectResponse, error) {
	b, err := a.Integration.Connect(ctx, actorOf(ctx), in.Slug, in.Body.Settings)
	if err != nil {
		return nil, err
	}
	out := &connectResponse{}
	out.Body.AuthorizeURL, out.Body.Attempt = b.AuthorizeURL, *a.connectAttemptView(&b.Attempt, connector.Account{})
	return out, nil
}

// PasteView is a token that a person makes at the provider.
type PasteView struct {
	Label    string   `json:"label"`
	Help     string   `json:"help" doc:"What it is for"`
	Steps    []string `json:"steps" doc:"How it is made, in order"`
	URL      string   `json:"url" doc:"Where it is made"`
	LifeDays int      `json:"lifeDays,omitempty" doc:"How long such tokens usually last; the end of one that was pasted is assumed from it"`
}

func pasteView(p *connector.Paste) *PasteView {
	if p == nil {
		return nil
	}
	return &PasteView{Label: p.Label, Help: p.Help, Steps: append([]string{}, p.Steps...), URL: p.Made, LifeDays: int(p.Life / (24 * time.Hour))}
}

type pasteRequest struct {
	BySlug

	Body struct {
		Token    string          `json:"token" writeOnly:"true" doc:"As it was copied at the provider; it is tried before it is kept, and never shown again"`
		Settings json.RawMessage `json:"settings,omitempty" doc:"To connect with; without them those that there are"`
	}
}

func (a *API) pasteToken(ctx context.Context, in *pasteRequest) (*attemptResponse, error) {
	actor := actorOf(ctx)
	t, err := a.Integration.Paste(ctx, actor, in.Slug, in.Body.Token, in.Body.Settings)
	if err != nil {
		return nil, err
	}
	return a.oneAttempt(ctx, actor, t)
}

type scopesRequest struct {
	BySlug

	Body struct {
		Settings json.RawMessage `json:"settings" doc:"As they would be saved; nothing is"`
	}
}

type scopesResponse struct {
	Body struct {
		Scopes []ScopeView `json:"scopes"`
		Token  *PasteView  `json:"token,omitempty" doc:"What is pasted instead of signing in there"`
	}
}

func (a *API) scopesFor(ctx context.Context, in *scopesRequest) (*scopesResponse, error) {
	needs, err := a.Integration.Needs(ctx, actorOf(ctx), in.Slug, in.Body.Settings)
	if err != nil {
		return nil, err
	}
	out := &scopesResponse{}
	out.Body.Scopes, out.Body.Token = []ScopeView{}, pasteView(needs.Paste)
	for _, s := range needs.Scopes {
		out.Body.Scopes = append(out.Body.Scopes, ScopeView{Name: s.Name, Why: s.Why, Required: s.Required})
	}
	return out, nil
}

// ByAttempt is the request of a route that names an attempt.
type ByAttempt struct {
	BySlug

	ID string `path:"id" maxLength:"64"`
}

type attemptResponse struct{ Body ConnectAttemptView }

func (a *API) attempt(ctx context.Context, in *ByAttempt) (*attemptResponse, error) {
	actor := actorOf(ctx)
	t, err := a.Integration.Attempt(ctx, actor, in.Slug, in.ID)
	if err != nil {
		return nil, err
	}
	return a.oneAttempt(ctx, actor, t)
}

func (a *API) oneAttempt(ctx context.Context, actor rbac.Actor, t *integration.Attempt) (*attemptResponse, error) {
	d, err := a.Integration.Get(ctx, actor, t.Slug)
	if err != nil {
		return nil, err
	}
	return &attemptResponse{Body: *a.connectAttemptView(t, d.Connection.Account)}, nil
}

type decideRequest struct {
	ByAttempt

	Body struct {
		Action string `json:"action" enum:"replace,discard" doc:"Whether the other account takes the place of the one that is connected"`
	}
}

func (a *API) decideAttempt(ctx context.Context, in *decideRequest) (*attemptResponse, error) {
	actor := actorOf(ctx)
	t, err := a.Integration.Decide(ctx, actor, in.Slug, in.ID, in.Body.Action == "replace")
	if err != nil {
		return nil, err
	}
	return a.oneAttempt(ctx, actor, t)
}

type callbackRequest struct {
	State       string `query:"state"`
	Code        string `query:"code"`
	Error       string `query:"error"`
	Description string `query:"error_description"`
}

type callbackResponse struct {
	Status   int
	Location string `header:"Location"`
}

// serveCallback serves the way back without huma: what else a provider puts into the
// address is its own matter, and has to be ignored (RFC 6749, section 4.1.2).
func (a *API) serveCallback(q *request) error {
	in := q.req.URL.Query()
	out, err := a.oauthCallback(q.req.Context(), &callbackRequest{
		State: in.Get("state"), Code: in.Get("code"), Error: in.Get("error"), Description: in.Get("error_description"),
	})
	if err != nil {
		return err
	}
	q.Header().Set("Location", out.Location)
	q.WriteHeader(out.Status)
	return nil
}

// oauthCallback takes a browser back from a provider and leads it to a page that says
// what came of it. It is open to everybody, since a session may have ended meanwhile:
// then there is a page that says so, and no grant.
func (a *API) oauthCallback(ctx context.Context, in *callbackRequest) (*callbackResponse, error) {
	q := requestOf(ctx)
	if err := a.authenticate(q); err != nil && fault.KindOf(err) != fault.Unauthenticated { //nolint:contextcheck // q carries it
		return nil, err
	}
	to := url.Values{}
	t, err := a.Integration.Return(ctx, q.actor, integration.Callback{State: in.State, Code: in.Code, Error: in.Error, Description: in.Description})
	var f *fault.Error
	switch {
	case err == nil:
		to.Set("integration", t.Slug)
		to.Set("attempt", t.ID)
	case errors.As(err, &f) && f.Kind != fault.Internal:
		to.Set("problem", f.Type)
	default:
		return nil, err
	}
	return &callbackResponse{Status: http.StatusSeeOther, Location: "/connected?" + to.Encode()}, nil
}

// CheckStepView is one step of a check.
type CheckStepView struct {
	Name       string `json:"name" enum:"dns,tls,token,scope,call"`
	State      string `json:"state" enum:"ok,failed,skipped"`
	Detail     string `json:"detail"`
	DurationMs int64  `json:"durationMs"`
}

type checkResponse struct {
	Body struct {
		OK       bool               `json:"ok"`
		Health   *IntegrationHealth `json:"health"`
		Steps    []CheckStepView    `json:"steps"`
		Guidance *GuidanceView      `json:"guidance,omitempty"`
	}
}

func (a *API) checkIntegration(ctx context.Context, in *BySlug) (*checkResponse, error) {
	c, err := a.Integration.Check(ctx, actorOf(ctx), in.Slug)
	if err != nil {
		return nil, err
	}
	out := &checkResponse{}
	out.Body.OK, out.Body.Health = c.Failure == nil, healthView(&c.Connection)
	for _, s := range c.Steps {
		out.Body.Steps = append(out.Body.Steps, CheckStepView{Name: s.Name, State: string(s.State), Detail: s.Detail, DurationMs: s.Took.Milliseconds()})
	}
	if c.Failure != nil {
		g := guidanceView(a.Integration.Guide(in.Slug, c.Failure))
		out.Body.Guidance = &g
	}
	return out, nil
}

// FailureView is why something did not work.
type FailureView struct {
	Class    string       `json:"class"`
	Code     string       `json:"code,omitempty"`
	Detail   string       `json:"detail,omitempty"`
	Guidance GuidanceView `json:"guidance"`
}

// RunView is one run of reading.
type RunView struct {
	ID         string       `json:"id"`
	Trigger    string       `json:"trigger" enum:"schedule,manual,connect,resume"`
	Kind       string       `json:"kind" enum:"first,incremental" doc:"A load of everything, or what has changed"`
	State      string       `json:"state" enum:"running,succeeded,failed,interrupted,partial"`
	StartedAt  time.Time    `json:"startedAt"`
	EndedAt    *time.Time   `json:"endedAt,omitempty"`
	DurationMs int64        `json:"durationMs"`
	Pages      int64        `json:"pages"`
	Read       int64        `json:"read"`
	Created    int64        `json:"created"`
	Changed    int64        `json:"changed"`
	Removed    int64        `json:"removed"`
	Skipped    int64        `json:"skipped" doc:"There, and not asked for"`
	Events     int64        `json:"events" doc:"That were raised"`
	Partial    []string     `json:"partial" doc:"Sources that could not be read"`
	Off        []string     `json:"off" doc:"Parts that are off, as no permission for them was granted; that is no failure"`
	Failure    *FailureView `json:"failure,omitempty"`
}

func (a *API) runView(slug string, r *integration.Run) *RunView {
	v := &RunView{
		ID: r.ID(), Trigger: string(r.Why), Kind: "incremental", State: string(r.State), StartedAt: r.Started, EndedAt: ago(r.Ended),
		Pages: r.Pages, Read: r.Read(), Created: r.Created, Changed: r.Changed, Removed: r.Removed, Skipped: r.Skipped, Events: r.Events,
		Partial: append([]string{}, r.Partial...), Off: append([]string{}, r.Off...),
	}
	if r.First {
		v.Kind = "first"
	}
	end := r.Ended
	if end.IsZero() {
		end = a.Clock()
	}
	v.DurationMs = max(end.Sub(r.Started).Milliseconds(), 0)
	if f := r.Failure; f != nil {
		v.Failure = &FailureView{Class: string(f.Class), Code: f.Code, Detail: f.Detail, Guidance: guidanceView(a.Integration.Guide(slug, f))}
	}
	return v
}

type syncRequest struct {
	BySlug

	Body struct {
		Full   bool `json:"full,omitempty" doc:"Read everything again"`
		Events bool `json:"events,omitempty" doc:"With full: raise the events of what was not known"`
	}
}

type syncResponse struct {
	Body struct {
		Run RunView `json:"run" doc:"The run that goes on now"`
	}
}

func (a *API) syncIntegration(ctx context.Context, in *syncRequest) (*syncResponse, error) {
	r, err := a.Integration.Sync(ctx, actorOf(ctx), in.Slug, integration.Order{Full: in.Body.Full, Events: in.Body.Events})
	if err != nil {
		return nil, err
	}
	out := &syncResponse{}
	out.Body.Run = *a.runView(in.Slug, r)
	return out, nil
}

type integrationListRequest struct {
	BySlug
	Paging
}

type runsResponse struct{ Body Page[RunView] }

func (a *API) syncRuns(ctx context.Context, in *integrationListRequest) (*runsResponse, error) {
	position, err := listRuns.position(in.Cursor)
	if err != nil {
		return nil, err
	}
	p, err := a.Integration.Runs(ctx, actorOf(ctx), in.Slug, position, in.Limit)
	if err != nil {
		return nil, err
	}
	return &runsResponse{Body: pageOf(p.Items, listRuns.cursor(p.Next), func(r *integration.Run) RunView { return *a.runView(in.Slug, r) })}, nil
}

// HealthSlotView is a part of the time that a strip shows.
type HealthSlotView struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Checks int64     `json:"checks"`
	Failed int64     `json:"failed"`
	Worst  string    `json:"worst" enum:"healthy,degraded,error,reauthorize,none"`
}

// HealthResultView is what one check found.
type HealthResultView struct {
	At         time.Time `json:"at"`
	OK         bool      `json:"ok"`
	Class      string    `json:"class,omitempty"`
	Code       string    `json:"code,omitempty"`
	Detail     string    `json:"detail,omitempty"`
	Status     string    `json:"status" enum:"healthy,degraded,error,reauthorize"`
	DurationMs int64     `json:"durationMs"`
	Trigger    string    `json:"trigger" enum:"schedule,manual,connect,sync,post"`
}

type historyRequest struct {
	BySlug
	Paging

	Since time.Time `query:"since" doc:"Of the strip and the checks (RFC 3339); at most 90 days back. Default: 24 hours back"`
}

type historyResponse struct {
	Body struct {
		Page[HealthResultView]

		Strip []HealthSlotView `json:"strip" doc:"Equal parts of the time since, oldest first"`
	}
}

func (a *API) healthHistory(ctx context.Context, in *historyRequest) (*historyResponse, error) {
	position, err := listChecks.position(in.Cursor)
	if err != nil {
		return nil, err
	}
	h, err := a.Integration.History(ctx, actorOf(ctx), in.Slug, in.Since, position, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &historyResponse{}
	for _, s := range h.Strip {
		v := HealthSlotView{From: s.From, To: s.To, Checks: s.Checks, Failed: s.Failed, Worst: "none"}
		if s.Checks > 0 {
			v.Worst = string(s.Worst)
		}
		out.Body.Strip = append(out.Body.Strip, v)
	}
	out.Body.Page = pageOf(h.Items, listChecks.cursor(h.Next), func(r integration.Result) HealthResultView {
		return HealthResultView{
			At: r.At, OK: r.Class == health.None, Class: string(r.Class), Code: r.Code, Detail: r.Detail, Status: string(r.Status),
			DurationMs: r.Took.Milliseconds(), Trigger: string(r.Why),
		}
	})
	return out, nil
}

// RuleView says that messages about events go to a place.
type RuleView struct {
	Events  []string `json:"events" maxItems:"100"`
	Channel string   `json:"channel"`
	Title   string   `json:"title" doc:"Fields of the event as in {{data.email}}"`
	Text    string   `json:"text"`
}

type ruleRequest struct {
	BySlug

	Body struct {
		Rule      RuleView `json:"rule"`
		EventType string   `json:"eventType" maxLength:"200"`
	}
}

type previewResponse struct {
	Body struct {
		Title string `json:"title"`
		Text  string `json:"text"`
	}
}

func (a *API) previewRule(ctx context.Context, in *ruleRequest) (*previewResponse, error) {
	m, err := a.Integration.Preview(ctx, actorOf(ctx), in.Slug, connector.Rule(in.Body.Rule), in.Body.EventType)
	if err != nil {
		return nil, err
	}
	out := &previewResponse{}
	out.Body.Title, out.Body.Text = m.Title, m.Text
	return out, nil
}

type postResponse struct {
	Body struct {
		OK       bool          `json:"ok"`
		Detail   string        `json:"detail,omitempty"`
		Guidance *GuidanceView `json:"guidance,omitempty"`
	}
}

func (a *API) postRule(ctx context.Context, in *ruleRequest) (*postResponse, error) {
	f, err := a.Integration.Post(ctx, actorOf(ctx), in.Slug, connector.Rule(in.Body.Rule), in.Body.EventType)
	if err != nil {
		return nil, err
	}
	out := &postResponse{}
	out.Body.OK = f == nil
	if f != nil {
		g := guidanceView(a.Integration.Guide(in.Slug, f))
		out.Body.Detail, out.Body.Guidance = f.Code, &g
	}
	return out, nil
}

// NotificationView is one message.
type NotificationView struct {
	ID        string     `json:"id"`
	Event     string     `json:"event,omitempty" doc:"What it tells of; without one it is Patchboard's own"`
	EventType string     `json:"eventType,omitempty"`
	Channel   string     `json:"channel"`
	Title     string     `json:"title"`
	State     string     `json:"state" enum:"waiting,posted,failed,collapsed" doc:"collapsed: told of in one message with others"`
	Attempts  int64      `json:"attempts"`
	NextAt    *time.Time `json:"nextAt,omitempty"`
	Error     string     `json:"error,omitempty"`
	At        time.Time  `json:"at"`
}

type notificationsResponse struct{ Body Page[NotificationView] }

func (a *API) notifications(ctx context.Context, in *integrationListRequest) (*notificationsResponse, error) {
	position, err := listMessages.position(in.Cursor)
	if err != nil {
		return nil, err
	}
	p, err := a.Integration.Messages(ctx, actorOf(ctx), in.Slug, position, in.Limit)
	if err != nil {
		return nil, err
	}
	return &notificationsResponse{Body: pageOf(p.Items, listMessages.cursor(p.Next), func(m *integration.Message) NotificationView {
		return NotificationView{
			ID: m.ID(), Event: m.EventID(), EventType: m.EventType, Channel: m.Channel, Title: m.Title, State: m.State, Attempts: m.Attempts,
			NextAt: ago(m.Next), Error: m.Code, At: m.Key.Time(),
		}
	})}, nil
}
