package delivery

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/fault"
	"patchboard/internal/id"
	"patchboard/internal/webhook"
)

func (n *server) count(query string, args ...any) int64 {
	n.w.t.Helper()
	v, err := db.Value[int64](context.Background(), n.d, query, args...)
	n.w.check(err)
	return v
}

func off(in *webhook.NewWebhook) { in.Off = true }

func TestRetentionKeepsWhatIsPending(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		n, r := w.build(), newReceiver(t)
		n.schedule = Schedule{Gaps: []time.Duration{365 * 24 * time.Hour}}
		n.events.Start()
		n.Start(t.Context())
		good := n.webhook(r.URL)
		n.accept(3)
		r.waitFor(3)
		n.until("delivered", func() bool { return n.books().Delivered == 3 })
		n.webhook(r.URL+"/bad", forType("contact.updated"))
		n.webhook(r.URL+"/off", forType("contact.deleted"), off)
		var told []HeldNews
		n.OnHeld = func(_ context.Context, tx *db.Tx, h HeldNews) error {
			tx.AfterCommit(func() { told = append(told, h) })
			return nil
		}
		n.acceptType("contact.deleted") // nobody's turn: held
		r.answerWith(status(http.StatusServiceUnavailable))
		pending := n.acceptType("contact.updated")
		r.wait()
		n.until("postponed", func() bool { return n.attempts() == 4 })
		_, err := n.Held(t.Context(), w.sys, good.Webhook.ID, HeldDiscard) // nothing to discard: no entry
		w.check(err)

		week := 7 * 24 * time.Hour
		w.clock.add(5 * 24 * time.Hour)
		for range 2 { // two days before its end it is said, once
			if got, err := n.Retain(t.Context(), before(w.clock.read().Add(-week))); err != nil || got != (Removed{}) {
				t.Fatalf("too early: %+v %v", got, err)
			}
		}
		if got := n.count("SELECT COUNT(*) FROM audit_entries WHERE action = $1", audit.DeliveryHeldExpiring); got != 1 {
			t.Errorf("%d announcements", got)
		}
		w.clock.add(3 * 24 * time.Hour)
		got, err := n.Retain(t.Context(), before(w.clock.read().Add(-week)))
		if err != nil || got.Deliveries != 4 || got.Discarded != 1 || got.Events != 4 || n.attempts() != 1 {
			t.Fatalf("%+v %v, %d attempts are left", got, err, n.attempts())
		}
		if got := n.count("SELECT COUNT(*) FROM audit_entries WHERE action = $1", audit.DeliveryHeldExpired); got != 1 {
			t.Errorf("%d entries about the discarded", got)
		}
		if len(told) != 2 || told[0].End != HeldExpiring || told[1].End != HeldExpired || told[0].Deliveries != 1 || told[0].URL != r.URL+"/off" || told[0].OrganizationID != w.sys.OrganizationID {
			t.Errorf("told %+v", told)
		}
		c := n.books()
		if want := (Counts{Created: 5, Pending: 1, Delivered: 3, Discarded: 1, RemovedDelivered: 3, RemovedDiscarded: 1}); c != want {
			t.Errorf("%+v", c)
		}
		r.answerWith(nil)
		p, err := n.List(t.Context(), w.sys, Filter{})
		if err != nil || len(p.Items) != 1 || p.Items[0].EventID != pending {
			t.Fatal(p, err)
		}
		if _, err := n.Retry(t.Context(), w.util, p.Items[0].ID); err != nil {
			t.Fatal(err)
		}
		if got := r.wait(); got != pending {
			t.Fatalf("%s arrived", got)
		}
	})
}

