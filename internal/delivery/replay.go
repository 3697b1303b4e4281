package delivery

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
	"patchboard/internal/webhook"
)

// replay is one replay at work.
type replay struct {
	s        *Service
	actor    rbac.Actor
	w        *webhook.Webhook
	in       Replay
	from, to id.Key
}

func (r *replay) count(ctx context.Context, state string) (int64, error) {
	var n int64
	var err error
	if state == NeverSent {
		query, args := r.missing()
		n, err = db.Value[int64](ctx, r.s.db, "SELECT COUNT(*) FROM (SELECT 1 "+query+fmt.Sprintf(" LIMIT %d) AS missing", r.s.replayMost+1), args...)
	} else {
		st, _ := ParseState(state)
		n, err = db.Value[int64](ctx, r.s.db, "SELECT COUNT(*) FROM (SELECT 1 FROM deliveries WHERE organization_id = $1 AND event_id >= $2 AND event_id < $3 AND webhook_num = $4 AND "+
			guards[st]+fmt.Sprintf(" LIMIT %d) AS found", r.s.replayMost+1), r.actor.OrganizationID, int64(r.from), int64(r.to), r.w.Num)
	}
	if err != nil {
		return 0, fmt.Errorf("count a replay: %w", err)
	}
	return n, nil
}

// missing is the end of a query for events of the subscribed types without a
// delivery for the webhook.
func (r *replay) missing() (query string, args []any) {
	args = []any{r.actor.OrganizationID, int64(r.from), int64(r.to), r.w.Num}
	for _, e := range r.w.Events {
		args = append(args, e)
	}
	return `FROM events e WHERE e.organization_id = $1 AND e.id >= $2 AND e.id < $3
		AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.organization_id = e.organization_id AND d.event_id = e.id AND d.webhook_num = $4)
		AND ` + db.In("e.type", len(r.w.Events), 5), args
}

// run goes through the events of each state, oldest first and each once: what
// fails again meanwhile is not replayed again.
func (r *replay) run(ctx context.Context, counted *Replayed) error {
	first := true
	for _, state := range slices.Sorted(maps.Keys(counted.ByState)) {
		from := r.from
		for left := counted.ByState[state] > 0; left; {
			var last id.Key
			err := r.s.db.Write(ctx, func(tx *db.Tx) error {
				if first {
					if err := r.note(ctx, tx, counted); err != nil {
						return err
					}
				}
				var err error
				t := tally{}
				if state == NeverSent {
					last, err = r.insertSome(ctx, tx, from, t)
				} else {
					last, err = r.resetSome(ctx, tx, state, from, t)
				}
				if err != nil {
					return err
				}
				r.s.called(tx, r.actor.OrganizationID, r.w.Num)
				return t.write(ctx, tx, r.s.shard())
			})
			if err != nil {
				return fmt.Errorf("replay: %w", err)
			}
			first, left, from = false, last > 0, last+1
		}
	}
	return nil
}

func (r *replay) note(ctx context.Context, tx *db.Tx, counted *Replayed) error {
	return r.s.audit.Append(ctx, tx, r.actor, audit.Entry{
		Action: audit.DeliveryReplayed, TargetType: "webhook", TargetID: r.w.ID, TargetName: r.w.URL,
		Detail: map[string]any{"since": r.in.Since.UTC(), "until": r.in.Until.UTC(), "counts": counted.ByState},
	})
}

// insertSome makes deliveries of some events that were never sent, and gives the
// last one's key, 0 when there are no more.
func (r *replay) insertSome(ctx context.Context, tx *db.Tx, from id.Key, t tally) (last id.Key, err error) {
	query, args := r.missing()
	args[1] = int64(from)
	// The events are locked, lest retention removes them meanwhile.
	events, err := db.All(ctx, tx, func(sc db.Scanner) (e struct {
		key  id.Key
		kind string
	}, err error) {
		return e, sc.Scan(&e.key, &e.kind)
	}, "SELECT e.id, e.type "+query+fmt.Sprintf(" ORDER BY e.id LIMIT %d", chunk)+tx.ForShare(), args...)
	if err != nil || len(events) == 0 {
		return 0, err
	}
	now := db.Micros(r.s.clock())
	for _, e := range events {
		n, err := tx.Exec(ctx, `INSERT INTO deliveries (organization_id, event_id, webhook_num, event_type, state, attempts, retries_from, next_at, updated_at, last_class, last_status)
			VALUES ($1, $2, $3, $4, 0, 0, 0, $5, $5, '', 0) ON CONFLICT DO NOTHING`, r.actor.OrganizationID, int64(e.key), r.w.Num, e.kind, now)
		if err != nil {
			return 0, fmt.Errorf("insert deliveries: %w", err)
		}
		t.created(r.actor.OrganizationID, Pending, n)
	}
	return events[len(events)-1].key, nil
}

// resetSome makes some failed or discarded deliveries pending, and gives the
// last one's event, 0 when there are no more.
func (r *replay) resetSome(ctx context.Context, tx *db.Tx, state string, from id.Key, t tally) (last id.Key, err error) {
	st, _ := ParseState(state)
	rows, err := db.All(ctx, tx, func(sc db.Scanner) ([]any, error) {
		if err := sc.Scan(&last); err != nil {
			return nil, err
		}
		return []any{r.actor.OrganizationID, int64(last), r.w.Num}, nil
	}, "SELECT event_id FROM deliveries WHERE organization_id = $1 AND event_id >= $2 AND event_id < $3 AND webhook_num = $4 AND "+guards[st]+
		fmt.Sprintf(" ORDER BY event_id LIMIT %d", chunk)+tx.ForUpdate(), r.actor.OrganizationID, int64(from), int64(r.to), r.w.Num)
	if err != nil {
		return 0, fmt.Errorf("read deliveries: %w", err)
	}
	_, err = r.s.tryAgain(ctx, tx, st, rows, t)
	return last, err
}
