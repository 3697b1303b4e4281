package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/id"
)

// row is a webhook as it is stored: with its sealed columns, and with what the
// last versions changed.
type row struct {
	Webhook

	secret   []byte // sealed; nil once deleted
	previous []byte // sealed, of the secret before the last rotation; nil if none
	headers  []byte // sealed JSON object; nil if none
	changes  []change
}

// change says what one version changed, for a caller whose version is older.
type change struct {
	Version int64     `json:"version"`
	At      time.Time `json:"at"`
	By      string    `json:"by"`
	Fields  []string  `json:"fields"`
}

const changesKept = 20

// prefix starts the public id of a webhook.
const prefix = "wh"

const columns = `num, id, organization_id, url, description, events, format, state, state_reason, state_at,
	secret, previous_secret, previous_until, headers, header_names, created_at, created_by, updated_at, version, changes, deleted_at,
	hold_before, first_failure_at, failures, last_success_at, warned,
	verdict_at, verdict_kind, verdict_ok, verdict_cause, verdict_message, verdict_detail`

func scanRow(s db.Scanner) (*row, error) {
	var r row
	var v Checked
	var events, names, changes string
	var stateAt, until, created, updated, deleted, firstFailure, lastSuccess, verdictAt, verdictOK int64
	if err := s.Scan(&r.Num, &r.ID, &r.OrganizationID, &r.URL, &r.Description, &events, &r.Format, &r.State, &r.StateReason, &stateAt,
		&r.secret, &r.previous, &until, &r.headers, &names, &created, &r.CreatedBy, &updated, &r.Version, &changes, &deleted,
		&r.HoldBefore, &firstFailure, &r.Health.Failures, &lastSuccess, &r.Health.Warned,
		&verdictAt, &v.Kind, &verdictOK, &v.Cause, &v.Message, &v.Detail); err != nil {
		return nil, fmt.Errorf("scan webhook: %w", err)
	}
	r.StateAt, r.PreviousUntil, r.Created, r.Updated, r.Deleted = db.Time(stateAt), db.Time(until), db.Time(created), db.Time(updated), db.Time(deleted)
	r.Health.FirstFailure, r.Health.LastSuccess = db.Time(firstFailure), db.Time(lastSuccess)
	if verdictAt != 0 {
		v.At, v.OK = db.Time(verdictAt), verdictOK != 0
		r.Health.Verdict = &v
	}
	err := errors.Join(json.Unmarshal([]byte(events), &r.Events), json.Unmarshal([]byte(names), &r.HeaderNames), json.Unmarshal([]byte(changes), &r.changes))
	if err != nil {
		return nil, fmt.Errorf("read webhook %s: %w", r.ID, err)
	}
	r.StateBy = r.stateBy()
	return &r, nil
}

// find reads a webhook of an organization that is not deleted.
func find(ctx context.Context, q db.Queryer, org, webhookID, lock string) (*row, error) {
	if !id.Is(prefix, webhookID) {
		return nil, errNotFound
	}
	r, err := db.One(ctx, q, scanRow, `SELECT `+columns+` FROM webhooks WHERE id = $1 AND organization_id = $2 AND deleted_at = 0`+lock, webhookID, org)
	if errors.Is(err, db.ErrNoRows) {
		return nil, errNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("find webhook: %w", err)
	}
	return r, nil
}

// insert stores a new webhook and gives its num.
func insert(ctx context.Context, tx *db.Tx, r *row) (int64, error) {
	events, names, changes, err := r.lists()
	if err != nil {
		return 0, err
	}
	v := r.verdict()
	num, err := db.Value[int64](ctx, tx, `INSERT INTO webhooks (id, organization_id, url, description, events, format, state, state_reason, state_at,
		secret, previous_secret, previous_until, headers, header_names, created_at, created_by, updated_at, version, changes, deleted_at,
		hold_before, first_failure_at, failures, last_success_at, warned,
		verdict_at, verdict_kind, verdict_ok, verdict_cause, verdict_message, verdict_detail)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, NULL, 0, $11, $12, $13, $14, $13, $15, $16, 0, 0, 0, 0, 0, 0, $17, $18, $19, $20, $21, $22)
		RETURNING num`,
		r.ID, r.OrganizationID, r.URL, r.Description, events, r.Format, string(r.State), r.StateReason, db.Micros(r.StateAt),
		r.secret, r.headers, names, db.Micros(r.Created), r.CreatedBy, r.Version, changes,
		db.Micros(v.At), string(v.Kind), flag(v.OK), v.Cause, v.Message, v.Detail)
	if err != nil {
		return 0, fmt.Errorf("insert webhook: %w", err)
	}
	return num, nil
}

