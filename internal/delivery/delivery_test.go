package delivery

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"patchboard/internal/fault"
	"patchboard/internal/webhook"
)

func TestAnEventArrivesSignedAndIsRecorded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		n, r := w.start(), newReceiver(t)
		hook := n.webhook(r.URL)
		r.mu.Lock()
		r.secret = hook.Secret
		r.mu.Unlock()
		ids := n.accept(300)
		want := map[string]bool{}
		for _, e := range ids {
			want[e] = true
		}
		for range ids {
			got := r.wait()
			if !want[got] {
				t.Fatalf("%s arrived twice or was never accepted", got)
			}
			delete(want, got)
		}
		n.until("all delivered", func() bool { return n.books().Delivered == 300 })
		p, err := n.List(context.Background(), w.sys, Filter{WebhookID: hook.Webhook.ID, State: "delivered", Limit: 5})
		if err != nil || len(p.Items) != 5 || p.Next == "" {
			t.Fatal(p, err)
		}
		d := p.Items[0]
		if d.EventID != ids[299] || d.Attempts != 1 || d.LastStatus != 200 {
			t.Fatalf("newest first: %+v", d)
		}
		as, err := n.Attempts(context.Background(), w.sys, d.ID)
		if err != nil || len(as) != 1 || as[0].Status != 200 || as[0].RequestHeader["Webhook-Id"] != d.EventID || len(as[0].RequestBody) == 0 {
			t.Fatalf("%+v %v", as, err)
		}
		as, err = n.Attempts(context.Background(), w.util, d.ID)
		if err != nil || as[0].Full || as[0].RequestBody != nil || as[0].RequestHeader != nil || as[0].Timing.Total == 0 {
			t.Fatalf("a utility administrator sees %+v %v", as, err)
		}
		if _, err := n.Get(context.Background(), w.other, d.ID); !errors.Is(err, errNotFound) {
			t.Fatalf("another organization: %v", err)
		}
	})
}

func TestAFailureIsTriedAgainOnSchedule(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		n, r := w.build(), newReceiver(t)
		n.schedule = Schedule{Gaps: []time.Duration{20 * time.Millisecond, 20 * time.Millisecond}}
		n.events.Start()
		n.Start(context.Background())
		hook := n.webhook(r.URL)
		r.answerWith(status(500))
		n.accept(1)
		r.waitFor(3)
		n.until("given up", func() bool { return n.books().Failed == 1 })
		p, err := n.List(context.Background(), w.sys, Filter{State: "failed"})
		if err != nil || len(p.Items) != 1 || p.Items[0].Attempts != 3 || p.Items[0].LastStatus != 500 || p.Items[0].LastClass != "status_5xx" {
			t.Fatalf("%+v %v", p, err)
		}
		r.answerWith(nil)
		if _, err := n.Retry(context.Background(), w.util, p.Items[0].ID); err != nil {
			t.Fatal(err)
		}
		r.wait()
		n.until("delivered", func() bool { return n.books().Delivered == 1 })
		as, err := n.Attempts(context.Background(), w.sys, p.Items[0].ID)
		if err != nil || len(as) != 4 || as[3].Number != 4 || as[0].Guidance == "" || as[2].Next != (time.Time{}) || as[0].Next.IsZero() {
			t.Fatalf("%+v %v", as, err)
		}
		_ = hook
	})
}

func TestGoneDisablesAndHolds(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		n, r := w.start(), newReceiver(t)
		hook := n.webhook(r.URL)
		r.answerWith(status(http.StatusGone))
		n.accept(1)
		r.wait()
		n.until("disabled", func() bool {
			h, err := n.webhooks.Get(context.Background(), w.sys, hook.Webhook.ID)
			w.check(err)
			return h.State == webhook.Disabled
		})
		n.accept(3)
		n.until("held", func() bool { c := n.books(); return c.Held == 3 && c.Failed == 1 })
		if _, err := n.Held(context.Background(), w.sys, hook.Webhook.ID, HeldSend); !errors.Is(err, errOff) {
			t.Fatalf("sending to a disabled webhook: %v", err)
		}
		r.answerWith(nil)
		on := true
		if _, err := n.webhooks.Update(context.Background(), w.util, hook.Webhook.ID, webhook.Patch{Enabled: &on}); err != nil {
			t.Fatal(err)
		}
		n.accept(1)
		r.wait()
		n.until("the new one only", func() bool { c := n.books(); return c.Held == 3 && c.Delivered == 1 })
		if got, err := n.Held(context.Background(), w.sys, hook.Webhook.ID, HeldSend); err != nil || got != 3 {
			t.Fatal(got, err)
		}
		r.waitFor(3)
		n.until("sent", func() bool { c := n.books(); return c.Held == 0 && c.Delivered == 4 })
	})
}

