package integration

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"patchboard/internal/connector"
	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
)

// A first load of many mails holds a page of them, not all.
func TestLoadOfManyMails(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { //nolint:paralleltest // the memory is the process's
		w := newWorld(t, d)
		w.press("receive", map[string]string{"count": strconv.Itoa(mails - 10)})
		w.press("send", nil)
		debug.FreeOSMemory()
		var before, now runtime.MemStats
		runtime.ReadMemStats(&before)
		if a := w.connect("gmail", ""); a.Status != AttemptSucceeded {
			t.Fatalf("%+v", a.Failure)
		}
		var most uint64
		var got *Detail
		pages := 0
		end := time.Now().Add(2 * time.Minute)
		for got = w.detail("gmail"); got.Connection.LastSync.IsZero(); got = w.detail("gmail") {
			if time.Now().After(end) {
				t.Fatalf("not in time: %+v", got.Running)
			}
			<-w.news
			if pages++; pages%8 != 0 {
				continue
			}
			runtime.GC()
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapAlloc-min(before.HeapAlloc, now.HeapAlloc))
		}
		if got.Records.Emails < mails-10 || got.Last.Created != got.Records.Emails || got.Last.Pages < mails/100 || len(seen(w, &w.raised)) != 0 {
			t.Errorf("%+v %+v", got.Records, got.Last)
		}
		const bound = 32 << 20 // of which the mailbox of the sandbox itself is a part
		if t.Logf("%d pages, %d KiB more on the heap at most", got.Last.Pages, most>>10); most > bound {
			t.Errorf("%d MiB more are on the heap", most>>20)
		}
	})
}

// BenchmarkThousandConnections checks 1,000 connections once. "core%" is the part of
// one core that it takes when it is done every 5 minutes, the emulated provider
// included.
func BenchmarkThousandConnections(b *testing.B) {
	const organizations = 1_000
	for _, e := range dbtest.Engines {
		b.Run(string(e), func(b *testing.B) {
			w := newWorld(b, dbtest.Open(b, e))
			w.connected("slack", "")
			g, err := w.openGrant(grantRow(slackKey), w.row("slack").token)
			w.must(err)
			for n := range organizations {
				w.must(w.copyConnection(fmt.Sprintf("org_%d", n), g))
			}
			due := func() (left int64) {
				left, err := db.Value[int64](b.Context(), w.d, "SELECT COUNT(*) FROM connections WHERE checked_at < $1 AND slug = 'slack'", db.Micros(w.sandbox.Now()))
				w.must(err)
				return left
			}
			var before, after syscall.Rusage
			w.must(syscall.Getrusage(syscall.RUSAGE_SELF, &before))
			for b.Loop() {
				w.sandbox.Pass(6 * time.Minute)
				for due() > 0 {
					w.must(w.RunDue(b.Context()))
					w.until("there is room again", func() bool { return w.checking.Load() < checksMost/2 })
				}
			}
			w.must(syscall.Getrusage(syscall.RUSAGE_SELF, &after))
			took := time.Duration(after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano())
			b.ReportMetric(100*took.Seconds()/float64(b.N)/checkUsual.Seconds(), "core%")
			b.ReportMetric(float64(took.Microseconds())/float64(b.N)/organizations, "cpu-µs/check")
		})
	}
}

// copyConnection gives another organization a connection by the same grant.
func (w *world) copyConnection(org string, g grantText) error {
	k := key{org, "slack"}
	return w.d.Write(w.t.Context(), func(tx *db.Tx) error {
		if _, err := tx.Exec(w.t.Context(), `INSERT INTO organizations (id, name, created_at) VALUES ($1, $1, 1)`, org); err != nil {
			return err
		}
		r, err := w.lock(w.t.Context(), tx, k)
		if err != nil {
			return err
		}
		r.State, r.StateAt, r.Account, r.clientID = Connected, w.clock(), connector.Account{ID: "T0TEAM1", Name: "Acme"}, "crm"
		r.Granted, r.CheckDue = []string{"chat:write", "chat:write.public", "channels:read", "groups:read"}, w.clock()
		if r.token, err = w.seal(k, &oauth2.Token{AccessToken: g.Access, RefreshToken: g.Refresh}, connector.Place{}, ""); err != nil {
			return err
		}
		if err := r.saveState(w.t.Context(), tx); err != nil {
			return err
		}
		return r.saveToken(w.t.Context(), tx)
	})
}
