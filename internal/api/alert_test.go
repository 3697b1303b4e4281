package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"patchboard/internal/alert"
	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
)

// alert raises one in the first organization and gives its id.
func (w *world) alert(subject string) string {
	w.t.Helper()
	must(w.t, w.db.Write(context.Background(), func(tx *db.Tx) error {
		return w.deps.Alert.Raise(context.Background(), tx, alert.New{
			OrganizationID: w.org.id, Kind: alert.IntegrationBroken, Subject: alert.Subject{Type: "integration", ID: subject, Name: "Gmail"},
			Title: "Gmail needs to be connected again", Cause: "Access was taken back.", Steps: []string{"Press Reconnect."},
		})
	}))
	var page struct{ Items []struct{ ID string } }
	w.do(system, "GET", "alerts", nil).json(w.t, &page)
	return page.Items[0].ID
}

func TestAlerts(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		first, second := w.alert("int_1"), w.alert("int_2")
		run(t, w, []scenario{
			{name: "list", actor: utility, method: "GET", path: "alerts", status: 200, has: []string{`"unread":2`, `"title":"Gmail needs to be connected again"`, `"steps":["Press Reconnect."]`, `"severity":"problem"`, `"read":false`, `"told":[]`}, hasNot: []string{`"closed"`}},
			{name: "page", actor: system, method: "GET", path: "alerts?limit=1", status: 200, has: []string{`"next":"o.`, second}, hasNot: []string{first}},
			{name: "not theirs", actor: foreign, method: "GET", path: "alerts", status: 200, has: []string{`"items":[]`, `"unread":0`}},
			{name: "not for the key", actor: machine, method: "GET", path: "alerts", status: 403, has: []string{"forbidden-to-key"}},
			{name: "not for nobody", method: "GET", path: "alerts", status: 401},
			{name: "read one", actor: utility, method: "POST", path: "alerts/read", body: map[string]any{"ids": []string{first}}, status: 200, has: []string{`"unread":1`}},
			{name: "it is read", actor: utility, method: "GET", path: "alerts", status: 200, has: []string{`"read":true`, `"unread":1`}},
			{name: "by them alone", actor: system, method: "GET", path: "alerts", status: 200, has: []string{`"unread":2`}, hasNot: []string{`"read":true`}},
			{name: "read all", actor: system, method: "POST", path: "alerts/read", body: map[string]any{"until": time.Now().Add(time.Hour)}, status: 200, has: []string{`"unread":0`}},
			{name: "read nothing", actor: system, method: "POST", path: "alerts/read", body: `{}`, status: 422, has: []string{"alert-read-invalid"}},
			{name: "read a word", actor: system, method: "POST", path: "alerts/read", body: `{"until": "yesterday"}`, status: 422, hasNot: []string{"yesterday"}},
			{name: "read another's", actor: foreign, method: "POST", path: "alerts/read", body: map[string]any{"ids": []string{first}}, status: 404, has: []string{"alert-not-found"}},
			{name: "read no id", actor: system, method: "POST", path: "alerts/read", body: `{"ids": ["\u0000"]}`, status: 400},
			{name: "read too many", actor: system, method: "POST", path: "alerts/read", body: map[string]any{"ids": make([]string, 201)}, status: 422},
		})
	})
}

