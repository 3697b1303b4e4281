package delivery

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/event"
	"patchboard/internal/webhook"
)

// acceptType takes one event of a type in and gives its id.
func (n *server) acceptType(kind string) string {
	n.w.t.Helper()
	in, err := event.Decode(fmt.Appendf(nil, `{"type":%q,"data":{"n":1}}`, kind))
	n.w.check(err)
	rs, err := n.events.Accept(context.Background(), n.w.sys, []event.Input{in}, event.Options{})
	n.w.check(err)
	return rs[0].ID
}

func forType(kind string) func(*webhook.NewWebhook) {
	return func(in *webhook.NewWebhook) { in.Events = []string{kind} }
}

// locked runs a condition on the engine.
func (n *server) locked(cond func(e *engine) bool) func() bool {
	return func() bool {
		n.engine.mu.Lock()
		defer n.engine.mu.Unlock()
		return cond(n.engine)
	}
}

// freeze makes the node stand still, its lease gone by its own clock.
func (n *server) freeze() {
	n.engine.frozen.Store(true)
	old := time.Now().Add(-time.Hour)
	n.node.renewed.Store(&old)
}

func TestWhatWaitedForTheLeaseIsSentWhenItIsBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		n, r := w.start(), newReceiver(t)
		n.webhook(r.URL)
		n.accept(1)
		r.wait()
		n.until("idle", func() bool { return n.books().Delivered == 1 })
		n.freeze()
		n.accept(3)
		n.until("the workers found no lease", n.locked(func(e *engine) bool { return e.idle == e.workers && e.lanes[1].waiting() == 3 }))
		if len(r.arrived) > 0 {
			t.Fatal("something was sent without a lease")
		}
		n.engine.frozen.Store(false)
		r.waitFor(3)
	})
}

func TestHangingRequestsDoNotStopTheOthers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		n, dead, r := w.start(), newReceiver(t), newReceiver(t)
		hang := make(chan struct{})
		for i := range youngMost + 40 {
			n.webhook(fmt.Sprint(dead.URL, "/", i), forType("contact.updated"))
		}
		n.webhook(r.URL)
		n.accept(1)
		r.wait()
		dead.answerWith(func(http.ResponseWriter, *http.Request) { <-hang })
		defer close(hang)
		n.acceptType("contact.updated")
		dead.waitFor(youngMost + 40)
		for range 20 {
			start := time.Now()
			n.accept(1)
			r.wait()
			if d := time.Since(start); d > patience {
				t.Fatalf("a healthy endpoint waited %v beside hanging ones", d)
			}
		}
	})
}

// All workers may wait for receivers: whoever brings work then sets the timer
// that makes room.
func TestWorkBroughtWhileAllHaveJustBegunSetsThePacer(t *testing.T) {
	t.Parallel()
	e := newEngine(&Service{})
	for range youngMost {
		e.youngs = append(e.youngs, &task{started: time.Now(), young: true})
		e.young++
	}
	l := newLane()
	l.fresh.push(&task{})
	l.more = false
	e.mu.Lock()
	e.schedule(l, time.Now())
	paced := e.paced
	e.closing = true // what the timer starts ends at once
	e.mu.Unlock()
	if paced.IsZero() {
		t.Fatal("nobody would look at it before one of the requests ends")
	}
}

// Retries that wait, more than are read at once, by number or by size, do not
// delay what was taken in elsewhere or before a restart.
func TestFirstTriesGoBeforeRetriesThatWait(t *testing.T) {
	t.Parallel()
	for _, waiting := range []struct{ retries, bytes int }{{500, 10}, {30, 200_000}} {
		each(t, func(t *testing.T, w *world) {
			n, r := w.build(), newReceiver(t)
			n.events.Start()
			n.webhook(r.URL)
			in, err := event.Decode(fmt.Appendf(nil, `{"type":"contact.created","data":{"x":%q}}`, strings.Repeat("x", waiting.bytes)))
			w.check(err)
			_, err = n.events.Accept(t.Context(), w.sys, slices.Repeat([]event.Input{in}, waiting.retries), event.Options{})
			w.check(err)
			w.check(n.d.Write(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(t.Context(), "UPDATE deliveries SET attempts = 1")
				return err
			}))
			want := n.accept(1 + laneStart)
			gate := make(chan struct{})
			r.answerWith(func(http.ResponseWriter, *http.Request) { <-gate })
			n.Start(t.Context())
			for i := range want { // one, and as many at once when it has succeeded
				if got := r.wait(); !slices.Contains(want, got) {
					t.Errorf("%s arrived before the first tries %v", got, want)
				}
				if i == 0 {
					gate <- struct{}{}
				}
			}
			close(gate)
			r.waitFor(waiting.retries)
			n.until("delivered", func() bool { return n.books().Delivered == int64(waiting.retries+len(want)) })
		})
	}
}

