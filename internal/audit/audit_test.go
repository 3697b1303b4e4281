package audit

import (
	"context"
	"crypto/ed25519"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/rbac"
)

const org = "org_01h455vb4pex5vsknk084sn02q"

var admin = rbac.Actor{
	OrganizationID: org, Role: rbac.SystemAdmin, UserID: "usr_ada", Email: "ada@example.com",
	Address: "203.0.113.7", UserAgent: "Mozilla/5.0", RequestID: "req_1",
}

// clock is a clock that a test sets; it is safe for concurrent use.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 4, 5, 6, 7, 891_234_567, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func testKey() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte("a key for tests, never used else"))
}

// newLog makes a log without a background writer.
func newLog(t testing.TB, d *db.DB, c *clock, dir string) *Log {
	t.Helper()
	l, err := New(Config{DB: d, Clock: c.Now, Key: testKey(), Heads: dir, Node: "node-1"})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func appendEntry(t testing.TB, l *Log, actor rbac.Actor, e Entry) {
	t.Helper()
	err := l.db.Write(t.Context(), func(tx *db.Tx) error { return l.Append(t.Context(), tx, actor, e) })
	if err != nil {
		t.Fatal(err)
	}
}

// fill appends n entries that differ in every field.
func fill(t testing.TB, l *Log, actor rbac.Actor, c *clock, n int) {
	t.Helper()
	for i := range n {
		c.add(time.Second)
		id := "wh_" + strings.Repeat("x", i+1)
		appendEntry(t, l, actor, Entry{
			Action: WebhookUpdated, TargetType: "webhook", TargetID: id, TargetName: "https://example.com/" + id,
			Before: map[string]any{"url": i}, After: map[string]any{"url": id, "enabled": true}, Reason: "maintenance", Detail: []int{i},
		})
	}
}

func anchor(t testing.TB, l *Log) {
	t.Helper()
	if err := l.heads.writeDirty(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func verify(t testing.TB, l *Log) Report {
	t.Helper()
	r, err := l.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func exec(t testing.TB, d *db.DB, query string, args ...any) {
	t.Helper()
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), query, args...)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func records(t testing.TB, l *Log, org string) []Record {
	t.Helper()
	all, err := db.All(t.Context(), l.db, func(s db.Scanner) (Record, error) { return scanRecord(s) },
		`SELECT `+entryColumns+` FROM audit_entries WHERE organization_id = $1 ORDER BY seq`, org)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestAppendKeepsWhatWasSaid(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newClock()
		l := newLog(t, d, c, t.TempDir())
		published := 0
		l.Publish = func(_ *db.Tx, o, topic string, ids ...string) {
			if o != org || topic != Topic || len(ids) != 1 {
				t.Errorf("published %s %s %v", o, topic, ids)
			}
			published++
		}
		appendEntry(t, l, admin, Entry{
			Action: WebhookUpdated, TargetType: "webhook", TargetID: "wh_1", TargetName: "na\x00me \xff",
			Before: map[string]any{"b": 1, "a": "<&\u2028"}, After: struct {
				Secret string `json:"secret"`
				URL    string `json:"url"`
			}{"whsec_" + strings.Repeat("A", 44), "https://user:pw@example.com"},
			Reason: strings.Repeat("é", 5000), Detail: 1e3,
		})
		r := records(t, l, org)[0]
		want := Record{
			Organization: org, Seq: 1, Version: 1, At: c.Now().Truncate(time.Microsecond),
			ActorID: "usr_ada", ActorRole: "system_admin", ActorEmail: "ada@example.com",
			Action: WebhookUpdated, TargetType: "webhook", TargetID: "wh_1", TargetName: "na\uFFFDme \uFFFD",
			Before: raw(`{"a":"<&\u2028","b":1}`), After: raw(`{"secret":"***","url":"https://***@example.com"}`),
			Result: OK, Reason: strings.Repeat("é", 2048) + "…", Detail: raw("1000"),
			Address: "203.0.113.7", UserAgent: "Mozilla/5.0", RequestID: "req_1",
			Count: 1, First: c.Now().Truncate(time.Microsecond), Last: c.Now().Truncate(time.Microsecond),
		}
		if string(canonical(&r)) != string(canonical(&want)) {
			t.Errorf("got  %s\nwant %s", canonical(&r), canonical(&want))
		}
		if published != 1 {
			t.Errorf("published %d times", published)
		}
		for _, bad := range []Entry{{}, {Action: "x"}, {Action: "a.b.c"}, {Action: "A.b"}, {Action: WebhookCreated, Result: "perhaps"}, {Action: WebhookCreated, Before: func() {}}} {
			err := d.Write(t.Context(), func(tx *db.Tx) error { return l.Append(t.Context(), tx, admin, bad) })
			if err == nil {
				t.Errorf("%+v was accepted", bad)
			}
		}
	})
}

func TestARolledBackChangeLeavesNoGap(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newClock()
		l := newLog(t, d, c, t.TempDir())
		fill(t, l, admin, c, 1)
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			if err := l.Append(t.Context(), tx, admin, Entry{Action: WebhookDeleted}); err != nil {
				return err
			}
			return context.Canceled
		})
		if err == nil {
			t.Fatal("the transaction went on")
		}
		fill(t, l, admin, c, 2)
		if got := records(t, l, org); len(got) != 3 || got[2].Seq != 3 {
			t.Errorf("%d entries, the last is %d", len(got), got[len(got)-1].Seq)
		}
		if r := verify(t, l); !r.OK() {
			t.Errorf("%+v", r)
		}
	})
}

func TestConcurrentAppendsAreGapless(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const workers, each = 64, 6
		c := newClock()
		l := newLog(t, d, c, filepath.Join(t.TempDir(), "heads"))
		l.Start()
		orgs := []string{"", "org_a", "org_b"}
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				for i := range each {
					actor := admin
					actor.OrganizationID = orgs[(w+i)%len(orgs)]
					if err := d.Write(t.Context(), func(tx *db.Tx) error {
						return l.Append(t.Context(), tx, actor, Entry{Action: APIKeyCopied, TargetID: "key_1"})
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if err := l.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		r := verify(t, l)
		if !r.OK() || len(r.Logs) != len(orgs) {
			t.Fatalf("%+v", r)
		}
		var sum int64
		for _, log := range r.Logs {
			if log.UnanchoredSince() != 0 || log.Anchored.Size != log.Size {
				t.Errorf("%s: unanchored since %d after a clean stop", Name(log.Organization), log.UnanchoredSince())
			}
			sum += log.Size
		}
		if sum != workers*each {
			t.Errorf("%d entries, want %d", sum, workers*each)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	for _, e := range dbtest.Engines {
		b.Run(string(e), func(b *testing.B) {
			d := dbtest.Open(b, e)
			l := newLog(b, d, newClock(), b.TempDir())
			for b.Loop() {
				err := d.Write(b.Context(), func(tx *db.Tx) error {
					for range 100 {
						if err := l.Append(b.Context(), tx, admin, Entry{Action: WebhookUpdated, After: map[string]any{"url": "https://example.com"}}); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
