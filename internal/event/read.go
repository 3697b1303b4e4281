package event

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
)

// Event is a stored event.
type Event struct {
	Key        id.Key
	ID         string
	Type       string
	SenderID   string // "" for none
	OccurredAt time.Time
	AcceptedAt time.Time
	Data       json.RawMessage // only from Get, and only for actors that may see it
}

// Filter chooses events for List. The zero Filter chooses all, newest first.
type Filter struct {
	Type   string
	Since  time.Time // accepted at or after
	Until  time.Time // accepted before
	Text   string    // part of the id, the sender's id, or of data if the actor may see it
	Cursor string    // Page.Next of the page before
	Limit  int       // 1 to 200; 0 is 50
}

// Page is a part of a list.
type Page struct {
	Items []Event
	Next  string // cursor of the next page, "" at the end
	// SearchedTo says, when a filter has looked as far as one request may, down
	// to which time; Next goes on from there. It is zero otherwise.
	SearchedTo time.Time
}

// Bounds of List: rows read for a page, by one statement and in all. Filters
// have no index of their own, since each would slow down ingest; they look at
// the events one by one, newest first.
const (
	defaultLimit = 50
	maxLimit     = 200
	maxText      = 200
	scanStep     = 1000
	scanMost     = 20_000
	textStep     = 200 // these read the bodies
	textMost     = 4_000
)

// A list names its range twice. Postgres uses the pairs; from an equation and
// the order of id alone it may choose the primary key and walk over the rows of
// all other organizations. SQLite uses the rest, since it does not see that an
// index on a pair has the row id in it.
const (
	listColumns = "id, public_id, type, sender_id, occurred_at, accepted_at"
	listWhere   = ` FROM events
WHERE (organization_id, id) >= ($1, $2) AND (organization_id, id) < ($1, $3)
AND organization_id IS NOT DISTINCT FROM $1 AND id >= $2 AND id < $3
ORDER BY organization_id DESC, id DESC LIMIT $4`
	listSQL    = "SELECT " + listColumns + listWhere
	searchSQL  = "SELECT " + listColumns + ", body" + listWhere
	getSQL     = "SELECT " + listColumns + ", body FROM events WHERE id = $1 AND organization_id = $2 AND public_id = $3"
	lastKeySQL = "SELECT COALESCE(MAX(id), 0) FROM events"
)

// List gives a page of the organization's events, newest first, without data.
func (s *Service) List(ctx context.Context, actor rbac.Actor, f Filter) (Page, error) {
	from, to, err := f.keys()
	if err != nil {
		return Page{}, err
	}
	limit := f.Limit
	switch {
	case limit == 0:
		limit = defaultLimit
	case limit < 0 || limit > maxLimit:
		return Page{}, badFilter("limit", fmt.Sprintf("must be 1 to %d", maxLimit))
	}
	if len(f.Text) > maxText {
		return Page{}, badFilter("text", fmt.Sprintf("must have at most %d bytes", maxText))
	}
	search := f.Text != "" && actor.Can(rbac.EventPayloads)
	query, step, most := listSQL, scanStep, scanMost
	switch {
	case search:
		query, step, most = searchSQL, textStep, textMost
	case f.Type == "" && f.Text == "":
		step, most = limit+1, limit+1
	}
	var p Page
	for read := 0; read < most; read += step {
		n, last := 0, to
		more := false
		err := db.Each(ctx, s.db, func(row db.Scanner) error {
			e, body, err := scanEvent(row, search)
			if err != nil {
				return err
			}
			n++
			switch {
			case more:
			case f.match(&e, body):
				if len(p.Items) == limit {
					more = true
					return nil
				}
				p.Items, last = append(p.Items, e), e.Key
			default:
				last = e.Key
			}
			return nil
		}, query, actor.OrganizationID, int64(from), int64(to), step)
		if err != nil {
			return Page{}, dbFault(fmt.Errorf("list events: %w", err))
		}
		to = last
		if more {
			p.Next = cursorOf(to)
			return p, nil
		}
		if n < step {
			return p, nil
		}
	}
	p.Next = cursorOf(to)
	p.SearchedTo = to.Time() // without a filter, one step decides
	return p, nil
}

