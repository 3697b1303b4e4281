package webhook

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
)

// note reports outcomes as delivery does.
func (w *world) note(t *testing.T, all ...Outcome) []ByRule {
	t.Helper()
	var disabled []ByRule
	err := w.d.Write(t.Context(), func(tx *db.Tx) error {
		var err error
		disabled, err = w.Outcomes(t.Context(), tx, all)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return disabled
}

func TestGoneDisablesAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, r := newWorld(t, d), newReceiver(t)
		c := w.create(t, w.util, NewWebhook{URL: r.URL})
		now := w.clock.read()
		w.took(&w.published)
		got := w.note(t, Outcome{Num: c.Webhook.Num, FailureAt: now, Failures: 1, Gone: true})
		if len(got) != 1 || got[0] != (ByRule{c.Webhook.Num, c.Webhook.ID, w.org, ReasonGone}) {
			t.Fatalf("%+v", got)
		}
		if again := w.note(t, Outcome{Num: c.Webhook.Num, FailureAt: now, Failures: 1, Gone: true}); len(again) != 0 {
			t.Errorf("disabled twice: %+v", again)
		}
		h := w.get(t, c.Webhook.ID)
		if h.Status() != StatusDisabled || h.StateReason != ReasonGone || h.StateBy != "Patchboard" || h.Version != 2 || !h.StateAt.Equal(now) {
			t.Errorf("%+v", h)
		}
		if m := w.targets(t, w.Service).Match("contact.created"); !m[0].Hold {
			t.Error("what comes is not held")
		}
		if e, err := w.Endpoint(t.Context(), h.Num); err != nil || e.State != Disabled {
			t.Errorf("%+v, %v", e, err)
		}
		wantList(t, "audit", w.actions(t), "webhook.created ok", "webhook.disabled ok gone")
		if !slices.Contains(w.took(&w.published), "webhooks "+w.org+" "+h.ID) {
			t.Error("nobody heard of it")
		}
		u, err := w.Update(t.Context(), w.util, h.ID, Patch{Enabled: new(true)})
		if err != nil || u.State != Active || u.Health.Failures != 0 || !u.Health.FirstFailure.IsZero() {
			t.Errorf("switched on again: %+v, %v", u, err)
		}
		wantList(t, "hooks", w.took(&w.events), "on-tx 1", "change 1")
	})
}

func TestLongFailureWarnsAndDisables(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, r := newWorld(t, d), newReceiver(t)
		c := w.create(t, w.util, NewWebhook{URL: r.URL})
		fail := func() []ByRule {
			t.Helper()
			return w.note(t, Outcome{Num: c.Webhook.Num, FailureAt: w.clock.read(), Failures: 1})
		}
		for range 11 { // half a day apart: 0 to 5 days
			if got := fail(); len(got) > 0 {
				if h := w.get(t, c.Webhook.ID); h.Health.Failures != 11 || got[0].Reason != ReasonFailing {
					t.Errorf("disabled after %d failures: %+v", h.Health.Failures, got)
				}
				break
			}
			w.clock.add(12 * time.Hour)
		}
		wantList(t, "audit", w.actions(t), "webhook.created ok", "webhook.failing_warned ok", "webhook.failing_warned ok", "webhook.disabled ok failing_long")
		if h := w.get(t, c.Webhook.ID); h.State != Disabled || h.Health.Warned != 2 {
			t.Errorf("%+v", h)
		}
	})
}

func TestHealthyWebhookCostsNoWrite(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, r := newWorld(t, d), newReceiver(t)
		c := w.create(t, w.util, NewWebhook{URL: r.URL})
		num, start := c.Webhook.Num, w.clock.read()
		succeed := func() { w.note(t, Outcome{Num: num, SuccessAt: w.clock.read()}) }
		succeed()
		w.took(&w.published)
		for range 59 {
			w.clock.add(time.Second)
			succeed()
		}
		if h := w.get(t, c.Webhook.ID); !h.Health.LastSuccess.Equal(start) {
			t.Errorf("written within the minute: %v", h.Health.LastSuccess)
		}
		if !w.healthy.covers(Outcome{Num: num, SuccessAt: w.clock.read()}) {
			t.Error("the row is read for every batch")
		}
		w.clock.add(time.Second)
		succeed()
		if h := w.get(t, c.Webhook.ID); !h.Health.LastSuccess.Equal(start.Add(time.Minute)) {
			t.Errorf("not written after a minute: %v", h.Health.LastSuccess)
		}
		if n := len(w.took(&w.published)); n != 0 {
			t.Errorf("%d live messages about nothing", n)
		}
		w.clock.add(time.Second)
		w.note(t, Outcome{Num: num, FailureAt: w.clock.read(), Failures: 3})
		if h := w.get(t, c.Webhook.ID); h.Status() != StatusFailing || len(w.took(&w.published)) != 1 {
			t.Errorf("%+v", h)
		}
		w.clock.add(time.Second)
		succeed()
		if h := w.get(t, c.Webhook.ID); h.Status() != StatusActive || h.Health.Failures != 0 || len(w.took(&w.published)) != 1 || h.Version != 1 {
			t.Errorf("%+v", h)
		}
	})
}

