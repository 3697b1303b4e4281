package event

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/fault"
)

const (
	findClaimSQL = "SELECT body_hash, public_id, warnings FROM idempotency WHERE organization_id = $1 AND key = $2 AND created_at > $3"
	purgeKeysSQL = `DELETE FROM idempotency WHERE (organization_id, key) IN
(SELECT organization_id, key FROM idempotency WHERE created_at <= $1 ORDER BY created_at LIMIT $2)`
)

// outcome is what an idempotency key makes of an event.
type outcome int

const (
	isFirst   outcome = iota // the first use of its key, or it has none
	repeats                  // says the same as the first use, which it answers
	conflicts                // says something else
)

// claim is one use of an idempotency key.
type claim struct {
	key      string // "" for none
	hash     []byte // meaning
	warnings []Warning
	outcome  outcome
	first    *firstUse // set unless isFirst
}

// firstUse is the use of a key that later uses are answered from.
type firstUse struct {
	hash     []byte
	publicID string
	warnings []Warning
}

func (f *firstUse) equal(c *claim) bool { return bytes.Equal(f.hash, c.hash) }

func (f *firstUse) replay() Result {
	return Result{ID: f.publicID, Status: StatusReplayed, Warnings: f.warnings}
}

func (it *item) asFirst() *firstUse {
	return &firstUse{it.hash, it.event.PublicID, it.warnings}
}

func (c *claim) decide(first *firstUse) {
	c.first, c.outcome = first, conflicts
	if first.equal(c) {
		c.outcome = repeats
	}
}

func conflictFault(it *item) *fault.Error {
	return fault.New(fault.Conflict, "idempotency-conflict",
		fmt.Sprintf("The key %q was used within the last %d hours for another event.", shorten(it.key, 80), int(replayWindow.Hours())),
		"Use a new id or Idempotency-Key for every event, and the same body when the same event is sent again.").
		With("eventId", it.first.publicID)
}

// claimWidths are the numbers of keys that one statement claims. A wide one
// saves round trips to Postgres; SQLite slows down with numbered arguments.
var claimWidths = []int{16, 4, 1}

// claimAll takes the keys for their items, in the order given, and replaces uses
// that are too old to count. For a key that is taken it gives the first use.
// The rows stay locked until the commit: of two concurrent uses one waits.
func claimAll(ctx context.Context, tx *db.Tx, heads []*item, now time.Time) ([]*firstUse, error) {
	won := make(map[string]bool, len(heads))
	for rest := heads; len(rest) > 0; {
		n := widest(claimWidths, len(rest))
		ids, err := claimSome(ctx, tx, rest[:n], now)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			won[id] = true
		}
		rest = rest[n:]
	}
	firsts := make([]*firstUse, len(heads))
	for i, it := range heads {
		if won[it.event.PublicID] {
			continue
		}
		first, err := findClaim(ctx, tx, it.event.OrganizationID, it.key, time.Time{})
		if err != nil {
			return nil, err
		}
		firsts[i] = first
	}
	return firsts, nil
}

// claimSome gives the public ids of the events that got their key.
func claimSome(ctx context.Context, tx *db.Tx, items []*item, now time.Time) ([]string, error) {
	args := make([]any, 0, 6*len(items)+1)
	args = append(args, db.Micros(now.Add(-replayWindow)))
	for _, it := range items {
		warnings := ""
		if len(it.warnings) > 0 {
			b, err := json.Marshal(it.warnings)
			if err != nil {
				return nil, fmt.Errorf("encode warnings: %w", err)
			}
			warnings = string(b)
		}
		args = append(args, it.event.OrganizationID, it.key, it.hash, it.event.PublicID, warnings, db.Micros(now))
	}
	ids, err := db.Column[string](ctx, tx, claimSQL(len(items)), args...)
	if err != nil {
		return nil, fmt.Errorf("claim idempotency keys: %w", err)
	}
	return ids, nil
}

func claimSQL(n int) string {
	var b strings.Builder
	b.WriteString("INSERT INTO idempotency (organization_id, key, body_hash, public_id, warnings, created_at) VALUES ")
	arg := 1
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		for c := range 6 {
			arg++
			b.WriteString(string("(,,,,,"[c]) + "$" + strconv.Itoa(arg))
		}
		b.WriteString(")")
	}
	b.WriteString(` ON CONFLICT (organization_id, key) DO UPDATE
SET body_hash = excluded.body_hash, public_id = excluded.public_id, warnings = excluded.warnings, created_at = excluded.created_at
WHERE idempotency.created_at <= $1
RETURNING public_id`)
	return b.String()
}

// findClaim reads the first use of a key; one that is too old at now does not
// count (the zero time: whatever its age). None is db.ErrNoRows.
func findClaim(ctx context.Context, q db.Queryer, org, key string, now time.Time) (*firstUse, error) {
	oldest := int64(-1)
	if !now.IsZero() {
		oldest = db.Micros(now.Add(-replayWindow))
	}
	return db.One(ctx, q, func(s db.Scanner) (*firstUse, error) {
		var f firstUse
		var warnings string
		if err := s.Scan(&f.hash, &f.publicID, &warnings); err != nil {
			return nil, fmt.Errorf("scan idempotency key: %w", err)
		}
		if warnings != "" {
			if err := json.Unmarshal([]byte(warnings), &f.warnings); err != nil {
				return nil, fmt.Errorf("decode warnings: %w", err)
			}
		}
		return &f, nil
	}, findClaimSQL, org, key, oldest)
}

// PurgeKeys forgets up to limit idempotency keys that no longer count, and
// gives their number.
func (s *Service) PurgeKeys(ctx context.Context, limit int) (int64, error) {
	var n int64
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		var err error
		n, err = tx.Exec(ctx, purgeKeysSQL, db.Micros(s.clock().Add(-replayWindow)), limit)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("purge idempotency keys: %w", err)
	}
	return n, nil
}
