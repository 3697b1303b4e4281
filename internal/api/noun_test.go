package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
)

func TestKey(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		key := w.org.key
		run(t, w, []scenario{
			{name: "masked", actor: utility, method: "GET", path: "api-key", status: 200, has: []string{`"maskedDisplay":"sX_****`, `"lastRegenerated"`, `"usage":{"totalCalls":0}`}, hasNot: []string{key}},
			{name: "copy", actor: utility, method: "POST", path: "api-key/copy", body: map[string]any{"copyMethod": "button"}, status: 200, has: []string{`"apiKey":"` + key}, entries: []string{"api_key.copied"}},
			{name: "copy how", actor: utility, method: "POST", path: "api-key/copy", body: map[string]any{"copyMethod": "telepathy"}, status: 422, has: []string{"body.copyMethod"}},
			{name: "not for utility", actor: utility, method: "POST", path: "api-key/regenerate", body: map[string]any{"token": "x"}, status: 403, has: []string{"/problems/forbidden"}},
			{name: "without confirmation", actor: system, method: "POST", path: "api-key/regenerate", body: map[string]any{"token": "x"}, status: 403, has: []string{"confirmation-required"}},
			{name: "too long", actor: system, method: "POST", path: "api-key/regenerate", body: map[string]any{"token": "x", "confirmationTime": 3600001}, status: 422, has: []string{"body.confirmationTime"}},
			{name: "call", actor: machine, method: "GET", path: "webhooks", status: 200},
			{name: "refused call", actor: machine, method: "GET", path: "users", status: 403},
			{name: "counted", actor: system, method: "GET", path: "api-key", status: 200, has: []string{`"totalCalls":2`, `"lastCall"`}},
			{name: "by route", actor: system, method: "GET", path: "api-key/usage?by=route", status: 200, has: []string{`"route":"GET /api/v1/webhooks","calls":1`, `"route":"GET /api/v1/users","calls":1`}},
			{name: "by status", actor: system, method: "GET", path: "api-key/usage?by=status", status: 200, has: []string{`"status":200,"calls":1`, `"status":403,"calls":1`}},
			{name: "by nothing known", actor: system, method: "GET", path: "api-key/usage?by=moon", status: 422, has: []string{"query.by"}},
			{name: "a time", actor: system, method: "GET", path: "api-key/usage?since=yesterday", status: 422, has: []string{"query.since"}, hasNot: []string{"yesterday"}},
		})
		var hook struct{ ID string }
		headers := map[string]string{"Authorization": "Bearer " + key, "X-Team": "hush"}
		w.do(system, "POST", "webhooks", map[string]any{"url": w.sink.URL, "events": []string{"email.sent"}, "headers": headers}).json(t, &hook)
		var confirmed struct{ Token string }
		w.do(system, "POST", "session/confirm", map[string]any{"purpose": "api_key.regenerate", "password": w.org.system.password}).json(t, &confirmed)
		a := w.do(system, "POST", "api-key/regenerate", map[string]any{"token": confirmed.Token, "reason": "scheduled", "confirmationTime": 1500})
		var made struct{ APIKey, MaskedDisplay string }
		a.json(t, &made)
		if a.status != http.StatusOK || made.APIKey == key || !strings.HasPrefix(made.APIKey, "sX_") {
			t.Fatalf("regenerate: %d %s", a.status, a.body)
		}
		holder := `"oldKeyIn":[{"webhookId":"` + hook.ID + `","header":"Authorization","form":"bearer"}]`
		if !strings.Contains(a.body, holder) || strings.Contains(a.body, key) || strings.Contains(a.body, "hush") {
			t.Errorf("where the old key stands: %s", a.body)
		}
		run(t, w, []scenario{
			{name: "once only", actor: system, method: "POST", path: "api-key/regenerate", body: map[string]any{"token": confirmed.Token}, status: 403, has: []string{"confirmation-required"}},
			{name: "the old key", actor: machine, method: "GET", path: "webhooks", status: 401, has: []string{"api-key-invalid"}, hasNot: []string{key}},
			{name: "the new key", method: "GET", path: "webhooks", headers: []string{"Authorization", "bearer " + made.APIKey}, status: 200},
		})
	})
}

