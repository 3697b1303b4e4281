package integration

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"log/slog"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/connector"
	"patchboard/internal/connector/gcalendar"
	"patchboard/internal/connector/gmail"
	"patchboard/internal/connector/hubspot"
	"patchboard/internal/connector/linkedin"
	"patchboard/internal/connector/slack"
	"patchboard/internal/db"
	"patchboard/internal/egress"
	"patchboard/internal/event"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
	"patchboard/internal/record"
	"patchboard/internal/sandbox"
	"patchboard/internal/sandbox/sandboxtest"
	"patchboard/internal/vault"
)

const patience = 20 * time.Second

var (
	sys   = rbac.Actor{OrganizationID: "org_a", Role: rbac.SystemAdmin, UserID: "usr_sys", Email: "sys@example.com", SessionID: "ses_sys"}
	util  = rbac.Actor{OrganizationID: "org_a", Role: rbac.UtilityAdmin, UserID: "usr_util", Email: "util@example.com", SessionID: "ses_util"}
	robot = rbac.Actor{OrganizationID: "org_a", Role: rbac.Machine, KeyID: "key_a"}
	other = rbac.Actor{OrganizationID: "org_b", Role: rbac.SystemAdmin, UserID: "usr_other", Email: "other@example.com", SessionID: "ses_other"}
)

// world is a service on a real database, with the sandbox for providers.
type world struct {
	*Service

	t       testing.TB
	d       *db.DB
	vault   *vault.Vault
	log     *audit.Log
	sandbox *sandboxtest.World
	events  *event.Service

	news chan struct{} // something was published

	mu       sync.Mutex
	tracked  []string
	broken   []Problem
	restored []string
	asked    []string
	reminded []string
	raised   []string // types of events, in order
	logs     strings.Builder
}

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	w := &world{t: t, d: d, sandbox: sandboxtest.Start(t), news: make(chan struct{}, 1)}
	var err error
	w.vault, err = vault.Open(t.Context(), d, vault.Config{File: filepath.Join(t.TempDir(), "keyset.json")})
	w.must(err)
	w.log, err = audit.New(audit.Config{DB: d, Clock: w.sandbox.Now, Key: w.vault.Signer("audit"), Heads: t.TempDir(), Node: "n1"})
	w.must(err)
	w.must(d.Write(t.Context(), func(tx *db.Tx) error {
		for _, org := range []string{"org_a", "org_b"} {
			if _, err := tx.Exec(t.Context(), `INSERT INTO organizations (id, name, created_at) VALUES ($1, $1, 1)`, org); err != nil {
				return err
			}
		}
		return nil
	}))
	w.sandbox.Google().Register(sandbox.App{ID: "crm", Secret: "shh", Callbacks: []string{sandboxtest.Callback}})
	w.sandbox.Slack().Register(sandbox.App{ID: "crm", Secret: "shh", Callbacks: []string{sandboxtest.Callback}}, true)
	w.sandbox.Salesforce().Register(sandbox.App{ID: "crm", Secret: "shh", Callbacks: []string{sandboxtest.Callback}}, false)
	w.sandbox.HubSpot().Register(sandbox.App{ID: "crm", Secret: "shh", Callbacks: []string{sandboxtest.Callback}})
	w.sandbox.LinkedIn().Register(sandbox.App{ID: "crm", Secret: "shh", Callbacks: []string{sandboxtest.Callback}})
	w.Service = w.node()
	return w
}

var nodes atomic.Int64

