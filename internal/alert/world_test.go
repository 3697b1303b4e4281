package alert

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"patchboard/internal/alert/alerttest"
	"patchboard/internal/audit"
	"patchboard/internal/audit/audittest"
	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/egress"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
	"patchboard/internal/signature"
	"patchboard/internal/vault"
)

// world is a service on a real database, with a mail server and a receiver, and
// two organizations.
type world struct {
	*Service

	t                *testing.T
	d                *db.DB
	v                *vault.Vault
	mail             *alerttest.MailServer
	hook             *receiver
	config           Config
	sys, util, other rbac.Actor

	mu    sync.Mutex
	clock time.Time
	heard chan string // live messages
}

// start is before everything that the tests raise.
var start = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func newWorld(t *testing.T, d *db.DB, change ...func(*Config)) *world {
	t.Helper()
	w := &world{t: t, d: d, mail: alerttest.NewMailServer(t, alerttest.StartTLS), hook: newReceiver(t), clock: start, heard: make(chan string, 10_000)}
	var err error
	w.v, err = vault.Open(t.Context(), d, vault.Config{File: filepath.Join(t.TempDir(), "keyset.json")})
	w.check(err)
	w.sys = w.person("one", rbac.SystemAdmin, "ada@one.example")
	w.util = w.person("one", rbac.UtilityAdmin, "bob@one.example")
	w.other = w.person("two", rbac.SystemAdmin, "eve@two.example")
	w.mail.Authorities.AddCert(w.hook.Certificate())
	out, err := egress.New(egress.Policy{AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, TrustedCAs: w.mail.Authorities})
	w.check(err)
	t.Cleanup(out.Close)
	w.config = Config{
		DB: d, Vault: w.v, Audit: audittest.New(t, d), Egress: out, Clock: w.now, URL: "https://patchboard.example",
		Log:  slog.New(slog.NewTextHandler(logged{t}, nil)),
		Mail: Mail{Address: w.mail.Address, From: "Patchboard <patchboard@one.example>", TLS: StartTLS},
	}
	for _, c := range change {
		c(&w.config)
	}
	w.Service = w.node(d)
	return w
}

// node makes another node's service on the same data.
func (w *world) node(d *db.DB) *Service {
	c := w.config
	c.DB = d
	s := NewService(c)
	s.Publish = func(tx *db.Tx, org, _ string, _ ...string) {
		tx.AfterCommit(func() { w.heard <- org })
	}
	return s
}

// begin starts a node, and stops it at the test's end.
func (w *world) begin(s *Service) {
	w.t.Helper()
	w.check(s.Start(w.t.Context()))
	w.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		w.check(s.Stop(ctx))
	})
}

type logged struct{ t *testing.T }

func (l logged) Write(p []byte) (int, error) {
	if l.t.Context().Err() == nil {
		l.t.Logf("%s", p)
	}
	return len(p), nil
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock = w.clock.Add(time.Second) // no two things happen at once
	return w.clock
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) write(fn func(tx *db.Tx) error) {
	w.t.Helper()
	w.check(w.d.Write(w.t.Context(), fn))
}

func (w *world) person(org string, role rbac.Role, email string) rbac.Actor {
	w.t.Helper()
	a := rbac.Actor{OrganizationID: "org_" + org, Role: role, UserID: id.New("usr"), Email: email}
	w.write(func(tx *db.Tx) error {
		if _, err := tx.Exec(w.t.Context(), `INSERT INTO organizations (id, name, created_at) VALUES ($1, $1, 1) ON CONFLICT (id) DO NOTHING`, a.OrganizationID); err != nil {
			return err
		}
		_, err := tx.Exec(w.t.Context(), `INSERT INTO users (id, organization_id, email, role, password, version, created_at, updated_at) VALUES ($1, $2, $3, $4, 'x', 1, 1, 1)`,
			a.UserID, a.OrganizationID, email, string(role))
		return err
	})
	return a
}

var gmail = Subject{"integration", "int_gmail", "Gmail"}

// broken is a connection that broke.
func (w *world) broken() New {
	return New{
		OrganizationID: w.sys.OrganizationID, Kind: IntegrationBroken, Subject: gmail, Problem: "token_revoked",
		Title: "Gmail needs to be connected again", Cause: "Google answered that access was taken back.",
		Steps: []string{"Press “Reconnect” and sign in with ada@one.example.", "Allow everything that is asked for."}, Link: "/settings/integrations/gmail",
	}
}

