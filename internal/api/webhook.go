package api

import (
	"context"
	"time"

	"patchboard/internal/rbac"
	"patchboard/internal/webhook"
)

// WebhookView is a webhook as the API shows it.
type WebhookView struct {
	ID                  string         `json:"id" example:"wh_01h455vb4pex5vsknk084sn02q"`
	URL                 string         `json:"url"`
	Description         string         `json:"description"`
	Events              []string       `json:"events"`
	Format              string         `json:"format" enum:"standard,slack,teams,discord" doc:"Of the body that is sent"`
	Enabled             bool           `json:"enabled"`
	Status              webhook.Status `json:"status" enum:"active,off,failing,disabled"`
	StatusReason        string         `json:"statusReason,omitempty" doc:"Why it is off or disabled, if somebody said"`
	StatusSince         time.Time      `json:"statusSince"`
	StatusBy            string         `json:"statusBy,omitempty" doc:"Who switched it: an e-mail address, the API key, or Patchboard for a rule"`
	Health              WebhookHealth  `json:"health"`
	HasHeaders          bool           `json:"hasHeaders" doc:"With custom headers, only a system administrator may change the URL"`
	HeaderNames         []string       `json:"headerNames,omitempty" doc:"For system administrators; the values are never shown"`
	PreviousSecretUntil *time.Time     `json:"previousSecretUntil,omitempty" doc:"How long the secret before the last rotation signs too"`
	Created             time.Time      `json:"created"`
	Updated             time.Time      `json:"updated"`
	HasHeld             bool           `json:"hasHeld,omitempty" doc:"Deliveries are held for it; in a list and on a single webhook"`
	Waiting             *WaitingView   `json:"waiting,omitempty" doc:"On a single webhook"`
	Version             int64          `json:"version" doc:"Send it as If-Match to change what you read"`
}

// WaitingView is what waits for a webhook.
type WaitingView struct {
	Pending int64 `json:"pending"`
	Held    int64 `json:"held" doc:"Wait for an administrator to send or discard them"`
}

// WebhookHealth is how an endpoint has answered lately.
type WebhookHealth struct {
	OK           bool         `json:"ok"`
	LastSuccess  *time.Time   `json:"lastSuccess,omitempty" doc:"To the minute"`
	FirstFailure *time.Time   `json:"firstFailure,omitempty" doc:"Of the failures since the last success"`
	Failures     int64        `json:"failures" doc:"Tries that failed since the last success"`
	LastCheck    *CheckedView `json:"lastCheck,omitempty"`
}

// CheckedView is a verdict that was given earlier.
type CheckedView struct {
	Kind    webhook.Kind `json:"kind" enum:"save,test,enable,validate"`
	At      time.Time    `json:"at"`
	OK      bool         `json:"ok"`
	Message string       `json:"message,omitempty"`
	Cause   string       `json:"cause,omitempty"`
	Detail  string       `json:"detail,omitempty"`
}

func webhookView(actor rbac.Actor, w *webhook.Webhook) WebhookView {
	v := WebhookView{
		ID: w.ID, URL: w.URL, Description: w.Description, Events: w.Events, Format: w.Format,
		Enabled: w.Enabled(), Status: w.Status(), StatusReason: w.StateReason, StatusSince: w.StateAt, StatusBy: w.StateBy,
		HasHeaders: w.HasHeaders(), PreviousSecretUntil: ago(w.PreviousUntil),
		Created: w.Created, Updated: w.Updated, Version: w.Version,
		Health: WebhookHealth{
			OK: w.Health.OK(), LastSuccess: ago(w.Health.LastSuccess), FirstFailure: ago(w.Health.FirstFailure), Failures: w.Health.Failures,
		},
	}
	if c := w.Health.Verdict; c != nil {
		v.Health.LastCheck = &CheckedView{Kind: c.Kind, At: c.At, OK: c.OK, Message: c.Message, Cause: c.Cause, Detail: c.Detail}
	}
	if actor.Can(rbac.WebhookHeaders) {
		v.HeaderNames = w.HeaderNames
	}
	return v
}

type webhooksResponse struct {
	Body struct {
		ActiveWebhooks  []WebhookView `json:"activeWebhooks" doc:"Every webhook that is not deleted, oldest first"`
		AvailableEvents []string      `json:"availableEvents"`
	}
}

func (a *API) webhooks(ctx context.Context, _ *struct{}) (*webhooksResponse, error) {
	actor := actorOf(ctx)
	all, err := a.Webhook.List(ctx, actor)
	if err != nil {
		return nil, err
	}
	events, err := a.Webhook.KnownEvents(ctx, actor.OrganizationID)
	if err != nil {
		return nil, err
	}
	held, err := a.Delivery.Holding(ctx, actor.OrganizationID)
	if err != nil {
		return nil, err
	}
	out := &webhooksResponse{}
	out.Body.ActiveWebhooks, out.Body.AvailableEvents = make([]WebhookView, len(all)), events
	for i := range all {
		out.Body.ActiveWebhooks[i] = webhookView(actor, &all[i])
		out.Body.ActiveWebhooks[i].HasHeld = held[all[i].Num]
	}
	return out, nil
}

type webhookResponse struct {
	ETag string `header:"ETag"`
	Body WebhookView
}

func oneWebhook(actor rbac.Actor, w *webhook.Webhook) *webhookResponse {
	return &webhookResponse{ETag: etag(w.Version), Body: webhookView(actor, w)}
}