// Get gives one event, with its data if the actor may see it.
func (s *Service) Get(ctx context.Context, actor rbac.Actor, publicID string) (Event, error) {
	notFound := fault.New(fault.NotFound, "event-not-found", "There is no such event.",
		"Check the id. Events are removed when their retention ends.")
	key, err := id.ParseKey(Prefix, publicID)
	if err != nil {
		return Event{}, notFound
	}
	e, err := db.One(ctx, s.db, func(row db.Scanner) (Event, error) {
		e, body, err := scanEvent(row, true)
		if err == nil && actor.Can(rbac.EventPayloads) {
			e.Data = dataOf(body)
		}
		return e, err
	}, getSQL, int64(key), actor.OrganizationID, publicID)
	switch {
	case errors.Is(err, db.ErrNoRows):
		return Event{}, notFound
	case err != nil:
		return Event{}, dbFault(fmt.Errorf("read event: %w", err))
	}
	return e, nil
}

// deleteWidths are the numbers of events that one statement deletes.
var deleteWidths = []int{100, 10, 1}

// DeleteBatch removes events, and gives how many there were, in a transaction of
// the caller, who has made sure that no delivery needs them.
func DeleteBatch(ctx context.Context, tx *db.Tx, keys []id.Key) (int64, error) {
	var deleted int64
	for len(keys) > 0 {
		n := widest(deleteWidths, len(keys))
		args := make([]any, n)
		for i, k := range keys[:n] {
			args[i] = int64(k)
		}
		hit, err := tx.Exec(ctx, "DELETE FROM events WHERE "+db.In("id", n, 1), args...)
		if err != nil {
			return 0, fmt.Errorf("delete events: %w", err)
		}
		deleted += hit
		keys = keys[n:]
	}
	return deleted, nil
}

// widest gives the first of widths, which fall to 1, that n fills: statements
// then have a few texts only, and each is prepared once.
func widest(widths []int, n int) int {
	for _, w := range widths {
		if w <= n {
			return w
		}
	}
	return 1
}

func scanEvent(row db.Scanner, withBody bool) (Event, []byte, error) {
	var e Event
	var key, occurred, accepted int64
	var body []byte
	dest := []any{&key, &e.ID, &e.Type, &e.SenderID, &occurred, &accepted}
	if withBody {
		dest = append(dest, &body)
	}
	if err := row.Scan(dest...); err != nil {
		return Event{}, nil, fmt.Errorf("scan event: %w", err)
	}
	e.Key, e.AcceptedAt, e.OccurredAt = id.Key(key), db.Time(accepted), time.UnixMicro(occurred).UTC() // 1970 is allowed
	return e, body, nil
}

func (f *Filter) match(e *Event, body []byte) bool {
	if f.Type != "" && f.Type != e.Type {
		return false
	}
	return f.Text == "" || strings.Contains(e.ID, f.Text) || strings.Contains(e.SenderID, f.Text) ||
		bytes.Contains(dataOf(body), []byte(f.Text))
}

// keys gives the range of keys that the filter's times and cursor leave.
func (f *Filter) keys() (from, to id.Key, err error) {
	from, to = keyAt(f.Since, 0), keyAt(f.Until, lastKey)
	if f.Cursor == "" {
		return from, to, nil
	}
	n, err := strconv.ParseInt(f.Cursor, 36, 64)
	if err != nil || n < 0 || cursorOf(id.Key(n)) != f.Cursor {
		return 0, 0, fault.New(fault.Invalid, "cursor-invalid", "This is not a cursor of this list.",
			"Use the `next` value of the page before, or none for the first page.").At("query.cursor", "is not a cursor of this list")
	}
	return from, min(to, id.Key(n)), nil
}

const lastKey = id.Key(1<<63 - 1)

// keyAt gives the first key of a time, which may lie outside what keys can name;
// other is for the zero time.
func keyAt(t time.Time, other id.Key) id.Key {
	switch {
	case t.IsZero():
		return other
	case t.Before(time.Unix(0, 0)):
		return 0
	case t.After(lastKey.Time()):
		return lastKey
	}
	return id.KeyAt(t)
}

func cursorOf(k id.Key) string { return strconv.FormatInt(int64(k), 36) }

func badFilter(name, why string) *fault.Error {
	return fault.New(fault.Invalid, "filter-invalid", "The filter "+name+" "+why+".", "Correct it, or leave it out.").At("query."+name, why)
}
