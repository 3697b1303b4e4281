package delivery

import (
	"context"
	"fmt"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/id"
)

const chunk = 500 // rows changed in one transaction

// onSwitchOnTx runs in the transaction that switches a webhook on. Deliveries
// from before that are still pending (holding them takes a while when they are
// many) are to be held, not sent.
func (s *Service) onSwitchOnTx(ctx context.Context, tx *db.Tx, num int64) error {
	n, err := db.Value[int64](ctx, tx, "SELECT COUNT(*) FROM (SELECT 1 FROM deliveries WHERE webhook_num = $1 AND state = 0 LIMIT 1) AS one", num)
	if err != nil {
		return fmt.Errorf("look for pending deliveries: %w", err)
	}
	if n == 0 {
		return nil
	}
	tx.AfterCommit(func() { s.engine.hold(num) })
	return s.webhooks.SetHoldBefore(ctx, tx, num, int64(s.keys.Next()))
}

// onOff runs after a webhook was switched off or deleted, and returns when no
// further request of it can start on any node: this node's lane stops at once;
// another's when that node has given it up, or when its lease has run out.
func (s *Service) onOff(ctx context.Context, num int64) error {
	e := s.engine
	e.halt(num)
	e.hold(num)
	e.askKeeper() // gives the lane back
	if !s.db.Shared() {
		return nil
	}
	free := make(chan struct{}, 1)
	unsubscribe := s.db.Subscribe(freeTopic, func(string) {
		select {
		case free <- struct{}{}:
		default:
		}
	})
	defer unsubscribe()
	for {
		owned, err := s.ownedElsewhere(ctx, num)
		if err != nil {
			return err
		}
		if !owned {
			return nil
		}
		t := time.NewTimer(100 * time.Millisecond)
		select {
		case <-ctx.Done():
			t.Stop()
			return fmt.Errorf("wait for the node that holds the lane: %w", ctx.Err())
		case <-free:
		case <-t.C:
		}
		t.Stop()
	}
}

func (s *Service) ownedElsewhere(ctx context.Context, num int64) (bool, error) {
	now, err := s.db.Now(ctx)
	if err != nil {
		return false, err
	}
	n, err := db.Value[int64](ctx, s.db, `SELECT COUNT(*) FROM lanes l JOIN nodes n ON n.id = l.owner
		WHERE l.webhook_num = $1 AND l.owner <> $2 AND n.lease_until >= $3`, num, s.node.ID(), db.Micros(now))
	if err != nil {
		return false, fmt.Errorf("read the lane's owner: %w", err)
	}
	return n > 0, nil
}

// hold asks for the pending deliveries of a webhook to be held, or discarded.
func (e *engine) hold(num int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, asked := e.holding[num]; asked {
		return
	}
	select {
	case e.holds <- num:
		e.holding[num] = struct{}{}
	default: // findHolds comes back to it
	}
}

// holder is the goroutine that holds and discards: a chunk of one webhook after
// one of another, so that none waits until a million rows of another are held.
func (e *engine) holder(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case num := <-e.holds:
			e.mu.Lock()
			delete(e.holding, num)
			e.mu.Unlock()
			e.attempt(ctx, "hold deliveries", func(ctx context.Context) error {
				again, err := e.s.settle(ctx, num)
				if again {
					e.hold(num)
				}
				return err
			})
		}
	}
}

// findHolds is the backstop: webhooks that are not sent to and have rows that
// say otherwise.
func (e *engine) findHolds(ctx context.Context) error {
	nums, err := db.Column[int64](ctx, e.s.db, `SELECT w.num FROM webhooks w WHERE (w.state <> 'active' OR w.hold_before > 0 OR w.deleted_at > 0)
		AND (EXISTS (SELECT 1 FROM deliveries d WHERE d.webhook_num = w.num AND d.state = 0)
			OR w.hold_before > 0 OR w.deleted_at > 0 AND EXISTS (SELECT 1 FROM deliveries d WHERE d.webhook_num = w.num AND d.state = 1))`)
	if err != nil {
		return fmt.Errorf("find deliveries to hold: %w", err)
	}
	for _, num := range nums {
		e.hold(num)
	}
	return nil
}

