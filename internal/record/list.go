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
	} else if k == KindContact && f.ofSource() {
		most = scanMost // of one source several can belong to one contact
	}
	w := walk{kind: k, limit: limit, match: match, at: before}
	for read := 0; read < most; read += step {
		query, args := f.query(actor.OrganizationID, k, w.at, step)
		w.rows = 0
		if err := db.Each(ctx, s.db, w.visit, query, args...); err != nil {
			return Page{}, fmt.Errorf("list %s: %w", k.Plural(), err)
		}
		if w.more {
			w.page.Next = w.at.cursor()
		}
		if w.more || w.rows < step {
			return w.page, s.complete(ctx, k, w.page.Items)
		}
	}
	w.page.Next, w.page.SearchedTo = w.at.cursor(), db.Time(w.at.at)
	return w.page, s.complete(ctx, k, w.page.Items)
}

// complete reads what a record has beside its row.
func (s *Service) complete(ctx context.Context, k Kind, rs []*Record) error {
	if k != KindContact {
		return nil
	}
	return sourcesOf(ctx, s.db, rs...)
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
	case w.more, r.Key == w.at.key:
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
	if k == KindContact {
		return f.contactQuery(org, before, limit)
	}
	var q statement
	at, key, source := "at", "id", "source"
	q.add("SELECT "+columns(k)+" FROM "+k.Plural()+" WHERE organization_id = ?", org)
	if f.ExternalID != "" {
		// The few records that share it are read and sorted. With plain columns SQLite
		// walks down all records of the organization or of the source instead.
		at, key, source = "+at", "+id", "source || ''"
		q.add(" AND external_id = ?", f.ExternalID)
	}
	if f.Source != "" {
		q.add(" AND "+source+" = ?", f.Source)
	}
	f.window(&q, at, key, before, limit)
	return q.text.String(), q.args
}

// contactQuery is the statement for contacts. Where it asks for a source's, that has
// the index, and a contact comes as often as the source has it.
func (f *Filter) contactQuery(org string, before place, limit int) (query string, args []any) {
	var q statement
	cols := "c." + strings.ReplaceAll(contactColumns, ", ", ", c.")
	if !f.ofSource() {
		q.add("SELECT "+cols+" FROM contacts c WHERE c.organization_id = ?", org)
		if f.Email != "" {
			q.add(" AND c.email = ?", folded(f.Email))
		}
		f.window(&q, "c.at", "c.id", before, limit)
		return q.text.String(), q.args
	}
	at, key, source, email := "s.at", "s.contact_id", "s.source", "c.email || ''"
	switch {
	case f.ExternalID != "": // few share it, as above
		at, key, source = "+s.at", "+s.contact_id", "s.source || ''"
		q.add("SELECT "+cols+" FROM contact_sources s JOIN contacts c ON c.id = s.contact_id WHERE s.organization_id = ? AND s.external_id = ?", org, f.ExternalID)
	case f.Email != "": // few have it
		at, key, source, email = "+c.at", "+c.id", "s.source || ''", "c.email"
		q.add("SELECT "+cols+" FROM contacts c JOIN contact_sources s ON s.contact_id = c.id WHERE c.organization_id = ?", org)
	default:
		q.add("SELECT "+cols+" FROM contact_sources s JOIN contacts c ON c.id = s.contact_id WHERE s.organization_id = ?", org)
	}
	if f.Source != "" {
		q.add(" AND "+source+" = ?", f.Source)
	}
	if f.Email != "" {
		q.add(" AND "+email+" = ?", folded(f.Email))
	}
	f.window(&q, at, key, before, limit)
	return q.text.String(), q.args
}

// ofSource reports whether the filter asks for what a source says of a contact.
func (f *Filter) ofSource() bool { return f.Source != "" || f.ExternalID != "" }

// statement is a query that is put together; a ? becomes the next argument's number.
type statement struct {
	text strings.Builder
	args []any
}

func (q *statement) add(text string, values ...any) {
	for _, v := range values {
		q.args = append(q.args, v)
		text = strings.Replace(text, "?", "$"+strconv.Itoa(len(q.args)), 1)
	}
	q.text.WriteString(text)
}

// window ends a statement: the time, the place and the order.
func (f *Filter) window(q *statement, at, key string, before place, limit int) {
	if !f.Since.IsZero() {
		q.add(" AND "+at+" >= ?", db.Micros(bounded(f.Since)))
	}
	if !f.Until.IsZero() {
		q.add(" AND "+at+" < ?", db.Micros(bounded(f.Until)))
	}
	if before != (place{}) {
		q.add(" AND ("+at+", "+key+") < (?, ?)", before.at, int64(before.key))
	}
	q.add(" ORDER BY "+at+" DESC, "+key+" DESC LIMIT ?", limit)
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
