package event

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
)

// testClock is a clock that tests set.
type testClock struct{ us atomic.Int64 }

func (c *testClock) now() time.Time          { return time.UnixMicro(c.us.Load()).UTC() }
func (c *testClock) forward(d time.Duration) { c.us.Add(d.Microseconds()) }

// bench is a running service on a real database, with two organizations.
type bench struct {
	*Service
	t     testing.TB
	db    *db.DB
	clock *testClock
}

const (
	orgA = "org_a"
	orgB = "org_b"
)

var (
	machine = rbac.Actor{OrganizationID: orgA, Role: rbac.Machine, KeyID: "key_1"}
	admin   = rbac.Actor{OrganizationID: orgA, Role: rbac.SystemAdmin, UserID: "usr_1", Email: "ada@example.com"}
	utility = rbac.Actor{OrganizationID: orgA, Role: rbac.UtilityAdmin, UserID: "usr_2"}
	other   = rbac.Actor{OrganizationID: orgB, Role: rbac.SystemAdmin, UserID: "usr_3"}
)

// nodes numbers the services of all tests, so that their keys differ.
var nodes atomic.Int64

// start runs a service; hooks may set its fields first.
func start(t testing.TB, d *db.DB, hooks ...func(*Service)) *bench {
	t.Helper()
	b := &bench{Service: nil, t: t, db: d, clock: &testClock{}}
	b.clock.us.Store(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC).UnixMicro())
	log, err := audit.New(audit.Config{
		DB: d, Clock: b.clock.now, Key: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)),
		Heads: t.TempDir(), Node: "test", Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	log.Publish = func(*db.Tx, string, string, ...string) {}
	b.Service = New(Config{
		DB: d, Keys: id.NewKeys(b.clock.now, int(nodes.Add(1)), 0), Clock: b.clock.now, Log: slog.New(slog.DiscardHandler), Audit: log,
	})
	for _, h := range hooks {
		h(b.Service)
	}
	b.organizations()
	b.Start()
	t.Cleanup(func() {
		if err := b.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return b
}

func (b *bench) organizations() {
	b.t.Helper()
	err := b.db.Write(context.Background(), func(tx *db.Tx) error {
		for _, o := range []string{orgA, orgB} {
			if _, err := tx.Exec(context.Background(),
				"INSERT INTO organizations (id, name, created_at) VALUES ($1, $1, 0) ON CONFLICT (id) DO NOTHING", o); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// send takes one event and gives its result.
func (b *bench) send(actor rbac.Actor, in Input) Result {
	b.t.Helper()
	rs, err := b.Accept(context.Background(), actor, []Input{in}, Options{})
	if err != nil {
		b.t.Fatal(err)
	}
	return rs[0]
}

// unit prepares events as one request, for commits that a test puts together.
func (b *bench) unit(actor rbac.Actor, inputs ...Input) *unit {
	b.t.Helper()
	types, err := b.types.of(context.Background(), actor.OrganizationID)
	if err != nil {
		b.t.Fatal(err)
	}
	p := preparation{Service: b.Service, org: actor.OrganizationID, types: types}
	u := &unit{ctx: context.Background(), done: make(chan error, 1)}
	for _, in := range inputs {
		if err := p.prepare(context.Background(), in, "", u, new(Result)); err != nil {
			b.t.Fatal(err)
		}
	}
	return u
}

func (b *bench) count(table string) int64 {
	b.t.Helper()
	n, err := db.Value[int64](context.Background(), b.db, "SELECT COUNT(*) FROM "+table)
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

func contact(n int) Input {
	return Input{Type: "contact.created", Data: fmt.Appendf(nil, `{"id":"%d"}`, n)}
}