// A delivery that is retried while retention takes it away either goes or stays
// whole, with its event.
func TestRetentionAndRetriesAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		n := w.build()
		n.events.Start()
		hook := n.webhook(newReceiver(t).URL, off)
		n.accept(60)
		_, err := n.Held(t.Context(), w.sys, hook.Webhook.ID, HeldDiscard)
		w.check(err)
		on := true
		_, err = n.webhooks.Update(t.Context(), w.util, hook.Webhook.ID, webhook.Patch{Enabled: &on})
		w.check(err)
		p, err := n.List(t.Context(), w.sys, Filter{Limit: 60})
		w.check(err)
		w.clock.add(time.Hour)
		var wg sync.WaitGroup
		for _, d := range p.Items[:30] {
			wg.Go(func() {
				if _, err := n.Retry(t.Context(), w.util, d.ID); err != nil && !errors.Is(err, errNotFound) {
					t.Error(err)
				}
			})
		}
		for range 3 {
			wg.Go(func() {
				if _, err := n.Retain(t.Context(), before(w.clock.read().Add(-time.Minute))); err != nil {
					t.Error(err)
				}
			})
			wg.Go(func() {
				if _, err := n.Replay(t.Context(), w.sys, Replay{WebhookID: hook.Webhook.ID, Since: time.Unix(1, 0), States: []string{"discarded", NeverSent}}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		c := n.books()
		if rows := n.count("SELECT COUNT(*) FROM deliveries d JOIN events e ON e.id = d.event_id"); rows != c.Pending+c.Discarded-c.RemovedDiscarded {
			t.Errorf("%d deliveries have an event: %+v", rows, c)
		}
	})
}

func TestReplayLimits(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		n := w.build()
		n.events.Start()
		hook := n.webhook(newReceiver(t).URL, off)
		now := w.clock.read()
		in := Replay{WebhookID: hook.Webhook.ID, Since: now.Add(-time.Hour)}
		slug := func(what, want string, change func(r *Replay)) {
			t.Helper()
			r := in
			change(&r)
			_, err := n.Replay(t.Context(), w.sys, r)
			var f *fault.Error
			if !errors.As(err, &f) || f.Type != want || f.Fix == "" {
				t.Errorf("%s: %v", what, err)
			}
		}
		slug("no start", "replay-range-invalid", func(r *Replay) { r.Since = time.Time{} })
		slug("end before start", "replay-range-invalid", func(r *Replay) { r.Until = now.Add(-2 * time.Hour) })
		slug("a state that is none", "replay-state-unknown", func(r *Replay) { r.States = []string{"failed", "delivered"} })
		slug("another webhook", "webhook-not-found", func(r *Replay) { r.WebhookID = id.New("wh") })
		in.Until = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
		if got, err := n.Replay(t.Context(), w.sys, in); err != nil || got.Total != 0 {
			t.Errorf("nothing to replay: %+v %v", got, err)
		}
		n.replayMost = 5000 // more than one replay takes
		w.check(n.d.Write(t.Context(), func(tx *db.Tx) error {
			rows := make([][]any, n.replayMost+1)
			at := int64(id.KeyAt(now.Add(-time.Minute)))
			for i := range rows {
				rows[i] = newRow("org_a", id.Key(at+int64(i)), hook.Webhook.Num, "contact.created", Failed, 1)
			}
			c := tally{}
			c.created("org_a", Failed, int64(len(rows)))
			if err := tx.InsertMany(t.Context(), "deliveries", deliveryCols, rows); err != nil {
				return err
			}
			return c.write(t.Context(), tx, n.shard())
		}))
		slug("too many", "replay-too-large", func(*Replay) {})
		in.Since = now.Add(-time.Minute)
		in.Until = in.Since.Add(2 * time.Microsecond)
		slug("a webhook that is off", "webhook-not-active", func(*Replay) {})
		in.DryRun = true
		if got, err := n.Replay(t.Context(), w.sys, in); err != nil || got.Total == 0 || got.Total > 5000 || got.ByState["failed"] != got.Total {
			t.Errorf("a part of them: %+v %v", got, err)
		}
		n.books()
	})
}

