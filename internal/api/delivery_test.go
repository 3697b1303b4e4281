package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
)

// eventually asks again after each event of a stream, until the answer has the
// text. A stream may end without a reason of its reader's (another process
// wrote to the database); a browser then connects again, and so does this.
func (w *world) eventually(t *testing.T, actor, path, text string) {
	t.Helper()
	l := w.listen(t, actor, "")
	for {
		if strings.Contains(w.do(actor, "GET", path, nil).body, text) {
			l.close()
			return
		}
		if _, ok := l.next(); !ok {
			l = w.listen(t, actor, "")
		}
	}
}

func TestDeliveries(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		began := time.Now().Add(-time.Minute).UTC().Format(time.RFC3339)
		var hook struct{ ID string }
		w.do(system, "POST", "webhooks", map[string]any{"url": w.sink.URL, "events": []string{"contact.created"}}).json(t, &hook)
		sent := w.do(machine, "POST", "events", `{"type":"contact.created","data":{"id":"1","email":"ada@b.example"}}`)
		if sent.status != http.StatusAccepted {
			t.Fatal(sent.body)
		}
		own := "webhooks/" + hook.ID
		w.eventually(t, utility, own+"/deliveries", `"state":"delivered"`)
		var list struct{ Items []struct{ ID string } }
		w.do(utility, "GET", "deliveries?limit=1", nil).json(t, &list)
		one := "deliveries/" + list.Items[0].ID
		run(t, w, []scenario{
			{name: "for system", actor: system, method: "GET", path: one, status: 200, has: []string{`"attemptLog":[{`, `"request":{`, "ada@b.example", `"totalMs"`}},
			{name: "for utility", actor: utility, method: "GET", path: one, status: 200, has: []string{`"attemptLog":[{`, `"status":200`}, hasNot: []string{`"request"`, `"response"`, "ada@b.example"}},
			{name: "for the key", actor: machine, method: "GET", path: one, status: 200, hasNot: []string{"ada@b.example"}},
			{name: "elsewhere", actor: foreign, method: "GET", path: one, status: 404},
			{name: "retry elsewhere", actor: foreign, method: "POST", path: one + "/retry", status: 404},
			{name: "no such state", actor: system, method: "GET", path: "deliveries?state=lost", status: 422, has: []string{"query.state"}},
			{name: "bad cursor", actor: system, method: "GET", path: "deliveries?cursor=x", status: 422, has: []string{"query.cursor"}},
			{name: "by webhook elsewhere", actor: foreign, method: "GET", path: own + "/deliveries", status: 404},
			{name: "by text", actor: system, method: "GET", path: "deliveries?text=ada%40b.example&state=delivered&type=contact.created", status: 200, has: []string{list.Items[0].ID}},
			{name: "retry", actor: utility, method: "POST", path: one + "/retry", status: 202, entries: []string{"delivery.retried"}},
		})
		w.eventually(t, utility, one, `"attempts":2`)
		w.do(utility, "PATCH", own, map[string]any{"enabled": false})
		w.do(machine, "POST", "events", `{"type":"contact.created","data":{"id":"2","email":"bob@b.example"}}`)
		w.eventually(t, utility, own, `"waiting":{"pending":0,"held":1}`)
		run(t, w, []scenario{
			{name: "the list says for which something is held", actor: utility, method: "GET", path: "webhooks", status: 200, has: []string{`"hasHeld":true`}},
			{name: "but not elsewhere", actor: foreign, method: "GET", path: "webhooks", status: 200, hasNot: []string{"hasHeld"}},
			{name: "off", actor: utility, method: "POST", path: own + "/held", body: map[string]any{"action": "send"}, status: 409, has: []string{"webhook-not-active"}},
			{name: "discard is not for utility", actor: utility, method: "POST", path: own + "/held", body: map[string]any{"action": "discard"}, status: 403, has: []string{"/problems/forbidden"}},
			{name: "what", actor: system, method: "POST", path: own + "/held", body: map[string]any{"action": "burn"}, status: 422, has: []string{"body.action"}},
			{name: "discard elsewhere", actor: foreign, method: "POST", path: own + "/held", body: map[string]any{"action": "discard"}, status: 404},
			{name: "discard", actor: system, method: "POST", path: own + "/held", body: map[string]any{"action": "discard"}, status: 200, has: []string{`"deliveries":1`}, entries: []string{"delivery.held_discarded"}},
			{name: "nothing is held any more", actor: utility, method: "GET", path: "webhooks", status: 200, has: []string{`"status":"off"`}, hasNot: []string{"hasHeld"}},
			{name: "count a replay", actor: system, method: "POST", path: own + "/replay", body: map[string]any{"since": began, "states": []string{"discarded"}, "dryRun": true}, status: 200, has: []string{`"total":1`, `"byState":{"discarded":1}`}},
			{name: "replay is not for utility", actor: utility, method: "POST", path: own + "/replay", body: map[string]any{"since": began}, status: 403},
			{name: "replay without a time", actor: system, method: "POST", path: own + "/replay", body: map[string]any{}, status: 422, has: []string{"since"}},
			{name: "replay backwards", actor: system, method: "POST", path: own + "/replay", body: map[string]any{"since": began, "until": "2001-01-01T00:00:00Z"}, status: 422, has: []string{"replay-range-invalid"}},
			{name: "on", actor: utility, method: "PATCH", path: own, body: map[string]any{"enabled": true}, status: 200},
			{name: "replay", actor: system, method: "POST", path: own + "/replay", body: map[string]any{"since": began, "states": []string{"discarded"}}, status: 200, has: []string{`"total":1`}, entries: []string{"delivery.replayed"}},
		})
		w.eventually(t, system, "system", `"deliveries":{"created":2,"delivered":2,"pending":0,"held":0,"failed":0,"discarded":0,"balanced":true}`)
		run(t, w, []scenario{
			{name: "the log of a deleted webhook", actor: utility, method: "DELETE", path: own, status: 204},
			{name: "stays", actor: utility, method: "GET", path: own + "/deliveries", status: 200, has: []string{list.Items[0].ID}},
		})
	})
}
