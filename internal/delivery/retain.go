package delivery

import (
	"context"
	"fmt"
	"slices"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/event"
	"patchboard/internal/id"
)

// expiryNotice is how long before their end held deliveries are announced.
const expiryNotice = 3 * 24 * time.Hour

// Removed is what one run of retention did.
type Removed struct {
	Deliveries, Attempts, Events int64
	Discarded                    int64 // held deliveries whose time was over
}

// Limits are the ages of retention: what was accepted before them may go.
type Limits struct {
	Held   time.Time // what is still held then is discarded
	Ended  time.Time // deliveries that have ended, with their attempts
	Events time.Time // events without deliveries
}

// Retain removes what is older than its limit. Deliveries that are still held
// at theirs are discarded; three days before it is announced. What is pending
// stays, and an event stays as long as its deliveries. It works in small
// transactions until nothing is left or ctx ends.
func (s *Service) Retain(ctx context.Context, l Limits) (Removed, error) {
	var r Removed
	held, cutoff := id.KeyAt(l.Held), id.KeyAt(l.Ended)
	if err := s.announceExpiry(ctx, held, id.KeyAt(l.Held.Add(expiryNotice))); err != nil {
		return r, err
	}
	if err := s.expireHeld(ctx, held, &r); err != nil {
		return r, err
	}
	orgs, err := db.Column[string](ctx, s.db, "SELECT id FROM organizations ORDER BY id")
	if err != nil {
		return r, fmt.Errorf("list organizations: %w", err)
	}
	for _, org := range orgs {
		for _, st := range []State{Delivered, Failed, Discarded} {
			for more := true; more; {
				if err := ctx.Err(); err != nil {
					return r, fmt.Errorf("retention: %w", err)
				}
				if more, err = s.removeSome(ctx, org, st, cutoff, &r); err != nil {
					return r, err
				}
			}
		}
	}
	return r, s.removeEvents(ctx, orgs, id.KeyAt(l.Events), &r)
}

func (s *Service) removeSome(ctx context.Context, org string, st State, cutoff id.Key, r *Removed) (more bool, err error) {
	var n int64
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		rows, err := db.All(ctx, tx, func(sc db.Scanner) ([]any, error) {
			var key, num int64
			err := sc.Scan(&key, &num)
			return []any{org, key, num}, err
		}, "SELECT event_id, webhook_num FROM deliveries WHERE organization_id = $1 AND event_id < $2 AND "+guards[st]+" ORDER BY event_id, webhook_num LIMIT $3"+tx.ForUpdate(), org, int64(cutoff), chunk)
		if err != nil {
			return fmt.Errorf("find old deliveries: %w", err)
		}
		attempts := make([][]any, len(rows))
		for i, row := range rows {
			attempts[i] = row[1:]
		}
		if err := tx.DeleteMany(ctx, "attempts", deliveryKey[1:], attempts); err != nil {
			return fmt.Errorf("remove attempts: %w", err)
		}
		if err := tx.DeleteMany(ctx, "deliveries", deliveryKey, rows); err != nil {
			return fmt.Errorf("remove deliveries: %w", err)
		}
		n = int64(len(rows))
		t := tally{}
		c := t.of(org)
		switch st { //nolint:exhaustive // only these are removed
		case Delivered:
			c.RemovedDelivered = n
		case Failed:
			c.RemovedFailed = n
		case Discarded:
			c.RemovedDiscarded = n
		}
		return t.write(ctx, tx, s.shard())
	})
	r.Deliveries += n
	return n == chunk, err
}

func (s *Service) removeEvents(ctx context.Context, orgs []string, cutoff id.Key, r *Removed) error {
	for _, org := range orgs {
		for more := true; more; {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("retention: %w", err)
			}
			var n int64
			err := s.db.Write(ctx, func(tx *db.Tx) error {
				keys, err := db.Column[id.Key](ctx, tx, `SELECT e.id FROM events e WHERE e.organization_id = $1 AND e.id < $2
					AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.organization_id = e.organization_id AND d.event_id = e.id) ORDER BY e.id LIMIT $3`+tx.SkipLocked(), org, int64(cutoff), chunk)
				if err != nil {
					return err
				}
				more = len(keys) == chunk
				if keys, err = withoutDeliveries(ctx, tx, org, keys); err != nil {
					return err
				}
				n, err = event.DeleteBatch(ctx, tx, keys)
				return err
			})
			if err != nil {
				return fmt.Errorf("remove events: %w", err)
			}
			r.Events += n
			more = more && n > 0
		}
	}
	return nil
}

