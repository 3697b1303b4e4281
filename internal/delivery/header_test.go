package delivery

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"patchboard/internal/webhook"
)

// The log shows every header that the receiver got, and no other.
func TestStoredHeadersAreThoseThatWereSent(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		r := newReceiver(t)
		got := make(chan http.Header, 1)
		r.answerWith(func(_ http.ResponseWriter, q *http.Request) {
			h := q.Header.Clone()
			h.Set("Host", q.Host) // the server keeps it apart
			got <- h
		})
		n := w.start()
		c := n.webhook(r.URL, func(in *webhook.NewWebhook) { in.Headers = map[string]string{"X-Team": "geheim"} })
		n.accept(1)
		arrived := <-got
		n.until("delivered", func() bool { return n.counts().Delivered == 1 })
		p, err := n.List(t.Context(), w.sys, Filter{WebhookID: c.Webhook.ID})
		w.check(err)
		as, err := n.Attempts(t.Context(), w.sys, p.Items[0].ID)
		if err != nil || len(as) != 1 {
			t.Fatal(as, err)
		}
		want := map[string]string{}
		for name, values := range arrived {
			want[name] = strings.Join(values, ", ")
		}
		if want["X-Team"] != "geheim" || want["User-Agent"] == "" || want["Content-Length"] == "" {
			t.Fatalf("arrived: %v", want)
		}
		want["X-Team"] = "***"
		if !maps.Equal(as[0].RequestHeader, want) {
			t.Errorf("stored\n%v, arrived\n%v", as[0].RequestHeader, want)
		}
	})
}