func TestADeliveryWhoseWebhookCannotBeReadIsNotForgotten(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		n, r := w.start(), newReceiver(t)
		hook := n.webhook(r.URL)
		n.accept(1)
		r.wait()
		n.until("delivered", func() bool { return n.books().Delivered == 1 })
		secret := func(text string) {
			t.Helper()
			w.check(n.d.Write(t.Context(), func(tx *db.Tx) error {
				tx.Notify("webhooks", hook.Webhook.ID)
				_, err := tx.Exec(t.Context(), text)
				return err
			}))
		}
		secret("CREATE TABLE kept AS SELECT num, secret FROM webhooks")
		secret("UPDATE webhooks SET secret = " + map[string]string{"SQLite": "x'00'", "Postgres": `'\x00'`}[n.d.Name()])
		n.accept(2)
		n.until("given back", n.locked(func(e *engine) bool { l := e.lanes[hook.Webhook.Num]; return l != nil && len(l.known) == 0 && l.more }))
		secret("UPDATE webhooks SET secret = (SELECT kept.secret FROM kept WHERE kept.num = webhooks.num)")
		r.waitFor(2)
	})
}

// A delivery that is read, sent and recorded before the goroutine of its event's
// commit offers it is not sent again.
func TestALateOfferIsNotSentTwice(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		n, r := w.start(), newReceiver(t)
		hook := n.webhook(r.URL)
		n.accept(1)
		r.wait()
		committed, offer := make(chan struct{}), make(chan struct{})
		n.events.FanOut = func(ctx context.Context, tx *db.Tx, all []*event.Accepted) error {
			tx.AfterCommit(func() { close(committed); <-offer })
			return n.FanOut(ctx, tx, all)
		}
		done := make(chan []string)
		go func() { done <- n.accept(3) }()
		<-committed
		n.engine.call(hook.Webhook.Num)
		n.until("the fetch has ended", n.locked(func(e *engine) bool {
			l := e.lanes[hook.Webhook.Num]
			return !l.more && !l.fetching && len(l.known) == 0
		}))
		close(offer)
		<-done
		n.until("delivered", func() bool { return n.books().Delivered == 4 })
		n.until("nothing is on its way", n.locked(func(e *engine) bool { return len(e.lanes[hook.Webhook.Num].known) == 0 }))
		if total := n.attempts(); total != 4 {
			t.Fatalf("%d requests for 4 deliveries", total)
		}
	})
}

// attempts gives the number of recorded attempts.
func (n *server) attempts() int64 {
	n.w.t.Helper()
	total, err := db.Value[int64](context.Background(), n.d, "SELECT COUNT(*) FROM attempts")
	n.w.check(err)
	return total
}

func TestALaneTakenAgainKnowsWhatIsOnItsWay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		n, r := w.build(), newReceiver(t)
		n.schedule = Schedule{Gaps: []time.Duration{200 * time.Millisecond}}
		n.events.Start()
		n.Start(t.Context())
		hook := n.webhook(r.URL)
		num := hook.Webhook.Num
		n.accept(1)
		r.wait()
		n.until("delivered", func() bool { return n.books().Delivered == 1 })
		hang := make(chan struct{})
		r.answerWith(func(w http.ResponseWriter, _ *http.Request) { <-hang; w.WriteHeader(http.StatusInternalServerError) })
		n.accept(1)
		r.wait()
		n.engine.mu.Lock()
		old := n.engine.lanes[num]
		n.engine.mu.Unlock()
		n.engine.halt(num)
		n.engine.changed(num)
		n.until("taken again, and read", n.locked(func(e *engine) bool {
			l := e.lanes[num]
			return l != nil && l != old && !l.more && !l.fetching
		}))
		if len(r.arrived) > 0 {
			t.Fatal("sent again while it was on its way")
		}
		r.mu.Lock()
		r.answer = nil
		r.mu.Unlock()
		close(hang)
		r.wait() // the retry: the new lane's timer knows of it
		n.until("delivered", func() bool { return n.books().Delivered == 2 })
		if got := n.attempts(); got != 3 {
			t.Fatalf("%d requests", got)
		}
	})
}