func TestUsers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		worker, password := w.org.worker.id, "a long new password 1"
		run(t, w, []scenario{
			{name: "list", actor: system, method: "GET", path: "users?limit=1", status: 200, has: []string{`"items":[{`, `"next":"usr_`}, hasNot: []string{"two.example"}},
			{name: "wrong cursor", actor: system, method: "GET", path: "users?cursor=x", status: 422, has: []string{"query.cursor"}},
			{name: "add", actor: system, method: "POST", path: "users", body: map[string]any{"email": "new@one.example", "role": "utility_admin", "password": password}, status: 201, has: []string{`"email":"new@one.example"`, `"version":1`}, hasNot: []string{password}, entries: []string{"user.created"}},
			{name: "add twice", actor: system, method: "POST", path: "users", body: map[string]any{"email": "new@one.example", "role": "utility_admin", "password": password}, status: 409, has: []string{"email-taken"}, hasNot: []string{password}},
			{name: "a role that is not", actor: system, method: "POST", path: "users", body: map[string]any{"email": "x@one.example", "role": "owner", "password": password}, status: 422, has: []string{"body.role"}},
			{name: "short", actor: system, method: "POST", path: "users", body: map[string]any{"email": "x@one.example", "role": "utility_admin", "password": "short"}, status: 422, has: []string{"body.password"}},
			{name: "read", actor: system, method: "GET", path: "users/" + worker, status: 200, has: []string{worker}},
			{name: "elsewhere", actor: foreign, method: "GET", path: "users/" + worker, status: 404},
			{name: "no id", actor: system, method: "GET", path: "users/nobody", status: 404},
			{name: "stale", actor: system, method: "PATCH", path: "users/" + worker, body: map[string]any{"role": "system_admin"}, headers: []string{"If-Match", `"7"`}, status: 412},
			{name: "stale, made weak by a proxy", actor: system, method: "PATCH", path: "users/" + worker, body: map[string]any{"role": "system_admin"}, headers: []string{"If-Match", `W/"7"`}, status: 412},
			{name: "no version", actor: system, method: "PATCH", path: "users/" + worker, body: map[string]any{"role": "system_admin"}, headers: []string{"If-Match", "x"}, status: 400, has: []string{"if-match-invalid"}},
			{name: "null", actor: system, method: "PATCH", path: "users/" + worker, body: `{"role": null}`, status: 422, has: []string{"nothing-to-change"}},
			{name: "promote", actor: system, method: "PATCH", path: "users/" + worker, body: map[string]any{"role": "system_admin"}, headers: []string{"If-Match", `"1"`}, status: 200, has: []string{`"role":"system_admin"`}, entries: []string{"user.updated"}},
			{name: "holds at once", actor: utility, method: "GET", path: "users", status: 200},
			{name: "delete", actor: utility, method: "DELETE", path: "users/" + w.org.system.id, status: 204, entries: []string{"user.deleted"}},
			{name: "deleted", actor: system, method: "GET", path: "session", status: 401},
			{name: "the last one", actor: utility, method: "DELETE", path: "users/" + worker, status: 409},
		})
	})
}

