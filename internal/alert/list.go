package alert

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
)

// UnreadMost is the largest number of unread alerts that is counted.
const UnreadMost = 100

const (
	pageUsual = 50
	pageMost  = 200
	readMost  = 200 // alerts that one call marks by their ids
)

// Page is a part of the list: what is open first, newest first, then what is
// over, the last to end first.
type Page struct {
	Items  []Alert
	Next   string // the position of the next page, "" on the last
	Unread int    // of all the alerts, at most UnreadMost
}

var (
	errPosition = fault.New(fault.Invalid, "cursor-invalid", "This is not a cursor of this list.",
		"Use the `next` value of the page before, or none for the first page.").At("query.cursor", "is not a cursor of this list")
	errAlert = fault.New(fault.NotFound, "alert-not-found", "There is no such alert.", "It may be gone since; list the alerts again.")
	errRead  = fault.New(fault.Invalid, "alert-read-invalid", "It is not said which alerts were read.",
		"Give either until, a time, or ids, at most 200 of them.").At("body", "needs either until or ids")
)

// List gives a page of the alerts of the actor's organization.
func (s *Service) List(ctx context.Context, actor rbac.Actor, position string, limit int) (Page, error) {
	if limit <= 0 {
		limit = pageUsual
	}
	limit = min(limit, pageMost)
	at, err := parsePosition(position)
	if err != nil {
		return Page{}, err
	}
	var rows []*row
	if !at.closed {
		if rows, err = s.rows(ctx, actor.OrganizationID, at, limit+1); err != nil {
			return Page{}, err
		}
		at = place{closed: true}
	}
	if len(rows) <= limit {
		over, err := s.rows(ctx, actor.OrganizationID, at, limit+1-len(rows))
		if err != nil {
			return Page{}, err
		}
		rows = append(rows, over...)
	}
	var p Page
	if len(rows) > limit {
		rows = rows[:limit]
		p.Next = placeOf(rows[limit-1]).String()
	}
	if err := s.complete(ctx, actor, rows); err != nil {
		return Page{}, err
	}
	p.Items = make([]Alert, len(rows))
	for i, r := range rows {
		p.Items[i] = r.Alert
	}
	p.Unread, err = s.unread(ctx, actor)
	return p, err
}

// place is a position in the list: after this row.
type place struct {
	closed bool
	at     int64 // opened or closed, in microseconds; 0: at the beginning
	id     string
}

func placeOf(r *row) place {
	if r.Closed.IsZero() {
		return place{false, db.Micros(r.Opened), r.ID}
	}
	return place{true, db.Micros(r.Closed), r.ID}
}

func (p place) String() string {
	part := "o"
	if p.closed {
		part = "c"
	}
	return part + "." + strconv.FormatInt(p.at, 10) + "." + p.id
}

func parsePosition(s string) (place, error) {
	if s == "" {
		return place{}, nil
	}
	parts := strings.Split(s, ".")
	if len(parts) != 3 || parts[0] != "o" && parts[0] != "c" || !id.Is(prefix, parts[2]) {
		return place{}, errPosition
	}
	at, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return place{}, errPosition
	}
	return place{parts[0] == "c", at, parts[2]}, nil
}

func (s *Service) rows(ctx context.Context, org string, from place, limit int) ([]*row, error) {
	where, column := `closed_at = 0`, `opened_at`
	if from.closed {
		where, column = `closed_at > 0`, `closed_at`
	}
	args := []any{org, limit}
	if from.at != 0 {
		where += ` AND (` + column + `, id) < ($3, $4)`
		args = append(args, from.at, from.id)
	}
	rows, err := db.All(ctx, s.db, scanRow, `SELECT `+rowColumns+` FROM alerts WHERE organization_id = $1 AND `+where+` ORDER BY `+column+` DESC, id DESC LIMIT $2`, args...)
	if err != nil {
		return nil, fmt.Errorf("list alerts: %w", err)
	}
	return rows, nil
}

// complete adds to alerts whether the actor has read them, and who was told.
func (s *Service) complete(ctx context.Context, actor rbac.Actor, rows []*row) error {
	if len(rows) == 0 {
		return nil
	}
	ids := make([]any, len(rows), len(rows)+1)
	by := map[string]*row{}
	for i, r := range rows {
		ids[i], by[r.ID] = r.ID, r
	}
	until, err := readUntil(ctx, s.db, actor.UserID)
	if err != nil {
		return err
	}
	read, err := db.Column[string](ctx, s.db, `SELECT alert_id FROM alert_reads WHERE `+db.In("alert_id", len(ids), 1)+` AND user_id = $`+strconv.Itoa(len(ids)+1), append(ids, actor.UserID)...)
	if err != nil {
		return fmt.Errorf("read which alerts were read: %w", err)
	}
	for _, r := range rows {
		r.Read = !r.Opened.After(until) || slices.Contains(read, r.ID)
	}
	return db.Each(ctx, s.db, func(sc db.Scanner) error {
		m, err := scanSend(sc)
		if err != nil {
			return err
		}
		by[m.alertID].Told = append(by[m.alertID].Told, m.told(actor))
		return nil
	}, `SELECT `+sendColumns+` FROM alert_sends WHERE `+db.In("alert_id", len(ids), 1)+` ORDER BY num`, ids[:len(rows)]...)
}

// told is a message as the actor may see it: addresses of others, and what a
// server said, are for system administrators.
func (m send) told(actor rbac.Actor) Told {
	t := Told{Phase: m.phase, Channel: m.channel, State: m.state, Attempts: m.attempts, At: db.Time(m.ended)}
	if actor.Can(rbac.AlertRoute) {
		t.To, t.Error = m.recipient, m.lastError
	} else if m.userID == actor.UserID && m.userID != "" {
		t.To = m.recipient
	}
	return t
}

