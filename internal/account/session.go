package account

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/rbac"
)

const (
	sessionLife = 30 * 24 * time.Hour // from sign-in
	sessionIdle = 7 * 24 * time.Hour  // from the last request
	seenEvery   = time.Minute         // how exactly the last request is known
)

// Authenticate gives the actor of a session token. It asks the database at most
// every cacheLife, and when news of ended sessions may have been missed; a
// session that was ended, or a role that was changed, holds from the next call
// on this node, and within a second on others. The caller adds where the
// request comes from.
func (s *Service) Authenticate(ctx context.Context, token string) (rbac.Actor, error) {
	if !tokenShaped(token) {
		return rbac.Actor{}, errSession
	}
	now := s.now()
	key := [32]byte(hashToken(token))
	if s.db.Current() {
		if e := s.sessions.get(key, now); e != nil {
			s.touch(ctx, e, now)
			return e.actor, nil
		}
	}
	epoch := s.sessions.epochNow()
	e, err := s.readSession(ctx, s.db, "s.token_hash = $1", key[:])
	if errors.Is(err, db.ErrNoRows) || err == nil && !e.alive(now) {
		return rbac.Actor{}, errSession
	}
	if err != nil {
		return rbac.Actor{}, fmt.Errorf("authenticate: %w", err)
	}
	e.read = now
	s.sessions.put(key, e, epoch)
	s.touch(ctx, e, now)
	return e.actor, nil
}

func (s *Service) readSession(ctx context.Context, q db.Queryer, condition string, args ...any) (*sessionEntry, error) {
	return db.One(ctx, q, func(row db.Scanner) (*sessionEntry, error) {
		e := &sessionEntry{}
		var created, seen int64
		if err := row.Scan(&e.actor.SessionID, &e.actor.UserID, &e.actor.OrganizationID, &e.actor.Email, &e.actor.Role, &created, &seen); err != nil {
			return nil, fmt.Errorf("scan session: %w", err)
		}
		e.created = db.Time(created)
		e.seen.Store(seen)
		return e, nil
	}, `SELECT s.id, u.id, u.organization_id, u.email, u.role, s.created_at, s.seen_at
		FROM sessions s JOIN users u ON u.id = s.user_id WHERE `+condition, args...)
}

// touch notes that the session is in use, once in seenEvery. A failure does not
// turn the request away: the session is good, and the next minute tries again.
func (s *Service) touch(ctx context.Context, e *sessionEntry, now time.Time) {
	seen := e.seen.Load()
	if now.Sub(db.Time(seen)) < seenEvery || !e.seen.CompareAndSwap(seen, db.Micros(now)) {
		return
	}
	ctx = context.WithoutCancel(ctx) // the use is a fact, whether or not the client waits
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE sessions SET seen_at = $1 WHERE id = $2 AND seen_at < $3", db.Micros(now), e.actor.SessionID, db.Micros(now))
		return err
	})
	if err != nil {
		s.log.WarnContext(ctx, "session use not noted", slog.String("session", e.actor.SessionID), slog.Any("error", err))
	}
}

// SignOut ends the actor's session. One that is gone already is no error.
func (s *Service) SignOut(ctx context.Context, actor rbac.Actor) error {
	if actor.SessionID == "" {
		return errSession
	}
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := endSessions(ctx, tx, "id = $1 AND user_id = $2", actor.SessionID, actor.UserID)
		if err != nil || n == 0 {
			return err
		}
		return s.audit.Append(ctx, tx, actor, audit.Entry{
			Action: audit.SessionSignedOut, TargetType: "user", TargetID: actor.UserID, TargetName: actor.Email,
		})
	})
	if err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	return nil
}

// SignOutEverywhere ends every session of the actor, this one included, and
// gives their number.
func (s *Service) SignOutEverywhere(ctx context.Context, actor rbac.Actor) (ended int, err error) {
	if !actor.Person() {
		return 0, errSession
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if ended, err = endSessions(ctx, tx, "user_id = $1", actor.UserID); err != nil || ended == 0 {
			return err
		}
		return s.audit.Append(ctx, tx, actor, audit.Entry{
			Action: audit.SessionSignedOutAll, TargetType: "user", TargetID: actor.UserID, TargetName: actor.Email,
			Detail: map[string]any{"sessions": ended},
		})
	})
	if err != nil {
		return 0, fmt.Errorf("sign out everywhere: %w", err)
	}
	return ended, nil
}

// WatchSession gives a channel that is closed when the actor's session ends, or
// its role is no longer the one that actor has; a stream that was opened for
// the actor ends then. It may close without either (after news may have been
// missed): whoever watches authenticates again.
func (s *Service) WatchSession(ctx context.Context, actor rbac.Actor) (<-chan struct{}, error) {
	if actor.SessionID == "" {
		return nil, errSession
	}
	// Watch first, then look: what happened before the watch is seen by the
	// look, what happens after it closes the channel.
	ended := s.sessions.watch(actor.SessionID)
	e, err := s.readSession(ctx, s.db, "s.id = $1", actor.SessionID)
	if errors.Is(err, db.ErrNoRows) || err == nil && (!e.alive(s.now()) || e.actor.Role != actor.Role) {
		s.sessions.changed(actor.SessionID)
		return nil, errSession
	}
	if err != nil {
		return nil, fmt.Errorf("watch session: %w", err)
	}
	return ended, nil
}