// Several administrators replay and send at once: nothing is made twice.
func TestReplaysAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		n, r := w.start(), newReceiver(t)
		since := w.clock.read()
		n.accept(700)
		hook := n.webhook(r.URL)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if _, err := n.Replay(t.Context(), w.sys, Replay{WebhookID: hook.Webhook.ID, Since: since}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		n.until("delivered", func() bool { return n.counts().Delivered == 700 })
		n.books()
		if got := n.attempts(); got != 700 {
			t.Errorf("%d requests for 700 deliveries", got)
		}
		off := false
		_, err := n.webhooks.Update(t.Context(), w.util, hook.Webhook.ID, webhook.Patch{Enabled: &off})
		w.check(err)
		n.accept(700)
		on := true
		_, err = n.webhooks.Update(t.Context(), w.util, hook.Webhook.ID, webhook.Patch{Enabled: &on})
		w.check(err)
		var sent [4]int64
		for i := range sent {
			wg.Go(func() {
				var err error
				if sent[i], err = n.Held(t.Context(), w.util, hook.Webhook.ID, HeldSend); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if sum := sent[0] + sent[1] + sent[2] + sent[3]; sum != 700 {
			t.Errorf("they sent %v", sent)
		}
		n.until("delivered", func() bool { return n.counts().Delivered == 1400 })
		n.books()
	})
}

func TestHoldingIsFair(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite)
	n, r := w.start(), newReceiver(t)
	big, small := n.webhook(r.URL+"/big"), n.webhook(r.URL+"/small")
	w.check(n.d.Write(t.Context(), func(tx *db.Tx) error {
		c := tally{}
		for i, num := range []int64{big.Webhook.Num, small.Webhook.Num} {
			rows := make([][]any, []int{5000, 10}[i])
			for k := range rows {
				rows[k] = newRow("org_a", id.Key(k+1), num, "contact.created", Pending, 1<<60)
			}
			c.created("org_a", Pending, int64(len(rows)))
			if err := tx.InsertMany(t.Context(), "deliveries", deliveryCols, rows); err != nil {
				return err
			}
		}
		return c.write(t.Context(), tx, n.shard())
	}))
	off := false
	for _, hook := range []*webhook.Created{big, small} {
		_, err := n.webhooks.Update(t.Context(), w.util, hook.Webhook.ID, webhook.Patch{Enabled: &off})
		w.check(err)
	}
	n.until("the small one is held", func() bool {
		return n.count("SELECT COUNT(*) FROM deliveries WHERE webhook_num = $1 AND state = 1", small.Webhook.Num) == 10
	})
	if left := n.count("SELECT COUNT(*) FROM deliveries WHERE webhook_num = $1 AND state = 0", big.Webhook.Num); left == 0 {
		t.Error("it waited for the big one")
	}
}

// What becomes of held deliveries by somebody's hand is told too, once.
func TestEndOfHeldIsTold(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		n, r := w.build(), newReceiver(t)
		n.events.Start()
		n.Start(t.Context())
		var told []HeldEnd
		n.OnHeld = func(_ context.Context, tx *db.Tx, h HeldNews) error {
			tx.AfterCommit(func() { told = append(told, h.End) })
			return nil
		}
		hook := n.webhook(r.URL, off)
		n.accept(2)
		_, err := n.Held(t.Context(), w.sys, hook.Webhook.ID, HeldDiscard)
		w.check(err)
		_, err = n.Held(t.Context(), w.sys, hook.Webhook.ID, HeldDiscard) // nothing is left
		w.check(err)
		n.accept(1)
		on := true
		_, err = n.webhooks.Update(t.Context(), w.util, hook.Webhook.ID, webhook.Patch{Enabled: &on})
		w.check(err)
		_, err = n.Held(t.Context(), w.util, hook.Webhook.ID, HeldSend)
		w.check(err)
		r.waitFor(1)
		if len(told) != 2 || told[0] != HeldDropped || told[1] != HeldSent {
			t.Errorf("told %v", told)
		}
	})
}