// node makes a service of one node of the world's database.
func (w *world) node(change ...func(*Config)) *Service {
	w.t.Helper()
	pool := x509.NewCertPool()
	pool.AddCert(w.sandbox.Authority().Certificate())
	out, err := egress.New(egress.Policy{TrustedCAs: pool, Resolve: w.sandbox.Addresses(), Lost: w.sandbox.Lost})
	w.must(err)
	w.t.Cleanup(out.Close)
	keys := id.NewKeys(w.sandbox.Now, int(nodes.Add(1)), 0)
	log := slog.New(slog.NewTextHandler(lockedWriter{w}, nil))
	w.events = event.New(event.Config{DB: w.d, Keys: keys, Clock: w.sandbox.Now, Log: log, Audit: w.log})
	events := w.events
	app := connector.App{ID: "crm", Secret: "shh"}
	c := Config{
		DB: w.d, Vault: w.vault, Audit: w.log, Egress: out, Keys: keys, Clock: w.sandbox.Now, Log: log, Unpaced: true,
		Records:  record.New(record.Config{DB: w.d, Keys: keys, Event: events, Clock: w.sandbox.Now, Log: log}),
		Catalog:  []connector.Provider{gmail.Gmail{}, gcalendar.GCalendar{}, slack.Slack{}, hubspot.HubSpot{}, linkedin.LinkedIn{}, salesforceOf()},
		Callback: sandboxtest.Callback,
		Overrides: map[string]Override{
			"gmail": {sandboxtest.Google(w.sandbox), app}, "google-calendar": {sandboxtest.Google(w.sandbox), app}, "slack": {sandboxtest.Slack(w.sandbox), app},
			"hubspot":    {sandboxtest.HubSpot(w.sandbox), app},
			"linkedin":   {sandboxtest.LinkedIn(w.sandbox), app},
			"salesforce": {App: app}, // people choose its host
		},
	}
	for _, f := range change {
		f(&c)
	}
	s := New(c)
	events.FanOut = func(ctx context.Context, tx *db.Tx, accepted []*event.Accepted) error {
		var told []Happened
		var types []string
		for _, a := range accepted {
			types = append(types, a.Type)
			told = append(told, Happened{Key: a.Key, OrganizationID: a.OrganizationID, Type: a.Type, Body: a.Body})
		}
		tx.AfterCommit(func() { w.note(func() { w.raised = append(w.raised, types...) }) })
		return s.Announce(ctx, tx, told)
	}
	s.KnownEvents = func(ctx context.Context, org string) ([]string, error) {
		types, err := events.Types(ctx, rbac.Actor{OrganizationID: org})
		names := make([]string, len(types))
		for i := range types {
			names[i] = types[i].Type
		}
		return names, err
	}
	s.SampleBody = events.SampleBody
	s.Publish = func(tx *db.Tx, _, _ string, _ ...string) {
		tx.AfterCommit(func() { w.note(func() {}) })
	}
	s.Track = func(_ context.Context, _ *db.Tx, actor rbac.Actor, name string, properties map[string]any) error {
		text, err := json.Marshal(properties)
		w.note(func() { w.tracked = append(w.tracked, actor.UserID+" "+name+" "+string(text)) })
		return err
	}
	s.Broken = func(_ context.Context, tx *db.Tx, p Problem) error {
		tx.AfterCommit(func() { w.note(func() { w.broken = append(w.broken, p) }) })
		return nil
	}
	s.Recovered = func(_ context.Context, tx *db.Tx, p Problem) error {
		tx.AfterCommit(func() { w.note(func() { w.restored = append(w.restored, p.Slug) }) })
		return nil
	}
	s.Expiring = func(_ context.Context, tx *db.Tx, p Problem, days int) error {
		tx.AfterCommit(func() { w.note(func() { w.reminded = append(w.reminded, p.Slug+" "+strconv.Itoa(days)) }) })
		return nil
	}
	s.Asked = func(_ context.Context, _ *db.Tx, actor rbac.Actor, slug, _ string) error {
		w.note(func() { w.asked = append(w.asked, actor.UserID+" "+slug) })
		return nil
	}
	events.Start()
	s.Start(w.t.Context())
	w.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Stop(ctx); err != nil {
			w.t.Error(err)
		}
		if err := events.Stop(ctx); err != nil {
			w.t.Error(err)
		}
	})
	return s
}

type lockedWriter struct{ w *world }

