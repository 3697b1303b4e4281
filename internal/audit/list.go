package audit

import (
	"context"
	"fmt"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/rbac"
)

// Page is a part of a list, newest first.
type Page struct {
	Items []Record
	Next  string // cursor of the next page, empty at the end

	// Since and Until are the time window that was searched, if Text was given
	// or they were.
	Since, Until time.Time
}

// List gives the entries of the actor's organization that a filter chooses: all
// to a system administrator, to others what they did themselves.
func (l *Log) List(ctx context.Context, actor rbac.Actor, f Filter) (Page, error) {
	f, err := f.check(l.clock())
	if err != nil {
		return Page{}, err
	}
	if f, err = f.restrict(actor); err != nil {
		return Page{}, err
	}
	if f, err = l.who(ctx, actor.OrganizationID, f); err != nil {
		return Page{}, err
	}
	text, args, err := listQuery(actor.OrganizationID, f)
	if err != nil {
		return Page{}, err
	}
	items, err := db.All(ctx, l.db, func(s db.Scanner) (Record, error) { return scanRecord(s) }, text, args...)
	if err != nil {
		return Page{}, fmt.Errorf("list audit entries: %w", err)
	}
	p := Page{Items: items, Since: f.Since, Until: f.Until}
	if len(items) > f.Limit {
		p.Items = items[:f.Limit]
		p.Next = cursorOf(p.Items[f.Limit-1])
	}
	return p, nil
}

// listQuery asks for one entry more than the page has, to know if there is one.
func listQuery(org string, f Filter) (string, []any, error) {
	var at, seq int64
	if f.Before != "" {
		var err error
		if at, seq, err = parseCursor(f.Before); err != nil {
			return "", nil, err
		}
		if !f.Until.IsZero() && at < db.Micros(f.Until) {
			f.Until = time.Time{} // one bound a side: two confuse SQLite's planner
		}
	}
	q := newQuery(org, f)
	if f.Before != "" {
		q.after("<", at, seq)
	}
	return `SELECT ` + entryColumns + ` FROM audit_entries WHERE ` + q.text() + ` ORDER BY at DESC, seq DESC LIMIT ` + q.arg(f.Limit+1), q.args, nil
}

// exportQuery asks for the next entries in the order in which they came. end is
// the export's own number: what comes after it is not part of it.
func exportQuery(org string, f Filter, end, at, seq int64) (string, []any) {
	if at >= db.Micros(f.Since) {
		f.Since = time.Time{} // as in listQuery
	}
	q := newQuery(org, f)
	q.add("(seq + 0) < " + q.arg(end)) // not for an index
	q.after(">", at, seq)
	return `SELECT ` + entryColumns + ` FROM audit_entries WHERE ` + q.text() + ` ORDER BY at, seq LIMIT ` + q.arg(exportPage), q.args
}
