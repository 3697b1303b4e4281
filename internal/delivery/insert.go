package delivery

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"patchboard/internal/db"
	"patchboard/internal/event"
	"patchboard/internal/id"
	"patchboard/internal/webhook"
)

var deliveryCols = []db.Col{
	{Name: "organization_id", Type: db.Text}, {Name: "event_id", Type: db.Int}, {Name: "webhook_num", Type: db.Int},
	{Name: "event_type", Type: db.Text}, {Name: "state", Type: db.Int}, {Name: "attempts", Type: db.Int}, {Name: "retries_from", Type: db.Int},
	{Name: "next_at", Type: db.Int}, {Name: "updated_at", Type: db.Int}, {Name: "last_class", Type: db.Text}, {Name: "last_status", Type: db.Int},
}

func newRow(org string, key id.Key, num int64, eventType string, st State, at int64) []any {
	return []any{org, int64(key), num, eventType, int64(st), int64(0), int64(0), at, at, "", int64(0)}
}

// FanOut inserts one delivery for each webhook that wants an event, in the
// transaction that inserts the events; app gives it to the event service. After
// the commit the deliveries are handed to their lanes.
func (s *Service) FanOut(ctx context.Context, tx *db.Tx, accepted []*event.Accepted) error {
	rows := make([][]any, 0, len(accepted))
	var hand []*task
	t := tally{}
	sets, err := s.targets(ctx, tx, accepted)
	if err != nil {
		return err
	}
	for _, e := range accepted {
		set := sets[e.OrganizationID]
		at := db.Micros(e.AcceptedAt)
		for _, w := range set.Match(e.Type) {
			st := Pending
			if w.Hold {
				st = Held
			} else {
				hand = append(hand, &task{num: w.Num, key: e.Key, eventID: e.PublicID, org: e.OrganizationID, body: e.Body})
			}
			rows = append(rows, newRow(e.OrganizationID, e.Key, w.Num, e.Type, st, at))
			t.created(e.OrganizationID, st, 1)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	if err := tx.InsertMany(ctx, "deliveries", deliveryCols, rows); err != nil {
		return fmt.Errorf("insert deliveries: %w", err)
	}
	if err := t.write(ctx, tx, s.shard()); err != nil {
		return err
	}
	s.engine.expect(hand)
	tx.AfterCommit(func() {
		s.engine.offer(hand)
		for org := range t {
			s.OnChanged(org)
		}
	})
	return nil
}

// targets reads the webhooks of the events' organizations, in one order
// everywhere, since it locks them against change until the commit.
func (s *Service) targets(ctx context.Context, tx *db.Tx, accepted []*event.Accepted) (map[string]*webhook.Set, error) {
	sets := map[string]*webhook.Set{}
	for _, e := range accepted {
		sets[e.OrganizationID] = nil
	}
	for _, org := range slices.Sorted(maps.Keys(sets)) {
		set, err := s.webhooks.Targets(ctx, tx, org)
		if err != nil {
			return nil, fmt.Errorf("read the organization's webhooks: %w", err)
		}
		sets[org] = set
	}
	return sets, nil
}

// shardsPerNode is how many counting transactions of a node do not wait for
// each other.
const shardsPerNode = 8

func (s *Service) shard() int64 {
	return s.node.Num()*shardsPerNode + s.engine.shards.Add(1)%shardsPerNode
}
