package api_test

import (
	"net/http"
	"strings"
	"testing"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
)

// What the pages of a webhook and of an event ask for.
func TestWebhookAndEventPages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		var hook, held struct{ ID string }
		a := w.do(utility, "POST", "webhooks", map[string]any{"url": w.sink.URL, "events": []string{"contact.created"}, "format": "slack"})
		if a.status != http.StatusCreated || !strings.Contains(a.body, `"format":"slack"`) {
			t.Fatalf("add: %d %s", a.status, a.body)
		}
		a.json(t, &hook)
		w.do(utility, "POST", "webhooks", map[string]any{"url": w.sink.URL + "/off", "events": []string{"contact.created"}, "enabled": false}).json(t, &held)
		w.do(utility, "POST", "webhooks", map[string]any{"url": w.sink.URL + "/other", "events": []string{"email.sent"}, "enabled": false})
		var sent struct{ ID string }
		w.do(machine, "POST", "events", `{"type":"contact.created","data":{"id":"1","email":"ada@b.example"}}`).json(t, &sent)
		own, test := "webhooks/"+hook.ID, "webhooks/"+hook.ID+"/test"
		w.eventually(t, utility, own+"/statistics", `"state":"delivered"`)
		data := map[string]any{"note": "<!channel> & more"}
		run(t, w, []scenario{
			{name: "statistics", actor: machine, method: "GET", path: own + "/statistics", status: 200, has: []string{`"sampled":false`, `"attempts":1`, `"failures":0`, `"successShare":1`, `"p50Ms":`, `"p95Ms":`, `"lastDelivery":{`, `"hours":[{`}},
			{name: "of one that had nothing", actor: system, method: "GET", path: "webhooks/" + held.ID + "/statistics", status: 200, has: []string{`"attempts":0`, `"state":"held"`}, hasNot: []string{"successShare", "p50Ms"}},
			{name: "elsewhere", actor: foreign, method: "GET", path: own + "/statistics", status: 404},
			{name: "templates", actor: utility, method: "GET", path: "webhook-templates", status: 200, has: []string{`"slug":"own-server"`, `"slug":"n8n"`, `"format":"discord"`, `"prefix":"https://hooks.slack.com/"`, `"sources":["https://`}},
			{name: "templates for the key", actor: machine, method: "GET", path: "webhook-templates", status: 200},
			{name: "templates for nobody", actor: nobody, method: "GET", path: "webhook-templates", status: 401},

			{name: "test", actor: system, method: "POST", path: test, status: 200, has: []string{`"ok":true`, `"type":"webhook.test"`, "Patchboard test"}, entries: []string{"webhook.tested"}},
			{name: "test of an example", actor: system, method: "POST", path: test, body: map[string]any{"type": "contact.created"}, status: 200, has: []string{`"type":"contact.created"`, "Lovelace", `"response":{`}},
			{name: "test of data", actor: system, method: "POST", path: test, body: map[string]any{"type": "contact.created", "data": data}, status: 200, has: []string{`"ok":true`, `note: &lt;!channel&gt; &amp; more`}},
			{name: "test of data for utility", actor: utility, method: "POST", path: test, body: map[string]any{"type": "contact.created", "data": data}, status: 200, has: []string{`"status":200`, `"totalMs"`}, hasNot: []string{"note", `"request":`, `"response":`, `"body"`}},
			{name: "test of an unknown type", actor: system, method: "POST", path: test, body: map[string]any{"type": "contact.create"}, status: 422, has: []string{"event-type-unknown", "contact.created"}},
			{name: "test of no object", actor: system, method: "POST", path: test, body: map[string]any{"type": "contact.created", "data": []int{1}}, status: 422, has: []string{"body.data"}},
			{name: "test of data alone", actor: system, method: "POST", path: test, body: map[string]any{"data": data}, status: 422, has: []string{"test-type-missing", "body.type"}},
			{name: "test of too much", actor: system, method: "POST", path: test, body: map[string]any{"type": "contact.created", "data": map[string]any{"x": strings.Repeat("x", 256<<10)}}, status: 413},
			{name: "test elsewhere", actor: foreign, method: "POST", path: test, body: map[string]any{"type": "contact.created"}, status: 404},

			{name: "event", actor: system, method: "GET", path: "events/" + sent.ID, status: 200, has: []string{
				"ada@b.example", `"webhooks":[{`, `"state":"delivered"`, `"state":"held","cause":"switched_off","by":"` + w.org.worker.email + `","since":`, `"state":"not_subscribed","cause":"type"`,
			}, hasNot: []string{"webhooksTruncated"}},
			{name: "event for utility", actor: utility, method: "GET", path: "events/" + sent.ID, status: 200, has: []string{`"state":"held","cause":"switched_off","by":"`, held.ID}, hasNot: []string{"ada@b.example"}},
			{name: "event for the key", actor: machine, method: "GET", path: "events/" + sent.ID, status: 200, has: []string{`"state":"held","cause":"switched_off","since":`}, hasNot: []string{w.org.worker.email}},
			{name: "event elsewhere", actor: foreign, method: "GET", path: "events/" + sent.ID, status: 404},

			{name: "format", actor: utility, method: "PATCH", path: own, body: map[string]any{"format": "teams"}, status: 200, has: []string{`"format":"teams"`}, entries: []string{"webhook.updated"}},
			{name: "format that is none", actor: utility, method: "PATCH", path: own, body: map[string]any{"format": "soap"}, status: 422, has: []string{"webhook-format-unknown", "discord"}},
		})
		list := w.do(system, "GET", "deliveries?webhookId="+hook.ID, nil)
		var page struct{ Items []struct{ ID string } }
		list.json(t, &page)
		run(t, w, []scenario{
			{name: "the body that was sent", actor: system, method: "GET", path: "deliveries/" + page.Items[0].ID, status: 200, has: []string{`contact.created\\nid: 1\\nemail: ada@b.example\\n` + sent.ID}, hasNot: []string{":format"}},
			{name: "not for utility", actor: utility, method: "GET", path: "deliveries/" + page.Items[0].ID, status: 200, hasNot: []string{"ada@b.example"}},
		})
	})
}
