package record

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/event"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
)

const (
	orgA = "org_a"
	orgB = "org_b"
)

var (
	machine = rbac.Actor{OrganizationID: orgA, Role: rbac.Machine, KeyID: "key_1"}
	admin   = rbac.Actor{OrganizationID: orgA, Role: rbac.SystemAdmin, UserID: "usr_1"}
	foreign = rbac.Actor{OrganizationID: orgB, Role: rbac.SystemAdmin, UserID: "usr_2"}
	gmail   = Source{OrganizationID: orgA, Name: "gmail", Account: "ada@example.com"}
	noon    = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
)

// world is a service with real events on a real database, and two organizations.
type world struct {
	*Service
	t      testing.TB
	db     *db.DB
	events *event.Service
	us     atomic.Int64 // the clock
	fanned atomic.Int64 // events that came to the fan-out, rolled back ones too
	told   atomic.Int64 // messages to browsers
}

var nodes atomic.Int64

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	w := &world{t: t, db: d}
	w.us.Store(noon.UnixMicro())
	now := func() time.Time { return time.UnixMicro(w.us.Load()).UTC() }
	quiet := slog.New(slog.DiscardHandler)
	log, err := audit.New(audit.Config{DB: d, Clock: now, Key: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), Heads: t.TempDir(), Node: "test", Log: quiet})
	w.must(err)
	keys := id.NewKeys(now, int(nodes.Add(1)), 0)
	w.events = event.New(event.Config{DB: d, Keys: keys, Clock: now, Log: quiet, Audit: log})
	w.events.FanOut = func(_ context.Context, _ *db.Tx, as []*event.Accepted) error {
		w.fanned.Add(int64(len(as)))
		return nil
	}
	w.Service = New(Config{DB: d, Keys: keys, Event: w.events, Clock: now, Log: quiet})
	w.Publish = func(tx *db.Tx, _, _ string, _ ...string) { tx.AfterCommit(func() { w.told.Add(1) }) }
	w.must(d.Write(t.Context(), func(tx *db.Tx) error {
		for _, o := range []string{orgA, orgB} {
			if _, err := tx.Exec(t.Context(), "INSERT INTO organizations (id, name, created_at) VALUES ($1, $1, 0)", o); err != nil {
				return err
			}
		}
		return nil
	}))
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) forward(d time.Duration) { w.us.Add(d.Microseconds()) }

// apply writes a batch in a transaction of its own.
func (w *world) apply(src Source, b Batch) Tally {
	w.t.Helper()
	p, err := w.Prepare(w.t.Context(), src, b)
	w.must(err)
	var tally Tally
	w.must(w.db.Write(w.t.Context(), func(tx *db.Tx) (err error) {
		tally, err = w.Apply(w.t.Context(), tx, p)
		return err
	}))
	return tally
}

func (w *world) put(f Fields, externalID string) *Record {
	w.t.Helper()
	r, _, err := w.Put(w.t.Context(), machine, externalID, f)
	w.must(err)
	return r
}

// all gives every record of a kind of the first organization, newest first.
func (w *world) all(k Kind, f Filter) []*Record {
	w.t.Helper()
	p, err := w.List(w.t.Context(), admin, k, f)
	w.must(err)
	return p.Items
}

// raised gives the events of the first organization, oldest first, with data.
func (w *world) raised() []event.Event {
	w.t.Helper()
	p, err := w.events.List(w.t.Context(), admin, event.Filter{Limit: 200})
	w.must(err)
	var all []event.Event
	for _, listed := range slices.Backward(p.Items) {
		e, err := w.events.Get(w.t.Context(), admin, listed.ID)
		w.must(err)
		all = append(all, e)
	}
	return all
}

// types gives the types of the events.
func (w *world) types() []string {
	w.t.Helper()
	names := []string{}
	for _, e := range w.raised() {
		names = append(names, e.Type)
	}
	return names
}

func data(t testing.TB, e event.Event) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(e.Data, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func (w *world) count(table string) int64 {
	w.t.Helper()
	n, err := db.Value[int64](w.t.Context(), w.db, "SELECT COUNT(*) FROM "+table)
	w.must(err)
	return n
}

func mail(externalID string, at time.Time, sent bool) EmailInput {
	return EmailInput{ExternalID: externalID, SourceVersion: "1", Email: Email{
		From: "ada@example.com", To: []string{"bo@acme.example"}, Subject: "About " + externalID, At: at, Sent: sent,
	}}
}

func appointment(externalID, calendar string, begin time.Time) MeetingInput {
	return MeetingInput{ExternalID: externalID, SourceVersion: "1", Meeting: Meeting{
		Calendar: calendar, Title: "Plan " + externalID, Begin: begin, End: begin.Add(time.Hour), Zone: "Europe/Berlin", Status: Confirmed,
		Attendees: []Attendee{{Email: "bo@acme.example", Answer: "accepted"}},
	}}
}
