package delivery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/egress"
	"patchboard/internal/fault"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
	"patchboard/internal/webhook"
)

// Limits of a page.
const (
	PageMost    = 200
	pageDefault = 50
	searchMost  = 20_000             // rows that one page of a text search looks at
	searchSpan  = 7 * 24 * time.Hour // a text search without a start looks back so far
)

// Filter says which deliveries to list. Zero fields do not restrict.
type Filter struct {
	WebhookID    string
	EventID      string
	State        string // a state's word
	Type         string
	Since, Until time.Time // when the event was accepted
	Text         string    // in ids, address, error and, with rbac.EventPayloads, the body; looks 7 days back unless Since says otherwise
	Cursor       string
	Limit        int
}

// Page is a part of a list, newest first. Next is "" on the last.
type Page struct {
	Items []Delivery
	Next  string
}

const listColumns = `SELECT d.event_id, e.public_id, d.event_type, d.webhook_num, w.id, w.url, d.state, d.attempts, d.next_at, d.updated_at, d.last_class, d.last_status`

func scanDelivery(sc db.Scanner, more ...any) (d Delivery, err error) {
	var next, updated int64
	err = sc.Scan(append([]any{&d.EventKey, &d.EventID, &d.EventType, &d.WebhookNum, &d.WebhookID, &d.WebhookURL, &d.State, &d.Attempts, &next, &updated, &d.LastClass, &d.LastStatus}, more...)...)
	d.ID, d.Created, d.Updated = id.Pair(Prefix, d.EventKey, d.WebhookNum), d.EventKey.Time(), db.Time(updated)
	if d.Updated.Before(d.Created) { // an event's key is drawn a moment after its transaction has read the clock
		d.Updated = d.Created
	}
	if d.State == Pending {
		d.NextAttempt = db.Time(next)
	}
	return d, err
}

// query is a list query that grows by conditions.
type query struct {
	where []string
	args  []any
}

// and adds a condition; each ? in it takes one argument.
func (q *query) and(cond string, args ...any) {
	for _, a := range args {
		q.args = append(q.args, a)
		cond = strings.Replace(cond, "?", "$"+strconv.Itoa(len(q.args)), 1)
	}
	q.where = append(q.where, cond)
}

// list writes the query of a page.
func (q *query) list(f Filter) string {
	columns, rows := listColumns, f.Limit+1
	if f.Text != "" {
		columns, rows = listColumns+", e.body", searchMost+1
	}
	return columns + " FROM deliveries d JOIN events e ON e.id = d.event_id JOIN webhooks w ON w.num = d.webhook_num WHERE " +
		strings.Join(q.where, " AND ") + " ORDER BY d.event_id DESC, d.webhook_num DESC LIMIT " + strconv.Itoa(rows)
}

var errPage = errors.New("the page is full")

// List gives deliveries of the actor's organization, newest events first.
func (s *Service) List(ctx context.Context, actor rbac.Actor, f Filter) (*Page, error) {
	if f.Limit <= 0 {
		f.Limit = pageDefault
	}
	f.Limit = min(f.Limit, PageMost)
	if f.Text != "" && f.Since.IsZero() {
		f.Since = s.clock().Add(-searchSpan)
	}
	q, err := s.conditions(ctx, actor, f)
	if err != nil {
		return nil, err
	}
	search := f.Text != ""
	text := q.list(f)
	p := &Page{Items: []Delivery{}}
	seen := 0
	var last Delivery
	err = db.Each(ctx, s.db, func(sc db.Scanner) error {
		if len(p.Items) == f.Limit || seen == searchMost {
			p.Next = last.ID
			return errPage
		}
		seen++
		var body []byte
		var err error
		if search {
			last, err = scanDelivery(sc, &body)
		} else {
			last, err = scanDelivery(sc)
		}
		if err != nil {
			return err
		}
		if !search || last.contains(f.Text) || actor.Can(rbac.EventPayloads) && bytes.Contains(body, []byte(f.Text)) {
			p.Items = append(p.Items, last)
		}
		return nil
	}, text, q.args...)
	if err != nil && !errors.Is(err, errPage) {
		return nil, fmt.Errorf("list deliveries: %w", err)
	}
	return p, nil
}

