package api_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"patchboard/internal/account"
	"patchboard/internal/alert"
	"patchboard/internal/api"
	"patchboard/internal/apikey"
	"patchboard/internal/audit"
	"patchboard/internal/connector"
	"patchboard/internal/connector/gmail"
	"patchboard/internal/connector/hubspot"
	"patchboard/internal/connector/linkedin"
	"patchboard/internal/connector/slack"
	"patchboard/internal/db"
	"patchboard/internal/delivery"
	"patchboard/internal/egress"
	"patchboard/internal/event"
	"patchboard/internal/id"
	"patchboard/internal/integration"
	"patchboard/internal/live"
	"patchboard/internal/rbac"
	"patchboard/internal/record"
	"patchboard/internal/tracking"
	"patchboard/internal/vault"
	"patchboard/internal/webhook"
)

// world is a server over real services, with two organizations.
type world struct {
	t      testing.TB
	db     *db.DB
	deps   api.Deps
	api    *api.API
	server *httptest.Server
	logs   *lockedBuffer
	sink   *sink

	org, other organization
}

// organization is one island with its people and its key.
type organization struct {
	id, key        string
	system, worker person
}

type person struct{ id, email, password, cookie string }

// actors are the names that scenarios use.
const (
	nobody  = "nobody"
	utility = "utility admin"
	system  = "system admin"
	machine = "key"
	foreign = "another organization's admin"
)

func newWorld(t testing.TB, d *db.DB, change ...func(*api.Deps)) *world {
	t.Helper()
	w := emptyWorld(t, d, change...)
	w.org, w.other = w.newOrganization("one"), w.newOrganization("two")
	return w
}

// emptyWorld is one that nobody has set up.
func emptyWorld(t testing.TB, d *db.DB, change ...func(*api.Deps)) *world {
	t.Helper()
	w := &world{t: t, db: d, logs: &lockedBuffer{}, sink: newSink(t)}
	log := slog.New(slog.NewTextHandler(w.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	ctx := context.Background()
	dir := t.TempDir()

	v, err := vault.Open(ctx, d, vault.Config{File: filepath.Join(dir, "keyset.json")})
	must(t, err)
	entries, err := audit.New(audit.Config{DB: d, Clock: time.Now, Key: v.Signer("audit"), Heads: filepath.Join(dir, "heads"), Node: "test", Log: log})
	must(t, err)
	out, err := egress.New(egress.Policy{AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, TrustedCAs: w.sink.authorities})
	must(t, err)
	hub := live.New(d, live.Config{})
	publish := func(tx *db.Tx, org, topic string, ids ...string) {
		hub.Publish(tx, org, live.Message{Topic: topic, IDs: ids})
	}
	people := account.New(d, entries, time.Now, log)
	keys := apikey.New(apikey.Config{DB: d, Vault: v, Audit: entries, Clock: time.Now, Log: log})
	hooks := webhook.New(webhook.Config{DB: d, Vault: v, Audit: entries, Egress: out, Clock: time.Now, Log: log})
	node, err := delivery.Join(ctx, d, "127.0.0.1", "test", log)
	must(t, err)
	row := id.NewKeys(time.Now, int(node.Num()), 0)
	events := event.New(event.Config{DB: d, Keys: row, Clock: time.Now, Log: log, Audit: entries})
	deliveries := delivery.New(delivery.Config{DB: d, Node: node, Keys: row, Clock: time.Now, Log: log, Audit: entries, Webhooks: hooks, Egress: out})

	crm := record.New(record.Config{DB: d, Keys: row, Event: events, Clock: time.Now, Log: log})
	crm.Publish = publish
	connections := integration.New(integration.Config{
		DB: d, Vault: v, Audit: entries, Egress: out, Records: crm, Keys: row, Clock: time.Now, Log: log,
		Catalog: []connector.Provider{gmail.Gmail{}, slack.Slack{}, hubspot.HubSpot{}, linkedin.LinkedIn{}}, Callback: "http://localhost/api/v1/oauth/callback",
	})
	behaviour := tracking.New(tracking.Config{DB: d, Vault: v, Clock: time.Now, Log: log})
	alerts := alert.NewService(alert.Config{DB: d, Vault: v, Audit: entries, Egress: out, Clock: time.Now, Log: log, URL: "https://patchboard.example"})
	alerts.Publish = publish
	must(t, alerts.Start(ctx))
	keys.Track, hooks.Track = behaviour.Record, behaviour.Record
	people.OnOrganization, people.Publish = keys.Issue, publish
	keys.Confirm, keys.Publish = people.ConsumeConfirmation, publish
	keys.FindHolders = func(ctx context.Context, org, key string) ([]apikey.Holder, error) {
		found, err := hooks.HeadersHolding(ctx, org, key)
		holders := make([]apikey.Holder, len(found))
		for i, h := range found {
			holders[i] = apikey.Holder(h)
		}
		return holders, err
	}
	entries.Publish, hooks.Publish = publish, publish
	hooks.KnownEvents = func(ctx context.Context, org string) ([]string, error) {
		types, err := events.Types(ctx, rbac.Actor{OrganizationID: org})
		names := make([]string, len(types))
		for i := range types {
			names[i] = types[i].Type
		}
		return names, err
	}
	hooks.SampleBody = events.SampleBody
	connections.KnownEvents, connections.SampleBody, connections.Publish = hooks.KnownEvents, hooks.SampleBody, publish
	connections.Track = behaviour.Record
	events.FanOut, events.Publish = deliveries.FanOut, publish
	deliveries.OnChanged = func(org string) { hub.PublishNow(org, live.Message{Topic: "deliveries"}) }
	must(t, keys.Start(ctx))
	entries.Start()
	events.Start()
	deliveries.Start(ctx)

	w.deps = api.Deps{
		Account: people, APIKey: keys, Audit: entries, Webhook: hooks, Event: events, Delivery: deliveries, Record: crm, Integration: connections, Tracking: behaviour, Alert: alerts, Live: hub, DB: d,
		Log: log, Clock: time.Now, Version: "test",
	}
	for _, c := range change {
		c(&w.deps)
	}
	w.api, err = api.New(w.deps)
	must(t, err)
	w.server = httptest.NewServer(w.api)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(w.logs.String())
		}
		hub.Close()
		w.server.Close()
		check(t, events.Stop(ctx))
		check(t, deliveries.Stop(ctx))
		check(t, alerts.Stop(ctx))
		hooks.Close()
		check(t, keys.Close(ctx))
		people.Close()
		check(t, entries.Close(ctx))
	})
	return w
}