func TestStopCutsOffWithoutPenalty(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		n, r := w.build(), newReceiver(t)
		n.schedule = Schedule{Gaps: []time.Duration{}} // the first failure is the last
		n.events.Start()
		n.Start(t.Context())
		hook := n.webhook(r.URL)
		n.accept(1) // from the first success on, several at once
		r.wait()
		n.until("delivered", func() bool { return n.books().Delivered == 1 })
		hang := make(chan struct{})
		r.answerWith(func(http.ResponseWriter, *http.Request) { <-hang })
		n.accept(3)
		r.waitFor(3)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		w.check(n.events.Stop(t.Context()))
		n.stopped = true
		w.check(n.Stop(ctx))
		if err := n.Stop(ctx); err != nil {
			t.Fatalf("a second stop: %v", err)
		}
		if n.engine.workers != 0 || n.engine.fetchers != 0 || n.engine.kept != 0 {
			t.Fatalf("%d workers, %d readers, %d bytes are left", n.engine.workers, n.engine.fetchers, n.engine.kept)
		}
		close(hang)
		r.answerWith(nil)
		n = w.start()
		h, err := n.webhooks.Get(t.Context(), w.sys, hook.Webhook.ID)
		if err != nil || h.Health.Failures != 0 {
			t.Fatalf("the program's end counts as the receiver's failure: %+v %v", h.Health, err)
		}
		r.waitFor(3)
		n.until("delivered", func() bool { return n.books().Delivered == 4 })
		p, err := n.List(t.Context(), w.sys, Filter{})
		w.check(err)
		as, err := n.Attempts(t.Context(), w.sys, p.Items[0].ID)
		if err != nil || len(as) != 2 || as[0].Class != "cancelled" || as[1].Number != 1 || p.Items[0].Attempts != 1 {
			t.Fatalf("%+v %+v %v", p.Items[0], as, err)
		}
	})
}

func TestStopBeforeStart(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		n := w.build()
		n.stopped = true
		if err := n.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		n, r := w.build(), newReceiver(t)
		n.engine.keepMost = 40 * 1024
		n.events.Start()
		n.Start(t.Context())
		for i := range 5 {
			n.webhook(fmt.Sprint(r.URL, "/", i))
		}
		n.accept(1) // all lanes are here, and have read what there is
		r.waitFor(5)
		n.until("read", n.locked(func(e *engine) bool {
			for _, l := range e.lanes {
				if l.more || l.fetching {
					return false
				}
			}
			return len(e.lanes) == 5 && e.kept == 0
		}))
		hang := make(chan struct{})
		r.answerWith(func(http.ResponseWriter, *http.Request) { <-hang })
		in, err := event.Decode([]byte(`{"type":"contact.created","data":{"x":"` + strings.Repeat("x", 4000) + `"}}`))
		w.check(err)
		for range 50 {
			if _, err := n.events.Accept(t.Context(), w.sys, []event.Input{in}, event.Options{}); err != nil {
				t.Fatal(err)
			}
		}
		r.waitFor(10)
		n.engine.mu.Lock()
		kept := n.engine.kept
		n.engine.mu.Unlock()
		// Over the bound by what was let in last: a few deliveries a lane.
		if most := n.engine.keepMost + 5*(2*laneStart+5)*5000; kept > most {
			t.Errorf("%d bytes are kept of %d", kept, most)
		}
		close(hang)
		n.until("all delivered", func() bool { return n.books().Delivered == 255 })
		n.until("nothing is kept", n.locked(func(e *engine) bool { return e.kept == 0 }))
		if got := n.attempts(); got != 255 {
			t.Errorf("%d requests for 255 deliveries", got)
		}
	})
}

