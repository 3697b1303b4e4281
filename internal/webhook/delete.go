package webhook

import (
	"context"
	"fmt"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/rbac"
)

// Delete removes a webhook. Its secrets are gone at once; its row and log stay
// until retention ends. It returns when no further request can start.
func (s *Service) Delete(ctx context.Context, actor rbac.Actor, webhookID string) error {
	var num int64
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		cur, err := find(ctx, tx, actor.OrganizationID, webhookID, tx.ForUpdate())
		if err != nil {
			return err
		}
		num = cur.Num
		now := s.clock()
		gone := *cur
		gone.secret, gone.previous, gone.headers, gone.PreviousUntil = nil, nil, nil, time.Time{}
		gone.Deleted = now
		gone.touch(now, label(actor), "deleted")
		if err := update(ctx, tx, &gone); err != nil {
			return err
		}
		if err := bumpSet(ctx, tx, cur.OrganizationID); err != nil {
			return err
		}
		if err := s.OnDeleteTx(ctx, tx, num); err != nil {
			return fmt.Errorf("discard what is pending: %w", err)
		}
		s.announce(tx, &gone)
		if err := s.trouble(ctx, tx, Trouble{Webhook: &gone.Webhook, What: WasDeleted}); err != nil {
			return err
		}
		e := target(cur, audit.WebhookDeleted)
		e.Before = viewOf(actor, cur)
		return s.audit.Append(ctx, tx, actor, e)
	})
	if err != nil {
		return fmt.Errorf("delete webhook: %w", err)
	}
	s.gates.close(num)
	s.healthy.forget(num)
	if err := s.OnDelete(ctx, num); err != nil {
		return fmt.Errorf("deleted, but not every request is known to have ended: %w", err)
	}
	return nil
}

// SetHoldBefore marks that pending deliveries of a webhook with a smaller key
// are to be held, not sent: it was switched on before all of them were.
func (s *Service) SetHoldBefore(ctx context.Context, tx *db.Tx, num, key int64) error {
	_, err := s.setHold(ctx, tx, num, key)
	return err
}

// ClearHold says that all of them are held now.
func (s *Service) ClearHold(ctx context.Context, tx *db.Tx, num int64) error {
	w, err := s.setHold(ctx, tx, num, 0)
	if err != nil {
		return err
	}
	s.Publish(tx, w.OrganizationID, topic, w.ID)
	return nil
}

func (s *Service) setHold(ctx context.Context, tx *db.Tx, num, key int64) (*Webhook, error) {
	w, err := db.One(ctx, tx, func(sc db.Scanner) (*Webhook, error) {
		var w Webhook
		return &w, sc.Scan(&w.ID, &w.OrganizationID)
	}, `UPDATE webhooks SET hold_before = $1 WHERE num = $2 RETURNING id, organization_id`, key, num)
	if err != nil {
		return nil, fmt.Errorf("mark what is to be held of webhook %d: %w", num, err)
	}
	tx.Notify(channel, w.ID)
	return w, nil
}

// Retain removes what is older than before: verdicts, webhooks that were
// deleted, whose deliveries must be gone by then, and secrets that no longer
// sign. It removes at most limit rows of each and gives their number; the
// caller goes on while that is not 0.
func (s *Service) Retain(ctx context.Context, before time.Time, limit int) (int64, error) {
	var removed int64
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		removed = 0
		for _, q := range []struct {
			text string
			at   time.Time
		}{
			{`DELETE FROM webhook_verdicts WHERE num IN (SELECT num FROM webhook_verdicts WHERE at < $1 ORDER BY at LIMIT $2)`, before},
			{`DELETE FROM webhooks WHERE num IN (SELECT num FROM webhooks WHERE deleted_at > 0 AND deleted_at < $1 ORDER BY deleted_at LIMIT $2)`, before},
			{`UPDATE webhooks SET previous_secret = NULL, previous_until = 0
				WHERE num IN (SELECT num FROM webhooks WHERE previous_until > 0 AND previous_until < $1 ORDER BY previous_until LIMIT $2)`, s.clock()},
		} {
			n, err := tx.Exec(ctx, q.text, db.Micros(q.at), limit)
			if err != nil {
				return err
			}
			removed += n
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("remove old webhooks and verdicts: %w", err)
	}
	return removed, nil
}
