package e2e

import (
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// moved is how soon the lanes of a node that died or hangs are another's: its
// lease of 15 s, and the others' search for it.
const moved = 20 * time.Second

// pair is two nodes on one Postgres, of which the first holds the lane of the
// one webhook.
type pair struct {
	in      *install
	ca      *authority
	a, b    *node
	hook    hook
	r       *receiver
	aid     string // the first node's id
	ids     []string
	session *caller
}

// newPair starts both; before, if there is one, runs before the second starts.
func newPair(t *testing.T, before func(p *pair)) *pair {
	t.Helper()
	cluster(t)
	p := &pair{in: newInstall(t, postgres)}
	p.ca = newAuthority(t)
	p.in.flags = []string{"--trusted-ca", p.ca.file, "--allow-network", "127.0.0.0/8"}
	p.r = newReceiver(t, p.ca)
	p.a = p.in.serve()
	p.hook = p.a.addWebhook(p.r.URL)
	p.r.verify(p.hook.Secret)
	p.ids = append(p.ids, p.a.send(contact(0)))
	p.r.await(p.ids[0], 10*time.Second)
	p.session = p.a.admin()
	p.aid = p.session.self()
	if before != nil {
		before(p)
	}
	p.b = p.in.serve()
	if owner := p.owner(); owner != p.aid {
		t.Fatalf("the lane is held by %q, want %q", owner, p.aid)
	}
	return p
}

// self gives the id of the node that answers.
func (c *caller) self() string {
	c.n.t.Helper()
	var system struct {
		Nodes []struct {
			ID   string `json:"id"`
			Self bool   `json:"self"`
		} `json:"nodes"`
	}
	c.get("/system", &system)
	for _, n := range system.Nodes {
		if n.Self {
			return n.ID
		}
	}
	c.n.t.Fatalf("no node of %+v is this one", system)
	return ""
}

func (p *pair) owner() string {
	p.in.t.Helper()
	owners := column[string](p.in, "SELECT owner FROM lanes WHERE webhook_num = (SELECT num FROM webhooks WHERE id = $1)", p.hook.ID)
	if len(owners) == 0 {
		return ""
	}
	return owners[0]
}

// arrived waits until everything has.
func (p *pair) arrived() {
	p.in.t.Helper()
	until(p.in.t, "arrival of everything", 20*time.Second, func() bool {
		missing, _, _ := p.r.missing(p.ids)
		return missing == 0
	})
}

// TestNodeKilled kills the node that holds the lane, under load that goes to
// both.
func TestNodeKilled(t *testing.T) {
	t.Parallel()
	p := newPair(t, nil)
	first := startLoad(p.a, 1500, 6)
	second := startLoad(p.b, 1500, 6)
	until(t, "load", 30*time.Second, func() bool { return first.accepted() > 500 && p.r.count() > 300 })
	p.a.kill()
	killed := time.Now()
	first.redirect(p.b)
	p.ids = append(p.ids, first.wait()...)
	p.ids = append(p.ids, second.wait()...)
	probe := p.b.send(contact(1))
	p.ids = append(p.ids, probe)
	p.r.await(probe, moved-time.Since(killed))
	t.Logf("the lane moved %s after the kill", time.Since(killed).Round(time.Millisecond))
	p.arrived()
	if b := p.b.settled(20 * time.Second); b.delivered != len(p.ids) || b.created != len(p.ids) {
		t.Errorf("books: %+v, want %d delivered", b, len(p.ids))
	}
	_, extra, most := p.r.missing(p.ids)
	if extra > window || most > 2 {
		t.Errorf("%d arrivals too many, one event %d times; the kill explains %d", extra, most, window)
	}
	t.Logf("%d events, %d arrived again", len(p.ids), extra)
}

// TestNodeStopped stops the holder by SIGSTOP at the worst moment until its lease
// has run out, and lets it go on. Of one webhook it has requests on their way,
// whose answers wait for it, and more in memory; of another it is recording what
// it sent, and it is renewing its lease: it keeps the locks of both.
func TestNodeStopped(t *testing.T) {
	t.Parallel()
	var other *receiver
	var recorded []string
	p := newPair(t, func(p *pair) { // before there is another node that could claim its lane
		other = newReceiver(t, p.ca)
		other.verify(p.a.addWebhook(other.URL, "contact.updated").Secret)
		recorded = p.a.sendBatch(1, "contact.updated")
		other.await(recorded[0], 10*time.Second)
	})

	p.ids = append(p.ids, p.a.sendBatch(300, "contact.created")...) // the lane gets up to speed
	p.arrived()
	p.a.settled(20 * time.Second)
	p.r.hold()
	p.ids = append(p.ids, p.a.sendBatch(1000, "contact.created")...)
	until(t, "requests on their way", 10*time.Second, func() bool { return p.r.count() > 310 })
	onWay := p.r.quiet(500*time.Millisecond) - 301
	other.hold()
	recorded = append(recorded, p.a.sendBatch(100, "contact.updated")...)
	until(t, "requests of the other webhook", 10*time.Second, func() bool { return other.count() > 1 })
	stopped := p.stopInTransactions(other)
	p.r.release()

	until(t, "the lane at another node", moved-time.Since(stopped), func() bool { return p.owner() == p.session.at(p.b).self() })
	t.Logf("the lane moved %s after SIGSTOP, with %d requests on their way", time.Since(stopped).Round(time.Millisecond), onWay)
	probe := p.b.send(contact(1))
	p.ids = append(p.ids, probe)
	p.r.await(probe, moved-time.Since(stopped))
	p.arrived()
	p.b.settled(20 * time.Second)

	before := p.r.quiet(500*time.Millisecond) + other.count()
	p.a.signal(syscall.SIGCONT)
	until(t, "the continued node joins again", 20*time.Second, func() bool {
		return p.a.probe("/readyz") == http.StatusOK && p.session.self() != p.aid
	})
	after := p.r.quiet(time.Second) + other.count()
	t.Logf("the continued node sent %d requests", after-before)
	if after-before > laneMost {
		t.Errorf("the continued node sent %d requests; at most %d were past the check of the lease", after-before, laneMost)
	}
	// It works again, beside the other, and the books are those of one delivery
	// an event, whatever both have recorded.
	p.ids = append(p.ids, p.a.sendBatch(20, "contact.created")...)
	p.arrived()
	if b := p.a.settled(20 * time.Second); b.delivered != len(p.ids)+len(recorded) || b.created != b.delivered {
		t.Errorf("books: %+v, want %d delivered", b, len(p.ids)+len(recorded))
	}
	for _, r := range []struct {
		*receiver
		ids []string
	}{{p.r, p.ids}, {other, recorded}} {
		missing, extra, most := r.missing(r.ids)
		t.Logf("%d events, %d arrived again", len(r.ids), extra)
		if missing > 0 || extra > window+laneMost || most > 2 {
			t.Errorf("%d events did not arrive, %d arrivals are too many, one event came %d times", missing, extra, most)
		}
	}
	p.a.stop()
	p.b.stop()
}

// stopInTransactions stops the first node while it renews its lease and records
// what it sent to a receiver. Locks of ours hold both transactions back until the
// process stands still; given up, they become the stopped node's.
func (p *pair) stopInTransactions(r *receiver) time.Time {
	t := p.in.t
	t.Helper()
	db := p.in.open()
	defer func() { _ = db.Close() }()
	locks, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = locks.Rollback() }()
	for _, q := range []string{
		"SELECT 1 FROM nodes FOR UPDATE",
		"SELECT 1 FROM deliveries WHERE state = 0 AND webhook_num = (SELECT num FROM webhooks WHERE url = '" + r.URL + "') FOR UPDATE",
	} {
		if _, err := locks.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	r.release()
	const of = "SELECT query FROM pg_stat_activity WHERE application_name = $1 AND "
	var seen []string
	has := func(what string) bool {
		return slices.ContainsFunc(seen, func(q string) bool { return strings.Contains(q, what) })
	}
	defer func() {
		if t.Failed() {
			t.Logf("last seen: %.60q", seen)
		}
	}()
	until(t, "transactions that wait", 15*time.Second, func() bool {
		seen = columnOf[string](t, db, of+"wait_event_type = 'Lock'", p.a.name)
		return has("UPDATE nodes") && has("deliveries")
	})
	p.a.signal(syscall.SIGSTOP)
	stopped := time.Now()
	if err := locks.Rollback(); err != nil {
		t.Fatal(err)
	}
	// Postgres ends them after 5 s. The lease's is among them nearly always; now and
	// then it was answered before the process stood still.
	until(t, "transactions that stand still", 4500*time.Millisecond, func() bool {
		seen = columnOf[string](t, db, of+"state LIKE 'idle in transaction%'", p.a.name)
		return len(seen) > 1
	})
	return stopped
}

// TestSwitchedOffElsewhere switches a webhook off through one node while
// another sends to it: nothing starts after the answer.
func TestSwitchedOffElsewhere(t *testing.T) {
	t.Parallel()
	p := newPair(t, nil)
	const events = 3000
	p.r.answerWith(func(w http.ResponseWriter, q *http.Request) { // slow enough to last
		select {
		case <-time.After(20 * time.Millisecond):
		case <-q.Context().Done():
		}
		w.WriteHeader(http.StatusNoContent)
	})
	for range events / 1000 {
		p.ids = append(p.ids, p.a.sendBatch(1000, "contact.created")...)
	}
	until(t, "sending", 10*time.Second, func() bool { return p.r.count() > 200 })
	p.b.key().toggle(p.hook.ID, false)
	off := time.Now()
	p.r.quiet(time.Second)
	b := p.b.settled(20 * time.Second)
	if b.held == 0 || b.delivered == 0 || b.held+b.delivered != len(p.ids) {
		t.Fatalf("books: %+v of %d; the test wants both held and delivered", b, len(p.ids))
	}
	if p.r.count() != b.delivered {
		t.Errorf("%d arrivals, %d delivered", p.r.count(), b.delivered)
	}
	late, last := 0, time.Time{}
	for _, at := range p.attempts() {
		if at.After(off) {
			late++
		}
		if at.After(last) {
			last = at
		}
	}
	t.Logf("the last of %d tries began %s before the answer", b.delivered, off.Sub(last).Round(time.Microsecond))
	if late > 0 {
		t.Errorf("%d tries began after the answer", late)
	}
	if owner := p.owner(); owner != "" {
		t.Errorf("the lane is still held by %s", owner)
	}
}

// attempts gives when every try began.
func (p *pair) attempts() []time.Time {
	p.in.t.Helper()
	var all []time.Time
	for _, d := range p.session.at(p.b).deliveries("state=delivered&webhookId=" + p.hook.ID) {
		var full delivery
		p.session.at(p.b).get("/deliveries/"+d.ID, &full)
		for _, try := range full.AttemptLog {
			all = append(all, try.At)
		}
	}
	return all
}

// TestKeyRegeneratedElsewhere wants an old key refused at once by the node that
// replaced it, and within a second by the other.
func TestKeyRegeneratedElsewhere(t *testing.T) {
	t.Parallel()
	p := newPair(t, nil)
	old := p.in.org.APIKey
	p.b.bearer(old).must(http.StatusAccepted, http.MethodPost, "/events", contact(1), nil)
	fresh := p.session.regenerate(password)
	done := time.Now()
	p.a.bearer(old).must(http.StatusUnauthorized, http.MethodPost, "/events", contact(2), nil)
	until(t, "the old key refused by the other node", time.Second, func() bool {
		a, err := p.b.bearer(old).call(http.MethodPost, "/events", contact(3))
		return err == nil && a.status == http.StatusUnauthorized
	})
	t.Logf("refused by the other node %s after the answer", time.Since(done).Round(time.Millisecond))
	for _, n := range []*node{p.a, p.b} {
		n.bearer(fresh).must(http.StatusAccepted, http.MethodPost, "/events", contact(4), nil)
	}
	p.b.settled(10 * time.Second)
}

// TestKeyRegeneratedWhileNotificationsAreLost is the same for a node that hears
// nothing of the others, and cannot listen again: it asks the database.
func TestKeyRegeneratedWhileNotificationsAreLost(t *testing.T) {
	t.Parallel()
	var between *proxy
	p := newPair(t, func(p *pair) { between = p.in.proxied() })
	old := p.in.org.APIKey
	warm := startLoad(p.b, 200, 8) // so that it has connections to ask with
	p.ids = append(p.ids, warm.wait()...)
	between.refuse()
	// Its listening connection is one of those that say these last.
	const listeners = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND (query ILIKE 'listen patchboard%' OR query = '-- ping')`
	listening := func() bool {
		now, ok := p.b.metrics()["patchboard_database_notifications_current"]
		return !ok || now == 1
	}
	until(t, "the end of its listening", 5*time.Second, func() bool {
		column[bool](p.in, listeners, p.b.name)
		return !listening()
	})
	p.session.regenerate(password)
	until(t, "the old key refused by a node that hears nothing", time.Second, func() bool {
		a, err := p.b.bearer(old).call(http.MethodPost, "/events", contact(2))
		if err == nil && a.status == http.StatusAccepted {
			t.Fatal("the node trusts its memory, though it hears nothing")
		}
		return err == nil && a.status == http.StatusUnauthorized
	})
	if listening() {
		t.Error("the node listens: the test has tested nothing")
	}
	between.heal()
	until(t, "listening again", 10*time.Second, listening)
	p.b.settled(10 * time.Second)
}

// regenerate replaces the API key by a session and its password.
func (c *caller) regenerate(password string) string {
	c.n.t.Helper()
	var confirmed struct {
		Token string `json:"token"`
	}
	c.must(http.StatusOK, http.MethodPost, "/session/confirm", map[string]any{"purpose": "api_key.regenerate", "password": password}, &confirmed)
	var key struct {
		APIKey string `json:"apiKey"`
	}
	c.must(http.StatusOK, http.MethodPost, "/api-key/regenerate", map[string]any{"token": confirmed.Token, "reason": "scheduled"}, &key)
	return key.APIKey
}
