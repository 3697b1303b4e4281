package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"patchboard/internal/event"
	"patchboard/internal/rbac"
)

// Route is one line of the table. What is not in the table is not served, and a
// route is open to those roles alone that have its permission.
type Route struct {
	Method     string
	Path       string // with the prefix: "/api/v1/webhooks/{id}"
	Permission rbac.Permission
	Summary    string

	status   int   // of success, when it is not 200 or 204
	limit    int64 // bytes of the body
	file     bool  // the body is a file, not JSON
	quiet    bool  // logged at Debug while all is well
	raw      *huma.Schema
	answer   string // content type of a streamed answer
	other    int    // another status of success, see or
	when     string // it comes
	register func(*API, *Route)
	direct   func(*API, *request) error // serves it in huma's place
}

const (
	routeKey         = "route"
	defaultLimit     = 64 << 10
	integrationLimit = 128 << 10 // 64 KiB of settings, and room to refuse larger ones by name
	importLimit      = 20 << 20  // an export with 30,000 people has 5 MiB, and less in its archive
	typeLimit        = 256 << 10 // a schema and an example, and room to refuse larger ones by name
	recordLimit      = 1 << 20   // the largest record, each character of it escaped
)

// table is every operation of the API: method, path, permission, handler.
func (a *API) table() []Route {
	const get, post, patch, del = http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete
	return slices.Concat([]Route{
		on(get, "/setup", rbac.Public, a.setupNeeded, "Whether Patchboard waits to be set up"),
		on(post, "/setup", rbac.Public, a.setup, "Make the first organization and its administrator", creates),
		on(post, "/session", rbac.Public, a.signIn, "Sign in", creates),
		on(get, "/session", rbac.Session, a.session, "Who is signed in, and what they may do"),
		on(del, "/session", rbac.Session, a.signOut, "Sign out"),
		on(del, "/sessions", rbac.Session, a.signOutEverywhere, "Sign out everywhere"),
		on(post, "/session/confirm", rbac.Session, a.confirm, "Confirm a dangerous action with the password"),

		on(get, "/users", rbac.UserManage, a.users, "Users, oldest first"),
		on(post, "/users", rbac.UserManage, a.addUser, "Add a user", creates),
		on(get, "/users/{id}", rbac.UserManage, a.user, "One user"),
		on(patch, "/users/{id}", rbac.UserManage, a.changeUser, "Change a user's role or password"),
		on(del, "/users/{id}", rbac.UserManage, a.deleteUser, "Delete a user"),

		on(get, "/api-key", rbac.KeyRead, a.apiKey, "The API key, masked, and its use"),
		on(post, "/api-key/copy", rbac.KeyCopy, a.copyKey, "The API key itself"),
		on(post, "/api-key/regenerate", rbac.KeyRegenerate, a.regenerateKey, "Replace the API key; the old one stops at once"),
		on(get, "/api-key/usage", rbac.KeyUsage, a.keyUsage, "Calls with the API key, by hour, day, route or status"),

		on(get, "/webhooks", rbac.WebhookRead, a.webhooks, "Webhooks, and the events that they can have"),
		on(post, "/webhooks", rbac.WebhookWrite, a.addWebhook, "Add a webhook", creates),
		on(post, "/webhooks/validate", rbac.WebhookWrite, a.validateWebhook, "Judge an address before it is saved"),
		on(post, "/webhooks/secret", rbac.WebhookWrite, a.newSecret, "A new signing secret, to give to a receiver before the webhook is added"),
		on(get, "/webhooks/{id}", rbac.WebhookRead, a.webhook, "One webhook"),
		on(patch, "/webhooks/{id}", rbac.WebhookWrite, a.changeWebhook, "Change a webhook, or switch it on or off"),
		on(del, "/webhooks/{id}", rbac.WebhookWrite, a.deleteWebhook, "Delete a webhook"),
		on(post, "/webhooks/{id}/test", rbac.WebhookWrite, a.testWebhook, "Send a test event and see what comes back", body(event.MaxEvent+defaultLimit, nil)),
		on(get, "/webhooks/{id}/statistics", rbac.WebhookRead, a.webhookStatistics, "How a webhook has done in the last 24 hours"),
		on(get, "/webhooks/{id}/secret", rbac.WebhookSecret, a.webhookSecret, "A webhook's signing secret"),
		on(post, "/webhooks/{id}/secret/rotate", rbac.WebhookSecret, a.rotateSecret, "Replace a signing secret, with an overlap"),

		on(get, "/webhooks/{id}/deliveries", rbac.DeliveryRead, a.webhookDeliveries, "A webhook's deliveries, newest events first; a deleted one's too"),
		on(post, "/webhooks/{id}/held", rbac.DeliverySend, a.held, "Send or discard what is held for a webhook"),
		on(post, "/webhooks/{id}/replay", rbac.DeliveryReplay, a.replay, "Send a time range again"),

		on(get, "/webhook-templates", rbac.WebhookRead, a.webhookTemplates, "Receivers to start a webhook from"),

		on(get, "/deliveries", rbac.DeliveryRead, a.deliveries, "Deliveries, newest events first"),
		on(get, "/deliveries/{id}", rbac.DeliveryRead, a.delivery, "One delivery with its attempts"),
		on(post, "/deliveries/{id}/retry", rbac.DeliveryRetry, a.retryDelivery, "Try one delivery again now", accepts),

		on(post, "/events", rbac.EventSend, a.sendEvent, "Send an event", accepts, body(event.MaxEvent, eventSchema()), quiet, directly((*API).serveEvent)),
		on(post, "/events/batch", rbac.EventSend, a.sendBatch, "Send up to 1,000 events", accepts, body(event.MaxBatch, batchSchema()), quiet),
		on(get, "/events", rbac.EventRead, a.events, "Events, newest first"),
		on(get, "/events/{id}", rbac.EventRead, a.event, "One event"),
		on(get, "/event-types", rbac.TypeRead, a.eventTypes, "The kinds of events"),
		on(post, "/event-types", rbac.TypeWrite, a.addEventType, "Add a kind of event", creates, body(typeLimit, nil)),
		on(get, "/event-types/{type}", rbac.TypeRead, a.eventType, "One kind of event"),
		on(patch, "/event-types/{type}", rbac.TypeWrite, a.changeEventType, "Change a kind of event", body(typeLimit, nil)),

		on(get, "/audit", rbac.AuditReadOwn, a.auditLog, "The audit log, newest first; one's own actions, or all for system administrators"),
		on(get, "/audit/export", rbac.AuditExport, a.exportAudit, "The audit log as a file (CSV or JSON Lines)", streams("application/octet-stream")),

		on(post, "/tracking", rbac.Session, a.track, "Tell what a person did in the console", accepts, quiet, or(http.StatusNoContent, "Tracking is switched off; nothing was stored")),

		on(get, "/system", rbac.SystemRead, a.system, "The state of this installation"),
		on(get, "/stream", rbac.Session, a.stream, "What changes, as it changes (server-sent events)", streams("text/event-stream")),
	}, a.integrationTable(), a.recordTable(), a.alertTable())
}

