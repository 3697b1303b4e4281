package e2e

import (
	"net/http"
	"testing"
	"time"
)

// TestDatabaseGoneAndBack cuts the server off from Postgres for ten seconds
// under load.
func TestDatabaseGoneAndBack(t *testing.T) {
	t.Parallel()
	cluster(t)
	in := emptyInstall(t, postgres)
	p := in.proxied()
	in.createOrg()
	ca := newAuthority(t)
	in.flags = []string{"--trusted-ca", ca.file, "--allow-network", "127.0.0.0/8"}
	n := in.serve()
	r := newReceiver(t, ca)
	r.verify(n.addWebhook(r.URL).Secret)

	const never = 1 << 40
	l := startLoad(n, never, 8)
	until(t, "load", 20*time.Second, func() bool { return l.accepted() > 300 && r.count() > 100 })
	// The answer to the last commit of many results is lost: they are many if many
	// requests end at once.
	p.mute(10 << 10)
	for round := 0; p.withheld() == 0; round++ {
		if round > 20 {
			t.Fatal("no commit of many results was seen")
		}
		r.hold()
		r.quiet(150 * time.Millisecond)
		r.release()
		r.next(200)
	}
	p.cut()
	gone := time.After(10 * time.Second) // the length of the outage
	until(t, "not ready", 5*time.Second, func() bool { return n.probe("/readyz") == http.StatusServiceUnavailable })
	if got := n.probe("/healthz"); got != http.StatusOK {
		t.Errorf("/healthz answers %d while the database is gone", got)
	}
	before := l.accepted()
	refused := l.refused()
	a, err := n.key().call(http.MethodPost, "/events", contact(0))
	if err != nil {
		t.Fatal(err)
	}
	a.later(t)
	a, err = n.key().call(http.MethodGet, "/webhooks", nil)
	if err != nil {
		t.Fatal(err)
	}
	a.later(t)
	<-gone
	if l.refused() == refused {
		t.Error("no event was refused during the outage")
	}
	if got := l.accepted(); got > before {
		t.Errorf("%d events were accepted without a database", got-before)
	}
	p.heal()
	back := time.Now()
	until(t, "accepting again", 15*time.Second, func() bool { return l.accepted() > before+300 })
	until(t, "ready again", 15*time.Second, func() bool { return n.probe("/readyz") == http.StatusOK })
	t.Logf("accepting and ready %s after the database was back; slowest answer %s", time.Since(back).Round(time.Millisecond), l.slowest.Round(time.Millisecond))
	l.stop()
	ids := l.wait()
	n.alive()
	if b := n.settled(8 * time.Second); b.delivered != len(ids) {
		t.Errorf("books: %+v, want %d delivered", b, len(ids))
	}
	missing, extra, most := r.missing(ids)
	if missing > 0 {
		t.Errorf("%d accepted events did not arrive", missing)
	}
	// Results wait for the database, and the lease outlasts the outage: what was
	// sent is not sent again, even if the answer to its record was lost.
	if extra > 0 {
		t.Errorf("%d arrivals too many, one event %d times", extra, most)
	}
	t.Logf("%d events, %d arrivals too many, %d requests were told to come later", len(ids), extra, l.later)
	n.stop()
}