// update stores every column that a person's change or a rule can touch. The
// caller holds the row's lock.
func update(ctx context.Context, tx *db.Tx, r *row) error {
	events, names, changes, err := r.lists()
	if err != nil {
		return err
	}
	v := r.verdict()
	_, err = tx.Exec(ctx, `UPDATE webhooks SET url = $1, description = $2, events = $3, format = $4, state = $5, state_reason = $6, state_at = $7,
		secret = $8, previous_secret = $9, previous_until = $10, headers = $11, header_names = $12, updated_at = $13, version = $14, changes = $15,
		deleted_at = $16, first_failure_at = $17, failures = $18, last_success_at = $19, warned = $20,
		verdict_at = $21, verdict_kind = $22, verdict_ok = $23, verdict_cause = $24, verdict_message = $25, verdict_detail = $26 WHERE num = $27`,
		r.URL, r.Description, events, r.Format, string(r.State), r.StateReason, db.Micros(r.StateAt),
		r.secret, r.previous, db.Micros(r.PreviousUntil), r.headers, names, db.Micros(r.Updated), r.Version, changes,
		db.Micros(r.Deleted), db.Micros(r.Health.FirstFailure), r.Health.Failures, db.Micros(r.Health.LastSuccess), int64(r.Health.Warned),
		db.Micros(v.At), string(v.Kind), flag(v.OK), v.Cause, v.Message, v.Detail, r.Num)
	if err != nil {
		return fmt.Errorf("update webhook: %w", err)
	}
	return nil
}

// touch makes the next version of a row.
func (r *row) touch(now time.Time, by string, fields ...string) {
	r.Version++
	r.Updated = now
	r.changes = append(slices.Clone(r.changes), change{Version: r.Version, At: now, By: by, Fields: fields})
	for len(r.changes) > changesKept {
		oldest := 0
		if r.switched(r.changes[0]) {
			oldest = 1 // it says who is to be asked
		}
		r.changes = slices.Delete(r.changes, oldest, oldest+1)
	}
	r.StateBy = r.stateBy()
}

// switched reports whether c is the change that brought the row into its state.
func (r *row) switched(c change) bool {
	return db.Micros(c.At) == db.Micros(r.StateAt) && (slices.Contains(c.Fields, "enabled") || slices.Contains(c.Fields, "created"))
}

// stateBy names who made that change, "" if it is not kept.
func (r *row) stateBy() string {
	for _, c := range slices.Backward(r.changes) {
		if r.switched(c) {
			return c.By
		}
	}
	return ""
}

// verdict gives the last check, or one with a zero time.
func (r *row) verdict() Checked {
	if r.Health.Verdict == nil {
		return Checked{}
	}
	return *r.Health.Verdict
}

func (r *row) lists() (events, names, changes string, err error) {
	for _, p := range []struct {
		to   *string
		from any
	}{{&events, nonNil(r.Events)}, {&names, nonNil(r.HeaderNames)}, {&changes, nonNil(r.changes)}} {
		b, err := json.Marshal(p.from)
		if err != nil {
			return "", "", "", fmt.Errorf("write webhook: %w", err)
		}
		*p.to = string(b)
	}
	return events, names, changes, nil
}

func nonNil[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// bumpSet marks the organization's set of webhooks as changed. It comes after
// the change of the webhook's own row, always in that order, so that two
// changes cannot wait for each other, and before whatever looks at deliveries:
// until tx ends no event adds any.
func bumpSet(ctx context.Context, tx *db.Tx, org string) error {
	if err := tx.Lock(ctx, setLock(org)); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO webhook_sets (organization_id, version) VALUES ($1, 1)
		ON CONFLICT (organization_id) DO UPDATE SET version = webhook_sets.version + 1`, org)
	if err != nil {
		return fmt.Errorf("mark the webhooks as changed: %w", err)
	}
	return nil
}
