package account

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
)

// topic is the live topic of users.
const topic = "users"

const (
	pageUsual = 50
	pageMost  = 200
)

// ListUsers gives a page of the organization's users, oldest first, and the
// cursor of the next page ("" on the last). A limit of 0 is the usual one.
func (s *Service) ListUsers(ctx context.Context, actor rbac.Actor, cursor string, limit int) (page []User, next string, err error) {
	if cursor != "" && !id.Is("usr", cursor) {
		return nil, "", errCursor
	}
	if limit <= 0 {
		limit = pageUsual
	}
	limit = min(limit, pageMost)
	page, err = db.All(ctx, s.db, scanUser,
		"SELECT "+userColumns+" FROM users WHERE organization_id = $1 AND id > $2 ORDER BY id LIMIT $3", actor.OrganizationID, cursor, limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("list users: %w", err)
	}
	if len(page) > limit {
		page = page[:limit]
		next = page[limit-1].ID
	}
	return page, next, nil
}

// User gives one user of the actor's organization.
func (s *Service) User(ctx context.Context, actor rbac.Actor, userID string) (User, error) {
	u, err := s.secretUser(ctx, actor, userID)
	return u.User, err
}

func (s *Service) secretUser(ctx context.Context, actor rbac.Actor, userID string) (secretUser, error) {
	if !id.Is("usr", userID) { // also keeps from the database what it cannot store
		return secretUser{}, errNoUser
	}
	u, err := db.One(ctx, s.db, scanSecretUser, secretUserQuery+"u.id = $1 AND u.organization_id = $2", userID, actor.OrganizationID)
	if errors.Is(err, db.ErrNoRows) {
		return secretUser{}, errNoUser
	}
	if err != nil {
		return secretUser{}, fmt.Errorf("read user: %w", err)
	}
	return u, nil
}

// NewUser describes a user to make.
type NewUser struct {
	Email    string
	Role     rbac.Role
	Password string
}

// CreateUser adds a user to the actor's organization.
func (s *Service) CreateUser(ctx context.Context, actor rbac.Actor, in NewUser) (User, error) {
	email, err := normalEmail(in.Email)
	if err != nil {
		return User{}, err
	}
	if !slices.Contains(rbac.PersonRoles, in.Role) {
		return User{}, errRole
	}
	o, err := s.Organization(ctx, actor.OrganizationID)
	if err != nil {
		return User{}, err
	}
	hash, err := s.newHash(ctx, in.Password, email, o.Name)
	if err != nil {
		return User{}, err
	}
	now := s.now()
	u := User{ID: id.New("usr"), OrganizationID: o.ID, Email: email, Role: in.Role, Version: 1, Created: now, Updated: now}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := insertUser(ctx, tx, u, hash); err != nil {
			return err
		}
		return s.recordUser(ctx, tx, actor, audit.UserCreated, u, nil, userFields(u), nil)
	})
	if err != nil {
		return User{}, fmt.Errorf("create user: %w", err)
	}
	return u, nil
}

