package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/rbac"
)

// ConfirmKeyRegenerate is the purpose of a confirmation before the API key is
// regenerated.
const ConfirmKeyRegenerate = "api_key.regenerate"

const confirmLife = 5 * time.Minute

// purposes names what a confirmation can be for, and the right that it needs.
var purposes = map[string]rbac.Permission{
	ConfirmKeyRegenerate: rbac.KeyRegenerate,
}

// Confirm proves afresh that the person at the session knows the password. The
// token is good once, for the purpose, in this session, for five minutes.
// Failures count as failed sign-ins.
func (s *Service) Confirm(ctx context.Context, actor rbac.Actor, purpose, password string) (token string, expires time.Time, err error) {
	permission, known := purposes[purpose]
	if !known {
		return "", time.Time{}, errPurpose
	}
	if !actor.Person() || actor.SessionID == "" {
		return "", time.Time{}, errSession
	}
	if !actor.Can(permission) {
		return "", time.Time{}, errPurposeForbidden
	}
	for range 3 {
		token, expires, err = s.confirm(ctx, actor, purpose, password)
		if !errors.Is(err, errChanged) {
			return token, expires, err
		}
	}
	return "", time.Time{}, errBusy
}

func (s *Service) confirm(ctx context.Context, actor rbac.Actor, purpose, password string) (string, time.Time, error) {
	u, err := db.One(ctx, s.db, scanSecretUser, secretUserQuery+"u.id = $1 AND u.organization_id = $2", actor.UserID, actor.OrganizationID)
	if errors.Is(err, db.ErrNoRows) {
		return "", time.Time{}, errSession
	}
	if err != nil {
		return "", time.Time{}, fmt.Errorf("read user: %w", err)
	}
	a := confirmAttempt(actor, u.Email, purpose)
	if err := s.guard(ctx, a); err != nil {
		return "", time.Time{}, err
	}
	ok, _, err := s.hasher.Verify(ctx, password, u.hash)
	if err != nil {
		return "", time.Time{}, err
	}
	if !ok {
		return "", time.Time{}, s.fail(ctx, a, errWrongPassword)
	}
	token, hash := newToken()
	expires := s.now().Add(confirmLife)
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.succeed(ctx, tx, a); err != nil {
			return err
		}
		if err := lockUnchanged(ctx, tx, u); err != nil {
			return err
		}
		return s.insertConfirmation(ctx, tx, actor, purpose, hash, expires)
	})
	if errors.Is(err, errLimited) {
		return "", time.Time{}, s.refuse(ctx, a, err)
	}
	if err != nil {
		return "", time.Time{}, fmt.Errorf("confirm: %w", err)
	}
	return token, expires, nil
}

func (s *Service) insertConfirmation(ctx context.Context, tx *db.Tx, actor rbac.Actor, purpose string, hash []byte, expires time.Time) error {
	open, err := db.Column[string](ctx, tx, "SELECT id FROM sessions WHERE id = $1 AND user_id = $2"+tx.ForShare(), actor.SessionID, actor.UserID)
	if err != nil {
		return fmt.Errorf("read session: %w", err)
	}
	if len(open) == 0 {
		return errSession
	}
	if _, err := tx.Exec(ctx, "INSERT INTO confirmations (token_hash, session_id, purpose, expires_at) VALUES ($1, $2, $3, $4)",
		hash, actor.SessionID, purpose, db.Micros(expires)); err != nil {
		return fmt.Errorf("insert confirmation: %w", err)
	}
	return s.audit.Append(ctx, tx, actor, audit.Entry{
		Action: audit.SessionConfirmed, TargetType: "user", TargetID: actor.UserID, TargetName: actor.Email,
		Detail: map[string]any{"purpose": purpose},
	})
}

// ConsumeConfirmation uses up a confirmation in the transaction of the change
// that it is for: if the change is rolled back, the confirmation is good again.
// A used, foreign, expired or unknown token is refused in one way.
func (s *Service) ConsumeConfirmation(ctx context.Context, tx *db.Tx, actor rbac.Actor, token, purpose string) error {
	if !tokenShaped(token) || actor.SessionID == "" {
		return errConfirmation
	}
	n, err := tx.Exec(ctx, "DELETE FROM confirmations WHERE token_hash = $1 AND session_id = $2 AND purpose = $3 AND expires_at > $4",
		hashToken(token), actor.SessionID, purpose, db.Micros(s.now()))
	if err != nil {
		return fmt.Errorf("use confirmation: %w", err)
	}
	if n == 0 {
		return errConfirmation
	}
	return nil
}
