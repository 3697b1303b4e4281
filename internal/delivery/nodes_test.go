package delivery

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/event"
	"patchboard/internal/webhook"
)

// pair runs two nodes on Postgres and a webhook whose lane one of them holds.
type pair struct {
	w             *world
	holder, other *server
	r             *receiver
	hook          *webhook.Created
}

func newPair(t *testing.T) *pair {
	t.Helper()
	w := newWorld(t, dbtest.Postgres)
	p := &pair{w: w, holder: w.start(), other: w.start(), r: newReceiver(t)}
	p.hook = p.holder.webhook(p.r.URL)
	p.holder.accept(1)
	p.r.wait()
	p.holder.until("delivered", func() bool { return p.holder.books().Delivered == 1 })
	if p.owner() == p.other.node.ID() {
		p.holder, p.other = p.other, p.holder
	}
	return p
}

func (p *pair) owner() string {
	p.w.t.Helper()
	owner, err := db.Value[string](context.Background(), p.other.d, "SELECT owner FROM lanes WHERE webhook_num = $1", p.hook.Webhook.Num)
	p.w.check(err)
	return owner
}

// expire ends a node's lease in the database, after a time from now.
func (p *pair) expire(n *server, after time.Duration) {
	p.w.t.Helper()
	p.w.check(p.other.d.Write(context.Background(), func(tx *db.Tx) error {
		now, err := tx.Now(context.Background())
		if err != nil {
			return err
		}
		_, err = tx.Exec(context.Background(), "UPDATE nodes SET lease_until = $1 WHERE id = $2", db.Micros(now.Add(after)), n.node.ID())
		return err
	}))
}

func (p *pair) toggle(n *server, on bool) {
	p.w.t.Helper()
	_, err := n.webhooks.Update(context.Background(), p.w.util, p.hook.Webhook.ID, webhook.Patch{Enabled: &on})
	p.w.check(err)
}

func TestAFrozenNodesLanesMoveAndItStartsNothing(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	name := p.holder.node.ID()
	p.holder.freeze()
	p.expire(p.holder, -time.Second)
	p.other.accept(20)
	p.r.waitFor(20)
	p.other.until("delivered", func() bool { return p.other.books().Delivered == 21 })
	if p.owner() != p.other.node.ID() {
		t.Fatal("the lane did not move")
	}
	// The frozen node still believes that the lane is its own.
	p.holder.accept(5)
	p.holder.until("its workers found no lease", p.holder.locked(func(e *engine) bool {
		return e.idle == e.workers && e.lanes[p.hook.Webhook.Num].waiting() >= 5
	}))
	if len(p.r.arrived) > 0 {
		t.Fatal("a node without a lease started a request")
	}
	p.holder.engine.frozen.Store(false) // it wakes up
	p.r.waitFor(5)
	p.other.until("delivered", func() bool { return p.other.books().Delivered == 26 })
	if p.holder.node.ID() == name || !p.holder.node.Leased() {
		t.Fatal("it did not join anew")
	}
	if p.owner() != p.other.node.ID() {
		t.Fatal("the lane moved back")
	}
	if got := p.other.attempts(); got != 26 {
		t.Fatalf("%d requests for 26 deliveries", got)
	}
}

