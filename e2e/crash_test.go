package e2e

import (
	"fmt"
	"testing"
	"time"
)

// What a lane may have sent and not yet recorded when the process dies: the
// requests on their way for one webhook, the results that wait for a completer,
// and those that each completer is recording. These, and no more, are sent
// again. The figures are those of internal/delivery.
const (
	laneMost     = 64
	resultsMost  = 256
	completeMost = 500
	completers   = 2
)

// window is that bound for one webhook.
const window = laneMost + resultsMost + completers*completeMost

// TestKilledUnderLoad kills the server while events come in and go out, starts
// it again, and counts: nothing that was accepted is lost, and nothing comes
// twice that need not.
func TestKilledUnderLoad(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, in *install) {
		const events, senders = 5000, 16
		ca := newAuthority(t)
		in.flags = []string{"--trusted-ca", ca.file, "--allow-network", "127.0.0.0/8"}
		n := in.serve()
		r := newReceiver(t, ca)
		r.verify(n.addWebhook(r.URL).Secret)

		kills := []int{700, 2000, 3500} // at so many accepted events
		if in.engine == postgres {
			kills = kills[1:2] // the lanes of a dead node move when its lease has run out
		}
		l := startLoad(n, events, senders)
		for _, at := range kills {
			until(t, fmt.Sprintf("%d events", at), time.Minute, func() bool { return l.accepted() >= at && r.count() >= at/2 })
			n.kill()
			n = in.serveAt(n.addr)
			l.redirect(n)
		}
		ids := l.wait()
		if len(ids) != events {
			t.Fatalf("%d events were accepted, want %d", len(ids), events)
		}
		if b := n.settled(60 * time.Second); b.delivered != events || b.created != events {
			t.Errorf("books: %+v, want %d delivered", b, events)
		}
		missing, extra, most := r.missing(ids)
		t.Logf("%d events, %d kills, %d requests without an answer: %d arrived again, at most %d times", events, len(kills), l.lost, extra, most)
		if missing > 0 {
			t.Errorf("%d accepted events did not arrive", missing)
		}
		if bound := len(kills) * window; extra > bound || most > 1+len(kills) {
			t.Errorf("%d arrivals too many, one event %d times; %d kills explain %d arrivals", extra, most, len(kills), bound)
		}
		if stored := one[int](in, "SELECT COUNT(*) FROM events"); stored != events {
			t.Errorf("%d events are stored, want %d: a repeat was taken for a new event, or one is lost", stored, events)
		}
		if r.count() != events+extra {
			t.Errorf("%d arrivals, want %d: an event arrived that was not accepted", r.count(), events+extra)
		}
		in.checkFile()
	})
}

// checkFile has SQLite look for damage.
func (in *install) checkFile() {
	in.t.Helper()
	if in.engine == sqlite {
		if said := one[string](in, "PRAGMA integrity_check"); said != "ok" {
			in.t.Errorf("integrity_check: %s", said)
		}
	}
}
