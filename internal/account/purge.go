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
	removed, err := s.inBatches(ctx, func(tx *db.Tx) (int64, error) {
		n, err := endSessions(ctx, tx, `id IN (SELECT id FROM sessions WHERE created_at <= $1 OR seen_at <= $2 LIMIT $3)`,
			db.Micros(now.Add(-sessionLife)), db.Micros(now.Add(-sessionIdle)), purgeBatch)
		return int64(n), err
	})
	for _, q := range []string{
		"DELETE FROM confirmations WHERE token_hash IN (SELECT token_hash FROM confirmations WHERE expires_at <= $1 LIMIT $2)",
		"DELETE FROM setup_tokens WHERE token_hash IN (SELECT token_hash FROM setup_tokens WHERE expires_at <= $1 LIMIT $2)",
		"DELETE FROM sign_in_limits WHERE key IN (SELECT key FROM sign_in_limits WHERE recovers_at <= $1 LIMIT $2)",
	} {
		if err != nil {
			break
		}
		var n int64
		n, err = s.inBatches(ctx, func(tx *db.Tx) (int64, error) { return tx.Exec(ctx, q, db.Micros(now), purgeBatch) })
		removed += n
	}
	if err != nil {
		return removed, fmt.Errorf("purge accounts: %w", err)
	}
	return removed, nil
}

const purgeBatch = 500 // rows

// inBatches removes in small transactions, so that other writers get between: a
// flood of sign-ins under made-up names leaves very many limits.
func (s *Service) inBatches(ctx context.Context, remove func(tx *db.Tx) (int64, error)) (removed int64, err error) {
	for n := int64(purgeBatch); n >= purgeBatch; removed += n {
		err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
			n, err = remove(tx)
			return err
		})
		if err != nil {
			return removed, err
		}
	}
	return removed, nil
}