// What is committed while a proven endpoint is slow to answer waits in memory, up to a
// bound; what is over is read when its turn comes, once.
func TestWhatWasJustCommittedIsHandedOver(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		n, r := w.start(), newReceiver(t)
		hook := n.webhook(r.URL)
		n.accept(1)
		r.wait()
		its := func(cond func(l *lane) bool) func() bool {
			return n.locked(func(e *engine) bool { return cond(e.lanes[hook.Webhook.Num]) })
		}
		n.until("the lane has read what there is", its(func(l *lane) bool { return l.class == proven && !l.more && !l.fetching && len(l.known) == 0 }))
		gate := make(chan struct{})
		r.answerWith(func(http.ResponseWriter, *http.Request) { <-gate })
		in, err := event.Decode([]byte(`{"type":"contact.created","data":{"n":1}}`))
		w.check(err)
		const over = 500
		total := 1
		for total < handedMost+over {
			_, err := n.events.Accept(t.Context(), w.sys, slices.Repeat([]event.Input{in}, over), event.Options{})
			w.check(err)
			total += over
		}
		if !its(func(l *lane) bool { return l.fresh.len() == handedMost && l.more })() {
			t.Error("not so many wait in memory as may")
		}
		close(gate)
		n.until("all delivered", func() bool { return n.books().Delivered == int64(total) })
		if got := n.attempts(); got != int64(total) {
			t.Errorf("%d requests for %d deliveries", got, total)
		}
	})
}

func TestADeadLaneKeepsNothingWhileItPauses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		n, r := w.start(), newReceiver(t)
		hook := n.webhook(r.URL)
		r.answerWith(status(500))
		n.accept(100)
		r.waitFor(restingStreak)
		resting := n.locked(func(e *engine) bool {
			l := e.lanes[hook.Webhook.Num]
			return l.streak >= restingStreak && len(l.known) == 0 && !l.wakeAt.IsZero() && e.kept == 0
		})
		n.until("it rests", resting)
		n.accept(100)
		if !resting() {
			t.Error("it takes in while it rests")
		}
		r.answerWith(nil)
		n.engine.mu.Lock()
		l := n.engine.lanes[hook.Webhook.Num]
		n.engine.wakes.remove(l)
		l.notBefore = time.Now()
		l.more = true
		n.engine.schedule(l, time.Now())
		n.engine.mu.Unlock()
		n.until("what was never tried is delivered", func() bool { return n.books().Delivered >= 195 })
	})
}

func TestTimersOfALaneDoNotPileUp(t *testing.T) {
	t.Parallel()
	e := newEngine(&Service{})
	now := time.Now()
	var lanes []*lane
	for range 10 {
		lanes = append(lanes, newLane())
	}
	for i := range 1000 {
		for _, l := range lanes {
			e.wakeLane(l, now.Add(time.Duration(1000-i)*time.Second))
			e.wakeLane(l, now.Add(time.Hour))
		}
	}
	if len(e.wakes) != len(lanes) || !e.wakes[0].wakeAt.Equal(now.Add(time.Second)) {
		t.Fatalf("%d entries for %d lanes, first at %v", len(e.wakes), len(lanes), e.wakes[0].wakeAt.Sub(now))
	}
	e.drop(lanes[3])
	for i := range e.wakes {
		if e.wakes[i] == lanes[3] || e.wakes[i].wakePos != i {
			t.Fatal("a dropped lane is still in, or a place is wrong")
		}
	}
}

// What the database refuses of one webhook holds up that webhook only.
func TestAnAttemptThatCannotBeRecordedHoldsUpItsWebhookOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite)
	n, r := w.start(), newReceiver(t)
	bad := n.webhook(r.URL+"/bad", forType("contact.updated"))
	n.webhook(r.URL + "/good")
	w.check(n.d.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), fmt.Sprintf("CREATE TRIGGER refuse BEFORE INSERT ON attempts WHEN new.webhook_num = %d BEGIN SELECT RAISE(ABORT, 'refused'); END", bad.Webhook.Num))
		return err
	}))
	n.acceptType("contact.updated")
	r.wait()
	n.accept(50)
	r.waitFor(50)
	n.until("the others are recorded", func() bool { return n.books().Delivered == 50 })
	n.until("it waits", n.locked(func(e *engine) bool {
		l := e.lanes[bad.Webhook.Num]
		return l.resting(time.Now()) && len(l.known) == 0 && l.more && !l.wakeAt.IsZero()
	}))
	if c := n.books(); c.Pending != 1 {
		t.Errorf("%+v", c)
	}
}
