package audit

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/rbac"
)

// Filter chooses entries. Empty fields choose all.
type Filter struct {
	Since, Until time.Time // from Since to before Until
	Actor        string    // an actor's id or e-mail address
	Action       string    // "webhook.created", or what actions begin with: "webhook"
	Target       string    // a target's id
	Result       string    // OK, Denied or Failed

	// Text is looked for, ignoring the case of ASCII letters, within a time
	// window of at most a year: Since to Until, or the last 30 days.
	Text string

	Before string // the Next of the page before
	Limit  int    // 1 to 200, 50 if 0

	actors []string // the ids of Actor, if that is an address: see who
}

const (
	limitUsual  = 50
	limitMost   = 200
	filterMost  = 200 // bytes of any text in a filter
	windowUsual = 30 * 24 * time.Hour
	windowMost  = 366 * 24 * time.Hour
)

var errBadFilter = fault.New(fault.Invalid, "audit-filter-invalid", "The filter of the audit log cannot be used.", "Correct what is named and send it again.")

// check refuses what cannot be searched for and fills in the window of Text.
func (f Filter) check(now time.Time) (Filter, error) {
	bad := errBadFilter
	for _, t := range []struct{ name, text string }{{"actor", f.Actor}, {"action", f.Action}, {"target", f.Target}, {"text", f.Text}} {
		switch {
		case !utf8.ValidString(t.text) || strings.Contains(t.text, "\x00"):
			bad = bad.At("query."+t.name, "holds characters that no entry can hold")
		case len(t.text) > filterMost:
			bad = bad.At("query."+t.name, fmt.Sprintf("is longer than %d bytes", filterMost))
		}
	}
	if strings.Trim(f.Action, "abcdefghijklmnopqrstuvwxyz0123456789_.") != "" {
		bad = bad.At("query.action", `must look like "webhook" or "webhook.created"`)
	}
	switch f.Result {
	case "", OK, Denied, Failed:
	default:
		bad = bad.At("query.result", "must be ok, denied or failed")
	}
	if f.Limit < 0 || f.Limit > limitMost {
		bad = bad.At("query.limit", fmt.Sprintf("must be from 1 to %d", limitMost))
	}
	if f.Limit == 0 {
		f.Limit = limitUsual
	}
	if !f.Since.IsZero() && !f.Until.IsZero() && !f.Since.Before(f.Until) {
		bad = bad.At("query.until", "must be after since")
	}
	if f.Text != "" {
		if f.Until.IsZero() {
			f.Until = now.Add(time.Second) // what was recorded just now is in it
			if f.Since.After(now) {
				f.Until = f.Since.Add(time.Second)
			}
		}
		if f.Since.IsZero() {
			f.Since = f.Until.Add(-windowUsual)
		}
		if f.Until.Sub(f.Since) > windowMost {
			bad = bad.At("query.since", "text is searched within at most 366 days: choose a later since or an earlier until")
		}
	}
	if len(bad.Fields) > 0 {
		return Filter{}, bad
	}
	return f, nil
}

// restrict narrows the filter to what the actor may see.
func (f Filter) restrict(actor rbac.Actor) (Filter, error) {
	switch {
	case actor.Can(rbac.AuditRead):
	case actor.Can(rbac.AuditReadOwn) && actor.UserID != "" && (f.Actor == "" || f.names(actor)):
		f.Actor = actor.UserID
	default:
		return Filter{}, errNotYours
	}
	return f, nil
}

// query builds the WHERE of a filter. One equality drives an index that is
// ordered by time, the most selective first; the others are written so that
// neither engine takes their index and sorts.
type query struct {
	where []string
	args  []any
}

// searched are the columns in which Text is looked for.
var searched = []string{ //nolint:gochecknoglobals // a constant list
	"action", "actor_id", "actor_email", "target_type", "target_id", "target_name", "before_json", "after_json",
	"reason", "detail_json", "address", "user_agent", "request_id",
}

func (q *query) arg(v any) string {
	q.args = append(q.args, v)
	return "$" + strconv.Itoa(len(q.args))
}

func (q *query) add(condition string) { q.where = append(q.where, condition) }

func newQuery(org string, f Filter) *query {
	q := &query{}
	q.add("organization_id = " + q.arg(org))
	driven := false
	equal := func(column, value string) {
		switch {
		case value == "":
		case driven:
			q.add("(" + column + " || '') = " + q.arg(value))
		default:
			driven = true
			q.add(column + " = " + q.arg(value))
		}
	}
	equal("target_id", f.Target)
	q.byActor(f, equal)
	if area, what, dotted := strings.Cut(f.Action, "."); !dotted || what == "" {
		equal("area", area)
	} else if knownAction(f.Action) {
		equal("action", f.Action)
	} else {
		equal("area", area)
		q.add("(action || '') >= " + q.arg(f.Action) + " AND (action || '') < " + q.arg(f.Action+"\x7f"))
	}
	equal("result", f.Result)
	if !f.Since.IsZero() {
		q.add("at >= " + q.arg(db.Micros(f.Since)))
	}
	if !f.Until.IsZero() {
		q.add("at < " + q.arg(db.Micros(f.Until)))
	}
	if f.Text != "" {
		pattern := q.arg("%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(lowerASCII(f.Text)) + "%")
		var columns []string
		for _, column := range searched {
			columns = append(columns, "lower("+column+") LIKE "+pattern+` ESCAPE '\'`)
		}
		q.add("(" + strings.Join(columns, " OR ") + ")")
	}
	return q
}

// after goes on past an entry, in the direction of op. It says what a comparison
// of rows, (at, seq) < (…), says, in a form that both planners understand.
func (q *query) after(op string, at, seq int64) {
	a := q.arg(at)
	q.add("at " + op + "= " + a + " AND (at " + op + " " + a + " OR (seq + 0) " + op + " " + q.arg(seq) + ")")
}

func (q *query) text() string { return strings.Join(q.where, " AND ") }

// lowerASCII lowers as both engines do under the collation "C".
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// A cursor is where a page ended: the time and number of its last entry.
func cursorOf(r Record) string {
	return base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprintf("%d.%d", db.Micros(r.At), r.Seq)))
}

var errBadCursor = fault.New(fault.Invalid, "cursor-invalid", "This is not a cursor of this list.",
	"Use the `next` value of the page before, or none for the first page.").At("query.cursor", "is not a cursor of this list")

func parseCursor(s string) (at, seq int64, err error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return 0, 0, errBadCursor.Because(err)
	}
	left, right, ok := strings.Cut(string(b), ".")
	if !ok {
		return 0, 0, errBadCursor
	}
	if at, err = strconv.ParseInt(left, 10, 64); err != nil {
		return 0, 0, errBadCursor.Because(err)
	}
	if seq, err = strconv.ParseInt(right, 10, 64); err != nil {
		return 0, 0, errBadCursor.Because(err)
	}
	return at, seq, nil
}