// integrationTable is the routes of outside systems.
func (a *API) integrationTable() []Route {
	const get, post, put, patch, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete
	return []Route{
		on(get, "/integrations", rbac.IntegrationRead, a.integrations, "The catalog of outside systems, and which are connected"),
		on(get, "/integrations/{slug}", rbac.IntegrationRead, a.integration, "One system of the catalog"),
		on(patch, "/integrations/{slug}", rbac.IntegrationWrite, a.changeIntegration, "Pause or resume it, or change its settings", body(integrationLimit, nil)),
		on(get, "/integrations/{slug}/choices", rbac.IntegrationWrite, a.choices, "What can be chosen for its settings, asked of the provider"),
		on(post, "/integrations/{slug}/connect", rbac.IntegrationWrite, a.connect, "Begin to connect it, in a person's browser", body(integrationLimit, nil)),
		on(post, "/integrations/{slug}/token", rbac.IntegrationWrite, a.pasteToken, "Connect it with a token that a person has made at the provider", body(integrationLimit, nil)),
		on(post, "/integrations/{slug}/scopes", rbac.IntegrationWrite, a.scopesFor, "The permissions that settings would need, before they are saved", body(integrationLimit, nil), quiet),
		on(get, "/integrations/{slug}/attempts/{id}", rbac.IntegrationRead, a.attempt, "What came of a try to connect"),
		on(post, "/integrations/{slug}/attempts/{id}", rbac.IntegrationWrite, a.decideAttempt, "Decide about a grant of another account"),
		on(del, "/integrations/{slug}/connection", rbac.IntegrationWrite, a.disconnect, "Disconnect it, and revoke the grant"),
		on(get, "/integrations/{slug}/impact", rbac.IntegrationRead, a.impact, "What stops when it is disconnected"),
		on(post, "/integrations/{slug}/check", rbac.IntegrationWrite, a.checkIntegration, "Test the connection now, step by step"),
		on(post, "/integrations/{slug}/sync", rbac.IntegrationWrite, a.syncIntegration, "Read it now", accepts),
		on(post, "/integrations/{slug}/import", rbac.IntegrationWrite, a.importFile, "Import contacts from a file that the provider exports, or see what that would do", files(importLimit)),
		on(get, "/integrations/{slug}/imports", rbac.IntegrationRead, a.imports, "Its last imports by file, newest first"),
		on(get, "/integrations/{slug}/health", rbac.IntegrationRead, a.healthHistory, "What its checks have found"),
		on(get, "/integrations/{slug}/syncs", rbac.IntegrationRead, a.syncRuns, "Its sync runs, newest first"),
		on(post, "/integrations/{slug}/preview", rbac.IntegrationWrite, a.previewRule, "A message as it would be posted, from an example"),
		on(post, "/integrations/{slug}/post", rbac.IntegrationWrite, a.postRule, "Post an example of a message now"),
		on(get, "/integrations/{slug}/notifications", rbac.IntegrationRead, a.notifications, "Its messages, newest first"),
		on(post, "/integrations/{slug}/request", rbac.IntegrationRead, a.askForApp, "Ask the system administrators to set it up", accepts),
		on(put, "/integrations/{slug}/app", rbac.IntegrationApp, a.saveApp, "Enter the client id and secret of the application at the provider"),
		on(del, "/integrations/{slug}/app", rbac.IntegrationApp, a.removeApp, "Forget them"),
		on(get, "/oauth/callback", rbac.Public, a.oauthCallback, "Where providers send people back to", redirects, directly((*API).serveCallback)),
	}
}