func (d *Delivery) contains(text string) bool {
	for _, s := range []string{d.ID, d.EventID, d.EventType, d.WebhookID, d.WebhookURL, string(d.LastClass)} {
		if strings.Contains(s, text) {
			return true
		}
	}
	return false
}

func (s *Service) conditions(ctx context.Context, actor rbac.Actor, f Filter) (*query, error) {
	q := &query{}
	q.and("d.organization_id = ?", actor.OrganizationID)
	if f.WebhookID != "" {
		num, err := db.Value[int64](ctx, s.db, "SELECT num FROM webhooks WHERE id = $1 AND organization_id = $2", f.WebhookID, actor.OrganizationID)
		if errors.Is(err, db.ErrNoRows) {
			return nil, fault.New(fault.NotFound, "webhook-not-found", "There is no such webhook.", "It may have been deleted; list the webhooks again.")
		}
		if err != nil {
			return nil, fmt.Errorf("find the webhook: %w", err)
		}
		q.and("d.webhook_num = ?", num)
	}
	if f.EventID != "" {
		key, err := id.ParseKey("evt", f.EventID)
		if err != nil {
			return nil, fault.New(fault.Invalid, "event-id-invalid", "The event id does not have the form of one.", "Give an id as the answer to an event has it, evt_…").At("query.eventId", "is no event id")
		}
		q.and("d.event_id = ? AND e.public_id = ?", int64(key), f.EventID)
	}
	if f.State != "" {
		st, ok := ParseState(f.State)
		if !ok {
			return nil, fault.New(fault.Invalid, "delivery-state-unknown", "There is no such state of a delivery.", "Use one of "+strings.Join(names, ", ")+".").At("query.state", "is not a state")
		}
		q.and("d." + guards[st])
	}
	if f.Type != "" {
		q.and("d.event_type = ?", f.Type)
	}
	if !f.Since.IsZero() {
		q.and("d.event_id >= ?", int64(id.KeyAt(f.Since)))
	}
	if !f.Until.IsZero() {
		q.and("d.event_id < ?", int64(id.KeyAt(f.Until)))
	}
	if f.Cursor != "" {
		key, num, err := id.ParsePair(Prefix, f.Cursor)
		if err != nil {
			return nil, fault.New(fault.Invalid, "cursor-invalid", "This is not a cursor of this list.",
				"Use the `next` value of the page before, or none for the first page.").At("query.cursor", "is not a cursor of this list")
		}
		q.and("(d.event_id, d.webhook_num) < (?, ?)", int64(key), num)
	}
	return q, nil
}

// Get gives one delivery.
func (s *Service) Get(ctx context.Context, actor rbac.Actor, deliveryID string) (*Delivery, error) {
	key, num, err := id.ParsePair(Prefix, deliveryID)
	if err != nil {
		return nil, errNotFound.Because(err)
	}
	d, err := db.One(ctx, s.db, func(sc db.Scanner) (Delivery, error) { return scanDelivery(sc) },
		listColumns+" FROM deliveries d JOIN events e ON e.id = d.event_id JOIN webhooks w ON w.num = d.webhook_num WHERE d.organization_id = $1 AND d.event_id = $2 AND d.webhook_num = $3",
		actor.OrganizationID, int64(key), num)
	if errors.Is(err, db.ErrNoRows) {
		return nil, errNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read a delivery: %w", err)
	}
	return &d, nil
}

