package audit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/rbac"
)

var noKeys = Entry{Action: AccessDenied, TargetType: "route", TargetID: "POST /api/v1/api-key/regenerate", Reason: "your role may not"}

func deny(t testing.TB, l *Log, actor rbac.Actor, e Entry) {
	t.Helper()
	if err := l.Denied(t.Context(), actor, e); err != nil {
		t.Fatal(err)
	}
}

func flush(t testing.TB, l *Log) {
	t.Helper()
	if err := l.FlushDenials(t.Context(), l.clock()); err != nil {
		t.Fatal(err)
	}
}

func counts(t testing.TB, l *Log) (rows int, sum int64) {
	t.Helper()
	for _, r := range records(t, l, org) {
		rows++
		sum += r.Count
	}
	return rows, sum
}

func TestAFloodOfDenialsIsAHandfulOfEntries(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const all, workers = 10_000, 50
		c := newClock()
		l := newLog(t, d, c, t.TempDir())
		start := c.Now()
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				for range all / workers {
					deny(t, l, admin, noKeys)
				}
			})
		}
		wg.Wait()
		if rows, sum := counts(t, l); rows != 1 || sum != 1 {
			t.Errorf("before the window's end: %d rows, sum %d", rows, sum)
		}
		c.add(windowFirst)
		flush(t, l)
		if rows, sum := counts(t, l); rows != 2 || sum != all {
			t.Errorf("after it: %d rows, sum %d", rows, sum)
		}
		r := records(t, l, org)[1]
		if r.Result != Denied || r.TargetID != noKeys.TargetID || r.ActorID != "usr_ada" || !r.First.Equal(db.Time(db.Micros(start))) || !r.At.After(r.Last) {
			t.Errorf("%+v", r)
		}
		anchor(t, l)
		if r := verify(t, l); !r.OK() {
			t.Errorf("%+v", r)
		}
	})
}

func TestWindowsGrowWhileDenialsGoOn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newClock()
		l := newLog(t, d, c, t.TempDir())
		n := 0
		for range 24 * 60 / 5 { // a day, a denial every five minutes, a flush each
			deny(t, l, admin, noKeys)
			n++
			c.add(5 * time.Minute)
			flush(t, l)
		}
		c.add(windowLast)
		flush(t, l)
		rows, sum := counts(t, l)
		if sum != int64(n) {
			t.Errorf("%d denials, counted %d", n, sum)
		}
		if rows > 35 {
			t.Errorf("%d rows for a day of denials", rows)
		}
		c.add(windowLast)
		flush(t, l)
		if left, err := db.Value[int64](t.Context(), d, `SELECT COUNT(*) FROM audit_denials`); err != nil || left != 0 {
			t.Errorf("%d windows are left open, %v", left, err)
		}
		deny(t, l, admin, noKeys) // after a quiet time it is told at once again
		if again, _ := counts(t, l); again != rows+1 {
			t.Errorf("%d rows, want %d", again, rows+1)
		}
	})
}

func TestDenialsWithoutAFlush(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newClock()
		l := newLog(t, d, c, t.TempDir())
		deny(t, l, admin, noKeys)
		c.add(2 * windowFirst)
		deny(t, l, admin, noKeys) // its window counted nothing: told at once, the next is longer
		if rows, sum := counts(t, l); rows != 2 || sum != 2 {
			t.Errorf("%d rows, sum %d", rows, sum)
		}
		deny(t, l, admin, noKeys)
		c.add(2 * windowGrowth * windowFirst)
		deny(t, l, admin, noKeys) // its window counted one: that is told, this one is counted
		if rows, sum := counts(t, l); rows != 3 || sum != 3 {
			t.Errorf("%d rows, sum %d", rows, sum)
		}
		// Another process finds what this one left, at start-up or at a clean stop.
		next := newLog(t, d, c, t.TempDir())
		if err := next.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if rows, sum := counts(t, l); rows != 4 || sum != 4 {
			t.Errorf("%d rows, sum %d", rows, sum)
		}
	})
}

func TestDifferentDenialsAreToldApart(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newClock()
		l := newLog(t, d, c, t.TempDir())
		nobody := rbac.Actor{OrganizationID: org, Address: "2001:db8::1", Email: "ada@example.com"}
		neighbour, other := nobody, nobody
		neighbour.Address, other.Address = "2001:db8::ffff:1", "2001:db8:0:1::1"
		failed := Entry{Action: SessionSignInFailed, Result: Failed, TargetID: "ada@example.com"}
		deny(t, l, admin, noKeys)
		deny(t, l, nobody, failed)
		deny(t, l, neighbour, failed) // the same network
		deny(t, l, other, failed)
		denied := failed
		denied.Result = Denied
		deny(t, l, nobody, denied)
		if rows, _ := counts(t, l); rows != 4 {
			t.Errorf("%d rows, want 4", rows)
		}
	})
}

func TestDenialsThatDifferEachTimeAreBounded(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const n = 3 * openMost
		c := newClock()
		l := newLog(t, d, c, t.TempDir())
		for i := range n {
			deny(t, l, rbac.Actor{OrganizationID: org, Address: "203.0.113.1"}, Entry{
				Action: SessionSignInFailed, Result: Failed, TargetType: "email", TargetID: fmt.Sprintf("user%d@example.com", i),
			})
		}
		c.add(windowFirst)
		flush(t, l)
		rows, sum := counts(t, l)
		if rows > openMost+2 || sum != n {
			t.Errorf("%d rows, sum %d", rows, sum)
		}
	})
}

func TestADenialInARolledBackTransaction(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := newLog(t, d, newClock(), t.TempDir())
		stop := errors.New("stop")
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			return errors.Join(l.AppendDenied(t.Context(), tx, admin, noKeys), stop)
		})
		if !errors.Is(err, stop) {
			t.Fatal(err)
		}
		deny(t, l, admin, noKeys)
		if rows, sum := counts(t, l); rows != 1 || sum != 1 {
			t.Errorf("%d rows, sum %d", rows, sum)
		}
	})
}