func TestOutcomesOfTheUnknown(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		c := w.create(t, w.util, NewWebhook{URL: "https://example.com/", Off: true})
		if err := w.Delete(t.Context(), w.util, c.Webhook.ID); err != nil {
			t.Fatal(err)
		}
		now := w.clock.read()
		if got := w.note(t, Outcome{Num: c.Webhook.Num, FailureAt: now, Failures: 1, Gone: true}, Outcome{Num: 4711, FailureAt: now, Failures: 1, Gone: true}); len(got) != 0 {
			t.Errorf("%+v", got)
		}
		if got := w.note(t); got != nil {
			t.Errorf("%+v", got)
		}
	})
}

// Rules, toggles and outcomes of the same webhooks at once neither wait for
// each other for ever nor lose a version.
func TestRuleAndTogglesAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		ctx := t.Context()
		var hooks []Webhook
		for i := range 5 {
			hooks = append(hooks, w.create(t, w.util, NewWebhook{URL: fmt.Sprintf("https://example.com/%d", i), Off: true}).Webhook)
		}
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				if _, err := w.Update(ctx, w.util, hooks[i%5].ID, Patch{Enabled: new(true)}); err != nil {
					t.Error(err)
				}
			})
			wg.Go(func() {
				var all []Outcome
				for _, h := range hooks {
					all = append(all, Outcome{Num: h.Num, FailureAt: w.clock.read(), Failures: 1, Gone: true})
				}
				if i%2 == 0 {
					slices.Reverse(all)
				}
				w.note(t, all...)
			})
		}
		wg.Wait()
		var versions int64
		all, err := w.List(ctx, w.util)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range all {
			versions += h.Version
		}
		if n := len(w.actions(t)); int64(n) != versions {
			t.Errorf("%d entries, %d versions", n, versions)
		}
		if set := w.targets(t, w.Service); set.Version != versions {
			t.Errorf("the set is at %d, the webhooks at %d", set.Version, versions)
		}
	})
}

func TestHoldAndRetain(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, r := newWorld(t, d), newReceiver(t)
		ctx := t.Context()
		c := w.create(t, w.sys, NewWebhook{URL: r.URL})
		hold := func(key int64) {
			t.Helper()
			if err := d.Write(ctx, func(tx *db.Tx) error {
				if key == 0 {
					return w.ClearHold(ctx, tx, c.Webhook.Num)
				}
				return w.SetHoldBefore(ctx, tx, c.Webhook.Num, key)
			}); err != nil {
				t.Fatal(err)
			}
			if e, err := w.Endpoint(ctx, c.Webhook.Num); err != nil || e.HoldBefore != key {
				t.Errorf("%+v, %v", e, err)
			}
		}
		hold(0)
		hold(1 << 60)
		if _, err := w.Update(ctx, w.sys, c.Webhook.ID, Patch{Description: new("x")}); err != nil {
			t.Fatal(err)
		}
		if got := w.get(t, c.Webhook.ID); got.HoldBefore != 1<<60 {
			t.Errorf("a change of something else ended the hold: %+v", got)
		}
		w.took(&w.published)
		hold(0)
		wantList(t, "told", w.took(&w.published), "webhooks "+w.org+" "+c.Webhook.ID) // the count of what is held is whole

		if _, err := w.RotateSecret(ctx, w.sys, c.Webhook.ID, new(1)); err != nil {
			t.Fatal(err)
		}
		gone := w.create(t, w.sys, NewWebhook{URL: r.URL})
		if err := w.Delete(ctx, w.sys, gone.Webhook.ID); err != nil {
			t.Fatal(err)
		}
		if n, err := w.Retain(ctx, w.clock.read(), 100); err != nil || n != 0 {
			t.Errorf("removed %d too early, %v", n, err)
		}
		w.clock.add(2 * time.Hour)
		total := int64(0)
		for {
			n, err := w.Retain(ctx, w.clock.read(), 1)
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				break
			}
			total += n
		}
		if total != 4 { // two verdicts, a webhook, a secret
			t.Errorf("%d rows removed", total)
		}
		_, err := w.Find(ctx, w.org, gone.Webhook.ID)
		wantSlug(t, err, "webhook-not-found")
		if got := w.get(t, c.Webhook.ID); !got.PreviousUntil.IsZero() {
			t.Errorf("%+v", got)
		}
		next := w.create(t, w.sys, NewWebhook{URL: r.URL})
		if next.Webhook.Num <= gone.Webhook.Num {
			t.Errorf("num %d is used again", next.Webhook.Num)
		}
	})
}

func TestDomain(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://hooks.eu.example.co.uk/secret/path?token=x": "example.co.uk",
		"https://EXAMPLE.com:8443/":                          "example.com",
		"https://example.com./":                              "example.com",
		"https://127.0.0.1/":                                 "",
		"https://[::1]/":                                     "",
		"https://localhost/":                                 "",
		"https://co.uk/":                                     "",
		"":                                                   "",
		"https://\x00":                                       "",
		"https://" + strings.Repeat("a.", 5000) + "com/": "",
	} {
		if got := Domain(in); got != want {
			t.Errorf("Domain(%.40q) = %q, want %q", in, got, want)
		}
	}
}
