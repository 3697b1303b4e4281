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

// attempt is one try at a password, by sign-in or by confirmation: whose
// buckets it draws from, and how it is recorded.
type attempt struct {
	actor   rbac.Actor  // the organization is the user's, "" if there is no such user
	target  audit.Entry // whose password, for what
	failed  string      // audit actions
	limited string
	account string // keys of the limits
	address string
}

func signInAttempt(in SignIn, email string, u secretUser) attempt {
	target := audit.Entry{TargetType: "user", TargetID: u.ID, TargetName: email}
	if u.ID == "" {
		target = audit.Entry{TargetType: "email", TargetID: email}
	}
	return attempt{
		// Who did not prove to be the user is nobody, in the user's organization.
		actor:  rbac.Actor{OrganizationID: u.OrganizationID, Address: in.Address, UserAgent: plain(in.UserAgent), RequestID: in.RequestID},
		target: target, failed: audit.SessionSignInFailed, limited: audit.SessionSignInLimited,
		account: accountKey(email), address: addressKey(in.Address),
	}
}

func confirmAttempt(actor rbac.Actor, email, purpose string) attempt {
	return attempt{
		actor:  actor,
		target: audit.Entry{TargetType: "user", TargetID: actor.UserID, TargetName: email, Detail: map[string]any{"purpose": purpose}},
		failed: audit.SessionConfirmFailed, limited: audit.SessionConfirmLimited,
		account: accountKey(email), address: addressKey(actor.Address),
	}
}

// guard refuses an attempt whose account or address has no failure left, before
// any hash is computed for it.
func (s *Service) guard(ctx context.Context, a attempt) error {
	wait, err := s.wait(ctx, s.db, a, "")
	if err != nil {
		return err
	}
	if wait > 0 {
		return s.refuse(ctx, a, limited(wait))
	}
	return nil
}

// fail counts a failed attempt, records it, and gives what the caller is told:
// why, or that there were too many. Of many attempts at once only as many are
// judged as the limits allow; the others learn nothing from their answer.
func (s *Service) fail(ctx context.Context, a attempt, why error) error {
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		now := s.now()
		if err := takeFailure(ctx, tx, perAccount, a.account, now); err != nil {
			return err
		}
		if err := takeFailure(ctx, tx, perAddress, a.address, now); err != nil {
			return err
		}
		return s.audit.AppendDenied(ctx, tx, a.actor, a.entry(a.failed, audit.Failed))
	})
	if errors.Is(err, errLimited) {
		wait, werr := s.wait(ctx, s.db, a, "")
		if werr != nil {
			return werr
		}
		return s.refuse(ctx, a, limited(max(wait, time.Second)))
	}
	if err != nil {
		return fmt.Errorf("count failed attempt: %w", err)
	}
	return why
}

// succeed is called in the transaction that acts on a right password: it
// refuses one that came after the last allowed failure, and forgets the
// account's failures.
func (s *Service) succeed(ctx context.Context, tx *db.Tx, a attempt) error {
	wait, err := s.wait(ctx, tx, a, tx.ForUpdate())
	if err != nil {
		return err
	}
	if wait > 0 {
		return limited(wait)
	}
	return forgetFailures(ctx, tx, a.account)
}

// refuse records an attempt beyond the limits and gives why.
func (s *Service) refuse(ctx context.Context, a attempt, why error) error {
	if err := s.audit.Denied(ctx, a.actor, a.entry(a.limited, audit.Denied)); err != nil {
		return fmt.Errorf("record refused attempt: %w", err)
	}
	return why
}

// entry tells the audit log of the attempt; repeated ones are put together
// there.
func (a attempt) entry(action, result string) audit.Entry {
	e := a.target
	e.Action, e.Result = action, result
	return e
}

// wait says how long the account or the address has to wait, whichever longer.
func (s *Service) wait(ctx context.Context, q db.Queryer, a attempt, lock string) (time.Duration, error) {
	var longest time.Duration
	now := s.now()
	err := db.Each(ctx, q, func(row db.Scanner) error {
		var key string
		var recovers int64
		if err := row.Scan(&key, &recovers); err != nil {
			return fmt.Errorf("scan limit: %w", err)
		}
		l := perAccount
		if key == a.address {
			l = perAddress
		}
		longest = max(longest, l.wait(db.Time(recovers), now))
		return nil
	}, "SELECT key, recovers_at FROM sign_in_limits WHERE key IN ($1, $2) ORDER BY key"+lock, a.account, a.address)
	if err != nil {
		return 0, fmt.Errorf("read sign-in limits: %w", err)
	}
	return longest, nil
}

// takeFailure takes one failure from a bucket, or gives errLimited when none is
// left. The row is judged and changed in one statement, so no two attempts
// share the last one.
func takeFailure(ctx context.Context, tx *db.Tx, l limit, key string, now time.Time) error {
	interval := l.interval()
	taken, err := tx.Exec(ctx, `INSERT INTO sign_in_limits (key, recovers_at) VALUES ($1, $2)
		ON CONFLICT (key) DO UPDATE SET recovers_at =
			CASE WHEN sign_in_limits.recovers_at > $3 THEN sign_in_limits.recovers_at + $4 ELSE excluded.recovers_at END
		WHERE sign_in_limits.recovers_at <= $5`,
		key, db.Micros(now.Add(interval)), db.Micros(now), interval.Microseconds(), db.Micros(now.Add(l.per-interval)))
	if err != nil {
		return fmt.Errorf("count failure: %w", err)
	}
	if taken == 0 {
		return errLimited
	}
	return nil
}

func forgetFailures(ctx context.Context, tx *db.Tx, key string) error {
	if _, err := tx.Exec(ctx, "DELETE FROM sign_in_limits WHERE key = $1", key); err != nil {
		return fmt.Errorf("forget failures: %w", err)
	}
	return nil
}