// Attempts gives a delivery's log, first try first; bodies and headers only to
// those who may see them.
func (s *Service) Attempts(ctx context.Context, actor rbac.Actor, deliveryID string) ([]Attempt, error) {
	d, err := s.Get(ctx, actor, deliveryID)
	if err != nil {
		return nil, err
	}
	full := actor.Can(rbac.DeliveryBodies)
	var body []byte
	if full {
		if body, err = db.Value[[]byte](ctx, s.db, "SELECT body FROM events WHERE id = $1 AND organization_id = $2", int64(d.EventKey), actor.OrganizationID); err != nil {
			return nil, fmt.Errorf("read the event's body: %w", err)
		}
	}
	as, err := db.All(ctx, s.db, func(sc db.Scanner) (Attempt, error) {
		a, err := scanAttempt(sc, full)
		if full && err == nil {
			a.showBody(d.EventID, body)
		}
		return a, err
	},
		`SELECT id, number, status, dns_us, connect_us, tls_us, first_byte_us, total_us, remote_address, class, detail, next_at, request_headers, response_headers, response_body, truncated
		FROM attempts WHERE event_id = $1 AND webhook_num = $2 ORDER BY id`, int64(d.EventKey), d.WebhookNum)
	if err != nil {
		return nil, fmt.Errorf("read attempts: %w", err)
	}
	return as, nil
}

func scanAttempt(sc db.Scanner, full bool) (a Attempt, err error) {
	var key id.Key
	var dns, connect, tls, firstByte, total, next, truncated int64
	var request, response, answer []byte
	if err := sc.Scan(&key, &a.Number, &a.Status, &dns, &connect, &tls, &firstByte, &total, &a.RemoteAddr, &a.Class, &a.Detail, &next, &request, &response, &answer, &truncated); err != nil {
		return a, err
	}
	us := func(n int64) time.Duration { return time.Duration(n) * time.Microsecond }
	a.ID, a.At, a.Next = id.Pair("att", key, 0), key.Time(), db.Time(next)
	a.Timing = egress.Timing{DNS: us(dns), Connect: us(connect), TLS: us(tls), FirstByte: us(firstByte), Total: us(total), Reused: connect == 0 && a.RemoteAddr != ""}
	a.Guidance = egress.Guidance(a.Class, a.Status)
	if !full {
		return a, nil
	}
	a.Full, a.ResponseBody, a.Truncated = true, answer, truncated != 0
	if a.RequestHeader, err = readHeader[map[string]string](request); err != nil {
		return a, err
	}
	a.ResponseHeader, err = readHeader[map[string][]string](response)
	return a, err
}

// showBody makes the body that was sent from the event's.
func (a *Attempt) showBody(eventID string, body []byte) {
	if len(a.RequestHeader) == 0 {
		return // the address was refused
	}
	a.RequestBody = webhook.Render(a.RequestHeader[formatMark], eventID, body)
	delete(a.RequestHeader, formatMark)
}

// LaneAge is a webhook with deliveries that wait.
type LaneAge struct {
	WebhookID, WebhookURL string
	Oldest                time.Time // since when the oldest is due, or will be
	Node                  string    // that holds the lane; "" for none
}

// Lanes lists the webhooks of an organization with pending deliveries, the
// longest wait first, at most 100.
func (s *Service) Lanes(ctx context.Context, org string) ([]LaneAge, error) {
	all, err := db.All(ctx, s.db, func(sc db.Scanner) (l LaneAge, err error) {
		var at int64
		err = sc.Scan(&l.WebhookID, &l.WebhookURL, &at, &l.Node)
		l.Oldest = db.Time(at)
		return l, err
	}, `SELECT id, url, oldest, owner FROM (SELECT w.id AS id, w.url AS url, COALESCE(l.owner, '') AS owner,
			(SELECT MIN(d.next_at) FROM deliveries d WHERE d.webhook_num = w.num AND d.state = 0) AS oldest
		FROM webhooks w LEFT JOIN lanes l ON l.webhook_num = w.num WHERE w.organization_id = $1 AND w.deleted_at = 0) AS waiting
		WHERE oldest IS NOT NULL ORDER BY oldest LIMIT 100`, org)
	if err != nil {
		return nil, fmt.Errorf("list lanes: %w", err)
	}
	return all, nil
}