func TestAnEventAcceptedElsewhereArrivesPromptly(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	var took []time.Duration
	for range 20 {
		start := time.Now()
		p.other.accept(1)
		p.r.wait()
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	if took[10] > time.Second {
		t.Fatalf("it took %v", took)
	}
	if p.owner() != p.holder.node.ID() {
		t.Fatal("the lane moved")
	}
}

func TestOffOnAnotherNodeMeansNotOneMoreRequest(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	var off atomic.Bool
	var late atomic.Int64
	p.r.answerWith(func(http.ResponseWriter, *http.Request) {
		if off.Load() {
			late.Add(1)
		}
	})
	p.holder.accept(1000)
	p.other.accept(1000)
	p.r.waitFor(100)
	p.toggle(p.other, false)
	p.holder.engine.mu.Lock()
	onWay := p.holder.engine.onWay
	lane := p.holder.engine.lanes[p.hook.Webhook.Num]
	p.holder.engine.mu.Unlock()
	off.Store(true)
	if lane != nil || p.owner() != "" {
		t.Fatalf("answered while %q still held the lane", p.owner())
	}
	p.other.accept(10)
	p.other.until("held", func() bool { c := p.other.books(); return c.Pending == 0 && c.Held >= 10 })
	p.holder.until("ended", p.holder.locked(func(e *engine) bool { return e.onWay == [classes]int{} && len(e.leaving) == 0 }))
	if most := inAll(onWay); late.Load() > most {
		t.Fatalf("%d requests arrived after the answer, %d were on their way", late.Load(), most)
	}
	p.toggle(p.holder, true)
	held := p.other.books().Held
	p.other.accept(1)
	p.other.until("the new one is sent, what was held stays", func() bool { c := p.other.books(); return c.Pending == 0 && c.Held == held })
}

func TestOffWaitsForALostHoldersLease(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.holder.engine.frozen.Store(true)
	p.expire(p.holder, 2*time.Second)
	until, err := db.Value[int64](t.Context(), p.other.d, "SELECT lease_until FROM nodes WHERE id = $1", p.holder.node.ID())
	p.w.check(err)
	p.toggle(p.other, false)
	now, err := p.other.d.Now(t.Context())
	if err != nil || db.Micros(now) < until {
		t.Fatalf("answered %v before the lease had run out, %v", db.Time(until).Sub(now), err)
	}
}

func TestACleanStopMovesLanesAtOnce(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	hang := make(chan struct{})
	slow := newReceiver(t)
	slow.answerWith(func(http.ResponseWriter, *http.Request) { <-hang })
	p.holder.webhook(slow.URL, forType("contact.updated"))
	p.holder.acceptType("contact.updated")
	slow.wait()
	stopped := make(chan struct{})
	go func() { // it cannot end before the hanging request does
		defer close(stopped)
		p.holder.stopped = true
		p.w.check(p.holder.events.Stop(context.Background()))
		p.w.check(p.holder.Stop(context.Background()))
	}()
	p.other.until("the lane is free", func() bool { return p.owner() != p.holder.node.ID() })
	start := time.Now()
	p.other.accept(3)
	p.r.waitFor(3)
	if d := time.Since(start); d > patience {
		t.Errorf("a healthy lane waited %v for a stopping node", d)
	}
	close(hang)
	<-stopped
	if n, err := db.Value[int64](t.Context(), p.other.d, "SELECT COUNT(*) FROM nodes"); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	p.other.until("delivered", func() bool { return p.other.books().Delivered == 5 })
	if got := p.other.attempts(); got != 5 {
		t.Fatalf("%d requests for 5 deliveries", got)
	}
}

func TestADeadNodesUntoldEventsAreFound(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	// It dies between an event's commit and telling of it.
	p.other.events.FanOut = func(ctx context.Context, tx *db.Tx, all []*event.Accepted) error {
		rows := [][]any{newRow(all[0].OrganizationID, all[0].Key, p.hook.Webhook.Num, all[0].Type, Pending, db.Micros(all[0].AcceptedAt))}
		if err := tx.InsertMany(ctx, "deliveries", deliveryCols, rows); err != nil {
			return err
		}
		c := tally{}
		c.created(all[0].OrganizationID, Pending, 1)
		return c.write(ctx, tx, p.other.shard())
	}
	p.other.accept(1)
	p.other.freeze()
	p.expire(p.other, -time.Second)
	p.r.wait()
}

// Several nodes share what nobody holds, and nothing of it is left.
func TestNodesShareTheLanes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Postgres)
	r := newReceiver(t)
	first := w.build()
	for i := range 30 {
		first.webhook(fmt.Sprint(r.URL, "/", i))
	}
	nodes := []*server{first, w.build(), w.build()}
	first.events.Start()
	first.accept(1)
	for _, n := range nodes {
		n.Start(t.Context())
	}
	r.waitFor(30)
	first.until("delivered", func() bool { return first.books().Delivered == 30 })
	if got := first.attempts(); got != 30 {
		t.Fatalf("%d requests for 30 deliveries", got)
	}
	all, err := first.Nodes(t.Context())
	if err != nil || len(all) != 3 || !all[0].Self || all[0].Lanes+all[1].Lanes+all[2].Lanes != 30 {
		t.Fatalf("%+v %v", all, err)
	}
	for i, n := range nodes {
		if n.engine.mu.Lock(); int64(len(n.engine.lanes)) != all[i].Lanes {
			t.Errorf("node %d works %d lanes and holds %d", i, len(n.engine.lanes), all[i].Lanes)
		}
		n.engine.mu.Unlock()
	}
}