func insertUser(ctx context.Context, tx *db.Tx, u User, hash string) error {
	_, err := tx.Exec(ctx, `INSERT INTO users (id, organization_id, email, role, password, version, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		u.ID, u.OrganizationID, u.Email, string(u.Role), hash, u.Version, db.Micros(u.Created), db.Micros(u.Updated))
	if db.IsUnique(err) {
		return errEmailTaken.Because(err)
	}
	if err != nil {
		return fmt.Errorf("insert user: %w", err)
	}
	return nil
}

// ChangeUser says what to change; nil leaves a thing as it is.
type ChangeUser struct {
	Role     *rbac.Role
	Password *string
	Version  int64 // the version that the caller saw; 0 changes any
}

// UpdateUser changes the role or the password of a user. A new role holds from
// the user's next request; a new password ends the user's sessions, but not the
// one that set it.
func (s *Service) UpdateUser(ctx context.Context, actor rbac.Actor, userID string, in ChangeUser) (User, error) {
	if in.Role == nil && in.Password == nil {
		return User{}, errNothing
	}
	if in.Role != nil && !slices.Contains(rbac.PersonRoles, *in.Role) {
		return User{}, errRole
	}
	before, err := s.secretUser(ctx, actor, userID)
	if err != nil {
		return User{}, err
	}
	hash := ""
	if in.Password != nil {
		if hash, err = s.newHash(ctx, *in.Password, before.Email, before.organization); err != nil {
			return User{}, err
		}
	}
	var after User
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		after, err = s.change(ctx, tx, actor, userID, in, hash)
		return err
	})
	if err != nil {
		return User{}, fmt.Errorf("update user: %w", err)
	}
	return after, nil
}

func (s *Service) change(ctx context.Context, tx *db.Tx, actor rbac.Actor, userID string, in ChangeUser, hash string) (User, error) {
	before, err := lockedUser(ctx, tx, actor.OrganizationID, userID)
	if err != nil {
		return User{}, err
	}
	if in.Version != 0 && in.Version != before.Version {
		return User{}, errStaleUser.With("current", map[string]any{"role": before.Role, "version": before.Version})
	}
	after := before
	if in.Role != nil {
		after.Role = *in.Role
	}
	if after.Role == before.Role && hash == "" {
		return before, nil
	}
	if before.Role == rbac.SystemAdmin && after.Role != rbac.SystemAdmin {
		if err := otherAdmin(ctx, tx, before); err != nil {
			return User{}, err
		}
	}
	after.Version, after.Updated = before.Version+1, s.now()
	if err := storeUser(ctx, tx, after, hash); err != nil {
		return User{}, err
	}
	if after.Role != before.Role {
		if err := tellSessions(ctx, tx, after.ID); err != nil {
			return User{}, err
		}
	}
	if hash != "" {
		if _, err := endSessions(ctx, tx, "user_id = $1 AND id <> $2", after.ID, actor.SessionID); err != nil {
			return User{}, err
		}
	}
	var detail any
	if hash != "" {
		detail = map[string]any{"changed": "password"}
	}
	return after, s.recordUser(ctx, tx, actor, audit.UserUpdated, after, userFields(before), userFields(after), detail)
}

func storeUser(ctx context.Context, tx *db.Tx, u User, hash string) error {
	_, err := tx.Exec(ctx, "UPDATE users SET role = $1, version = $2, updated_at = $3 WHERE id = $4",
		string(u.Role), u.Version, db.Micros(u.Updated), u.ID)
	if err == nil && hash != "" {
		_, err = tx.Exec(ctx, "UPDATE users SET password = $1 WHERE id = $2", hash, u.ID)
	}
	if err != nil {
		return fmt.Errorf("store user: %w", err)
	}
	return nil
}

// tellSessions has every node read the user's sessions anew.
func tellSessions(ctx context.Context, tx *db.Tx, userID string) error {
	open, err := db.Column[string](ctx, tx, "SELECT id FROM sessions WHERE user_id = $1", userID)
	if err != nil {
		return fmt.Errorf("read sessions: %w", err)
	}
	for _, sessionID := range open {
		tx.Notify(sessionChannel, sessionID)
	}
	return nil
}

// DeleteUser removes a user and ends the user's sessions.
func (s *Service) DeleteUser(ctx context.Context, actor rbac.Actor, userID string) error {
	if !id.Is("usr", userID) {
		return errNoUser
	}
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		u, err := lockedUser(ctx, tx, actor.OrganizationID, userID)
		if err != nil {
			return err
		}
		if u.Role == rbac.SystemAdmin {
			if err := otherAdmin(ctx, tx, u); err != nil {
				return err
			}
		}
		ended, err := endSessions(ctx, tx, "user_id = $1", u.ID)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM users WHERE id = $1", u.ID); err != nil {
			return fmt.Errorf("delete user: %w", err)
		}
		return s.recordUser(ctx, tx, actor, audit.UserDeleted, u, userFields(u), nil, map[string]any{"sessionsEnded": ended})
	})
	if err != nil {
		return fmt.Errorf("delete user: %w", err)
	}
	return nil
}

// lockedUser holds a user until the commit, and reads it. The organization is
// held first: who is the last system administrator is a question about all its
// users.
func lockedUser(ctx context.Context, tx *db.Tx, orgID, userID string) (User, error) {
	if _, err := db.Column[string](ctx, tx, "SELECT id FROM organizations WHERE id = $1"+tx.ForUpdate(), orgID); err != nil {
		return User{}, fmt.Errorf("lock organization: %w", err)
	}
	u, err := db.One(ctx, tx, scanUser, "SELECT "+userColumns+" FROM users WHERE id = $1 AND organization_id = $2"+tx.ForUpdate(), userID, orgID)
	if errors.Is(err, db.ErrNoRows) {
		return User{}, errNoUser
	}
	if err != nil {
		return User{}, fmt.Errorf("lock user: %w", err)
	}
	return u, nil
}

// otherAdmin refuses when u is the last system administrator; the caller holds
// the organization.
func otherAdmin(ctx context.Context, tx *db.Tx, u User) error {
	n, err := db.Value[int64](ctx, tx, "SELECT COUNT(*) FROM users WHERE organization_id = $1 AND role = $2 AND id <> $3",
		u.OrganizationID, string(rbac.SystemAdmin), u.ID)
	if err != nil {
		return fmt.Errorf("count system administrators: %w", err)
	}
	if n == 0 {
		return errLastAdmin
	}
	return nil
}

// userFields is what the audit log shows of a user.
func userFields(u User) map[string]any {
	return map[string]any{"email": u.Email, "role": u.Role}
}

// recordUser tells the audit log and the open consoles of a changed user.
func (s *Service) recordUser(ctx context.Context, tx *db.Tx, actor rbac.Actor, action string, u User, before, after map[string]any, detail any) error {
	e := audit.Entry{Action: action, TargetType: "user", TargetID: u.ID, TargetName: u.Email, Detail: detail}
	if before != nil {
		e.Before = before
	}
	if after != nil {
		e.After = after
	}
	if err := s.audit.Append(ctx, tx, actor, e); err != nil {
		return fmt.Errorf("record user: %w", err)
	}
	s.Publish(tx, u.OrganizationID, topic, u.ID)
	return nil
}
