package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"patchboard/internal/db"
)

const (
	keepEvery    = time.Second      // look for lanes to claim, and at those that are held
	sweepEvery   = 10 * time.Second // look for rows to be held or discarded
	releaseEvery = 5 * time.Second  // look for idle lanes
	claimMost    = 500              // lanes claimed in one transaction
	laneTopic    = "lanes"          // notifications: the number of a lane with work
	freeTopic    = "lanes.free"     // notifications: lanes were given back
	elsewhere    = time.Second      // a lane that another node held is not claimed again so soon
)

// Start begins to claim lanes and to send.
func (s *Service) Start(ctx context.Context) {
	e := s.engine
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	e.runCtx, e.stop = run, stop
	send, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	e.sendCtx, e.cancelSend = send, giveUp
	e.giveUp = make(chan struct{})
	e.unsubscribe = append(e.unsubscribe, s.db.Subscribe(laneTopic, e.heard), s.db.Subscribe("webhooks", e.heardWebhook))
	for range s.db.Committers() {
		e.complete.Go(e.completer)
	}
	e.keepers.Go(func() { e.wake(run) })
	e.keepers.Go(func() { e.keeper(run) })
	e.keepers.Go(func() { e.holder(run) })
}

// Stop starts nothing new, lets requests on their way finish until ctx ends
// (then they are cut off and tried again later), records them and gives the
// lanes back.
func (s *Service) Stop(ctx context.Context) error {
	e := s.engine
	for _, cancel := range e.unsubscribe {
		cancel()
	}
	e.mu.Lock()
	e.closing = true
	e.idle = 0
	e.work.Broadcast()
	e.mu.Unlock()
	e.stop()
	cut := context.AfterFunc(ctx, e.cancelSend)
	defer cut()
	e.sending.Wait()
	close(e.results)
	late := context.AfterFunc(ctx, func() { close(e.giveUp) })
	e.complete.Wait()
	late()
	e.keepers.Wait()
	e.cancelSend()
	return s.node.Leave(context.WithoutCancel(ctx))
}

// call asks for a lane: this node claims it, or the node that holds it is told.
func (e *engine) call(num int64) { e.s.db.Notify(laneTopic, fmt.Sprint(num)) }

// heard gets the number of a lane that may have new work, from this node or
// another; "" after notifications were lost.
func (e *engine) heard(payload string) {
	var num int64
	if _, err := fmt.Sscan(payload, &num); err != nil {
		e.lookAtAll()
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if l := e.lanes[num]; l != nil && !l.stopped {
		l.more, l.idle = true, time.Time{}
		e.schedule(l, time.Now())
		return
	}
	if time.Since(e.foreign[num]) >= elsewhere {
		e.wanted[num] = struct{}{}
		e.askKeeper()
	}
}

// heardWebhook gets the id of a webhook that has changed.
func (e *engine) heardWebhook(webhookID string) {
	if webhookID == "" {
		e.lookAtAll()
		return
	}
	e.mu.Lock()
	l := e.byID[webhookID]
	e.mu.Unlock()
	if l != nil {
		e.look(l)
	}
}

func (e *engine) lookAtAll() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sweep, e.checkAll = true, true
	for _, l := range e.lanes {
		l.more = true
		e.schedule(l, time.Now())
	}
	e.askKeeper()
}

// look has the keeper compare a lane with its webhook.
func (e *engine) look(l *lane) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !l.stopped {
		e.checkAll = true
		e.askKeeper()
	}
}

func (e *engine) askKeeper() {
	select {
	case e.claim <- struct{}{}:
	default:
	}
}

// keeper is the goroutine that renews the lease and claims, checks and gives
// back lanes.
func (e *engine) keeper(ctx context.Context) {
	tick := time.NewTicker(keepEvery)
	defer tick.Stop()
	e.sweep = true
	var renewed, swept, offs, released time.Time
	for {
		if now := time.Now(); now.Sub(renewed) >= renewEvery {
			if err := e.renew(ctx); err == nil {
				renewed = now
			} else if ctx.Err() == nil {
				e.s.log.Warn("keep the lease", "error", err)
			}
		}
		e.mu.Lock()
		sweep := e.sweep || time.Since(swept) >= e.sweepGap()
		check := e.checkAll || e.s.db.Shared()
		e.sweep, e.checkAll = false, false
		e.mu.Unlock()
		if check {
			e.attempt(ctx, "look at the webhooks of the lanes", e.checkLanes)
		}
		if sweep {
			swept = time.Now()
			e.attempt(ctx, "look for lanes with work", e.findLanes)
		}
		e.attempt(ctx, "claim lanes", e.claimLanes)
		if time.Since(offs) >= sweepEvery || sweep && offs.IsZero() {
			offs = time.Now()
			e.attempt(ctx, "look for deliveries to be held", e.findHolds)
		}
		e.mu.Lock()
		release := e.release || time.Since(released) >= releaseEvery
		e.release = false
		e.mu.Unlock()
		if release {
			released = time.Now()
			e.attempt(ctx, "give back idle lanes", e.releaseIdle)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-e.claim:
		}
	}
}