// recordTable is the table's part of records: the same five lines a kind, and how many
// there are.
func (a *API) recordTable() []Route {
	const get, post, put, patch, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete
	limit := body(recordLimit, nil)
	again := or(http.StatusOK, recordAgain)
	return []Route{
		on(get, "/records", rbac.RecordRead, a.recordCounts, "How many records there are, by kind and source"),
		on(get, "/contacts", rbac.RecordRead, a.contacts, "Contacts, newest first"),
		on(post, "/contacts", rbac.RecordWrite, a.putContact, "Add a contact, or change the one with this externalId", creates, again, limit),
		on(get, "/contacts/{id}", rbac.RecordRead, a.contact, "One contact"),
		on(patch, "/contacts/{id}", rbac.RecordWrite, a.changeContact, "Change what the API says of a contact", limit),
		on(del, "/contacts/{id}", rbac.RecordWrite, a.deleteContact, "Delete what the API says of a contact; it is gone if no other source knows it"),
		on(get, "/campaigns", rbac.RecordRead, a.campaigns, "Campaigns, latest first"),
		on(post, "/campaigns", rbac.RecordWrite, a.putCampaign, "Add a campaign, or change the one with this externalId", creates, again, limit),
		on(get, "/campaigns/{id}", rbac.RecordRead, a.campaign, "One campaign"),
		on(patch, "/campaigns/{id}", rbac.RecordWrite, a.changeCampaign, "Change a campaign", limit),
		on(del, "/campaigns/{id}", rbac.RecordWrite, a.deleteCampaign, "Delete a campaign"),
		on(get, "/emails", rbac.RecordRead, a.emails, "E-mails, newest first, without their text"),
		on(post, "/emails", rbac.RecordWrite, a.putEmail, "Add an e-mail, or change the one with this externalId", creates, again, limit),
		on(get, "/emails/{id}", rbac.RecordRead, a.email, "One e-mail"),
		on(patch, "/emails/{id}", rbac.RecordWrite, a.changeEmail, "Change an e-mail", limit),
		on(del, "/emails/{id}", rbac.RecordWrite, a.deleteEmail, "Delete an e-mail"),
		on(get, "/meetings", rbac.RecordRead, a.meetings, "Meetings, latest first"),
		on(post, "/meetings", rbac.RecordWrite, a.putMeeting, "Add a meeting, or change the one with this externalId", creates, again, limit),
		on(get, "/meetings/{id}", rbac.RecordRead, a.meeting, "One meeting"),
		on(patch, "/meetings/{id}", rbac.RecordWrite, a.changeMeeting, "Change a meeting", limit),
		on(del, "/meetings/{id}", rbac.RecordWrite, a.deleteMeeting, "Delete a meeting"),
		on(get, "/opportunities", rbac.RecordRead, a.opportunities, "Opportunities, newest first"),
		on(post, "/opportunities", rbac.RecordWrite, a.putOpportunity, "Add an opportunity, or change the one with this externalId", creates, again, limit),
		on(get, "/opportunities/{id}", rbac.RecordRead, a.opportunity, "One opportunity"),
		on(patch, "/opportunities/{id}", rbac.RecordWrite, a.changeOpportunity, "Change an opportunity", limit),
		on(del, "/opportunities/{id}", rbac.RecordWrite, a.deleteOpportunity, "Delete an opportunity"),
	}
}