func (w *world) raise(n New) {
	w.t.Helper()
	w.write(func(tx *db.Tx) error { return w.Raise(w.t.Context(), tx, n) })
}

func (w *world) recovered() Closing {
	return Closing{OrganizationID: w.sys.OrganizationID, Kind: IntegrationRecovered, Subject: Subject{Type: "integration", ID: "int_gmail"}, Problems: []string{"token_revoked"}, Cause: "It was connected again."}
}

func (w *world) close(c Closing) {
	w.t.Helper()
	w.write(func(tx *db.Tx) error { return w.Close(w.t.Context(), tx, c) })
}

func (w *world) list(actor rbac.Actor) Page {
	w.t.Helper()
	p, err := w.List(w.t.Context(), actor, "", 0)
	w.check(err)
	return p
}

// until waits for a condition, which a live message may bring about.
func (w *world) until(what string, is func() bool) {
	w.t.Helper()
	limit := time.After(30 * time.Second)
	for !is() {
		select {
		case <-w.heard:
		case <-limit:
			w.t.Fatalf("not %s", what)
		}
	}
}

// due has everything that waits for its time be due now.
func (w *world) due() {
	w.t.Helper()
	w.write(func(tx *db.Tx) error {
		_, err := tx.Exec(w.t.Context(), `UPDATE alert_sends SET next_at = 0 WHERE state = 'pending'`)
		tx.Notify(channel, "")
		return err
	})
}

// sends are the rows of the outbox.
func (w *world) sends() []send {
	w.t.Helper()
	all, err := db.All(w.t.Context(), w.d, scanSend, `SELECT `+sendColumns+` FROM alert_sends ORDER BY num`)
	w.check(err)
	return all
}

func (w *world) states() map[SendState]int {
	n := map[SendState]int{}
	for _, m := range w.sends() {
		n[m.state]++
	}
	return n
}

// routes sends every kind by the same channels.
func (w *world) routes(mail, slack, webhook bool) Routes {
	w.t.Helper()
	c := Change{SlackChannel: new("#alerts")}
	if webhook {
		c.WebhookURL = new(w.hook.URL + "/alerts")
	}
	for _, k := range Routed() {
		c.Items = append(c.Items, Route{k, mail, mail, slack, webhook})
	}
	r, err := w.SetRoutes(w.t.Context(), w.sys, c)
	w.check(err)
	return r
}

// receiver is the operational webhook's other end.
type receiver struct {
	*httptest.Server

	got    chan received
	mu     sync.Mutex
	answer func(http.ResponseWriter)
}

type received struct {
	header http.Header
	body   []byte
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{got: make(chan received, 1000)}
	r.Server = httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		b, _ := io.ReadAll(req.Body)
		r.got <- received{req.Header, b}
		r.mu.Lock()
		answer := r.answer
		r.mu.Unlock()
		if answer != nil {
			answer(rw)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) answerWith(fn func(http.ResponseWriter)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = fn
}

func status(n int) func(http.ResponseWriter) {
	return func(rw http.ResponseWriter) { rw.WriteHeader(n) }
}

// next waits for a request and reads it, with its signature.
func (r *receiver) next(t *testing.T, secret signature.Secret) (received, operational) {
	t.Helper()
	select {
	case got := <-r.got:
		var o operational
		if err := json.Unmarshal(got.body, &o); err != nil {
			t.Fatal(err)
		}
		stamped := time.Date(2026, 11, 23, 12, 0, 30, 0, time.UTC)
		if err := signature.Verify(secret, got.header, got.body, stamped); err != nil {
			t.Errorf("the signature: %v, %v", err, got.header)
		}
		return got, o
	case <-time.After(20 * time.Second):
		t.Fatal("nothing came")
	}
	return received{}, operational{}
}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { test(t, newWorld(t, d)) })
}

// trust has the service take the certificate of a mail server of the test's own.
func trust(t *testing.T, c *Config, server *alerttest.MailServer) {
	t.Helper()
	out, err := egress.New(egress.Policy{TrustedCAs: server.Authorities}) // strict: a private address is the operator's word
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(out.Close)
	c.Egress = out
}

// distrust has it take none.
func distrust(t *testing.T) func(*Config) {
	t.Helper()
	return func(c *Config) {
		out, err := egress.New(egress.Policy{TrustedCAs: x509.NewCertPool()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(out.Close)
		c.Egress = out
	}
}

func auditEntries(t *testing.T, w *world) []audit.Record {
	t.Helper()
	return audittest.Entries(t, w.config.Audit, w.sys.OrganizationID)
}