// withoutDeliveries leaves out the events that a replay has made deliveries of
// before they were locked.
func withoutDeliveries(ctx context.Context, tx *db.Tx, org string, keys []id.Key) ([]id.Key, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	args := []any{org}
	for _, k := range keys {
		args = append(args, int64(k))
	}
	used, err := db.Column[id.Key](ctx, tx, "SELECT event_id FROM deliveries WHERE organization_id = $1 AND "+db.In("event_id", len(keys), 2), args...)
	if err != nil {
		return nil, fmt.Errorf("look for deliveries of old events: %w", err)
	}
	return slices.DeleteFunc(keys, func(k id.Key) bool { return slices.Contains(used, k) }), nil
}

// heldGroup is a webhook with held deliveries older than a key.
type heldGroup struct {
	num          int64
	id, org, url string
	description  string
	n            int64
	last         id.Key
}

func (s *Service) heldGroups(ctx context.Context, below id.Key) ([]heldGroup, error) {
	gs, err := db.All(ctx, s.db, func(sc db.Scanner) (g heldGroup, err error) {
		return g, sc.Scan(&g.num, &g.id, &g.org, &g.url, &g.description, &g.n, &g.last)
	}, `SELECT w.num, w.id, w.organization_id, w.url, w.description, COUNT(*), MAX(d.event_id) FROM deliveries d JOIN webhooks w ON w.num = d.webhook_num
		WHERE d.state = 1 AND d.event_id < $1 GROUP BY w.num, w.id, w.organization_id, w.url, w.description ORDER BY w.num`, int64(below))
	if err != nil {
		return nil, fmt.Errorf("find old held deliveries: %w", err)
	}
	return gs, nil
}

// expireHeld discards what is held for longer than retention.
func (s *Service) expireHeld(ctx context.Context, cutoff id.Key, r *Removed) error {
	groups, err := s.heldGroups(ctx, cutoff)
	if err != nil {
		return err
	}
	for _, g := range groups {
		for first := true; ; first = false {
			var saw, moved int64
			err := s.db.Write(ctx, func(tx *db.Tx) error {
				if first {
					if err := s.noteHeld(ctx, tx, g, audit.DeliveryHeldExpired, HeldExpired, "retention ended"); err != nil {
						return err
					}
				}
				var err error
				saw, moved, err = s.moveSome(ctx, tx, g.num, Held, Discard, cutoff)
				return err
			})
			if err != nil {
				return fmt.Errorf("discard old held deliveries: %w", err)
			}
			r.Discarded += moved
			if saw == 0 {
				break
			}
		}
	}
	return nil
}

// announceExpiry says, once for each delivery, that it will be discarded.
func (s *Service) announceExpiry(ctx context.Context, cutoff, soon id.Key) error {
	groups, err := s.heldGroups(ctx, soon)
	if err != nil {
		return err
	}
	for _, g := range groups {
		err := s.db.Write(ctx, func(tx *db.Tx) error {
			hit, err := tx.Exec(ctx, `INSERT INTO lanes (webhook_num, owner, claimed_at, proven, expiry_warned) VALUES ($1, '', 0, 1, $2)
				ON CONFLICT (webhook_num) DO UPDATE SET expiry_warned = excluded.expiry_warned WHERE lanes.expiry_warned < excluded.expiry_warned`, g.num, int64(g.last))
			if err != nil || hit == 0 || g.last < cutoff {
				return err
			}
			return s.noteHeld(ctx, tx, g, audit.DeliveryHeldExpiring, HeldExpiring, "held deliveries are discarded in three days")
		})
		if err != nil {
			return fmt.Errorf("announce the end of held deliveries: %w", err)
		}
	}
	return nil
}

func (s *Service) noteHeld(ctx context.Context, tx *db.Tx, g heldGroup, action string, end HeldEnd, reason string) error {
	news := HeldNews{OrganizationID: g.org, WebhookID: g.id, URL: g.url, Description: g.description, Deliveries: g.n, End: end}
	if err := s.OnHeld(ctx, tx, news); err != nil {
		return fmt.Errorf("tell of held deliveries: %w", err)
	}
	return s.audit.Append(ctx, tx, program(g.org), audit.Entry{
		Action: action, TargetType: "webhook", TargetID: g.id, TargetName: g.url, Reason: reason, Detail: map[string]int64{"deliveries": g.n},
	})
}
