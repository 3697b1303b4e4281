package delivery

import (
	"context"
	"fmt"

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
		n, err = db.Value[int64](ctx, r.s.db, "SELECT COUNT(*) FROM (SELECT 1 "+query+fmt.Sprintf(" LIMIT %d) AS missing", ReplayMost+1), args...)
	} else {
		st, _ := ParseState(state)
		n, err = db.Value[int64](ctx, r.s.db, "SELECT COUNT(*) FROM (SELECT 1 FROM deliveries WHERE organization_id = $1 AND event_id >= $2 AND event_id < $3 AND webhook_num = $4 AND "+
			guards[st]+fmt.Sprintf(" LIMIT %d) AS found", ReplayMost+1), r.actor.OrganizationID, int64(r.from), int64(r.to), r.w.Num)
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

func (r *replay) run(ctx context.Context, counted *Replayed) error {
	first := true
	for state, n := range counted.ByState {
		for left := n > 0; left; {
			var done int64
			err := r.s.db.Write(ctx, func(tx *db.Tx) error {
				if first {
					if err := r.note(ctx, tx, counted); err != nil {
						return err
					}
				}
				var err error
				t := tally{}
				if state == NeverSent {
					done, err = r.insertSome(ctx, tx, t)
				} else {
					done, err = r.resetSome(ctx, tx, state, t)
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
			first, left = false, done > 0
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

// insertSome makes deliveries of events that were never sent.
func (r *replay) insertSome(ctx context.Context, tx *db.Tx, t tally) (int64, error) {
	query, args := r.missing()
	now := db.Micros(r.s.clock())
	n := len(args)
	args = append(args, now)
	done, err := tx.Exec(ctx, fmt.Sprintf(`INSERT INTO deliveries (organization_id, event_id, webhook_num, event_type, state, attempts, retries_from, next_at, updated_at, last_class, last_status)
		SELECT e.organization_id, e.id, CAST($4 AS BIGINT), e.type, 0, 0, 0, CAST($%d AS BIGINT), CAST($%d AS BIGINT), '', 0 %s ORDER BY e.id LIMIT %d ON CONFLICT DO NOTHING`, n+1, n+1, query, chunk), args...)
	if err != nil {
		return 0, fmt.Errorf("insert deliveries: %w", err)
	}
	t.created(r.actor.OrganizationID, Pending, done)
	return done, nil
}

// resetSome makes failed or discarded deliveries pending.
func (r *replay) resetSome(ctx context.Context, tx *db.Tx, state string, t tally) (int64, error) {
	st, _ := ParseState(state)
	rows, err := db.All(ctx, tx, func(sc db.Scanner) ([]any, error) {
		var key int64
		if err := sc.Scan(&key); err != nil {
			return nil, err
		}
		return []any{r.actor.OrganizationID, key, r.w.Num}, nil
	}, "SELECT event_id FROM deliveries WHERE organization_id = $1 AND event_id >= $2 AND event_id < $3 AND webhook_num = $4 AND "+guards[st]+
		fmt.Sprintf(" ORDER BY event_id LIMIT %d", chunk)+tx.ForUpdate(), r.actor.OrganizationID, int64(r.from), int64(r.to), r.w.Num)
	if err != nil {
		return 0, fmt.Errorf("read deliveries: %w", err)
	}
	return r.s.tryAgain(ctx, tx, st, rows, t)
}
