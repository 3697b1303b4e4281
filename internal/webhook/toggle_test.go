package webhook

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/fault"
)

func TestToggle(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, r := newWorld(t, d), newReceiver(t)
		ctx := t.Context()
		c := w.create(t, w.util, NewWebhook{URL: r.URL})
		id, num := c.Webhook.ID, c.Webhook.Num
		r.took()
		if e, err := w.Endpoint(ctx, num); err != nil || !e.Enabled() {
			t.Fatalf("%+v, %v", e, err)
		}
		w.OnOff = func(context.Context, int64) error {
			if e, err := w.Endpoint(ctx, num); err != nil || e.Enabled() {
				t.Errorf("the lanes are asked before the change is known: %+v, %v", e, err)
			}
			w.record(&w.events, "off")
			return nil
		}
		u, err := w.Update(ctx, w.util, id, Patch{Enabled: new(false), Reason: "maintenance"})
		if err != nil || u.Status() != StatusOff || u.StateReason != "maintenance" || !u.StateAt.Equal(w.clock.read()) || u.Version != 2 {
			t.Fatalf("%+v, %v", u, err)
		}
		wantList(t, "hooks", w.took(&w.events), "off")
		if m := w.targets(t, w.Service).Match("contact.created"); len(m) != 1 || !m[0].Hold || m[0].Num != num || m[0].ID != id {
			t.Errorf("%+v", m)
		}
		if _, err = w.Update(ctx, w.util, id, Patch{Enabled: new(false)}); err != nil {
			t.Fatal(err)
		}
		wantList(t, "hooks: the second must wait too", w.took(&w.events), "off")
		if u, err = w.Update(ctx, w.util, id, Patch{Enabled: new(false), Reason: "failing"}); err != nil || u.StateReason != "failing" || u.Status() != StatusOff || u.Version != 3 {
			t.Fatalf("a reason that was given afterwards: %+v, %v", u, err)
		}
		w.took(&w.events)

		r.answer(500)
		u, err = w.Update(ctx, w.util, id, Patch{Enabled: new(true)})
		if err != nil || u.Status() != StatusActive || u.StateReason != "" || u.Version != 4 {
			t.Fatalf("%+v, %v", u, err)
		}
		wantList(t, "hooks", w.took(&w.events), "on-tx 1", "change 1")
		if len(r.took()) != 0 {
			t.Error("switching on waited for the check")
		}
		w.took(&w.published)
		w.runAfter(ctx)
		if len(r.took()) != 1 || len(w.took(&w.published)) != 1 {
			t.Error("no check after the answer, or nobody heard of it")
		}
		if h := w.get(t, id); h.Status() != StatusFailing || h.Health.Verdict.Kind != Enable || h.Health.Verdict.Cause != "status" || h.Version != 4 {
			t.Errorf("%+v", h)
		}
		wantList(t, "audit", w.actions(t), "webhook.created ok", "webhook.switched_off ok maintenance", "webhook.updated ok failing", "webhook.switched_on ok")
		wantList(t, "verdicts", w.verdicts(t), "save 1", "enable 0 status")
	})
}