// readUntil gives the time up to which a person has read everything. Who has
// read nothing yet need not read what was before them.
func readUntil(ctx context.Context, q db.Queryer, user string) (time.Time, error) {
	at, err := db.Value[int64](ctx, q, `SELECT CASE WHEN r.read_until > u.created_at THEN r.read_until ELSE u.created_at END
		FROM users u LEFT JOIN alert_readers r ON r.user_id = u.id WHERE u.id = $1`, user)
	if errors.Is(err, db.ErrNoRows) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read how far alerts were read: %w", err)
	}
	return db.Time(at), nil
}

func (s *Service) unread(ctx context.Context, actor rbac.Actor) (int, error) {
	until, err := readUntil(ctx, s.db, actor.UserID)
	if err != nil {
		return 0, err
	}
	n, err := db.Value[int64](ctx, s.db, `SELECT COUNT(*) FROM (SELECT 1 FROM alerts a WHERE a.organization_id = $1 AND a.opened_at > $2
		AND NOT EXISTS (SELECT 1 FROM alert_reads r WHERE r.user_id = $3 AND r.alert_id = a.id) LIMIT $4) AS few`,
		actor.OrganizationID, db.Micros(until), actor.UserID, UnreadMost)
	if err != nil {
		return 0, fmt.Errorf("count unread alerts: %w", err)
	}
	return int(n), nil
}

// Read marks alerts as read by the actor: everything opened up to a time, or
// some by their ids. It gives how many are left unread.
func (s *Service) Read(ctx context.Context, actor rbac.Actor, until time.Time, ids []string) (int, error) {
	if until.IsZero() == (len(ids) == 0) || len(ids) > readMost {
		return 0, errRead
	}
	if now := s.now(); until.After(now) {
		until = now // what comes later has been read by nobody
	}
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		s.Publish(tx, actor.OrganizationID, Topic)
		if !until.IsZero() {
			return readAll(ctx, tx, actor, until)
		}
		for _, one := range ids {
			if err := readOne(ctx, tx, actor, one); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("mark alerts as read: %w", err)
	}
	return s.unread(ctx, actor)
}

// lateMost is how long an alert's transaction may take to commit after its time.
const lateMost = time.Minute

// readAll marks by time what no transaction can add to any more, and the rest by
// its ids: an alert that commits late is not read because a later one was.
func readAll(ctx context.Context, tx *db.Tx, actor rbac.Actor, until time.Time) error {
	settled := until.Add(-lateMost)
	_, err := tx.Exec(ctx, `INSERT INTO alert_reads (user_id, alert_id) SELECT $1, id FROM alerts WHERE organization_id = $2 AND opened_at > $3 AND opened_at <= $4
		ON CONFLICT (user_id, alert_id) DO NOTHING`, actor.UserID, actor.OrganizationID, db.Micros(settled), db.Micros(until))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO alert_readers (user_id, organization_id, read_until) VALUES ($1, $2, $3)
		ON CONFLICT (user_id) DO UPDATE SET read_until = excluded.read_until WHERE alert_readers.read_until < excluded.read_until`,
		actor.UserID, actor.OrganizationID, db.Micros(settled))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `DELETE FROM alert_reads WHERE user_id = $1 AND alert_id IN (SELECT id FROM alerts WHERE organization_id = $2 AND opened_at <= $3)`,
		actor.UserID, actor.OrganizationID, db.Micros(settled))
	return err
}

func readOne(ctx context.Context, tx *db.Tx, actor rbac.Actor, alertID string) error {
	if !id.Is(prefix, alertID) {
		return errAlert
	}
	there, err := db.Column[string](ctx, tx, `SELECT id FROM alerts WHERE id = $1 AND organization_id = $2`, alertID, actor.OrganizationID)
	if err != nil {
		return err
	}
	if len(there) == 0 {
		return errAlert
	}
	_, err = tx.Exec(ctx, `INSERT INTO alert_reads (user_id, alert_id) VALUES ($1, $2) ON CONFLICT (user_id, alert_id) DO NOTHING`, actor.UserID, alertID)
	return err
}

// Retain removes alerts that ended before the time, with what was sent of them,
// and the notes of tests; at most limit of each. It gives their number; the
// caller goes on while that is not 0.
func (s *Service) Retain(ctx context.Context, before time.Time, limit int) (int64, error) {
	var removed int64
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		removed = 0
		old, err := db.Column[string](ctx, tx, `SELECT id FROM alerts a WHERE closed_at > 0 AND closed_at < $1
			AND NOT EXISTS (SELECT 1 FROM alert_sends s WHERE s.alert_id = a.id AND s.state = 'pending') ORDER BY closed_at LIMIT $2`, db.Micros(before), limit)
		if err != nil {
			return err
		}
		for _, one := range old {
			for _, q := range []string{`DELETE FROM alert_sends WHERE alert_id = $1`, `DELETE FROM alert_reads WHERE alert_id = $1`, `DELETE FROM alerts WHERE id = $1`} {
				if _, err := tx.Exec(ctx, q, one); err != nil {
					return err
				}
			}
		}
		tests, err := tx.Exec(ctx, `DELETE FROM alert_sends WHERE num IN (SELECT num FROM alert_sends WHERE alert_id = '' AND ended_at < $1 ORDER BY num LIMIT $2)`, db.Micros(before), limit)
		removed = int64(len(old)) + tests
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("remove old alerts: %w", err)
	}
	return removed, nil
}
