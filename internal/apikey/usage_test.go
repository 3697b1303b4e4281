package apikey

import (
	"context"
	"fmt"
	"path/filepath"
	"reflect"
	"sync"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/fault"
	"patchboard/internal/rbac"
)

// setClock is a clock that a test turns.
type setClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *setClock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *setClock) turn(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func (n *node) usage(t *testing.T, a rbac.Actor, since, until time.Time, by By) []Bucket {
	t.Helper()
	b, err := n.Usage(t.Context(), a, since, until, by)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestUsageByHourDayRouteAndStatus(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock := &setClock{now: time.Date(2026, 3, 1, 22, 59, 59, 0, time.UTC)}
		n := startWith(t, d, filepath.Join(t.TempDir(), "k"), clock.read)
		a, _ := n.organization(t, "one")
		b, _ := n.organization(t, "two")
		for range 3 {
			n.Count(a.OrganizationID, "POST /api/v1/events", 202)
		}
		n.Count(b.OrganizationID, "POST /api/v1/events", 202)
		clock.turn(time.Second) // 23:00
		n.Count(a.OrganizationID, "POST /api/v1/events", 429)
		clock.turn(time.Hour) // the next day
		n.Count(a.OrganizationID, "GET /api/v1/webhooks", 200)

		var zero time.Time
		at := func(day, hour int) time.Time { return time.Date(2026, 3, day, hour, 0, 0, 0, time.UTC) }
		for by, want := range map[By][]Bucket{
			"":       {{Start: at(1, 22), Calls: 3}, {Start: at(1, 23), Calls: 1}, {Start: at(2, 0), Calls: 1}},
			ByDay:    {{Start: at(1, 0), Calls: 4}, {Start: at(2, 0), Calls: 1}},
			ByRoute:  {{Route: "POST /api/v1/events", Calls: 4}, {Route: "GET /api/v1/webhooks", Calls: 1}},
			ByStatus: {{Status: 200, Calls: 1}, {Status: 202, Calls: 3}, {Status: 429, Calls: 1}},
		} {
			if got := n.usage(t, a, zero, at(2, 1), by); !reflect.DeepEqual(got, want) {
				t.Errorf("by %q: %+v, want %+v", by, got, want)
			}
		}
		if got := n.usage(t, a, at(1, 23).Add(30*time.Minute), at(2, 0), ByHour); !reflect.DeepEqual(got, []Bucket{{Start: at(1, 23), Calls: 1}}) {
			t.Errorf("a window inside an hour: %+v", got)
		}
		o, err := n.Get(t.Context(), a)
		if err != nil || o.TotalCalls != 5 || !o.LastCall.Equal(at(2, 0)) {
			t.Errorf("Get = %+v, %v", o, err)
		}
		if o, err := n.Get(t.Context(), b); err != nil || o.TotalCalls != 1 || !o.LastCall.Equal(at(1, 23).Add(-time.Second)) {
			t.Errorf("Get = %+v, %v", o, err)
		}
		if n.told(b.OrganizationID) < 2 {
			t.Error("open browsers were not told of the calls")
		}
	})
}

func TestUsageRefusesOddWindows(t *testing.T) {
	t.Parallel()
	n := start(t, dbtest.Open(t, dbtest.SQLite))
	a, _ := n.organization(t, "one")
	now := time.Now()
	for _, c := range []struct {
		since, until time.Time
		by           By
		slug         string
	}{
		{now, now, ByHour, "time-window-invalid"},
		{now.Add(time.Second), now, ByDay, "time-window-invalid"},
		{now.AddDate(0, 0, -94), now, ByHour, "time-window-too-wide"},
		{now.AddDate(-3, 0, 0), now, ByStatus, "time-window-too-wide"},
		{now.AddDate(-8000, 0, 0), now.AddDate(7000, 0, 0), ByDay, "time-window-too-wide"},
		{time.Time{}, now, "minute", "grouping-invalid"},
		{time.Time{}, now, "hour; DROP TABLE api_keys", "grouping-invalid"},
	} {
		_, err := n.Usage(t.Context(), a, c.since, c.until, c.by)
		isFault(t, err, fault.Invalid, c.slug)
	}
	if got := n.usage(t, a, time.Time{}, time.Time{}, ByHour); got == nil || len(got) != 0 {
		t.Errorf("no calls: %#v", got)
	}
}

