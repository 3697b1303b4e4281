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

const setupLife = 24 * time.Hour

// SetupNeeded reports whether no organization was made yet.
func (s *Service) SetupNeeded(ctx context.Context) (bool, error) { return setupNeeded(ctx, s.db) }

func setupNeeded(ctx context.Context, q db.Queryer) (bool, error) {
	done, err := db.Value[int64](ctx, q, "SELECT done_at FROM setup WHERE one = 1")
	if err != nil {
		return false, fmt.Errorf("read set-up state: %w", err)
	}
	return done == 0, nil
}

// SetupToken makes a one-time token for Setup, good for 24 hours, while there
// is no organization. Each start of each node asks for one; those of other
// starts stay good, since whoever reads a node's output holds that node's.
func (s *Service) SetupToken(ctx context.Context) (token string, needed bool, err error) {
	token, hash := newToken()
	now := s.now()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if needed, err = setupNeeded(ctx, tx); err != nil || !needed {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM setup_tokens WHERE expires_at <= $1", db.Micros(now)); err != nil {
			return fmt.Errorf("remove old set-up tokens: %w", err)
		}
		if _, err := tx.Exec(ctx, "INSERT INTO setup_tokens (token_hash, expires_at) VALUES ($1, $2)", hash, db.Micros(now.Add(setupLife))); err != nil {
			return fmt.Errorf("insert set-up token: %w", err)
		}
		return nil
	})
	if err != nil {
		return "", false, fmt.Errorf("make set-up token: %w", err)
	}
	if !needed {
		return "", false, nil
	}
	return token, true, nil
}

// Setup makes the installation's first organization. Of several who try with
// valid tokens at once exactly one succeeds.
func (s *Service) Setup(ctx context.Context, token string, in NewOrganization) (Organization, User, string, error) {
	o, u, apiKey, err := s.setup(ctx, token, in)
	if errors.Is(err, errSetupToken) {
		stranger := rbac.Actor{Address: in.Address, UserAgent: plain(in.UserAgent), RequestID: in.RequestID}
		if derr := s.audit.Denied(ctx, stranger, audit.Entry{Action: audit.SetupRefused, TargetType: "installation"}); derr != nil {
			return Organization{}, User{}, "", fmt.Errorf("record refused set-up: %w", derr)
		}
	}
	return o, u, apiKey, err
}

func (s *Service) setup(ctx context.Context, token string, in NewOrganization) (Organization, User, string, error) {
	hash := hashToken(token)
	// A first look, so that a stranger cannot make the server hash passwords.
	if err := s.setupAllowed(ctx, hash); err != nil {
		return Organization{}, User{}, "", err
	}
	return s.create(ctx, in, func(_ string, u User) rbac.Actor {
		return rbac.Actor{
			OrganizationID: u.OrganizationID, Role: u.Role, UserID: u.ID, Email: u.Email,
			Address: in.Address, UserAgent: plain(in.UserAgent), RequestID: in.RequestID,
		}
	}, func(ctx context.Context, tx *db.Tx) error { return s.winSetup(ctx, tx, hash) })
}

// setupAllowed reads both facts in one statement, so that who comes a moment
// too late hears that it is done, not that the token is wrong.
func (s *Service) setupAllowed(ctx context.Context, hash []byte) error {
	var done, tokens int64
	_, err := db.One(ctx, s.db, func(row db.Scanner) (struct{}, error) {
		return struct{}{}, row.Scan(&done, &tokens)
	}, "SELECT done_at, (SELECT COUNT(*) FROM setup_tokens WHERE token_hash = $1 AND expires_at > $2) FROM setup WHERE one = 1",
		hash, db.Micros(s.now()))
	switch {
	case err != nil:
		return fmt.Errorf("read set-up state: %w", err)
	case done != 0:
		return errSetupDone
	case tokens == 0:
		return errSetupToken
	}
	return nil
}

// winSetup takes the one row of table setup; who finds it taken has lost.
func (s *Service) winSetup(ctx context.Context, tx *db.Tx, hash []byte) error {
	now := db.Micros(s.now())
	won, err := tx.Exec(ctx, "UPDATE setup SET done_at = $1 WHERE one = 1 AND done_at = 0", now)
	if err != nil {
		return fmt.Errorf("finish set-up: %w", err)
	}
	if won == 0 {
		return errSetupDone
	}
	used, err := tx.Exec(ctx, "DELETE FROM setup_tokens WHERE token_hash = $1 AND expires_at > $2", hash, now)
	if err != nil {
		return fmt.Errorf("use set-up token: %w", err)
	}
	if used == 0 {
		return errSetupToken
	}
	return removeSetupTokens(ctx, tx)
}

// endSetup closes the set-up when an organization is made in another way.
func (s *Service) endSetup(ctx context.Context, tx *db.Tx) error {
	won, err := tx.Exec(ctx, "UPDATE setup SET done_at = $1 WHERE one = 1 AND done_at = 0", db.Micros(s.now()))
	if err != nil {
		return fmt.Errorf("finish set-up: %w", err)
	}
	if won == 0 {
		return nil
	}
	return removeSetupTokens(ctx, tx)
}

func removeSetupTokens(ctx context.Context, tx *db.Tx) error {
	if _, err := tx.Exec(ctx, "DELETE FROM setup_tokens"); err != nil {
		return fmt.Errorf("remove set-up tokens: %w", err)
	}
	return nil
}