// sweepGap is how often all webhooks are searched for work: a backstop where
// this node hears of everything itself, the way a dead node's lanes are found
// where there are others.
func (e *engine) sweepGap() time.Duration {
	if e.s.db.Shared() {
		return keepEvery
	}
	return sweepEvery
}

func (e *engine) attempt(ctx context.Context, what string, fn func(ctx context.Context) error) {
	if err := fn(ctx); err != nil && ctx.Err() == nil {
		e.s.log.Warn(what, "error", err)
	}
}

// renew extends the lease. When it was lost, the lanes are another node's:
// nothing of theirs starts any more here, and this process joins anew.
func (e *engine) renew(ctx context.Context) error {
	err := e.s.node.renew(ctx)
	if !errors.Is(err, errLeaseLost) {
		if err == nil {
			e.mu.Lock()
			e.rouseIfReady() // workers that found no lease wait, and nothing else would wake them
			e.mu.Unlock()
		}
		return err
	}
	e.s.log.Warn("the lease was lost; joining again")
	e.mu.Lock()
	for _, l := range e.lanes {
		e.drop(l)
	}
	e.mu.Unlock()
	if err := e.s.node.register(ctx); err != nil {
		return err
	}
	e.s.keys.Renumber(int(e.s.node.Num()))
	return nil
}

// changed looks at a webhook that was changed or disabled.
func (e *engine) changed(num int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.checkAll = true
	if e.lanes[num] == nil {
		delete(e.foreign, num)
		e.wanted[num] = struct{}{}
	}
	e.askKeeper()
}

// drop forgets a lane; what is on its way is still recorded. The caller holds mu.
func (e *engine) drop(l *lane) {
	l.stopped = true
	l.gone.Store(true)
	e.wakes.remove(l)
	if delete(e.lanes, l.num); len(l.known) > 0 {
		e.leaving[l.num] = l.known
	}
	e.shed(l)
	delete(e.byID, l.webhookID)
	e.release = true
}

// checkLanes stops lanes whose webhook is no longer active, by the database.
func (e *engine) checkLanes(ctx context.Context) error {
	nums, err := db.Column[int64](ctx, e.s.db, `SELECT l.webhook_num FROM lanes l LEFT JOIN webhooks w ON w.num = l.webhook_num
		WHERE l.owner = $1 AND (w.num IS NULL OR w.state <> 'active' OR w.deleted_at > 0 OR w.hold_before > 0)`, e.s.node.ID())
	if err != nil {
		return fmt.Errorf("read lanes: %w", err)
	}
	for _, num := range nums {
		e.halt(num)
		e.hold(num)
	}
	return nil
}

// halt starts nothing more for a webhook, from now on and before it returns,
// and gives its lane back if this node holds it.
func (e *engine) halt(num int64) {
	e.mu.Lock()
	l := e.lanes[num]
	if l != nil {
		e.drop(l)
	}
	delete(e.wanted, num)
	e.mu.Unlock()
}

// findLanes wants the lanes that have work and no living owner: a fair share of
// them, where there are several nodes.
func (e *engine) findLanes(ctx context.Context) error {
	if _, err := e.s.node.bury(ctx); err != nil {
		return err
	}
	nums, err := db.Column[int64](ctx, e.s.db, `SELECT w.num FROM webhooks w LEFT JOIN lanes l ON l.webhook_num = w.num
		WHERE w.state = 'active' AND w.deleted_at = 0 AND NOT EXISTS (SELECT 1 FROM nodes n WHERE n.id = l.owner)
		AND EXISTS (SELECT 1 FROM deliveries d WHERE d.webhook_num = w.num AND d.state = 0)`)
	if err != nil {
		return fmt.Errorf("find lanes: %w", err)
	}
	if len(nums) == 0 {
		return nil
	}
	nodes, err := db.Value[int64](ctx, e.s.db, "SELECT COUNT(*) FROM nodes")
	if err != nil {
		return fmt.Errorf("count nodes: %w", err)
	}
	share := (len(nums) + int(max(nodes, 1)) - 1) / int(max(nodes, 1))
	e.mu.Lock()
	defer e.mu.Unlock()
	start := int(e.s.node.Num()) * share % len(nums) // nodes begin at different places
	for i := range share {
		num := nums[(start+i)%len(nums)]
		if e.lanes[num] == nil {
			e.wanted[num] = struct{}{}
		}
	}
	return nil
}

// claimLanes takes the wanted lanes that are free.
func (e *engine) claimLanes(ctx context.Context) error {
	if !e.s.node.Leased() {
		return nil
	}
	e.mu.Lock()
	nums := make([]int64, 0, len(e.wanted))
	for num := range e.wanted {
		nums = append(nums, num)
	}
	clear(e.wanted)
	e.mu.Unlock()
	slices.Sort(nums)
	for part := range slices.Chunk(nums, claimMost) {
		lanes, err := e.claimSome(ctx, part)
		if err != nil {
			e.mu.Lock()
			for _, num := range part {
				e.wanted[num] = struct{}{}
			}
			e.mu.Unlock()
			return err
		}
		e.adopt(part, lanes)
	}
	return nil
}

