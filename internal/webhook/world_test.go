package webhook

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/egress"
	"patchboard/internal/rbac"
	"patchboard/internal/signature"
	"patchboard/internal/vault"
)

// world is a service on a real database, with an organization and its actors.
type world struct {
	*Service

	d                     *db.DB
	org                   string
	sys, util, key, other rbac.Actor
	clock                 *testClock

	mu        sync.Mutex
	published []string
	after     []func(ctx context.Context)
	events    []string // of the hooks, in order
}

type testClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *testClock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *testClock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// resolver answers from a map; what is not in it does not exist.
type resolver map[string]string

func (r resolver) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	a, ok := r[host]
	if !ok {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return []netip.Addr{netip.MustParseAddr(a)}, nil
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	ctx := t.Context()
	v, err := vault.Open(ctx, d, vault.Config{File: filepath.Join(t.TempDir(), "keyset.json")})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{d: d, org: "org_a", clock: &testClock{now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}}
	w.Service = w.node(t, d, v)
	err = d.Write(ctx, func(tx *db.Tx) error {
		for _, org := range []string{"org_a", "org_b"} {
			if _, err := tx.Exec(ctx, `INSERT INTO organizations (id, name, created_at) VALUES ($1, $1, 1)`, org); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.sys = rbac.Actor{OrganizationID: w.org, Role: rbac.SystemAdmin, UserID: "usr_sys", Email: "sys@example.com"}
	w.util = rbac.Actor{OrganizationID: w.org, Role: rbac.UtilityAdmin, UserID: "usr_util", Email: "util@example.com"}
	w.key = rbac.Actor{OrganizationID: w.org, Role: rbac.Machine, KeyID: "key_a"}
	w.other = rbac.Actor{OrganizationID: "org_b", Role: rbac.SystemAdmin, UserID: "usr_other", Email: "other@example.com"}
	return w
}

// node makes a service of one node of the world's database.
func (w *world) node(t *testing.T, d *db.DB, v *vault.Vault) *Service {
	t.Helper()
	log, err := audit.New(audit.Config{DB: d, Clock: w.clock.read, Key: v.Signer("audit"), Heads: t.TempDir(), Node: "n1"})
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(certificate())
	client, err := egress.New(egress.Policy{
		AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, TrustedCAs: pool,
		Resolver: resolver{"example.com": "127.0.0.1", "private.example.org": "10.1.2.3"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	s := New(Config{DB: d, Vault: v, Audit: log, Egress: client, Clock: w.clock.read})
	t.Cleanup(s.Close)
	s.KnownEvents = func(context.Context, string) ([]string, error) { return eight, nil }
	s.Publish = func(tx *db.Tx, org, topic string, ids ...string) {
		tx.AfterCommit(func() { w.record(&w.published, topic+" "+org+" "+strings.Join(ids, ",")) })
	}
	s.After = func(fn func(ctx context.Context)) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.after = append(w.after, fn)
	}
	s.OnSwitchOnTx = func(_ context.Context, tx *db.Tx, num int64) error {
		tx.AfterCommit(func() { w.record(&w.events, fmt.Sprint("on-tx ", num)) })
		return nil
	}
	s.OnOff = func(_ context.Context, num int64) error { w.record(&w.events, fmt.Sprint("off ", num)); return nil }
	s.OnChange = func(num int64) { w.record(&w.events, fmt.Sprint("change ", num)) }
	s.OnDeleteTx = func(_ context.Context, tx *db.Tx, num int64) error {
		tx.AfterCommit(func() { w.record(&w.events, fmt.Sprint("delete-tx ", num)) })
		return nil
	}
	s.OnDelete = func(_ context.Context, num int64) error { w.record(&w.events, fmt.Sprint("delete ", num)); return nil }
	return s
}

func (w *world) record(to *[]string, what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*to = append(*to, what)
}

// took gives what was recorded, and forgets it.
func (w *world) took(from *[]string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := *from
	*from = nil
	return all
}

// runAfter runs what was left for after the answer.
func (w *world) runAfter(ctx context.Context) {
	w.mu.Lock()
	all := w.after
	w.after = nil
	w.mu.Unlock()
	for _, fn := range all {
		fn(ctx)
	}
}

// certificate is the one of every httptest server: 127.0.0.1 and example.com.
var certificate = sync.OnceValue(func() *x509.Certificate { //nolint:gochecknoglobals // once a test program
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	return s.Certificate()
})

// receiver is a TLS endpoint that keeps what it gets.
type receiver struct {
	*httptest.Server

	mu     sync.Mutex
	status int
	got    []received
	wait   chan struct{} // if not nil, a request is told to it, and gets no answer
}

type received struct {
	header http.Header
	body   []byte
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{status: http.StatusNoContent}
	r.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		if err != nil {
			t.Error(err)
		}
		r.mu.Lock()
		r.got = append(r.got, received{q.Header.Clone(), body})
		status, wait := r.status, r.wait
		r.mu.Unlock()
		if wait != nil {
			wait <- struct{}{}
			<-q.Context().Done()
		}
		w.WriteHeader(status)
		if status == http.StatusOK {
			_, _ = io.WriteString(w, "thanks")
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// took gives the requests so far, and forgets them.
func (r *receiver) took() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.got
	r.got = nil
	return got
}

// create makes a webhook that must come about.
func (w *world) create(t *testing.T, actor rbac.Actor, in NewWebhook) *Created {
	t.Helper()
	if in.Events == nil {
		in.Events = []string{"contact.created", "contact.updated"}
	}
	c, err := w.Create(t.Context(), actor, in)
	if err != nil {
		t.Fatalf("create: %v", err)
	}
	return c
}

func (w *world) get(t *testing.T, id string) *Webhook {
	t.Helper()
	got, err := w.Get(t.Context(), w.sys, id)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// actions lists the audit entries of the organization as "action result reason".
func (w *world) actions(t *testing.T) []string {
	t.Helper()
	all, err := db.All(t.Context(), w.d, func(s db.Scanner) (string, error) {
		var action, result, reason string
		err := s.Scan(&action, &result, &reason)
		return strings.TrimSpace(action + " " + result + " " + reason), err
	}, `SELECT action, result, reason FROM audit_entries WHERE organization_id = $1 ORDER BY seq`, w.org)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// verdicts lists the stored verdicts as "kind ok cause domain".
func (w *world) verdicts(t *testing.T) []string {
	t.Helper()
	all, err := db.All(t.Context(), w.d, func(s db.Scanner) (string, error) {
		var kind, cause, domain string
		var ok int64
		err := s.Scan(&kind, &ok, &cause, &domain)
		return strings.TrimSpace(fmt.Sprint(kind, " ", ok, " ", cause, " ", domain)), err
	}, `SELECT kind, ok, cause, domain FROM webhook_verdicts ORDER BY num`)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// targets reads the set in a transaction of its own, as ingest does.
func (w *world) targets(t *testing.T, s *Service) *Set {
	t.Helper()
	var set *Set
	err := w.d.Write(t.Context(), func(tx *db.Tx) error {
		var err error
		set, err = s.Targets(t.Context(), tx, w.org)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func wantSlug(t *testing.T, err error, want string) {
	t.Helper()
	if got := slug(err); got != want {
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
}

func wantList(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}

func verify(t *testing.T, secret signature.Secret, r received, now time.Time) {
	t.Helper()
	if err := signature.Verify(secret, r.header, r.body, now); err != nil {
		t.Errorf("signature: %v", err)
	}
}

var errRolledBack = errors.New("rolled back on purpose")