// alertTable is the part of the table about alerts.
func (a *API) alertTable() []Route {
	const get, post, put = http.MethodGet, http.MethodPost, http.MethodPut
	return []Route{
		on(get, "/alerts", rbac.AlertRead, a.alerts, "Alerts: what lasts first, then what is over"),
		on(post, "/alerts/read", rbac.AlertRead, a.readAlerts, "Mark alerts as read by oneself"),
		on(get, "/alert-routes", rbac.AlertRoute, a.alertRoutes, "Where the organization's alerts go"),
		on(put, "/alert-routes", rbac.AlertRoute, a.setAlertRoutes, "Change where the organization's alerts go"),
		on(post, "/alert-routes/test", rbac.AlertRoute, a.testAlert, "Send a test alert and see what comes of it"),
		on(get, "/alert-preferences", rbac.AlertRead, a.alertPreferences, "Which alerts one is mailed oneself"),
		on(put, "/alert-preferences", rbac.AlertRead, a.setAlertPreferences, "Choose which alerts one is mailed oneself"),
		on(post, "/system/mail/test", rbac.SystemMail, a.testMail, "Send a test mail to oneself and see what the mail server says"),
	}
}

// on is a line of the table. Handlers take a context and a typed request and
// give a typed answer; what they need to know of the caller is in the context.
func on[I, O any](method, path string, p rbac.Permission, handle func(context.Context, *I) (*O, error), summary string, options ...option) Route {
	r := Route{
		Method: method, Path: prefix + "v1" + path, Permission: p, Summary: summary, limit: defaultLimit,
		register: func(a *API, r *Route) {
			huma.Register(a.huma, r.operation(), func(ctx context.Context, in *I) (*O, error) {
				out, err := handle(ctx, in)
				if err != nil {
					problem := problemOf(ctx, err)
					requestOf(ctx).note(problem)
					return nil, problem
				}
				return out, nil
			})
			if r.raw != nil {
				a.operation(r).RequestBody.Content["application/json"].Schema = r.raw
			}
			if r.other != 0 { // before, it would be taken for all the answers there are
				other := &huma.Response{Description: r.when}
				if r.other != http.StatusNoContent {
					first := a.operation(r).Responses[strconv.Itoa(r.status)]
					other.Content, other.Headers = first.Content, first.Headers
				}
				a.operation(r).Responses[strconv.Itoa(r.other)] = other
			}
		},
	}
	for _, o := range options {
		o(&r)
	}
	return r
}