// settle brings some rows of a webhook that is off, disabled, deleted, or was
// off until a moment ago, into the state that this means; again says that there
// may be more.
func (s *Service) settle(ctx context.Context, num int64) (again bool, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		w, err := db.One(ctx, tx, scanStanding, standingOf+tx.ForShare(), num)
		if err != nil {
			return fmt.Errorf("read webhook %d: %w", num, err)
		}
		again, err = s.settleSome(ctx, tx, num, w)
		return err
	})
	return again && err == nil, err
}

// standing is what decides about a webhook's waiting rows.
type standing struct {
	org        string
	active     bool
	deleted    bool
	holdBefore id.Key
}

const standingOf = "SELECT organization_id, state, deleted_at, hold_before FROM webhooks WHERE num = $1"

func scanStanding(sc db.Scanner) (w standing, err error) {
	var state string
	var deleted int64
	err = sc.Scan(&w.org, &state, &deleted, &w.holdBefore)
	w.active, w.deleted = state == "active", deleted > 0
	return w, err
}

func (s *Service) settleSome(ctx context.Context, tx *db.Tx, num int64, w standing) (again bool, err error) {
	below := id.Key(1<<63 - 1)
	switch {
	case w.deleted:
		n, _, err := s.moveSome(ctx, tx, num, Held, Discard, below)
		if err != nil || n > 0 {
			return n > 0, err
		}
		n, _, err = s.moveSome(ctx, tx, num, Pending, Discard, below)
		return n > 0, err
	case !w.active:
		n, _, err := s.moveSome(ctx, tx, num, Pending, Hold, below)
		return n > 0, err
	case w.holdBefore > 0:
		n, _, err := s.moveSome(ctx, tx, num, Pending, Hold, w.holdBefore)
		if err != nil || n > 0 {
			return n > 0, err
		}
		if err := s.webhooks.ClearHold(ctx, tx, num); err != nil {
			return false, fmt.Errorf("end holding: %w", err)
		}
		tx.AfterCommit(func() { s.engine.changed(num) })
	}
	return false, nil
}

// moveSome changes the state of some rows of a webhook, oldest first, and gives
// how many it saw (0 when none is left) and how many it changed: another may
// have been faster.
func (s *Service) moveSome(ctx context.Context, tx *db.Tx, num int64, from State, on Change, below id.Key) (saw, moved int64, err error) {
	to, ok := Next(from, on)
	if !ok {
		return 0, 0, fmt.Errorf("a %s delivery cannot %s", from, on)
	}
	now := db.Micros(s.clock())
	next := int64(0)
	if to == Pending {
		next = now
	}
	orgs := tally{}
	rows, err := db.All(ctx, tx, func(sc db.Scanner) ([]any, error) {
		var org string
		var key id.Key
		if err := sc.Scan(&org, &key); err != nil {
			return nil, err
		}
		return []any{org, int64(key), num, int64(to), next, now}, nil
	}, "SELECT organization_id, event_id FROM deliveries WHERE webhook_num = $1 AND "+guards[from]+" AND event_id < $2 ORDER BY event_id LIMIT $3", num, int64(below), chunk)
	if err != nil {
		return 0, 0, fmt.Errorf("read %s deliveries: %w", from, err)
	}
	hit, err := tx.UpdateMany(ctx, db.Update{Table: "deliveries", Keys: deliveryKey, Set: stateCols, Guard: keyGuard(from)}, rows)
	if err != nil {
		return 0, 0, fmt.Errorf("move deliveries: %w", err)
	}
	for i, h := range hit {
		if h {
			moved++
			orgs.moved(rows[i][0].(string), from, to, 1) //nolint:forcetypeassert // put there above
		}
	}
	tx.AfterCommit(func() {
		for org := range orgs {
			s.OnChanged(org)
		}
	})
	return int64(len(rows)), moved, orgs.write(ctx, tx, s.shard())
}

var stateCols = []db.Col{{Name: "state", Type: db.Int}, {Name: "next_at", Type: db.Int}, {Name: "updated_at", Type: db.Int}}
