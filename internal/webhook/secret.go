package webhook

import (
	"context"
	"fmt"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/rbac"
	"patchboard/internal/signature"
)

// How long the previous secret signs too after a rotation, in hours.
const (
	overlapDefault = 24
	overlapMost    = 7 * 24
)

// SecretView is a signing secret as a system administrator sees it.
type SecretView struct {
	Secret        signature.Secret
	PreviousUntil time.Time // until when the previous secret signs too; zero if it does not
}

// Secret gives the signing secret. Reading it is audited.
func (s *Service) Secret(ctx context.Context, actor rbac.Actor, webhookID string) (*SecretView, error) {
	if !actor.Can(rbac.WebhookSecret) {
		return nil, s.secretDenied(ctx, actor, audit.WebhookSecretRead, webhookID)
	}
	var out SecretView
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		cur, err := find(ctx, tx, actor.OrganizationID, webhookID, "")
		if err != nil {
			return err
		}
		if out.Secret, err = s.unsealSecret(cur.ID, cur.secret); err != nil {
			return err
		}
		out.PreviousUntil = time.Time{}
		if s.clock().Before(cur.PreviousUntil) {
			out.PreviousUntil = cur.PreviousUntil
		}
		return s.audit.Append(ctx, tx, actor, target(cur, audit.WebhookSecretRead))
	})
	if err != nil {
		return nil, fmt.Errorf("read a signing secret: %w", err)
	}
	return &out, nil
}

// RotateSecret makes a new signing secret. For overlapHours (0 to 168, nil for
// 24) the old one signs too, so that receivers can change over; one that was
// still overlapping from an earlier rotation ends now.
func (s *Service) RotateSecret(ctx context.Context, actor rbac.Actor, webhookID string, overlapHours *int) (*SecretView, error) {
	if !actor.Can(rbac.WebhookSecret) {
		return nil, s.secretDenied(ctx, actor, audit.WebhookSecretRotated, webhookID)
	}
	hours := overlapDefault
	if overlapHours != nil {
		hours = *overlapHours
	}
	if hours < 0 || hours > overlapMost {
		return nil, fault.New(fault.Invalid, "webhook-overlap-range", fmt.Sprintf("An overlap of %d hours is not possible.", hours),
			fmt.Sprintf("Give 0 to %d hours; 0 ends the old secret at once.", overlapMost)).At("body.overlapHours", fmt.Sprintf("0 to %d", overlapMost))
	}
	out := SecretView{Secret: signature.NewSecret()}
	var num int64
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		cur, err := find(ctx, tx, actor.OrganizationID, webhookID, tx.ForUpdate())
		if err != nil {
			return err
		}
		now := s.clock()
		next := *cur
		num = cur.Num
		next.previous, next.PreviousUntil = nil, time.Time{}
		if hours > 0 {
			next.previous, next.PreviousUntil = cur.secret, now.Add(time.Duration(hours)*time.Hour)
		}
		if next.secret, err = s.sealSecret(cur.ID, out.Secret); err != nil {
			return err
		}
		next.touch(now, label(actor), "secret")
		if err := update(ctx, tx, &next); err != nil {
			return err
		}
		out.PreviousUntil = db.Time(db.Micros(next.PreviousUntil))
		s.announce(tx, &next)
		e := target(cur, audit.WebhookSecretRotated)
		e.Detail = map[string]int{"overlapHours": hours}
		return s.audit.Append(ctx, tx, actor, e)
	})
	if err != nil {
		return nil, fmt.Errorf("rotate a signing secret: %w", err)
	}
	s.OnChange(num)
	return &out, nil
}

func (s *Service) secretDenied(ctx context.Context, actor rbac.Actor, action, webhookID string) error {
	cur, err := find(ctx, s.db, actor.OrganizationID, webhookID, "")
	if err != nil {
		return err
	}
	return s.denied(ctx, actor, target(cur, action), errSecretForbidden)
}