func TestOffMeansNotOneMoreRequest(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		n, r := w.start(), newReceiver(t)
		hook := n.webhook(r.URL)
		var off atomic.Bool
		var started, late atomic.Int64
		r.answerWith(func(http.ResponseWriter, *http.Request) {
			started.Add(1)
			if off.Load() {
				late.Add(1)
			}
		})
		n.accept(1000)
		n.accept(1000)
		r.waitFor(50)
		on := false
		if _, err := n.webhooks.Update(context.Background(), w.util, hook.Webhook.ID, webhook.Patch{Enabled: &on}); err != nil {
			t.Fatal(err)
		}
		// Requests on their way may still reach the receiver's handler; none may start.
		n.engine.mu.Lock()
		onWay := n.engine.onWay
		n.engine.mu.Unlock()
		off.Store(true)
		n.accept(100)
		n.until("all held", func() bool { c := n.counts(); return c.Pending == 0 && c.Held+c.Delivered == 2100 })
		if most := inAll(onWay); late.Load() > most {
			t.Fatalf("%d requests arrived after the answer, %d were on their way", late.Load(), most)
		}
		held := n.books().Held
		if held < 100 {
			t.Fatalf("only %d held", held)
		}
		on = true
		if _, err := n.webhooks.Update(context.Background(), w.util, hook.Webhook.ID, webhook.Patch{Enabled: &on}); err != nil {
			t.Fatal(err)
		}
		if _, err := n.Held(context.Background(), w.sys, hook.Webhook.ID, HeldDiscard); err != nil {
			t.Fatal(err)
		}
		// What was on its way when it was held may have arrived since.
		if c := n.books(); c.Held != 0 || c.Discarded > held || c.Discarded < 100 || c.Discarded+c.Delivered != 2100 {
			t.Fatalf("%+v of %d held", c, held)
		}
	})
}

func TestDeletionEndsWhatWaits(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		n, r := w.start(), newReceiver(t)
		hook := n.webhook(r.URL)
		hang := make(chan struct{})
		r.answerWith(func(http.ResponseWriter, *http.Request) { <-hang })
		n.accept(700)
		r.wait()
		if err := n.webhooks.Delete(context.Background(), w.util, hook.Webhook.ID); err != nil {
			t.Fatal(err)
		}
		close(hang)
		n.until("discarded", func() bool {
			c := n.books()
			return c.Pending == 0 && c.Discarded+c.Delivered == 700 && c.Discarded > 0
		})
		p, err := n.List(context.Background(), w.sys, Filter{State: "discarded", Limit: 1})
		if err != nil || len(p.Items) != 1 {
			t.Fatal("the log of a deleted webhook is gone", err)
		}
		if _, err := n.Retry(context.Background(), w.sys, p.Items[0].ID); fault.KindOf(err) != fault.NotFound {
			t.Fatal(err)
		}
	})
}

func TestReplayOfFailedAndNeverSent(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		n, r := w.build(), newReceiver(t)
		n.schedule = Schedule{Gaps: []time.Duration{}}
		n.events.Start()
		n.Start(context.Background())
		since := w.clock.read()
		n.accept(5) // nobody wants them yet
		hook := n.webhook(r.URL)
		r.answerWith(status(503))
		n.accept(1)
		r.wait()
		n.until("failed", func() bool { return n.books().Failed == 1 })
		r.answerWith(nil)
		dry, err := n.Replay(context.Background(), w.sys, Replay{WebhookID: hook.Webhook.ID, Since: since, DryRun: true})
		if err != nil || dry.Total != 6 || dry.ByState[NeverSent] != 5 {
			t.Fatal(dry, err)
		}
		if n.books().Pending != 0 {
			t.Fatal("a dry run did something")
		}
		if _, err := n.Replay(context.Background(), w.sys, Replay{WebhookID: hook.Webhook.ID, Since: since}); err != nil {
			t.Fatal(err)
		}
		r.waitFor(6)
		n.until("delivered", func() bool { return n.books().Delivered == 6 })
		if again, err := n.Replay(context.Background(), w.sys, Replay{WebhookID: hook.Webhook.ID, Since: since}); err != nil || again.Total != 0 {
			t.Fatal(again, err)
		}
	})
}
