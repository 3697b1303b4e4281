package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
)

// SignIn is a try to sign in, and where it comes from.
type SignIn struct {
	Email    string
	Password string
	Previous string // the session token that the browser still holds, if any: it is ended

	Address   string // the client's IP address
	UserAgent string
	RequestID string
}

// Session is a new session; Token is shown here only.
type Session struct {
	ID      string // ses_…
	Token   string
	Expires time.Time // the end of its absolute life
}

// A user has at most this many sessions; one more ends the oldest.
const sessionsMost = 100

// errChanged says that the password was changed while it was being verified.
var errChanged = errors.New("the user changed in between")

// SignIn checks the password and opens a session. An unknown address costs the
// same work and gets the same answer as a wrong password.
func (s *Service) SignIn(ctx context.Context, in SignIn) (Session, User, error) {
	email, err := normalEmail(in.Email)
	if err != nil { // says nothing about who has an account
		return Session{}, User{}, err
	}
	for range 3 {
		session, u, err := s.signIn(ctx, in, email)
		if !errors.Is(err, errChanged) {
			return session, u, err
		}
	}
	return Session{}, User{}, errBusy
}

func (s *Service) signIn(ctx context.Context, in SignIn, email string) (Session, User, error) {
	u, err := db.One(ctx, s.db, scanSecretUser, secretUserQuery+"u.email = $1", email)
	if errors.Is(err, db.ErrNoRows) {
		u = secretUser{hash: s.hasher.dummy}
	} else if err != nil {
		return Session{}, User{}, fmt.Errorf("read user: %w", err)
	}
	a := signInAttempt(in, email, u)
	if err := s.guard(ctx, a); err != nil {
		return Session{}, User{}, err
	}
	ok, old, err := s.hasher.Verify(ctx, in.Password, u.hash)
	if err != nil {
		return Session{}, User{}, err
	}
	if !ok {
		return Session{}, User{}, s.fail(ctx, a, errSignIn)
	}
	better := ""
	if old {
		if better, err = s.hasher.Hash(ctx, in.Password); err != nil {
			return Session{}, User{}, err
		}
	}
	session, err := s.open(ctx, in, a, u, better)
	if errors.Is(err, errLimited) {
		return Session{}, User{}, s.refuse(ctx, a, err)
	}
	if err != nil {
		return Session{}, User{}, fmt.Errorf("open session: %w", err)
	}
	return session, u.User, nil
}

// open writes the session of a proven user. better is a hash to put in place of
// the old one, "" for none.
func (s *Service) open(ctx context.Context, in SignIn, a attempt, u secretUser, better string) (Session, error) {
	now := s.now()
	token, hash := newToken()
	session := Session{ID: id.New("ses"), Token: token, Expires: now.Add(sessionLife)}
	actor := a.actor
	actor.Role, actor.UserID, actor.Email, actor.SessionID = u.Role, u.ID, u.Email, session.ID
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.succeed(ctx, tx, a); err != nil {
			return err
		}
		if err := lockUnchanged(ctx, tx, u); err != nil {
			return err
		}
		if better != "" {
			if _, err := tx.Exec(ctx, "UPDATE users SET password = $1 WHERE id = $2", better, u.ID); err != nil {
				return fmt.Errorf("renew password hash: %w", err)
			}
		}
		if tokenShaped(in.Previous) {
			if _, err := endSessions(ctx, tx, "token_hash = $1", hashToken(in.Previous)); err != nil {
				return err
			}
		}
		if err := endOldest(ctx, tx, u.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO sessions (id, token_hash, user_id, created_at, seen_at, address, user_agent)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			session.ID, hash, u.ID, db.Micros(now), db.Micros(now), plain(in.Address), plain(in.UserAgent)); err != nil {
			return fmt.Errorf("insert session: %w", err)
		}
		return s.audit.Append(ctx, tx, actor, audit.Entry{
			Action: audit.SessionSignedIn, TargetType: "user", TargetID: u.ID, TargetName: u.Email,
		})
	})
	return session, err
}

// lockUnchanged holds the user until the commit and gives errChanged when the
// password or the role is no longer what was read before.
func lockUnchanged(ctx context.Context, tx *db.Tx, u secretUser) error {
	var hash, role string
	_, err := db.One(ctx, tx, func(row db.Scanner) (struct{}, error) {
		return struct{}{}, row.Scan(&hash, &role)
	}, "SELECT password, role FROM users WHERE id = $1"+tx.ForUpdate(), u.ID)
	if errors.Is(err, db.ErrNoRows) || err == nil && (hash != u.hash || rbac.Role(role) != u.Role) {
		return errChanged
	}
	if err != nil {
		return fmt.Errorf("lock user: %w", err)
	}
	return nil
}

func endOldest(ctx context.Context, tx *db.Tx, userID string) error {
	surplus, err := db.Column[string](ctx, tx,
		"SELECT id FROM sessions WHERE user_id = $1 ORDER BY id DESC LIMIT 1000 OFFSET $2", userID, sessionsMost-1)
	if err != nil {
		return fmt.Errorf("read old sessions: %w", err)
	}
	for _, sessionID := range surplus {
		if _, err := endSessions(ctx, tx, "id = $1", sessionID); err != nil {
			return err
		}
	}
	return nil
}

// endSessions ends the sessions that a condition names, their confirmations
// with them, and tells every node.
func endSessions(ctx context.Context, tx *db.Tx, condition string, args ...any) (int, error) {
	ended, err := db.Column[string](ctx, tx, "DELETE FROM sessions WHERE "+condition+" RETURNING id", args...)
	if err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	for _, sessionID := range ended {
		tx.Notify(sessionChannel, sessionID)
	}
	return len(ended), nil
}
