package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strings"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/rbac"
)

// A denial that repeats is one entry, not one a time: the first is appended at
// once and opens a window; equal ones are counted in audit_denials, and appended
// as one entry (count, first, last) when the window ends. While they go on, the
// next window is longer. After an hour without one the window is forgotten.
const (
	windowFirst  = time.Minute
	windowLast   = time.Hour
	windowGrowth = 4
	quiet        = time.Hour

	// openMost bounds the windows of one organization and action that are known. Someone
	// who sends another name or address each time fills them; what is beyond is
	// counted together, without saying whom and what it was about.
	openMost = 200
)

// Denied records that something was refused (or failed, by e.Result), in a
// transaction of its own, for use where the refused change has none.
func (l *Log) Denied(ctx context.Context, actor rbac.Actor, e Entry) error {
	return l.db.Write(ctx, func(tx *db.Tx) error { return l.AppendDenied(ctx, tx, actor, e) })
}

// AppendDenied is Denied inside a transaction of the caller. A repeat within
// the window costs one update and does not lock the log.
func (l *Log) AppendDenied(ctx context.Context, tx *db.Tx, actor rbac.Actor, e Entry) error {
	if e.Result == "" {
		e.Result = Denied
	}
	r, err := newRecord(actor, e, l.clock())
	if err != nil {
		return err
	}
	key := denialKey(r)
	if counted, err := l.count(ctx, tx, key, r); counted || err != nil {
		return err
	}
	known, err := l.closeWindow(ctx, tx, r, key)
	if known || err != nil {
		return err
	}
	open, err := db.Value[int64](ctx, tx, `SELECT COUNT(*) FROM audit_denials WHERE organization_id = $1 AND action = $2`, r.Organization, r.Action)
	if err != nil {
		return fmt.Errorf("count open denials: %w", err)
	}
	if open >= openMost {
		if r, err = overflow(r); err != nil {
			return err
		}
		key = denialKey(r)
		if counted, err := l.count(ctx, tx, key, r); counted || err != nil {
			return err
		}
		if known, err := l.closeWindow(ctx, tx, r, key); known || err != nil {
			return err
		}
	}
	return l.openWindow(ctx, tx, r, key)
}