func TestWebhooks(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		events := []string{"contact.created", "contact.updated"}
		run(t, w, []scenario{
			{name: "empty", actor: utility, method: "GET", path: "webhooks", status: 200, has: []string{`"activeWebhooks":[]`, `"availableEvents":["contact.created"`}},
			{name: "format", actor: utility, method: "POST", path: "webhooks/validate", body: map[string]any{"url": "http://example.com"}, status: 200, has: []string{`"ok":false`, "Invalid webhook URL format", `"cause":"format"`}},
			{name: "reach", actor: utility, method: "POST", path: "webhooks/validate", body: map[string]any{"url": w.sink.URL, "reach": true}, status: 200, has: []string{`"ok":true`, `"durationMs"`}},
			{name: "private", actor: utility, method: "POST", path: "webhooks", body: map[string]any{"url": "https://10.0.0.1/", "events": events}, status: 422, has: []string{"Webhook endpoint unreachable", `"cause":"address_refused"`}},
			{name: "no events", actor: utility, method: "POST", path: "webhooks", body: map[string]any{"url": w.sink.URL, "events": []string{}}, status: 422},
			{name: "unknown event", actor: utility, method: "POST", path: "webhooks", body: map[string]any{"url": w.sink.URL, "events": []string{"contact.create"}}, status: 422, has: []string{"contact.created"}},
			{name: "headers", actor: utility, method: "POST", path: "webhooks", body: map[string]any{"url": w.sink.URL, "events": events, "headers": map[string]string{"X-Api-Token": "hush"}}, status: 403, hasNot: []string{"hush"}},
			{name: "a new secret", actor: machine, method: "POST", path: "webhooks/secret", status: 200, has: []string{`"secret":"whsec_`}},
			{name: "not read by utility", actor: utility, method: "GET", path: "webhooks/wh_x/secret", status: 403},
		})
		a := w.do(machine, "POST", "webhooks", map[string]any{"url": w.sink.URL, "events": events})
		var hook struct {
			ID, Secret, Status string
			Version            int64
		}
		a.json(t, &hook)
		if a.status != http.StatusCreated || !strings.HasPrefix(hook.Secret, "whsec_") || hook.Status != "active" || a.header.Get("Location") != "/api/v1/webhooks/"+hook.ID {
			t.Fatalf("add: %d %s", a.status, a.body)
		}
		path, match := "webhooks/"+hook.ID, []string{"If-Match", fmt.Sprintf("%q", fmt.Sprint(hook.Version))}
		run(t, w, []scenario{
			{name: "listed", actor: utility, method: "GET", path: "webhooks", status: 200, has: []string{hook.ID}, hasNot: []string{hook.Secret, "headerNames"}},
			{name: "format that is none", actor: utility, method: "POST", path: "webhooks/validate", body: map[string]any{"url": "https://x.example.com", "format": "soap"}, status: 422, has: []string{"webhook-format-unknown"}},
			{name: "elsewhere", actor: foreign, method: "PATCH", path: path, body: map[string]any{"enabled": false}, status: 404},
			{name: "test", actor: system, method: "POST", path: path + "/test", status: 200, has: []string{`"ok":true`, `"status":200`, "webhook.test", `"totalMs"`}, entries: []string{"webhook.tested"}},
			{name: "test for utility", actor: utility, method: "POST", path: path + "/test", status: 200, has: []string{`"ok":true`}, hasNot: []string{`"request"`, `"response"`}},
			{name: "off", actor: machine, method: "PATCH", path: path, body: map[string]any{"enabled": false, "reason": "maintenance"}, status: 200, has: []string{`"status":"off"`, `"statusReason":"maintenance"`, `"statusBy":"the API key"`}, entries: []string{"webhook.switched_off"}},
			{name: "stale", actor: system, method: "PATCH", path: path, body: map[string]any{"description": "x"}, headers: match, status: 412, has: []string{"webhook-changed", `"changed":[`, `"version":`}},
			{name: "last writer wins", actor: system, method: "PATCH", path: path, body: map[string]any{"description": "Contacts ✓", "headers": map[string]string{"X-Api-Token": "hush"}}, status: 200, has: []string{"Contacts ✓", `"headerNames":["X-Api-Token"]`}, hasNot: []string{"hush"}, entries: []string{"webhook.updated"}},
			{name: "url beside headers", actor: utility, method: "PATCH", path: path, body: map[string]any{"url": w.sink.URL + "/other"}, status: 403, has: []string{"webhook-url-forbidden"}},
			{name: "secret", actor: system, method: "GET", path: path + "/secret", status: 200, has: []string{hook.Secret}, entries: []string{"webhook.secret_read"}},
			{name: "rotate", actor: system, method: "POST", path: path + "/secret/rotate", status: 200, has: []string{`"previousUntil"`}, hasNot: []string{hook.Secret}, entries: []string{"webhook.secret_rotated"}},
			{name: "rotate sharply", actor: system, method: "POST", path: path + "/secret/rotate", body: map[string]any{"overlapHours": 0}, status: 200, hasNot: []string{`"previousUntil"`}},
			{name: "rotate for ever", actor: system, method: "POST", path: path + "/secret/rotate", body: map[string]any{"overlapHours": 169}, status: 422, has: []string{"body.overlapHours"}},
			{name: "delete", actor: utility, method: "DELETE", path: path, status: 204, entries: []string{"webhook.deleted"}},
			{name: "the names of headers", actor: system, method: "GET", path: "audit?action=webhook.updated", status: 200, has: []string{"X-Api-Token"}, hasNot: []string{"hush"}},
			{name: "but not to utility", actor: utility, method: "GET", path: "audit?action=webhook.deleted", status: 200, has: []string{hook.ID, `"before":{`}, hasNot: []string{"X-Api-Token"}},
			{name: "gone", actor: utility, method: "GET", path: path, status: 404},
			{name: "delete again", actor: utility, method: "DELETE", path: path, status: 404},
		})
	})
}