// claimSome writes this node into free lanes of active webhooks. The lock on
// the webhook's row orders a claim and a switching off: whoever switches off
// sees the owner, or the claim sees that it is off.
func (e *engine) claimSome(ctx context.Context, nums []int64) (lanes []*lane, err error) {
	args := make([]any, len(nums))
	for i, n := range nums {
		args[i] = n
	}
	err = e.s.db.Write(ctx, func(tx *db.Tx) error {
		lanes = lanes[:0]
		found, err := db.All(ctx, tx, func(s db.Scanner) (*lane, error) {
			l := newLane()
			return l, s.Scan(&l.num, &l.webhookID, &l.org)
		}, `SELECT num, id, organization_id FROM webhooks WHERE `+db.In("num", len(nums), 1)+` AND state = 'active' AND deleted_at = 0 AND hold_before = 0 ORDER BY num`+tx.ForShare(), args...)
		if err != nil {
			return fmt.Errorf("read webhooks: %w", err)
		}
		now := db.Micros(e.s.clock())
		for _, f := range found {
			before, err := db.Column[int64](ctx, tx, `INSERT INTO lanes (webhook_num, owner, claimed_at, proven, expiry_warned) VALUES ($1, $2, $3, 1, 0)
				ON CONFLICT (webhook_num) DO UPDATE SET owner = excluded.owner, claimed_at = excluded.claimed_at
				WHERE lanes.owner = excluded.owner OR NOT EXISTS (SELECT 1 FROM nodes n WHERE n.id = lanes.owner)
				RETURNING proven`, f.num, e.s.node.ID(), now)
			if err != nil {
				return fmt.Errorf("claim lane %d: %w", f.num, err)
			}
			if len(before) == 1 {
				if before[0] == 1 {
					f.class, f.limit = proven, laneStart
				}
				lanes = append(lanes, f)
			}
		}
		return nil
	})
	return lanes, err
}

// adopt takes claimed lanes over, and notes those that others hold.
func (e *engine) adopt(asked []int64, lanes []*lane) {
	now := time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.foreign) > 100_000 {
		clear(e.foreign)
	}
	for _, num := range asked {
		e.foreign[num] = now
	}
	for _, l := range lanes {
		if e.lanes[l.num] != nil {
			continue
		}
		delete(e.foreign, l.num)
		if known := e.leaving[l.num]; known != nil { // still on their way from before: not sent again
			l.known = known
			delete(e.leaving, l.num)
		}
		e.lanes[l.num], e.byID[l.webhookID] = l, l
		e.schedule(l, now)
	}
}

// releaseIdle gives back lanes that have had nothing to do for a while, and
// those that were halted, and remembers which endpoints answered.
func (e *engine) releaseIdle(ctx context.Context) error {
	now := time.Now()
	e.mu.Lock()
	for _, l := range e.lanes {
		if !l.idle.IsZero() && now.Sub(l.idle) > idleLane && len(l.known) == 0 && l.wakeAt.IsZero() {
			e.drop(l)
		}
	}
	held := make(map[int64]bool, len(e.lanes))
	for num, l := range e.lanes {
		held[num] = l.class == proven
	}
	e.mu.Unlock()
	rows, err := db.All(ctx, e.s.db, func(s db.Scanner) (r [2]int64, err error) { return r, s.Scan(&r[0], &r[1]) },
		"SELECT webhook_num, proven FROM lanes WHERE owner = $1", e.s.node.ID())
	if err != nil {
		return fmt.Errorf("read own lanes: %w", err)
	}
	var back []any
	var change [][2]int64
	for _, r := range rows {
		ok, mine := held[r[0]]
		switch {
		case !mine:
			back = append(back, r[0])
		case ok != (r[1] == 1):
			change = append(change, [2]int64{1 - r[1], r[0]})
		}
	}
	if len(back)+len(change) == 0 {
		return nil
	}
	return e.s.db.Write(ctx, func(tx *db.Tx) error {
		for part := range slices.Chunk(back, claimMost) {
			args := append([]any{e.s.node.ID()}, part...)
			if _, err := tx.Exec(ctx, "UPDATE lanes SET owner = '' WHERE owner = $1 AND "+db.In("webhook_num", len(part), 2), args...); err != nil {
				return fmt.Errorf("give lanes back: %w", err)
			}
		}
		for _, c := range change {
			if _, err := tx.Exec(ctx, "UPDATE lanes SET proven = $1 WHERE webhook_num = $2", c[0], c[1]); err != nil {
				return fmt.Errorf("remember an endpoint: %w", err)
			}
		}
		if len(back) > 0 {
			tx.Notify(freeTopic, "some")
		}
		return nil
	})
}