func (a *API) webhook(ctx context.Context, in *ByID) (*webhookResponse, error) {
	w, err := a.Webhook.Get(ctx, actorOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	pending, held, err := a.Delivery.Waiting(ctx, w.Num)
	if err != nil {
		return nil, err
	}
	out := oneWebhook(actorOf(ctx), w)
	out.Body.Waiting, out.Body.HasHeld = &WaitingView{Pending: pending, Held: held}, held > 0
	return out, nil
}

type addWebhookRequest struct {
	Body struct {
		URL         string            `json:"url" doc:"https, with a public address" example:"https://api.example.com/webhooks/contacts"`
		Events      []string          `json:"events" maxItems:"10000" doc:"At least one of availableEvents"`
		Secret      string            `json:"secret,omitempty" writeOnly:"true" doc:"whsec_…; leave it out to have one made"`
		Enabled     *bool             `json:"enabled,omitempty" doc:"False saves it switched off, without a test request; default true"`
		Description string            `json:"description,omitempty"`
		Format      string            `json:"format,omitempty" doc:"standard, slack, teams or discord; default standard" example:"standard"`
		Headers     map[string]string `json:"headers,omitempty" writeOnly:"true" doc:"Custom headers; for system administrators"`
	}
}

// NewWebhookView is a new webhook, with its secret for this once.
type NewWebhookView struct {
	WebhookView

	Secret  string  `json:"secret" doc:"Shown here once; a system administrator can read it again"`
	Verdict Verdict `json:"verdict" doc:"What the check of the address came to. Of one saved switched off the detail says when its name does not resolve"`
}

type addWebhookResponse struct {
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     NewWebhookView
}

func (a *API) addWebhook(ctx context.Context, in *addWebhookRequest) (*addWebhookResponse, error) {
	actor, b := actorOf(ctx), &in.Body
	made, err := a.Webhook.Create(ctx, actor, webhook.NewWebhook{
		URL: b.URL, Events: b.Events, Secret: b.Secret, Off: b.Enabled != nil && !*b.Enabled,
		Description: b.Description, Format: b.Format, Headers: b.Headers,
	})
	if err != nil {
		return nil, err
	}
	return &addWebhookResponse{
		Location: prefix + "v1/webhooks/" + made.Webhook.ID, ETag: etag(made.Webhook.Version),
		Body: NewWebhookView{WebhookView: webhookView(actor, &made.Webhook), Secret: made.Secret.Reveal(), Verdict: verdictView(made.Verdict)},
	}, nil
}

type changeWebhookRequest struct {
	ByID
	Condition

	Body struct {
		URL         *string            `json:"url,omitempty"`
		Events      *[]string          `json:"events,omitempty" maxItems:"10000"`
		Enabled     *bool              `json:"enabled,omitempty" doc:"Takes effect before the answer: off means that no further request starts"`
		Reason      string             `json:"reason,omitempty" doc:"For switching: scheduled, suspected_leak, person_left, maintenance, failing or other"`
		Description *string            `json:"description,omitempty"`
		Format      *string            `json:"format,omitempty" doc:"standard, slack, teams or discord; checked like a new URL"`
		Headers     map[string]*string `json:"headers,omitempty" writeOnly:"true" doc:"Replaces the custom headers; null keeps a stored value. For system administrators"`
	}
}

func (a *API) changeWebhook(ctx context.Context, in *changeWebhookRequest) (*webhookResponse, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	actor, b := actorOf(ctx), &in.Body
	p := webhook.Patch{
		URL: b.URL, Events: b.Events, Enabled: b.Enabled, Reason: b.Reason, Description: b.Description, Format: b.Format, Headers: b.Headers,
	}
	if version != 0 {
		p.IfMatch = &version
	}
	w, err := a.Webhook.Update(ctx, actor, in.ID, p)
	if err != nil {
		return nil, err
	}
	return oneWebhook(actor, w), nil
}

func (a *API) deleteWebhook(ctx context.Context, in *ByID) (*struct{}, error) {
	return nil, a.Webhook.Delete(ctx, actorOf(ctx), in.ID)
}

type newSecretResponse struct {
	Body struct {
		Secret string `json:"secret"`
	}
}

func (a *API) newSecret(context.Context, *struct{}) (*newSecretResponse, error) {
	out := &newSecretResponse{}
	out.Body.Secret = a.Webhook.NewSecret().Reveal()
	return out, nil
}

type secretResponse struct {
	Body struct {
		Secret        string     `json:"secret"`
		PreviousUntil *time.Time `json:"previousUntil,omitempty" doc:"Until when the previous secret signs too"`
	}
}

func oneSecret(s *webhook.SecretView) *secretResponse {
	out := &secretResponse{}
	out.Body.Secret, out.Body.PreviousUntil = s.Secret.Reveal(), ago(s.PreviousUntil)
	return out
}

func (a *API) webhookSecret(ctx context.Context, in *ByID) (*secretResponse, error) {
	s, err := a.Webhook.Secret(ctx, actorOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return oneSecret(s), nil
}

type rotateSecretRequest struct {
	ByID

	Body *struct {
		OverlapHours *int `json:"overlapHours,omitempty" doc:"How long the old secret signs too, 0 to 168; default 24"`
	}
}

func (a *API) rotateSecret(ctx context.Context, in *rotateSecretRequest) (*secretResponse, error) {
	var hours *int
	if in.Body != nil {
		hours = in.Body.OverlapHours
	}
	s, err := a.Webhook.RotateSecret(ctx, actorOf(ctx), in.ID, hours)
	if err != nil {
		return nil, err
	}
	return oneSecret(s), nil
}
