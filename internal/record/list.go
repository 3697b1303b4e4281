package record

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
)

// Filter chooses records for List. The zero Filter chooses all, newest first.
type Filter struct {
	Source     string
	ExternalID string
	Email      string    // a contact's; of e-mails and meetings, anybody's who takes part
	Text       string    // part of what the record says
	Since      time.Time // the record's own time
	Until      time.Time // before
	Cursor     string    // Page.Next of the page before
	Limit      int       // 1 to 200; 0 is 50
}

// Page is a part of a list.
type Page struct {
	Items []*Record
	Next  string // cursor of the next page, "" at the end
	// SearchedTo says, when a filter has looked as far as one request may, down
	// to which time; Next goes on from there. It is zero otherwise.
	SearchedTo time.Time
}

// Bounds of List: rows of a page, and rows that one request reads for a filter
// that has no index.
const (
	defaultLimit = 50
	maxLimit     = 200
	maxFilter    = 320 // characters
	scanStep     = 500
	scanMost     = 5000
)

// List gives a page of the organization's records, newest first.
func (s *Service) List(ctx context.Context, actor rbac.Actor, k Kind, f Filter) (Page, error) {
	if err := f.check(); err != nil {
		return Page{}, err
	}
	limit := f.Limit
	if limit == 0 {
		limit = defaultLimit
	}
	before, err := readPlace(f.Cursor)
	if err != nil {
		return Page{}, err
	}
	step, most := limit+1, limit+1
	match := f.matcher(k)
	if match != nil {
		step, most = scanStep, scanMost
	}
	w := walk{kind: k, limit: limit, match: match, at: before}
	for read := 0; read < most; read += step {
		query, args := f.query(actor.OrganizationID, k, w.at, step)
		w.rows = 0
		if err := db.Each(ctx, s.db, w.visit, query, args...); err != nil {
			return Page{}, fmt.Errorf("list %ss: %w", k, err)
		}
		if w.more {
			w.page.Next = w.at.cursor()
		}
		if w.more || w.rows < step {
			return w.page, nil
		}
	}
	w.page.Next, w.page.SearchedTo = w.at.cursor(), db.Time(w.at.at)
	return w.page, nil
}

// walk goes down a list and takes what matches.
type walk struct {
	kind  Kind
	limit int
	match func(r *Record) bool // nil: everything does

	at   place // of the last record that was looked at, and taken if it matches
	page Page
	more bool // there is another that matches
	rows int
}

func (w *walk) visit(row db.Scanner) error {
	r, err := scan(w.kind)(row)
	w.rows++
	switch {
	case err != nil:
		return err
	case w.more:
	case w.match != nil && !w.match(r):
		w.at = placeOf(r)
	case len(w.page.Items) == w.limit:
		w.more = true
	default:
		w.page.Items, w.at = append(w.page.Items, r), placeOf(r)
	}
	return nil
}

// query is the statement of one step. Every choice of columns has an index that
// begins with them and ends with at and id, but the external id, which few
// records share.
func (f *Filter) query(org string, k Kind, before place, limit int) (query string, args []any) {
	var b strings.Builder
	where := func(condition string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			condition = strings.Replace(condition, "?", "$"+strconv.Itoa(len(args)), 1)
		}
		b.WriteString(condition)
	}
	at, key, source, email := "at", "id", "source", "email"
	where("SELECT "+columns+" FROM "+k.table()+" WHERE organization_id = ?", org)
	if f.ExternalID != "" {
		// The few records that share it are read and sorted. With plain columns SQLite
		// walks down all records of the organization or of the source instead.
		at, key, source, email = "+at", "+id", "source || ''", "email || ''"
		where(" AND external_id = ?", f.ExternalID)
	}
	if f.Source != "" {
		where(" AND "+source+" = ?", f.Source)
	}
	if f.Email != "" && k == KindContact {
		where(" AND "+email+" = ?", folded(f.Email))
	}
	if !f.Since.IsZero() {
		where(" AND "+at+" >= ?", db.Micros(bounded(f.Since)))
	}
	if !f.Until.IsZero() {
		where(" AND "+at+" < ?", db.Micros(bounded(f.Until)))
	}
	if before != (place{}) {
		where(" AND ("+at+", "+key+") < (?, ?)", before.at, int64(before.key))
	}
	where(" ORDER BY "+at+" DESC, "+key+" DESC LIMIT ?", limit)
	return b.String(), args
}

func (f *Filter) check() error {
	for _, p := range []struct{ name, value string }{{"source", f.Source}, {"externalId", f.ExternalID}, {"email", f.Email}, {"q", f.Text}} {
		c := &checker{}
		if c.text(p.name, p.value, maxFilter); c.found != nil {
			return badFilter(p.name, c.found.Fields[0].Message)
		}
	}
	if f.Limit < 0 || f.Limit > maxLimit {
		return badFilter("limit", fmt.Sprintf("must be 1 to %d", maxLimit))
	}
	return nil
}

// matcher looks at a record for the filters that have no index; nil if all have.
func (f *Filter) matcher(k Kind) func(r *Record) bool {
	text, email := strings.ToLower(f.Text), folded(f.Email)
	if k == KindContact {
		email = ""
	}
	if text == "" && email == "" {
		return nil
	}
	return func(r *Record) bool {
		return contains(r.Fields.words(), text) && (email == "" || has(r.Fields.addresses(), email))
	}
}

func contains(words []string, text string) bool {
	for _, w := range words {
		if strings.Contains(strings.ToLower(w), text) {
			return true
		}
	}
	return false
}

func has(addresses []string, email string) bool {
	for _, a := range addresses {
		if folded(a) == email {
			return true
		}
	}
	return false
}

func badFilter(name, why string) *fault.Error {
	return fault.New(fault.Invalid, "filter-invalid", "The filter "+name+" "+why+".", "Correct it, or leave it out.").At("query."+name, why)
}

// place is where in a list a record stands.
type place struct {
	at  int64
	key id.Key
}

func placeOf(r *Record) place { return place{db.Micros(r.At), r.Key} }

func (p place) cursor() string {
	return strconv.FormatInt(p.at, 36) + "-" + strconv.FormatInt(int64(p.key), 36)
}

func readPlace(cursor string) (place, error) {
	if cursor == "" {
		return place{}, nil
	}
	at, key, _ := strings.Cut(cursor, "-")
	a, err := strconv.ParseInt(at, 36, 64)
	k, kerr := strconv.ParseInt(key, 36, 64)
	p := place{a, id.Key(k)}
	if err != nil || kerr != nil || a < 0 || k < 0 || p.cursor() != cursor {
		return place{}, fault.New(fault.Invalid, "cursor-invalid", "This is not a cursor of this list.",
			"Use the `next` value of the page before, or none for the first page.").At("query.cursor", "is not a cursor of this list")
	}
	return p, nil
}