func (w *world) newOrganization(name string) organization {
	w.t.Helper()
	ctx := context.Background()
	o := organization{
		system: person{email: "system@" + name + ".example", password: "correct horse battery " + name},
		worker: person{email: "worker@" + name + ".example", password: "staple and battery " + name},
	}
	made, user, key, err := w.deps.Account.CreateOrganization(ctx, account.NewOrganization{Name: "Organization " + name, Email: o.system.email, Password: o.system.password})
	must(w.t, err)
	o.id, o.key, o.system.id = made.ID, key, user.ID
	worker, err := w.deps.Account.CreateUser(ctx, rbac.Actor{OrganizationID: o.id, Role: rbac.SystemAdmin, UserID: user.ID},
		account.NewUser{Email: o.worker.email, Role: rbac.UtilityAdmin, Password: o.worker.password})
	must(w.t, err)
	o.worker.id = worker.ID
	for _, p := range []*person{&o.system, &o.worker} {
		s, _, err := w.deps.Account.SignIn(ctx, account.SignIn{Email: p.email, Password: p.password, Address: "192.0.2.1"})
		must(w.t, err)
		p.cookie = s.Token
	}
	return o
}

// as signs a request for an actor.
func (w *world) as(actor string, r *http.Request) {
	switch actor {
	case utility:
		r.AddCookie(&http.Cookie{Name: w.cookieName(), Value: w.org.worker.cookie})
	case system:
		r.AddCookie(&http.Cookie{Name: w.cookieName(), Value: w.org.system.cookie})
	case machine:
		r.Header.Set("Authorization", "Bearer "+w.org.key)
	case foreign:
		r.AddCookie(&http.Cookie{Name: w.cookieName(), Value: w.other.system.cookie})
	}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) json(t testing.TB, to any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), to); err != nil {
		t.Fatalf("read %s: %v", a.body, err)
	}
}

// do sends one request. body is text as it stands, or a value for JSON.
func (w *world) do(actor, method, path string, body any, headers ...string) answer {
	w.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		text, err := json.Marshal(b)
		must(w.t, err)
		reader = bytes.NewReader(text)
	}
	if !strings.HasPrefix(path, "/") {
		path = "/api/v1/" + path
	}
	r, err := http.NewRequestWithContext(context.Background(), method, w.server.URL+path, reader)
	must(w.t, err)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	w.as(actor, r)
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" { // net/http takes it from here
			r.Host = headers[i+1]
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	return w.send(r)
}

// cookieName is that of a session at the test's server.
func (w *world) cookieName() string {
	return "pb_session_" + w.server.URL[strings.LastIndex(w.server.URL, ":")+1:]
}

func (w *world) send(r *http.Request) answer {
	w.t.Helper()
	client := &http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	must(w.t, err)
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	must(w.t, err)
	return answer{resp.StatusCode, resp.Header, string(b)}
}

// entries reads the audit log of the first organization, oldest first.
func (w *world) entries(action string) (targets []string) {
	w.t.Helper()
	rows, err := db.All(context.Background(), w.db, func(s db.Scanner) (string, error) {
		var target string
		return target, s.Scan(&target)
	}, "SELECT target_id FROM audit_entries WHERE organization_id = $1 AND action = $2 ORDER BY seq", w.org.id, action)
	must(w.t, err)
	return rows
}

// sink is a receiver of webhooks with a certificate that the world trusts.
type sink struct {
	*httptest.Server

	authorities *x509.CertPool
}

func newSink(t testing.TB) *sink {
	t.Helper()
	s := &sink{authorities: x509.NewCertPool()}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusOK)
	}))
	s.authorities.AddCert(s.Certificate())
	t.Cleanup(s.Close)
	return s
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}