// count adds a repeat to the open window of a denial, if it has one.
func (l *Log) count(ctx context.Context, tx *db.Tx, key string, r *Record) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE audit_denials SET repeats = repeats + 1, last_at = $3, first_at = CASE WHEN repeats = 0 THEN $3 ELSE first_at END
		WHERE organization_id = $1 AND denial = $2 AND ends_at > $3`, r.Organization, key, db.Micros(r.At))
	if err != nil {
		return false, fmt.Errorf("count a denial: %w", err)
	}
	return n > 0, nil
}

// openWindow appends the first denial of its kind and opens its window. If
// another transaction did that just now, this one is a repeat.
func (l *Log) openWindow(ctx context.Context, tx *db.Tx, r *Record, key string) error {
	template, err := encodeJSON(lineOf(r))
	if err != nil {
		return fmt.Errorf("open a denial's window: %w", err)
	}
	n, err := tx.Exec(ctx, `INSERT INTO audit_denials (organization_id, denial, action, template, repeats, first_at, last_at, window_us, ends_at)
		VALUES ($1, $2, $3, $4, 0, $5, $5, $6, $7) ON CONFLICT (organization_id, denial) DO NOTHING`,
		r.Organization, key, r.Action, string(template), db.Micros(r.At), windowFirst.Microseconds(), db.Micros(r.At.Add(windowFirst)))
	if err != nil {
		return fmt.Errorf("open a denial's window: %w", err)
	}
	if n == 0 {
		_, err := l.count(ctx, tx, key, r)
		return err
	}
	return l.append(ctx, tx, r)
}

// closeWindow is for a denial whose window has ended. If that counted repeats
// that were not flushed yet, they are appended and r is the first that the next
// window counts. If it counted none, r is told at once. known is false, as for
// a denial that had no window, when the last one was too long ago.
func (l *Log) closeWindow(ctx context.Context, tx *db.Tx, r *Record, key string) (known bool, err error) {
	w, err := db.One(ctx, tx, scanWindow, selectWindow+` WHERE organization_id = $1 AND denial = $2`+tx.ForUpdate(), r.Organization, key)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	if w.ends.After(r.At) { // opened since by another transaction
		return l.count(ctx, tx, key, r)
	}
	if w.repeats == 0 && !w.last.Add(quiet).After(r.At) {
		return false, w.forget(ctx, tx)
	}
	counted := w.repeats > 0
	if counted {
		if err := l.appendRepeats(ctx, tx, w, r.At); err != nil {
			return false, err
		}
	} else if err := l.append(ctx, tx, r); err != nil {
		return false, err
	}
	w.last = r.At
	if err := w.restart(ctx, tx, r.At); err != nil || !counted {
		return true, err
	}
	return l.count(ctx, tx, key, r)
}

// FlushDenials appends what was counted in the windows that ended by now. A job
// calls it every minute; it also picks up what a crash left.
func (l *Log) FlushDenials(ctx context.Context, now time.Time) error {
	return l.flushDenials(ctx, now, false)
}

const flushAtOnce = 100 // windows in one transaction

// flushDenials with all set also appends what open windows have counted, and
// leaves those open. It forgets the windows after which it has been quiet.
func (l *Log) flushDenials(ctx context.Context, now time.Time, all bool) error {
	ended := db.Micros(now)
	if all {
		ended = math.MaxInt64
	}
	const which = ` WHERE (repeats > 0 AND ends_at <= $1) OR (repeats = 0 AND ends_at <= $2 AND last_at <= $3) ORDER BY ends_at, organization_id, denial LIMIT $4`
	for {
		var found int
		err := l.db.Write(ctx, func(tx *db.Tx) error {
			ws, err := db.All(ctx, tx, scanWindow, selectWindow+which+tx.SkipLocked(),
				ended, db.Micros(now), db.Micros(now.Add(-quiet)), flushAtOnce)
			if err != nil {
				return err
			}
			found = len(ws)
			for _, w := range ws {
				if err := l.flush(ctx, tx, w, now); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("flush denials: %w", err)
		}
		if found < flushAtOnce {
			return nil
		}
	}
}

func (l *Log) flush(ctx context.Context, tx *db.Tx, w window, now time.Time) error {
	if w.repeats == 0 {
		return w.forget(ctx, tx)
	}
	if err := l.appendRepeats(ctx, tx, w, now); err != nil {
		return err
	}
	return w.restart(ctx, tx, now)
}

// appendRepeats turns a window's count into an entry.
func (l *Log) appendRepeats(ctx context.Context, tx *db.Tx, w window, now time.Time) error {
	r := w.template
	r.At, r.Count, r.First, r.Last = db.Time(db.Micros(now)), w.repeats, w.first, w.last
	return l.append(ctx, tx, &r)
}

// window is a row of audit_denials.
type window struct {
	org, key    string
	template    Record
	repeats     int64
	first, last time.Time
	length      time.Duration
	ends        time.Time
}

const selectWindow = `SELECT organization_id, denial, template, repeats, first_at, last_at, window_us, ends_at FROM audit_denials`

func scanWindow(s db.Scanner) (window, error) {
	var w window
	var template string
	var first, last, length, ends int64
	if err := s.Scan(&w.org, &w.key, &template, &w.repeats, &first, &last, &length, &ends); err != nil {
		return window{}, fmt.Errorf("read a denial's window: %w", err)
	}
	var e line
	if err := json.Unmarshal([]byte(template), &e); err != nil {
		return window{}, fmt.Errorf("read a denial's window: %w", err)
	}
	w.template = e.record()
	w.template.Organization = w.org // the row's own, whatever the text says
	w.first, w.last, w.ends = db.Time(first), db.Time(last), db.Time(ends)
	w.length = time.Duration(length) * time.Microsecond
	return w, nil
}

func (w window) forget(ctx context.Context, tx *db.Tx) error {
	if _, err := tx.Exec(ctx, `DELETE FROM audit_denials WHERE organization_id = $1 AND denial = $2`, w.org, w.key); err != nil {
		return fmt.Errorf("end a denial's window: %w", err)
	}
	return nil
}

// restart begins the count anew; a window that has ended is followed by a
// longer one.
func (w window) restart(ctx context.Context, tx *db.Tx, now time.Time) error {
	if !w.ends.After(now) {
		w.length = min(w.length*windowGrowth, windowLast)
		w.ends = now.Add(w.length)
	}
	_, err := tx.Exec(ctx, `UPDATE audit_denials SET repeats = 0, last_at = $3, window_us = $4, ends_at = $5 WHERE organization_id = $1 AND denial = $2`,
		w.org, w.key, db.Micros(w.last), w.length.Microseconds(), db.Micros(w.ends))
	if err != nil {
		return fmt.Errorf("restart a denial's window: %w", err)
	}
	return nil
}

// denialKey names what counts as the same denial: who (nobody is known by the
// network address), what, on what, with what result.
func denialKey(r *Record) string {
	who := r.ActorID
	if who == "" {
		who = "address " + network(r.Address)
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{who, r.ActorEmail, r.Action, r.TargetType, r.TargetID, r.Result}, "\x00")))
	return hex.EncodeToString(sum[:])
}

// network is the part of an address that stands for one client: an IPv4
// address, or the 64 bits of an IPv6 one that a client cannot choose within.
func network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil || a.Unmap().Is4() {
		return address
	}
	p, err := a.Prefix(64)
	if err != nil {
		return address
	}
	return p.String()
}

// overflow is the denial under which those beyond openMost are counted.
func overflow(r *Record) (*Record, error) {
	return newRecord(rbac.Actor{OrganizationID: r.Organization, Role: r.ActorRole}, Entry{
		Action: r.Action, Result: r.Result, TargetType: r.TargetType, TargetName: "many",
		Reason: "too many different ones at once to record each",
	}, r.At)
}
