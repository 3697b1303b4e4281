package delivery

import (
	"context"
	"net/http"
	"testing"
)

// A try that fails changes its delivery, though not its state: whoever looks at
// the list is told.
func TestAFailedTryIsTold(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		n, r := w.build(), newReceiver(t)
		told := make(chan string, 16)
		n.OnChanged = func(org string) { told <- org }
		n.events.Start()
		n.Start(context.Background())
		n.webhook(r.URL)
		r.answerWith(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusInternalServerError) })
		n.accept(1)
		for range 2 { // it came, and it failed
			if org := <-told; org != w.sys.OrganizationID {
				t.Errorf("told of %q", org)
			}
		}
		p, err := n.List(t.Context(), w.sys, Filter{})
		w.check(err)
		if len(p.Items) != 1 || p.Items[0].Attempts != 1 {
			t.Errorf("%+v", p.Items)
		}
	})
}