func TestAlertRoutes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		route := map[string]any{"kind": "webhook.disabled", "mailSystemAdmins": false, "mailUtilityAdmins": true, "slack": true, "webhook": true}
		whole := func(change ...any) map[string]any {
			b := map[string]any{"items": []any{route}, "slackChannel": "#ops", "webhookUrl": w.sink.URL + "/quiet-path"}
			for i := 0; i+1 < len(change); i += 2 {
				b[change[i].(string)] = change[i+1]
			}
			return b
		}
		run(t, w, []scenario{
			{name: "at first", actor: system, method: "GET", path: "alert-routes", status: 200, has: []string{`"kind":"integration.broken","severity":"problem","mailSystemAdmins":true`, `"webhookUrl":""`, `"version":1`}},
			{name: "not for utility", actor: utility, method: "GET", path: "alert-routes", status: 403},
			{name: "nor to change", actor: utility, method: "PUT", path: "alert-routes", body: whole(), status: 403, entries: []string{"access.denied"}},
			{name: "change", actor: system, method: "PUT", path: "alert-routes", body: whole(), headers: []string{"If-Match", `"1"`}, status: 200, has: []string{`"webhookSecret":"whsec_`, `"slackChannel":"#ops"`, `"version":2`, `"mailSystemAdmins":false,"mailUtilityAdmins":true,"slack":true,"webhook":true`}, entries: []string{"alert.routes_updated"}},
			{name: "the secret is shown once", actor: system, method: "GET", path: "alert-routes", status: 200, has: []string{"quiet-path"}, hasNot: []string{"whsec_"}},
			{name: "stale", actor: system, method: "PUT", path: "alert-routes", body: whole(), headers: []string{"If-Match", `"1"`}, status: 412, has: []string{"alert-routes-changed"}},
			{name: "a private address", actor: system, method: "PUT", path: "alert-routes", body: whole("webhookUrl", "https://10.0.0.1/"), status: 422, has: []string{"alert-webhook-refused", "body.webhookUrl", `"cause":"address_refused"`}},
			{name: "no URL", actor: system, method: "PUT", path: "alert-routes", body: whole("webhookUrl", "hello"), status: 422, has: []string{`"cause":"format"`}},
			{name: "huge", actor: system, method: "PUT", path: "alert-routes", body: whole("slackChannel", strings.Repeat("x", 201)), status: 422},
			{name: "unknown kind", actor: system, method: "PUT", path: "alert-routes", body: whole("items", []any{map[string]any{"kind": "x", "mailSystemAdmins": true, "mailUtilityAdmins": true, "slack": true, "webhook": true}}), status: 422, has: []string{"alert-kind-unknown", "body.items[0].kind"}},
			{name: "wrong type", actor: system, method: "PUT", path: "alert-routes", body: `{"items": "all", "slackChannel": "", "webhookUrl": ""}`, status: 422},
			{name: "elsewhere", actor: foreign, method: "GET", path: "alert-routes", status: 200, has: []string{`"version":1`}, hasNot: []string{"quiet-path"}},
			{name: "test the webhook", actor: system, method: "POST", path: "alert-routes/test", body: map[string]any{"channel": "webhook"}, status: 200, has: []string{`"ok":true`, `"detail":"The receiver took it."`}, hasNot: []string{"quiet-path"}, entries: []string{"alert.tested"}},
			{name: "test Slack", actor: system, method: "POST", path: "alert-routes/test", body: map[string]any{"channel": "slack"}, status: 200, has: []string{`"ok":false`, "Slack is not connected."}, entries: []string{"alert.tested"}},
			{name: "test mail", actor: system, method: "POST", path: "system/mail/test", status: 200, has: []string{`"ok":false`, "No mail server is set up.", "--smtp-address"}, entries: []string{"alert.tested"}},
			{name: "test what", actor: system, method: "POST", path: "alert-routes/test", body: map[string]any{"channel": "pigeon"}, status: 422},
			{name: "tests are not for utility", actor: utility, method: "POST", path: "alert-routes/test", body: map[string]any{"channel": "email"}, status: 403},
			{name: "nor of the mail server", actor: utility, method: "POST", path: "system/mail/test", status: 403},
			{name: "the mail server", actor: system, method: "GET", path: "system", status: 200, has: []string{`"mail":{"configured":false}`}},

			{name: "own choices", actor: utility, method: "GET", path: "alert-preferences", status: 200, has: []string{`{"kind":"webhook.disabled","email":true,"own":false}`, `"mail":false`}},
			{name: "choose", actor: utility, method: "PUT", path: "alert-preferences", body: map[string]any{"items": []any{map[string]any{"kind": "webhook.disabled", "email": false, "own": true}}}, status: 200, has: []string{`{"kind":"webhook.disabled","email":false,"own":true}`}},
			{name: "of others stay", actor: system, method: "GET", path: "alert-preferences", status: 200, has: []string{`{"kind":"webhook.disabled","email":false,"own":false}`}},
			{name: "choose what", actor: utility, method: "PUT", path: "alert-preferences", body: map[string]any{"items": []any{map[string]any{"kind": "x", "email": false, "own": true}}}, status: 422, has: []string{"alert-kind-unknown"}},
			{name: "not the key", actor: machine, method: "GET", path: "alert-preferences", status: 403},
		})
		if strings.Contains(w.logs.String(), "whsec_") || strings.Contains(w.logs.String(), "quiet-path") {
			t.Error("a secret is in the log")
		}
		if a := w.do(system, http.MethodGet, "audit", nil); strings.Contains(a.body, "quiet-path") || strings.Contains(a.body, "whsec_MA") || !strings.Contains(a.body, "alert.routes_updated") {
			t.Errorf("the audit log: %s", a.body)
		}
	})
}
