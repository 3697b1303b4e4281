// Package account owns organizations, their users, passwords, sessions, the
// fresh authentication before a dangerous change, and the set-up of an empty
// installation. It does not own what a role may do (package rbac) nor cookies
// (package api).
package account

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
)

// Organization is one customer's island.
type Organization struct {
	ID      string // org_…
	Name    string
	Created time.Time
}

// User is a person who may sign in.
type User struct {
	ID             string // usr_…
	OrganizationID string
	Email          string // normalised; unique in the installation
	Role           rbac.Role
	Version        int64 // grows with every change
	Created        time.Time
	Updated        time.Time
}

// Service is the package's only door. It is safe for concurrent use.
type Service struct {
	// OnOrganization runs in the transaction that makes an organization, and
	// gives its first API key. app sets it before first use.
	OnOrganization func(ctx context.Context, tx *db.Tx, actor rbac.Actor, orgID string) (apiKey string, err error)
	// Publish tells the organization's open consoles, after the commit, what
	// changed. app sets it before first use.
	Publish func(tx *db.Tx, org, topic string, ids ...string)

	db     *db.DB
	audit  *audit.Log
	clock  id.Clock
	log    *slog.Logger
	hasher *hasher

	sessions    *sessionCache
	unsubscribe func()
}

// New makes the service; Close ends its subscription to session news.
func New(d *db.DB, entries *audit.Log, clock id.Clock, log *slog.Logger) *Service {
	s := &Service{db: d, audit: entries, clock: clock, log: log, hasher: newHasher(currentCost), sessions: newSessionCache()}
	s.unsubscribe = d.Subscribe(sessionChannel, s.sessions.changed)
	return s
}

// Close ends every watch and stops listening.
func (s *Service) Close() {
	s.unsubscribe()
	s.sessions.changed("")
}

// now is the time of one operation, to the microsecond that the database keeps.
func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// Organization gives one organization.
func (s *Service) Organization(ctx context.Context, orgID string) (Organization, error) {
	o, err := db.One(ctx, s.db, scanOrganization, "SELECT id, name, created_at FROM organizations WHERE id = $1", orgID)
	if errors.Is(err, db.ErrNoRows) {
		return Organization{}, errNoOrganization
	}
	if err != nil {
		return Organization{}, fmt.Errorf("read organization: %w", err)
	}
	return o, nil
}

// Organizations gives all organizations, oldest first. It is for the command
// line and for jobs; no person sees more than their own.
func (s *Service) Organizations(ctx context.Context) ([]Organization, error) {
	all, err := db.All(ctx, s.db, scanOrganization, "SELECT id, name, created_at FROM organizations ORDER BY created_at, id")
	if err != nil {
		return nil, fmt.Errorf("read organizations: %w", err)
	}
	return all, nil
}

func scanOrganization(row db.Scanner) (o Organization, err error) {
	var created int64
	if err := row.Scan(&o.ID, &o.Name, &created); err != nil {
		return o, fmt.Errorf("scan organization: %w", err)
	}
	o.Created = db.Time(created)
	return o, nil
}

const userColumns = "id, organization_id, email, role, version, created_at, updated_at"

func scanUser(row db.Scanner) (u User, err error) {
	var created, updated int64
	if err := row.Scan(&u.ID, &u.OrganizationID, &u.Email, &u.Role, &u.Version, &created, &updated); err != nil {
		return u, fmt.Errorf("scan user: %w", err)
	}
	u.Created, u.Updated = db.Time(created), db.Time(updated)
	return u, nil
}

// secretUser is a user with the password's hash; it stays in this package.
type secretUser struct {
	User
	hash         string
	organization string // the organization's name, which may not be a password
}

const secretUserQuery = `SELECT u.id, u.organization_id, u.email, u.role, u.version, u.created_at, u.updated_at, u.password, o.name
	FROM users u JOIN organizations o ON o.id = u.organization_id WHERE `

func scanSecretUser(row db.Scanner) (u secretUser, err error) {
	var created, updated int64
	if err := row.Scan(&u.ID, &u.OrganizationID, &u.Email, &u.Role, &u.Version, &created, &updated, &u.hash, &u.organization); err != nil {
		return u, fmt.Errorf("scan user: %w", err)
	}
	u.Created, u.Updated = db.Time(created), db.Time(updated)
	return u, nil
}