func TestCountsLoseNothingAtACleanStop(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		keyset := filepath.Join(t.TempDir(), "keyset.json")
		n := build(t, d, keyset, time.Now)
		if err := n.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		a, _ := n.organization(t, "one")
		const callers, calls = 8, 2500
		var wg sync.WaitGroup
		for c := range callers {
			wg.Go(func() {
				for i := range calls {
					n.Count(a.OrganizationID, fmt.Sprintf("GET /%d", i%70), 200+c%3)
					if i%1000 == 0 {
						if err := n.Flush(t.Context()); err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
		wg.Wait()
		if err := n.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		again := startWith(t, d, keyset, time.Now)
		o, err := again.Get(t.Context(), a)
		if err != nil || o.TotalCalls != callers*calls {
			t.Errorf("total %d of %d, %v", o.TotalCalls, callers*calls, err)
		}
		sum := int64(0)
		for _, b := range again.usage(t, a, time.Time{}, time.Now().Add(time.Hour), ByRoute) {
			sum += b.Calls
		}
		if sum != callers*calls {
			t.Errorf("by route %d of %d", sum, callers*calls)
		}
	})
}

func TestCountsOfNodesAddUp(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		keyset := filepath.Join(t.TempDir(), "keyset.json")
		clock := func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }
		first := startWith(t, d, keyset, clock)
		actors := make([]rbac.Actor, 5)
		for i := range actors {
			actors[i], _ = first.organization(t, fmt.Sprint(i))
		}
		nodes := []*node{first, startWith(t, d, keyset, clock), startWith(t, d, keyset, clock)}
		var wg sync.WaitGroup
		for _, n := range nodes { // all at once, over the same rows
			wg.Go(func() {
				for range 10 {
					for i := range actors {
						n.Count(actors[i].OrganizationID, "POST /a", 202)
						n.Count(actors[len(actors)-1-i].OrganizationID, "POST /b", 202)
					}
					if err := n.Flush(t.Context()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		for _, a := range actors {
			if o, err := first.Get(t.Context(), a); err != nil || o.TotalCalls != 60 {
				t.Errorf("total %d, want 60, %v", o.TotalCalls, err)
			}
		}
	})
}

func TestFailedFlushKeepsTheCounts(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		n := build(t, d, filepath.Join(t.TempDir(), "keyset.json"), time.Now) // no background flush
		a, _ := n.organization(t, "one")
		n.Count(a.OrganizationID, "POST /a", 202)
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if err := n.Flush(gone); err == nil {
			t.Fatal("a flush without a database succeeded")
		}
		n.Count(a.OrganizationID, "POST /a", 202)
		if o, err := n.Get(t.Context(), a); err != nil || o.TotalCalls != 2 {
			t.Errorf("total %d, want 2, %v", o.TotalCalls, err)
		}
	})
}

func TestDeleteUsageKeepsTotals(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock := &setClock{now: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
		n := startWith(t, d, filepath.Join(t.TempDir(), "k"), clock.read)
		a, _ := n.organization(t, "one")
		for range 10 {
			n.Count(a.OrganizationID, "POST /a", 202)
			clock.turn(time.Hour)
		}
		if err := n.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		edge := time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)
		for _, want := range []int64{4, 2, 0} {
			if got, err := n.DeleteUsage(t.Context(), edge, 4); err != nil || got != want {
				t.Errorf("DeleteUsage = %d, %v; want %d", got, err, want)
			}
		}
		if got := n.usage(t, a, time.Time{}, time.Time{}, ByHour); len(got) != 4 || !got[0].Start.Equal(edge) {
			t.Errorf("left: %+v", got)
		}
		if o, err := n.Get(t.Context(), a); err != nil || o.TotalCalls != 10 {
			t.Errorf("total %d, %v", o.TotalCalls, err)
		}
	})
}

func BenchmarkCount(b *testing.B) {
	n := start(b, dbtest.Open(b, dbtest.SQLite))
	a, _ := n.organization(b, "one")
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			n.Count(a.OrganizationID, "POST /api/v1/events", 202)
		}
	})
}
