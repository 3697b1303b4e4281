package integration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/db"
	"patchboard/internal/health"
)

// row is a connection with what nobody outside is shown.
type row struct {
	Connection

	clientID string // of the application that the grant was given to
	token    []byte // sealed; empty: none
	expires  time.Time
	num      int64 // of the token
	refused  int64 // refreshes in a row that the provider refused

	syncFailures int64
	syncOwner    string // of the run that goes on, or that was cut off
	syncUntil    time.Time
	cursor       json.RawMessage
	raises       bool // a load of everything raises events

	called   time.Time       // when a check last asked the provider
	spent    connector.Spent // calls that count
	using    spending        // what the work at hand has used, and is not stored yet
	reminded int64           // days before the end of the access at which somebody was told of it; 0: not yet
}

const columns = `organization_id, slug, state, state_at, state_by, state_reason, version, settings, sync_every,
	account_id, account_name, granted, connected_at, connected_by, client_id, token, token_expires, token_num, refresh_refused,
	health_status, health_since, health_class, health_code, health_detail, health_link, last_ok, failures, failing_since, alerted, dead,
	checked_at, check_due, sync_due, sync_owner, sync_until, sync_failures, last_sync, cursor, load_raises, called_at, reminded, usage`

func scan(s db.Scanner) (*row, error) {
	r := &row{}
	var stateAt, every, connectedAt, expires, since, lastOK, failures, failing, checked, checkDue, syncDue, syncUntil, lastSync, dead, raises, called int64
	var settings, granted, cursor, usage string
	h := &r.Health
	if err := s.Scan(&r.OrganizationID, &r.Slug, &r.State, &stateAt, &r.StateBy, &r.StateReason, &r.Version, &settings, &every,
		&r.Account.ID, &r.Account.Name, &granted, &connectedAt, &r.ConnectedBy, &r.clientID, &r.token, &expires, &r.num, &r.refused,
		&h.Status, &since, &h.Class, &r.Code, &r.Detail, &r.Link, &lastOK, &failures, &failing, &h.Alerted, &dead,
		&checked, &checkDue, &syncDue, &r.syncOwner, &syncUntil, &r.syncFailures, &lastSync, &cursor, &raises, &called, &r.reminded, &usage); err != nil {
		return nil, fmt.Errorf("scan connection: %w", err)
	}
	if err := json.Unmarshal([]byte(granted), &r.Granted); err != nil {
		return nil, fmt.Errorf("scopes of a connection: %w", err)
	}
	if err := r.readUsage(usage); err != nil {
		return nil, err
	}
	r.raises, r.called = raises == 1, timeOf(called)
	r.Settings, r.cursor = json.RawMessage(settings), json.RawMessage(cursor)
	r.Every = time.Duration(every) * time.Microsecond
	r.StateAt, r.ConnectedAt, r.expires = db.Time(stateAt), timeOf(connectedAt), timeOf(expires)
	h.Since, h.LastOK, h.Failing, h.Failures, h.Dead = timeOf(since), timeOf(lastOK), timeOf(failing), int(failures), dead == 1
	r.Checked, r.CheckDue, r.SyncDue, r.syncUntil, r.LastSync = timeOf(checked), timeOf(checkDue), timeOf(syncDue), timeOf(syncUntil), timeOf(lastSync)
	return r, nil
}

// timeOf and microsOf keep 0 for the zero time.
func timeOf(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return db.Time(us)
}

