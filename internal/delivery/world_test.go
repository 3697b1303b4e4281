package delivery

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/egress"
	"patchboard/internal/event"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
	"patchboard/internal/signature"
	"patchboard/internal/vault"
	"patchboard/internal/webhook"
)

// world is a database with an organization, and nodes that share it.
type world struct {
	t      testing.TB
	config db.Config
	keys   string // the keyset's file
	heads  string
	clock  *testClock
	sys    rbac.Actor
	util   rbac.Actor
	other  rbac.Actor
}

// testClock is the real time plus what a test adds.
type testClock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *testClock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *testClock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// server is one node: the services that delivery needs.
type server struct {
	*Service
	w        *world
	d        *db.DB
	webhooks *webhook.Service
	events   *event.Service
	stopped  bool
}

func newWorld(t testing.TB, e dbtest.Engine) *world {
	t.Helper()
	w := &world{t: t, config: dbtest.Fresh(t, e), keys: filepath.Join(t.TempDir(), "keyset.json"), heads: t.TempDir(), clock: &testClock{}}
	w.sys = rbac.Actor{OrganizationID: "org_a", Role: rbac.SystemAdmin, UserID: "usr_sys", Email: "sys@example.com"}
	w.util = rbac.Actor{OrganizationID: "org_a", Role: rbac.UtilityAdmin, UserID: "usr_util", Email: "util@example.com"}
	w.other = rbac.Actor{OrganizationID: "org_b", Role: rbac.SystemAdmin, UserID: "usr_other", Email: "other@example.com"}
	d := dbtest.OpenConfig(t, w.config)
	_, err := vault.Open(context.Background(), d, vault.Config{File: w.keys}) // before the first organization
	w.check(err)
	err = d.Write(context.Background(), func(tx *db.Tx) error {
		for _, org := range []string{"org_a", "org_b"} {
			if _, err := tx.Exec(context.Background(), `INSERT INTO organizations (id, name, created_at) VALUES ($1, $1, 1)`, org); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// start runs a node of the world.
func (w *world) start() *server {
	w.t.Helper()
	n := w.build()
	n.events.Start()
	n.Start(context.Background())
	return n
}

func (w *world) build() *server {
	w.t.Helper()
	ctx := context.Background()
	d := dbtest.OpenConfig(w.t, w.config)
	log := slog.New(slog.DiscardHandler)
	if os.Getenv("TEST_LOG") != "" {
		log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	v, err := vault.Open(ctx, d, vault.Config{File: w.keys})
	w.check(err)
	al, err := audit.New(audit.Config{DB: d, Clock: w.clock.read, Key: v.Signer("audit"), Heads: w.heads, Node: "n1"})
	w.check(err)
	client, err := egress.New(egress.Policy{AllowHTTP: true, AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	w.check(err)
	w.t.Cleanup(client.Close)
	node, err := Join(ctx, d, "127.0.0.1:0", "test", log)
	w.check(err)
	last, err := LastKey(ctx, d)
	w.check(err)
	keys := id.NewKeys(w.clock.read, int(node.Num()), last)
	n := &server{w: w, d: d}
	n.webhooks = webhook.New(webhook.Config{DB: d, Vault: v, Audit: al, Egress: client, Clock: w.clock.read, Log: log})
	w.t.Cleanup(n.webhooks.Close)
	n.webhooks.KnownEvents = func(context.Context, string) ([]string, error) {
		return []string{"contact.created", "contact.updated", "contact.deleted"}, nil
	}
	n.webhooks.After = func(func(context.Context)) {} // the check after switching on has its own tests
	n.events = event.New(event.Config{DB: d, Keys: keys, Clock: w.clock.read, Log: log, Audit: al})
	n.Service = New(Config{DB: d, Node: node, Keys: keys, Clock: w.clock.read, Log: log, Audit: al, Webhooks: n.webhooks, Egress: client})
	n.events.FanOut = n.FanOut
	w.t.Cleanup(n.stop)
	return n
}

func (n *server) stop() {
	if n.stopped {
		return
	}
	n.stopped = true
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	n.w.check(n.events.Stop(ctx))
	n.w.check(n.Stop(ctx))
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// webhook adds a webhook for contact.created.
func (n *server) webhook(url string, more ...func(*webhook.NewWebhook)) *webhook.Created {
	n.w.t.Helper()
	in := webhook.NewWebhook{URL: url, Events: []string{"contact.created"}}
	for _, m := range more {
		m(&in)
	}
	c, err := n.webhooks.Create(context.Background(), n.w.sys, in)
	n.w.check(err)
	return c
}

// accept takes n events in and gives their ids.
func (n *server) accept(count int) []string {
	n.w.t.Helper()
	inputs := make([]event.Input, count)
	for i := range inputs {
		in, err := event.Decode(fmt.Appendf(nil, `{"type":"contact.created","data":{"n":%d}}`, i))
		n.w.check(err)
		inputs[i] = in
	}
	rs, err := n.events.Accept(context.Background(), n.w.sys, inputs, event.Options{})
	n.w.check(err)
	ids := make([]string, count)
	for i, r := range rs {
		if r.Fault != nil {
			n.w.t.Fatal(r.Fault)
		}
		ids[i] = r.ID
	}
	return ids
}

// books checks that the counts hold and gives them.
func (n *server) books() Counts {
	n.w.t.Helper()
	c, err := n.CheckCounts(context.Background())
	n.w.check(err)
	if !c.OK {
		n.w.t.Fatalf("the books do not hold: %+v", c)
	}
	return c.Books
}

// counts gives the counts without comparing them with every row.
func (n *server) counts() Counts {
	n.w.t.Helper()
	c, err := n.Counts(context.Background(), "")
	n.w.check(err)
	return c
}

// receiver is an endpoint on loopback that can be told what to do.
type receiver struct {
	*httptest.Server
	t       testing.TB
	secret  signature.Secret
	arrived chan string // webhook ids, in order

	mu     sync.Mutex
	answer func(w http.ResponseWriter, r *http.Request)
	seen   map[string]int
}

func newReceiver(t testing.TB) *receiver {
	t.Helper()
	r := &receiver{t: t, arrived: make(chan string, 100_000), seen: map[string]int{}}
	r.Server = httptest.NewServer(http.HandlerFunc(r.serve))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) serve(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return
	}
	msg := q.Header.Get(signature.HeaderID)
	if len(msg) > 5 && msg[:5] == "test_" {
		return // the check of the address
	}
	r.mu.Lock()
	answer, secret := r.answer, r.secret
	r.seen[msg]++
	r.mu.Unlock()
	if !secret.IsZero() {
		if err := signature.Verify(secret, q.Header, body, time.Now()); err != nil {
			r.t.Errorf("signature: %v", err)
		}
	}
	r.arrived <- msg
	if answer != nil {
		answer(w, q)
	}
}

func (r *receiver) answerWith(fn func(w http.ResponseWriter, r *http.Request)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = fn
}

func status(code int) func(w http.ResponseWriter, r *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// wait gives the next arrival.
func (r *receiver) wait() string {
	r.t.Helper()
	select {
	case s := <-r.arrived:
		return s
	case <-time.After(20 * time.Second):
		r.t.Fatal("nothing arrived")
		return ""
	}
}

func (r *receiver) waitFor(n int) {
	r.t.Helper()
	for range n {
		r.wait()
	}
}

// until waits for a condition that a commit of the engine brings about.
func (n *server) until(what string, cond func() bool) {
	n.w.t.Helper()
	changed := make(chan struct{}, 1)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(20 * time.Second)
	for !cond() {
		select {
		case <-changed:
		case <-tick.C:
		case <-deadline:
			n.w.t.Fatalf("timed out: %s; %+v", what, n.books())
		}
	}
}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	for _, e := range dbtest.Engines {
		t.Run(string(e), func(t *testing.T) {
			t.Parallel()
			test(t, newWorld(t, e))
		})
	}
}

// before is one age for all that retention removes.
func before(t time.Time) Limits { return Limits{Held: t, Ended: t, Events: t} }

// inAll sums the requests on their way.
func inAll(onWay [classes]int) (n int64) {
	for _, of := range onWay {
		n += int64(of)
	}
	return n
}
