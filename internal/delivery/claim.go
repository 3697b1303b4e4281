package delivery

import (
	"context"
	"fmt"
	"slices"
	"time"

	"patchboard/internal/db"
)

// Bounds of one transaction of the keeper: whoever accepts an event may wait for
// it.
const (
	claimMost    = 500 // lanes claimed or given back
	rememberMost = 50  // endpoints of which is remembered whether they are proven
)

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
	gone, err := e.s.node.bury(ctx)
	if err != nil {
		return err
	}
	if gone > 0 {
		e.s.db.Notify(laneTopic, "") // it may have accepted events for our lanes and not told us any more
	}
	nums, err := db.Column[int64](ctx, e.s.db, `SELECT w.num FROM webhooks w LEFT JOIN lanes l ON l.webhook_num = w.num
		WHERE w.state = 'active' AND w.deleted_at = 0 AND w.hold_before = 0 AND NOT EXISTS (SELECT 1 FROM nodes n WHERE n.id = l.owner)
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
		var lanes []*lane
		owner := e.s.node.ID()
		free, err := e.unowned(ctx, part)
		if err == nil && len(free) > 0 {
			lanes, err = e.claimSome(ctx, owner, free)
		}
		if err != nil {
			e.mu.Lock()
			for _, num := range part {
				e.wanted[num] = struct{}{}
			}
			e.mu.Unlock()
			return err
		}
		e.adopt(owner, part, lanes)
	}
	return nil
}

// unowned leaves out the lanes of other living nodes, where there may be some,
// without a lock.
func (e *engine) unowned(ctx context.Context, nums []int64) ([]int64, error) {
	if !e.s.db.Shared() || len(nums) == 0 {
		return nums, nil
	}
	args := []any{e.s.node.ID()}
	for _, n := range nums {
		args = append(args, n)
	}
	owned, err := db.Column[int64](ctx, e.s.db, "SELECT l.webhook_num FROM lanes l JOIN nodes n ON n.id = l.owner WHERE l.owner <> $1 AND "+db.In("l.webhook_num", len(nums), 2), args...)
	if err != nil {
		return nil, fmt.Errorf("read owners: %w", err)
	}
	return slices.DeleteFunc(slices.Clone(nums), func(n int64) bool { return slices.Contains(owned, n) }), nil
}

// claimSome writes this node into free lanes of active webhooks. The lock on
// the webhook's row orders a claim and a switching off: whoever switches off
// sees the owner, or the claim sees that it is off.
func (e *engine) claimSome(ctx context.Context, owner string, nums []int64) (lanes []*lane, err error) {
	args := make([]any, len(nums))
	for i, n := range nums {
		args[i] = n
	}
	err = e.s.db.Write(ctx, func(tx *db.Tx) error {
		lanes = lanes[:0]
		found, err := db.All(ctx, tx, func(s db.Scanner) (*lane, error) {
			l := newLane()
			return l, s.Scan(&l.num, &l.webhookID, &l.org, &l.checked)
		}, `SELECT num, id, organization_id, verdict_ok FROM webhooks WHERE `+db.In("num", len(nums), 1)+` AND state = 'active' AND deleted_at = 0 AND hold_before = 0 ORDER BY num`+tx.ForShare(), args...)
		if err != nil {
			return fmt.Errorf("read webhooks: %w", err)
		}
		now := db.Micros(e.s.clock())
		for _, f := range found {
			before, err := db.Column[int64](ctx, tx, `INSERT INTO lanes (webhook_num, owner, claimed_at, proven, expiry_warned) VALUES ($1, $2, $3, $4, 0)
				ON CONFLICT (webhook_num) DO UPDATE SET owner = excluded.owner, claimed_at = excluded.claimed_at
				WHERE lanes.owner = excluded.owner OR NOT EXISTS (SELECT 1 FROM nodes n WHERE n.id = lanes.owner)
				RETURNING proven`, f.num, owner, now, f.checked)
			if err != nil {
				return fmt.Errorf("claim lane %d: %w", f.num, err)
			}
			if len(before) == 1 {
				if before[0] == 1 {
					f.class = known
				}
				lanes = append(lanes, f)
			}
		}
		return nil
	})
	return lanes, err
}

// adopt takes claimed lanes over, and notes those that others hold.
func (e *engine) adopt(owner string, asked []int64, lanes []*lane) {
	now := time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.foreign) > 100_000 {
		clear(e.foreign)
	}
	for _, num := range asked {
		e.foreign[num] = now
	}
	if owner != e.s.node.ID() {
		return // the lease was lost meanwhile, and these lanes with it
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
	held := e.dropIdle()
	rows, err := db.All(ctx, e.s.db, func(s db.Scanner) (r [2]int64, err error) { return r, s.Scan(&r[0], &r[1]) },
		"SELECT webhook_num, proven FROM lanes WHERE owner = $1", e.s.node.ID())
	if err != nil {
		return fmt.Errorf("read own lanes: %w", e.releaseLater(err))
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
	for part := range slices.Chunk(back, claimMost) {
		if err := e.giveBack(ctx, part); err != nil {
			return e.releaseLater(err)
		}
	}
	for part := range slices.Chunk(change, rememberMost) {
		if err := e.remember(ctx, part); err != nil {
			return e.releaseLater(err)
		}
	}
	return nil
}

func (e *engine) giveBack(ctx context.Context, nums []any) error {
	return e.s.db.Write(ctx, func(tx *db.Tx) error {
		args := append([]any{e.s.node.ID()}, nums...)
		if _, err := tx.Exec(ctx, "UPDATE lanes SET owner = '' WHERE owner = $1 AND "+db.In("webhook_num", len(nums), 2), args...); err != nil {
			return fmt.Errorf("give lanes back: %w", err)
		}
		tx.Notify(freeTopic, "some")
		return nil
	})
}

// remember notes whether endpoints are proven, for the next holder of their
// lanes: pairs of that (0 or 1) and the webhook's number.
func (e *engine) remember(ctx context.Context, change [][2]int64) error {
	return e.s.db.Write(ctx, func(tx *db.Tx) error {
		for _, c := range change {
			if _, err := tx.Exec(ctx, "UPDATE lanes SET proven = $1 WHERE webhook_num = $2", c[0], c[1]); err != nil {
				return fmt.Errorf("remember an endpoint: %w", err)
			}
		}
		return nil
	})
}

// dropIdle drops the lanes that have nothing to do, when closing also what only
// waits, and gives the others, with whether their endpoints answer.
func (e *engine) dropIdle() (held map[int64]bool) {
	now := time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, l := range e.lanes {
		if e.closing {
			e.shed(l)
		}
		if len(l.known) == 0 && (e.closing || !l.idle.IsZero() && now.Sub(l.idle) > idleLane && l.wakeAt.IsZero()) {
			e.drop(l)
		}
	}
	e.release = false
	held = make(map[int64]bool, len(e.lanes))
	for num, l := range e.lanes {
		held[num] = l.class == proven || l.class == shaken || l.class == known
	}
	return held
}

// releaseLater has it tried again soon if it failed: somebody may wait for it.
func (e *engine) releaseLater(err error) error {
	if err != nil {
		e.mu.Lock()
		e.release = true
		e.mu.Unlock()
	}
	return err
}