func (l lockedWriter) Write(p []byte) (int, error) {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	return l.w.logs.Write(p)
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// note keeps something that happened, and says so to whoever waits.
func (w *world) note(f func()) {
	w.mu.Lock()
	f()
	w.mu.Unlock()
	select {
	case w.news <- struct{}{}:
	default:
	}
}

// seen gives a copy of what was noted.
func seen[T any](w *world, list *[]T) []T {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(*list)
}

// until waits until something is so; it looks again whenever something is published.
func (w *world) until(what string, so func() bool) {
	w.t.Helper()
	end := time.NewTimer(patience)
	defer end.Stop()
	for !so() {
		again := time.NewTimer(100 * time.Millisecond) // what another node does is not published here
		select {
		case <-w.news:
		case <-again.C:
		case <-end.C:
			w.mu.Lock()
			logs := w.logs.String()
			w.mu.Unlock()
			w.t.Fatalf("not in time: %s\n%s", what, logs)
		}
		again.Stop()
	}
}

// connect connects a provider as an administrator does, and gives what came of it.
func (w *world) connect(slug, settings string, untick ...string) *Attempt {
	w.t.Helper()
	return w.back(sys, w.sandbox.Allow(w.begin(sys, slug, settings).AuthorizeURL, untick...))
}

func (w *world) begin(actor rbac.Actor, slug, settings string) *Begun {
	w.t.Helper()
	var raw json.RawMessage
	if settings != "" {
		raw = json.RawMessage(settings)
	}
	b, err := w.Connect(w.t.Context(), actor, slug, raw)
	w.must(err)
	return b
}

// back is the browser's way back.
func (w *world) back(actor rbac.Actor, q url.Values) *Attempt {
	w.t.Helper()
	a, err := w.Return(w.t.Context(), actor, callback(q))
	w.must(err)
	return a
}

func callback(q url.Values) Callback {
	return Callback{State: q.Get("state"), Code: q.Get("code"), Error: q.Get("error"), Description: q.Get("error_description")}
}

func (w *world) detail(slug string) *Detail {
	w.t.Helper()
	d, err := w.Get(w.t.Context(), sys, slug)
	w.must(err)
	return d
}

func (w *world) row(slug string) *row {
	w.t.Helper()
	r, err := find(w.t.Context(), w.d, key{"org_a", slug}, "")
	w.must(err)
	return r
}

// synced waits until a connection was read to the end, after some time.
func (w *world) synced(slug string, after time.Time) *Detail {
	w.t.Helper()
	var d *Detail
	w.until(slug+" is read", func() bool {
		d = w.detail(slug)
		return !d.Syncing && d.Connection.LastSync.After(after) && !d.Connection.Checked.IsZero()
	})
	return d
}

// connected is connect, and the first check and load.
func (w *world) connected(slug, settings string) {
	w.t.Helper()
	if a := w.connect(slug, settings); a.Status != AttemptSucceeded {
		w.t.Fatalf("%+v: %+v", a, a.Failure)
	}
	if w.detail(slug).Reads {
		w.synced(slug, time.Time{})
		return
	}
	w.until(slug+" is checked", func() bool { return !w.detail(slug).Connection.Checked.IsZero() })
}

// actions gives the audited actions about integrations, oldest first.
func (w *world) actions() []string {
	w.t.Helper()
	page, err := w.log.List(w.t.Context(), rbac.Actor{OrganizationID: "org_a", Role: rbac.SystemAdmin}, audit.Filter{Limit: 200})
	w.must(err)
	var all []string
	for _, r := range slices.Backward(page.Items) {
		if what, ours := strings.CutPrefix(r.Action, "integration."); ours {
			all = append(all, what+" "+r.Result)
		}
	}
	return all
}

// trouble has the sandbox make trouble; "" ends it.
func (w *world) trouble(provider, name string) {
	w.sandbox.Press("/"+provider+"/trouble", url.Values{"trouble": {name}})
}

// press presses a button of Google's panel, for the account that is connected.
func (w *world) press(button string, more map[string]string) {
	form := url.Values{"account": {"ana@example.org"}}
	for name, value := range maps.All(more) {
		form.Set(name, value)
	}
	w.sandbox.Press("/google/"+button, form)
}
