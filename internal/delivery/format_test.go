package delivery

import (
	"io"
	"net/http"
	"testing"

	"patchboard/internal/webhook"
)

// The log shows the bytes that were sent, also after the format was changed.
func TestTheLogShowsTheBodyThatWasSent(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		var bodies []string
		got := make(chan string, 10)
		r := newReceiver(t)
		r.Config.Handler = http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
			body, err := io.ReadAll(q.Body)
			if err != nil {
				t.Error(err)
			}
			if id := q.Header.Get("Webhook-Id"); len(id) > 4 && id[:4] == "evt_" {
				got <- string(body)
			}
		})
		n := w.start()
		c := n.webhook(r.URL, func(in *webhook.NewWebhook) { in.Format = webhook.FormatDiscord })
		n.accept(1)
		bodies = append(bodies, <-got)
		n.until("delivered", func() bool { return n.counts().Delivered == 1 })
		p, err := n.List(t.Context(), w.sys, Filter{WebhookID: c.Webhook.ID})
		w.check(err)
		for i, format := range []string{webhook.FormatStandard, webhook.FormatTeams} {
			_, err := n.webhooks.Update(t.Context(), w.util, c.Webhook.ID, webhook.Patch{Format: &format})
			w.check(err)
			_, err = n.Retry(t.Context(), w.util, p.Items[0].ID)
			w.check(err)
			bodies = append(bodies, <-got)
			n.until("delivered again", func() bool {
				d, err := n.Get(t.Context(), w.sys, p.Items[0].ID)
				w.check(err)
				return d.State == Delivered && d.Attempts == i+2
			})
		}
		as, err := n.Attempts(t.Context(), w.sys, p.Items[0].ID)
		if err != nil || len(as) != 3 {
			t.Fatal(as, err)
		}
		for i, a := range as {
			if string(a.RequestBody) != bodies[i] {
				t.Errorf("try %d: sent\n%s, shown\n%s", i+1, bodies[i], a.RequestBody)
			}
			if _, ok := a.RequestHeader[formatMark]; ok {
				t.Errorf("try %d: %v", i+1, a.RequestHeader)
			}
		}
		if bodies[0] == bodies[1] || bodies[1] == bodies[2] {
			t.Errorf("%q", bodies)
		}
	})
}
