package account

import (
	"context"
	"fmt"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
)

// NewOrganization describes an organization and its first system administrator.
type NewOrganization struct {
	Name     string // 1..200 characters
	Email    string
	Password string

	// Where it comes from, for the audit log; empty on the command line.
	Address   string
	UserAgent string
	RequestID string
}

// CreateOrganization makes an organization with its first system administrator
// and its API key, which is shown here and to be kept by the caller.
func (s *Service) CreateOrganization(ctx context.Context, in NewOrganization) (Organization, User, string, error) {
	return s.create(ctx, in, func(orgID string, _ User) rbac.Actor {
		return rbac.Actor{OrganizationID: orgID, Role: rbac.Program}
	}, s.endSetup)
}

// create is the one way in which an organization comes to be. actor says who is
// recorded; first runs at the start of the transaction.
func (s *Service) create(ctx context.Context, in NewOrganization, actor func(orgID string, u User) rbac.Actor, first func(ctx context.Context, tx *db.Tx) error,
) (o Organization, u User, apiKey string, err error) {
	now := s.now()
	o = Organization{ID: id.New("org"), Created: now}
	if o.Name, err = normalName(in.Name); err != nil {
		return Organization{}, User{}, "", err
	}
	u = User{ID: id.New("usr"), OrganizationID: o.ID, Role: rbac.SystemAdmin, Version: 1, Created: now, Updated: now}
	if u.Email, err = normalEmail(in.Email); err != nil {
		return Organization{}, User{}, "", err
	}
	hash, err := s.newHash(ctx, in.Password, u.Email, o.Name)
	if err != nil {
		return Organization{}, User{}, "", err
	}
	by := actor(o.ID, u)
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := first(ctx, tx); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "INSERT INTO organizations (id, name, created_at) VALUES ($1, $2, $3)", o.ID, o.Name, db.Micros(now)); err != nil {
			return fmt.Errorf("insert organization: %w", err)
		}
		if err := insertUser(ctx, tx, u, hash); err != nil {
			return err
		}
		if apiKey, err = s.OnOrganization(ctx, tx, by, o.ID); err != nil {
			return fmt.Errorf("prepare organization: %w", err)
		}
		if err := s.audit.Append(ctx, tx, by, audit.Entry{
			Action: audit.OrganizationCreated, TargetType: "organization", TargetID: o.ID, TargetName: o.Name,
			After: map[string]any{"name": o.Name},
		}); err != nil {
			return fmt.Errorf("record organization: %w", err)
		}
		return s.recordUser(ctx, tx, by, audit.UserCreated, u, nil, userFields(u), nil)
	})
	if err != nil {
		return Organization{}, User{}, "", fmt.Errorf("create organization: %w", err)
	}
	return o, u, apiKey, nil
}

// newHash checks a new password and hashes it, outside any transaction: the
// work takes tens of milliseconds.
func (s *Service) newHash(ctx context.Context, password, email, organization string) (string, error) {
	if err := checkPassword(password, email, organization); err != nil {
		return "", err
	}
	return s.hasher.Hash(ctx, password)
}