// option sets what differs from an ordinary line.
type option func(*Route)

func creates(r *Route)   { r.status = http.StatusCreated }
func accepts(r *Route)   { r.status = http.StatusAccepted }
func redirects(r *Route) { r.status = http.StatusSeeOther }
func quiet(r *Route)     { r.quiet = true }

// or names another status of success, and when it comes.
func or(status int, when string) option {
	return func(r *Route) { r.other, r.when = status, when }
}

// streams names what a streaming handler writes; the schema of a stream is text.
func streams(contentType string) option { return func(r *Route) { r.answer = contentType } }

// directly has a route served without huma, which describes it all the same. It
// is for the hottest one, where huma was a twelfth of the server's work.
func directly(serve func(*API, *request) error) option { return func(r *Route) { r.direct = serve } }

// body sets the largest body and, for a handler that reads bytes, its schema.
func body(limit int64, schema *huma.Schema) option {
	return func(r *Route) { r.limit, r.raw = limit, schema }
}

// files has a route take a file, in place of JSON.
func files(limit int64) option {
	return func(r *Route) { r.limit, r.file = limit, true }
}

// operation describes the route to huma.
func (r *Route) operation() huma.Operation {
	op := huma.Operation{
		Method: r.Method, Path: r.Path, Summary: r.Summary, OperationID: operationID(r.Method, r.Path),
		Tags: []string{r.tag()},
		// huma refuses a body of exactly MaxBodyBytes.
		MaxBodyBytes: r.limit + 1, BodyReadTimeout: -1, DefaultStatus: r.status,
		SkipValidateBody: r.raw != nil || r.file,
		Metadata:         map[string]any{routeKey: r},
		Extensions:       map[string]any{"x-permission": string(r.Permission)},
	}
	if r.answer != "" {
		op.Responses = map[string]*huma.Response{"200": {
			Description: http.StatusText(http.StatusOK), Content: map[string]*huma.MediaType{r.answer: {Schema: &huma.Schema{Type: "string"}}},
		}}
	}
	if rbac.Can(rbac.Nobody, r.Permission) {
		return op
	}
	if slices.ContainsFunc(rbac.PersonRoles, func(role rbac.Role) bool { return rbac.Can(role, r.Permission) }) {
		op.Security = append(op.Security, map[string][]string{"session": {}})
	}
	if rbac.Can(rbac.Machine, r.Permission) {
		op.Security = append(op.Security, map[string][]string{"apiKey": {}})
	}
	return op
}

// tag is the noun that the route belongs to: the first word of its path.
func (r *Route) tag() string {
	noun, _, _ := strings.Cut(strings.TrimPrefix(r.Path, prefix+"v1/"), "/")
	if noun == "sessions" {
		return "session" // one session and all of them are one chapter
	}
	return noun
}

// who says in words which roles may.
func (r *Route) who() string {
	if r.Permission == rbac.Public {
		return "everybody"
	}
	names := []struct {
		role rbac.Role
		name string
	}{{rbac.SystemAdmin, "system administrators"}, {rbac.UtilityAdmin, "utility administrators"}, {rbac.Machine, "the API key"}}
	var may []string
	for _, n := range names {
		if rbac.Can(n.role, r.Permission) {
			may = append(may, n.name)
		}
	}
	return strings.Join(may, ", ")
}

// operationID names an operation for generated clients: "getWebhooksIdSecret".
func operationID(method, path string) string {
	var b strings.Builder
	b.WriteString(strings.ToLower(method))
	for _, word := range strings.FieldsFunc(strings.TrimPrefix(path, prefix+"v1"), func(c rune) bool { return !unicode.IsLetter(c) }) {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}