func TestEvents(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		one := `{"type":"contact.created","data":{"id":"1","email":"ada@b.example","n":1e400}}`
		big := `{"type":"contact.created","data":{"id":"` + strings.Repeat("x", 256<<10) + `"}}`
		first := w.do(machine, "POST", "events", one, "Idempotency-Key", "k1")
		var sent struct{ ID string }
		first.json(t, &sent)
		run(t, w, []scenario{
			{name: "send", actor: machine, method: "POST", path: "events", body: one, status: 202, has: []string{`"id":"evt_`}},
			{name: "replay", actor: machine, method: "POST", path: "events", body: one, headers: []string{"Idempotency-Key", "k1"}, status: 202, has: []string{sent.ID}},
			{name: "the same key, other data", actor: machine, method: "POST", path: "events", body: `{"type":"contact.created","data":{"id":"2","email":"x@y.example"}}`, headers: []string{"Idempotency-Key", "k1"}, status: 409},
			{name: "two keys", actor: machine, method: "POST", path: "events", body: `{"type":"contact.created","id":"k2","data":{}}`, headers: []string{"Idempotency-Key", "k1"}, status: 400, has: []string{"idempotency-key-mismatch"}},
			{name: "utility sends nothing", actor: utility, method: "POST", path: "events", body: one, status: 403},
			{name: "unknown type", actor: machine, method: "POST", path: "events", body: `{"type":"contact.create","data":{}}`, status: 422, has: []string{"contact.created"}},
			{name: "warning", actor: machine, method: "POST", path: "events", body: `{"type":"contact.created","data":{"email":7}}`, status: 202, has: []string{`"warnings":[{`}},
			{name: "too large", actor: machine, method: "POST", path: "events", body: big, status: 413},
			{name: "no JSON", actor: machine, method: "POST", path: "events", body: `{"type":`, status: 400},
			{name: "nothing", actor: machine, method: "POST", path: "events", body: ``, status: 400},
			{name: "batch", actor: machine, method: "POST", path: "events/batch", body: `{"events":[` + one + `,{"type":"no.such","data":{}}]}`, status: 202, has: []string{`"accepted":1`, `"refused":1`, `"problem":{"type":"/problems/`}},
			{name: "all or nothing", actor: machine, method: "POST", path: "events/batch", body: `{"allOrNothing":true,"events":[` + one + `,{"type":"no.such","data":{}}]}`, status: 422, has: []string{"batch-refused", `"items":[{"status":"skipped"}`}},
			{name: "nothing good", actor: machine, method: "POST", path: "events/batch", body: `{"events":[{"type":"no.such","data":{}}]}`, status: 422, has: []string{"batch-refused", `"items":[`}},
			{name: "list", actor: utility, method: "GET", path: "events?type=contact.created&limit=2", status: 200, has: []string{`"items":[{"id":"evt_`, `"next":`}, hasNot: []string{"ada@b.example"}},
			{name: "one", actor: system, method: "GET", path: "events/" + sent.ID, status: 200, has: []string{`1e400`, "ada@b.example"}},
			{name: "one for utility", actor: utility, method: "GET", path: "events/" + sent.ID, status: 200, hasNot: []string{"ada@b.example"}},
			{name: "elsewhere", actor: foreign, method: "GET", path: "events/" + sent.ID, status: 404},
			{name: "types", actor: utility, method: "GET", path: "event-types", status: 200, has: []string{`"type":"email.opened"`, `"builtIn":true`}},
			{name: "own type", actor: system, method: "POST", path: "event-types", body: `{"type":"invoice.paid","strict":true,"schema":{"type":"object","required":["no"]}}`, status: 201, entries: []string{"event_type.created"}},
			{name: "strict", actor: machine, method: "POST", path: "events", body: `{"type":"invoice.paid","data":{}}`, status: 422},
			{name: "schema away", actor: system, method: "PATCH", path: "event-types/invoice.paid", body: `{"schema":null,"strict":false}`, headers: []string{"If-Match", "1"}, status: 200, hasNot: []string{`"schema"`}, entries: []string{"event_type.updated"}},
			{name: "now good", actor: machine, method: "POST", path: "events", body: `{"type":"invoice.paid","data":{}}`, status: 202},
			{name: "built in", actor: system, method: "PATCH", path: "event-types/contact.created", body: `{"strict":true}`, status: 409},
		})
		if a := w.do(machine, "POST", "events", one, "Idempotency-Key", "k1"); a.header.Get("Idempotent-Replayed") != "true" || first.header.Get("Idempotent-Replayed") != "" {
			t.Errorf("replay: %v", a.header)
		}
	})
}

