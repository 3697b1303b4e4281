package account

import (
	"context"
	"fmt"
	"time"

	"patchboard/internal/db"
)

// Purge removes what has run out: sessions, confirmations, set-up tokens and
// limits. It gives the number of rows.
func (s *Service) Purge(ctx context.Context, now time.Time) (int64, error) {
	removed, err := s.purgeSessions(ctx, now)
	if err != nil {
		return removed, err
	}
	for _, q := range []string{
		"DELETE FROM confirmations WHERE expires_at <= $1",
		"DELETE FROM setup_tokens WHERE expires_at <= $1",
		"DELETE FROM sign_in_limits WHERE recovers_at <= $1",
	} {
		var n int64
		err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
			n, err = tx.Exec(ctx, q, db.Micros(now))
			return err
		})
		if err != nil {
			return removed, fmt.Errorf("purge accounts: %w", err)
		}
		removed += n
	}
	return removed, nil
}

// purgeSessions works in small transactions, so that other writers get between.
func (s *Service) purgeSessions(ctx context.Context, now time.Time) (removed int64, err error) {
	const batch = 500
	for {
		var n int
		err := s.db.Write(ctx, func(tx *db.Tx) error {
			n, err = endSessions(ctx, tx, `id IN (SELECT id FROM sessions WHERE created_at <= $1 OR seen_at <= $2 LIMIT $3)`,
				db.Micros(now.Add(-sessionLife)), db.Micros(now.Add(-sessionIdle)), batch)
			return err
		})
		if err != nil {
			return removed, fmt.Errorf("purge sessions: %w", err)
		}
		if removed += int64(n); n < batch {
			return removed, nil
		}
	}
}