func TestNoCheckStartsAfterOff(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, r := newWorld(t, d), newReceiver(t)
		ctx := t.Context()
		c := w.create(t, w.util, NewWebhook{URL: r.URL, Off: true})
		toggle := func(on bool) {
			t.Helper()
			if _, err := w.Update(ctx, w.util, c.Webhook.ID, Patch{Enabled: &on}); err != nil {
				t.Fatal(err)
			}
		}
		toggle(true)
		toggle(false)
		w.runAfter(ctx)
		if len(r.took()) != 0 {
			t.Error("a check started after off was answered")
		}
		// One that is under way is given up, and says nothing about the endpoint.
		r.wait = make(chan struct{})
		toggle(true)
		done := make(chan struct{})
		go func() { defer close(done); w.runAfter(ctx) }()
		<-r.wait
		toggle(false)
		<-done
		r.took()
		r.mu.Lock()
		r.wait = nil
		r.mu.Unlock()
		if h := w.get(t, c.Webhook.ID); h.Health.Verdict != nil {
			t.Errorf("%+v", h.Health.Verdict)
		}
		// A check that is overtaken by another node's off reads the state first.
		toggle(true)
		err := d.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE webhooks SET state = 'off'`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		w.runAfter(ctx)
		if len(r.took()) != 0 {
			t.Error("a check started after another node's off")
		}
		if len(w.gates.open) != 0 {
			t.Errorf("%d gates left open", len(w.gates.open))
		}
	})
}

func TestFiftyTogglesAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		ctx := t.Context()
		c := w.create(t, w.util, NewWebhook{URL: "https://example.com/", Off: true})
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				if _, err := w.Update(ctx, w.util, c.Webhook.ID, Patch{Enabled: new(i%2 == 0)}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		got := w.get(t, c.Webhook.ID)
		// Each version is one switch, each switch one entry, alternating; the set
		// has seen every one of them.
		all := w.actions(t)
		if int64(len(all)) != got.Version {
			t.Errorf("%d entries, version %d", len(all), got.Version)
		}
		for i, a := range all[1:] {
			want := "webhook.switched_on ok"
			if i%2 == 1 {
				want = "webhook.switched_off ok"
			}
			if a != want {
				t.Fatalf("entry %d is %s", i+1, a)
			}
		}
		set := w.targets(t, w.Service)
		if set.Version != got.Version || set.Match("contact.created")[0].Hold != !got.Enabled() {
			t.Errorf("set %d %+v, webhook %+v", set.Version, set.Match("contact.created"), got)
		}
		e, err := w.Endpoint(ctx, got.Num)
		if err != nil || e.Enabled() != got.Enabled() || e.Version != got.Version {
			t.Errorf("%+v, %v", e, err)
		}
	})
}

func TestOneOfManyWithTheSameVersionWins(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		c := w.create(t, w.util, NewWebhook{URL: "https://example.com/", Off: true})
		var mu sync.Mutex
		var won []string
		var wg sync.WaitGroup
		for i := range 30 {
			name := string(rune('a'+i%26)) + string(rune('a'+i/26))
			wg.Go(func() {
				_, err := w.Update(t.Context(), w.util, c.Webhook.ID, Patch{IfMatch: new(int64(1)), Description: &name})
				if err == nil {
					mu.Lock()
					defer mu.Unlock()
					won = append(won, name)
				} else if fault.KindOf(err) != fault.Stale {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got := w.get(t, c.Webhook.ID); len(won) != 1 || got.Description != won[0] || got.Version != 2 {
			t.Errorf("%q won; %+v", won, got)
		}
	})
}

func TestURLChangeIsCheckedForTheStateItEndsIn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, r := newWorld(t, d), newReceiver(t)
		ctx := t.Context()
		c := w.create(t, w.util, NewWebhook{URL: r.URL, Off: true})
		r.answer(500)
		// The webhook is switched on by somebody else between the check of the
		// address (for one that is off: no request) and the commit.
		cur, err := find(ctx, d, w.org, c.Webhook.ID, "")
		if err != nil {
			t.Fatal(err)
		}
		p := Patch{URL: new(r.URL + "/new")}
		n, err := w.plan(cur, w.util, p)
		if err != nil {
			t.Fatal(err)
		}
		ch, err := w.checkPlan(ctx, w.util, n)
		if err != nil || ch.reached {
			t.Fatalf("%+v, %v", ch, err)
		}
		if _, err := w.Update(ctx, w.util, c.Webhook.ID, Patch{Enabled: new(true)}); err != nil {
			t.Fatal(err)
		}
		if _, err = w.commit(ctx, w.util, c.Webhook.ID, p, ch); !errors.Is(err, errChanged) {
			t.Errorf("an active webhook got an address that was never reached: %v", err)
		}
		_, err = w.Update(ctx, w.util, c.Webhook.ID, p)
		wantSlug(t, err, "webhook-unreachable")
		if got := w.get(t, c.Webhook.ID); got.URL != r.URL {
			t.Errorf("the address changed to %s", got.URL)
		}
		r.answer(200)
		u, err := w.Update(ctx, w.util, c.Webhook.ID, p)
		if err != nil || u.URL != r.URL+"/new" || u.Health.Verdict == nil || !u.Health.Verdict.OK {
			t.Errorf("%+v, %v", u, err)
		}
		if e, err := w.Endpoint(ctx, c.Webhook.Num); err != nil || e.URL.Path != "/new" {
			t.Errorf("%+v, %v", e, err)
		}
	})
}

func TestDeletedOnceAmongMany(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		c := w.create(t, w.util, NewWebhook{URL: "https://example.com/", Off: true})
		var wg sync.WaitGroup
		errs := make([]error, 20)
		for i := range errs {
			wg.Go(func() {
				if i%2 == 0 {
					errs[i] = w.Delete(t.Context(), w.util, c.Webhook.ID)
				} else {
					_, errs[i] = w.Update(t.Context(), w.util, c.Webhook.ID, Patch{Enabled: new(i%4 == 1)})
				}
			})
		}
		wg.Wait()
		deleted := 0
		for i, err := range errs {
			if err == nil && i%2 == 0 {
				deleted++
			} else if err != nil && slug(err) != "webhook-not-found" {
				t.Error(err)
			}
		}
		n := 0
		for _, a := range w.actions(t) {
			if a == "webhook.deleted ok" {
				n++
			}
		}
		if deleted != 1 || n != 1 || !slices.Contains(w.took(&w.events), "delete-tx 1") {
			t.Errorf("%d deletions, %d entries", deleted, n)
		}
	})
}

func TestWhoSwitchedItIsKeptThroughManyChanges(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 6789, time.UTC)
	var r row
	r.StateAt = at
	r.touch(at, "ada@example.com", "created")
	if r.StateBy != "ada@example.com" {
		t.Errorf("created by %q", r.StateBy)
	}
	at = at.Add(time.Hour)
	r.StateAt = at
	r.touch(at, "grace@example.com", "enabled")
	for range 3 * changesKept {
		at = at.Add(time.Minute)
		r.touch(at, "ada@example.com", "description")
	}
	if r.StateBy != "grace@example.com" || len(r.changes) != changesKept {
		t.Errorf("switched by %q; %d changes kept", r.StateBy, len(r.changes))
	}
	if last := r.changes[changesKept-1]; last.Version != r.Version {
		t.Errorf("the newest change is gone: %+v", last)
	}
	r.StateAt = at.Add(time.Minute) // from before its changes were kept
	if by := r.stateBy(); by != "" {
		t.Errorf("switched by %q, want nobody that is known", by)
	}
}
