package account

import (
	"context"
	"errors"
	"fmt"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/rbac"
)

// ResetPassword sets a user's password from the command line, ends all of the
// user's sessions, and lifts the sign-in limit of the account.
func (s *Service) ResetPassword(ctx context.Context, email, password string) error {
	email, err := normalEmail(email)
	if err != nil {
		return err
	}
	u, err := db.One(ctx, s.db, scanSecretUser, secretUserQuery+"u.email = $1", email)
	if errors.Is(err, db.ErrNoRows) {
		return errNoUser
	}
	if err != nil {
		return fmt.Errorf("reset password: %w", err)
	}
	hash, err := s.newHash(ctx, password, u.Email, u.organization)
	if err != nil {
		return err
	}
	actor := rbac.Actor{OrganizationID: u.OrganizationID, Role: rbac.Program}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := forgetFailures(ctx, tx, accountKey(email)); err != nil {
			return err
		}
		now, err := lockedUser(ctx, tx, u.OrganizationID, u.ID)
		if err != nil {
			return err
		}
		now.Version, now.Updated = now.Version+1, s.now()
		if err := storeUser(ctx, tx, now, hash); err != nil {
			return err
		}
		ended, err := endSessions(ctx, tx, "user_id = $1", u.ID)
		if err != nil {
			return err
		}
		return s.recordUser(ctx, tx, actor, audit.UserPasswordReset, now, nil, nil, map[string]any{"sessionsEnded": ended})
	})
	if err != nil {
		return fmt.Errorf("reset password: %w", err)
	}
	return nil
}