func microsOf(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return db.Micros(t)
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// key names a connection.
type key struct{ org, slug string }

func (r *row) key() key { return key{r.OrganizationID, r.Slug} }

// find reads a connection; suffix is one of Tx's locks, or empty. db.ErrNoRows: the
// provider was never connected.
func find(ctx context.Context, q db.Queryer, k key, suffix string) (*row, error) {
	return db.One(ctx, q, scan, "SELECT "+columns+" FROM connections WHERE organization_id = $1 AND slug = $2"+suffix, k.org, k.slug)
}

// lock reads a connection within a change of it; one that was never there is made
// as it would stand in the catalog.
func (s *Service) lock(ctx context.Context, tx *db.Tx, k key) (*row, error) {
	r, err := find(ctx, tx, k, tx.ForUpdate())
	if !errors.Is(err, db.ErrNoRows) {
		return r, err
	}
	settings, err := s.usual(k.slug)
	if err != nil {
		return nil, err
	}
	now := db.Micros(s.clock())
	_, err = tx.Exec(ctx, `INSERT INTO connections (`+columns+`, refresh_owner, refresh_until)
		VALUES ($1, $2, $3, $4, '', '', 1, $5, $6, '', '', '[]', 0, '', '', $7, 0, 0, 0, '', 0, '', '', '', '', 0, 0, 0, '', 0, 0, 0, 0, '', 0, 0, 0, '', 0, 0, 0, '', '', 0)
		ON CONFLICT (organization_id, slug) DO NOTHING`,
		k.org, k.slug, string(Available), now, string(settings), s.everyOf(k.slug).Microseconds(), []byte{})
	if err != nil {
		return nil, fmt.Errorf("make the connection's row: %w", err)
	}
	return find(ctx, tx, k, tx.ForUpdate())
}

// saveState writes what people change, and what a grant brings.
func (r *row) saveState(ctx context.Context, tx *db.Tx) error {
	granted, err := json.Marshal(r.Granted)
	if err != nil {
		return fmt.Errorf("write the scopes: %w", err)
	}
	if r.Granted == nil {
		granted = []byte("[]")
	}
	usage, err := r.usageText()
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE connections SET state = $3, state_at = $4, state_by = $5, state_reason = $6, version = $7, settings = $8, sync_every = $9,
			account_id = $10, account_name = $11, granted = $12, connected_at = $13, connected_by = $14, client_id = $15,
			check_due = $16, sync_due = $17, sync_owner = $18, sync_until = $19, sync_failures = $20, last_sync = $21, cursor = $22, load_raises = $23, usage = $24
		WHERE organization_id = $1 AND slug = $2`,
		r.OrganizationID, r.Slug, string(r.State), db.Micros(r.StateAt), r.StateBy, r.StateReason, r.Version, string(r.Settings), r.Every.Microseconds(),
		r.Account.ID, r.Account.Name, string(granted), microsOf(r.ConnectedAt), r.ConnectedBy, r.clientID,
		microsOf(r.CheckDue), microsOf(r.SyncDue), r.syncOwner, microsOf(r.syncUntil), r.syncFailures, microsOf(r.LastSync), string(r.cursor), bit(r.raises), usage)
	if err != nil {
		return fmt.Errorf("save the connection: %w", err)
	}
	return nil
}

// saveToken writes the grant, and with it the end of any refresh.
func (r *row) saveToken(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, `UPDATE connections SET token = $3, token_expires = $4, token_num = $5, refresh_refused = $6, refresh_owner = '', refresh_until = 0
		WHERE organization_id = $1 AND slug = $2`, r.OrganizationID, r.Slug, r.token, microsOf(r.expires), r.num, r.refused)
	if err != nil {
		return fmt.Errorf("save the grant: %w", err)
	}
	return nil
}

// saveHealth writes what a check found.
func (r *row) saveHealth(ctx context.Context, tx *db.Tx) error {
	h := r.Health
	usage, err := r.usageText()
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE connections SET health_status = $3, health_since = $4, health_class = $5, health_code = $6, health_detail = $7, health_link = $8,
			last_ok = $9, failures = $10, failing_since = $11, alerted = $12, dead = $13, checked_at = $14, check_due = $15, sync_due = $16, called_at = $17, reminded = $18, usage = $19
		WHERE organization_id = $1 AND slug = $2`,
		r.OrganizationID, r.Slug, string(h.Status), microsOf(h.Since), string(h.Class), r.Code, r.Detail, r.Link,
		microsOf(h.LastOK), int64(h.Failures), microsOf(h.Failing), string(h.Alerted), bit(h.Dead), microsOf(r.Checked), microsOf(r.CheckDue), microsOf(r.SyncDue), microsOf(r.called), r.reminded, usage)
	if err != nil {
		return fmt.Errorf("save the connection's health: %w", err)
	}
	return nil
}

// forget clears what belongs to a grant. Settings stay, and records.
func (r *row) forget() {
	r.token, r.expires, r.refused, r.clientID = []byte{}, time.Time{}, 0, ""
	r.num++
	r.Granted, r.Health, r.Code, r.Detail, r.Link, r.Checked = nil, health.State{}, "", "", "", time.Time{}
	r.CheckDue, r.SyncDue, r.called, r.reminded = time.Time{}, time.Time{}, time.Time{}, 0
	r.syncOwner, r.syncUntil, r.syncFailures = "", time.Time{}, 0
}

// begin has everything read anew, as of another account.
func (r *row) begin(a connector.Account) {
	if a.ID != r.Account.ID {
		r.Usage, r.spent = Usage{}, nil // the quota is another's
	}
	r.Account, r.cursor, r.LastSync, r.raises = a, nil, time.Time{}, false
}