func TestAudit(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.do(utility, "POST", "api-key/copy", map[string]any{"copyMethod": "button"})
		today := time.Now().UTC().Format("2006-01-02")
		run(t, w, []scenario{
			{name: "all", actor: system, method: "GET", path: "audit", status: 200, has: []string{"api_key.copied", "organization.created"}, hasNot: []string{w.org.key, "two.example"}},
			{name: "own", actor: utility, method: "GET", path: "audit", status: 200, has: []string{"api_key.copied"}, hasNot: []string{"organization.created"}},
			{name: "another's", actor: utility, method: "GET", path: "audit?actor=" + w.org.system.id, status: 403},
			{name: "filter", actor: system, method: "GET", path: "audit?action=api_key.copied&limit=1", status: 200, has: []string{`"action":"api_key.copied"`, `"copyMethod":"button"`}},
			{name: "bad filter", actor: system, method: "GET", path: "audit?result=maybe", status: 422, has: []string{"query.result"}},
			{name: "csv", actor: system, method: "GET", path: "audit/export?format=csv", status: 200, has: []string{"seq,at,actor_id", "api_key.copied"}, hasNot: []string{w.org.key}, entries: []string{"audit.exported"}},
			{name: "lines", actor: system, method: "GET", path: "audit/export?format=jsonl&action=api_key", status: 200, has: []string{`"action":"api_key.copied"`}, hasNot: []string{"session."}, entries: []string{"audit.exported"}},
			{name: "no format", actor: system, method: "GET", path: "audit/export?format=xml", status: 422},
			{name: "not for utility", actor: utility, method: "GET", path: "audit/export?format=csv", status: 403},
			{name: "system", actor: system, method: "GET", path: "system", status: 200, has: []string{`"version":"test"`, `"entries":`, `"anchoredTo":`, `"accepted":[]`, `"databaseBytes":`}, hasNot: []string{`"check"`, `"freeBytes"`}},
		})
		a := w.do(system, "GET", "audit/export?format=csv", nil)
		if got := a.header.Get("Content-Disposition"); got != `attachment; filename="audit-`+today+`.csv"` {
			t.Errorf("file name: %s", got)
		}
	})
}
