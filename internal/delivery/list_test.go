package delivery

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"patchboard/internal/db"
	"patchboard/internal/event"
	"patchboard/internal/fault"
	"patchboard/internal/id"
)

func TestListFiltersAndPages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		n, r := w.start(), newReceiver(t)
		first := n.webhook(r.URL + "/first")
		n.webhook(r.URL+"/second", forType("contact.updated"))
		ids := n.accept(25)
		updated := n.acceptType("contact.updated")
		r.waitFor(26)
		n.until("delivered", func() bool { return n.books().Delivered == 26 })
		list := func(f Filter) []Delivery {
			t.Helper()
			var all []Delivery
			for range 100 {
				p, err := n.List(t.Context(), w.util, f)
				w.check(err)
				if f.Limit > 0 && len(p.Items) > f.Limit {
					t.Errorf("%d items on a page of %d", len(p.Items), f.Limit)
				}
				all = append(all, p.Items...)
				if f.Cursor = p.Next; p.Next == "" {
					return all
				}
			}
			t.Fatal("pages without end")
			return nil
		}
		all := list(Filter{Limit: 4})
		if len(all) != 26 || all[0].EventID != updated || all[25].EventID != ids[0] {
			t.Fatalf("%d items", len(all))
		}
		for i := range 25 {
			if all[i].EventKey <= all[i+1].EventKey {
				t.Fatal("not newest first, or one comes twice")
			}
			if all[i].Updated.Before(all[i].Created) {
				t.Errorf("changed at %v, before it was made at %v", all[i].Updated, all[i].Created)
			}
		}
		mid := all[10].Created
		for name, c := range map[string]struct {
			f    Filter
			want int
		}{
			"webhook":        {Filter{WebhookID: first.Webhook.ID, Limit: 7}, 25},
			"state":          {Filter{State: "delivered", Limit: 26}, 26},
			"other state":    {Filter{State: "pending"}, 0},
			"held":           {Filter{State: "held"}, 0},
			"type":           {Filter{Type: "contact.updated"}, 1},
			"unknown type":   {Filter{Type: "x\x01"}, 0},
			"event":          {Filter{EventID: ids[3]}, 1},
			"since":          {Filter{Since: mid}, 11},
			"until":          {Filter{Until: mid}, 15},
			"far":            {Filter{Since: time.Unix(-1<<40, 0), Until: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}, 26},
			"text: url":      {Filter{Text: "/second"}, 1},
			"text: event":    {Filter{Text: ids[5]}, 1},
			"text: delivery": {Filter{Text: all[9].ID}, 1},
			"text: none":     {Filter{Text: `%' OR 1=1 --`}, 0},
			"all of it":      {Filter{WebhookID: first.Webhook.ID, State: "delivered", Type: "contact.created", Since: mid, Text: "contact"}, 10},
		} {
			if got := list(c.f); len(got) != c.want {
				t.Errorf("%s: %d items, want %d", name, len(got), c.want)
			}
		}
		for name, c := range map[string]struct {
			f    Filter
			slug string
		}{
			"webhook": {Filter{WebhookID: id.New("wh")}, "webhook-not-found"},
			"event":   {Filter{EventID: "evt_1"}, "event-id-invalid"},
			"state":   {Filter{State: "Pending"}, "delivery-state-unknown"},
			"cursor":  {Filter{Cursor: "dlv_"}, "cursor-invalid"},
			"cursor2": {Filter{Cursor: ids[0]}, "cursor-invalid"},
		} {
			var f *fault.Error
			if _, err := n.List(t.Context(), w.sys, c.f); !errors.As(err, &f) || f.Type != c.slug {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestTextSearchLooksAWeekBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		n := w.build()
		n.events.Start()
		n.webhook(newReceiver(t).URL, off)
		in, err := event.Decode([]byte(`{"type":"contact.created","data":{"name":"Grüße Needle"}}`))
		w.check(err)
		_, err = n.events.Accept(t.Context(), w.sys, []event.Input{in}, event.Options{})
		w.check(err)
		n.accept(5)
		find := func(want int, f Filter) {
			t.Helper()
			if p, err := n.List(t.Context(), w.sys, f); err != nil || len(p.Items) != want {
				t.Errorf("%+v: %+v %v", f, p, err)
			}
		}
		find(1, Filter{Text: "Grüße Needle"})
		if p, err := n.List(t.Context(), w.util, Filter{Text: "Needle"}); err != nil || len(p.Items) != 0 {
			t.Errorf("a utility administrator searches payloads: %+v %v", p, err)
		}
		since := w.clock.read().Add(-time.Hour)
		w.clock.add(searchSpan + time.Hour)
		find(0, Filter{Text: "Needle"})
		find(1, Filter{Text: "Needle", Since: since})
	})
}

// Every list is read from an index and in its order, on both engines.
func TestListsUseIndexes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		n := w.build()
		n.events.Start()
		hook := n.webhook(newReceiver(t).URL, off)
		event := n.accept(1)[0]
		for name, f := range map[string]Filter{
			"all": {}, "cursor": {Cursor: id.Pair(Prefix, 1<<60, 1)}, "webhook": {WebhookID: hook.Webhook.ID},
			"webhook and cursor": {WebhookID: hook.Webhook.ID, Cursor: id.Pair(Prefix, 1<<60, 1)},
			"delivered":          {State: "delivered"}, "held": {State: "held"}, "failed": {State: "failed"}, "discarded": {State: "discarded"},
			"webhook and held": {WebhookID: hook.Webhook.ID, State: "held"},
			"pending":          {State: "pending"}, "webhook and pending": {WebhookID: hook.Webhook.ID, State: "pending"},
			"type": {Type: "contact.created"}, "event": {EventID: event}, "time": {Since: time.Unix(1e9, 0), Until: time.Unix(2e9, 0)}, "text": {Text: "x"},
		} {
			if f.Limit = pageDefault; f.Text != "" {
				f.Since = time.Unix(1e9, 0)
			}
			q, err := n.conditions(t.Context(), w.sys, f)
			w.check(err)
			n.wantIndex(name, q.list(f), q.args...)
		}
		r := &replay{s: n.Service, actor: w.sys, w: &hook.Webhook, from: 1, to: 1 << 60}
		missing, args := r.missing()
		n.wantIndex("never sent", "SELECT e.id "+missing+" ORDER BY e.id LIMIT 500", args...)
		n.wantIndex("due", dueRows, hook.Webhook.Num, int64(1)<<60, int64(0), int64(0), 1000)
		n.wantIndex("first tries", freshRows, hook.Webhook.Num, int64(1)<<60, newestMost)
		n.wantIndex("next due", "SELECT COALESCE(MIN(next_at), 0) FROM deliveries WHERE webhook_num = $1 AND state = 0 AND next_at > $2", hook.Webhook.Num, int64(1))
		n.wantIndex("attempts", "SELECT id FROM attempts WHERE event_id = $1 AND webhook_num = $2 ORDER BY id", int64(1), int64(1))
		n.wantIndex("to hold", "SELECT organization_id, event_id FROM deliveries WHERE webhook_num = $1 AND state = 0 AND event_id < $2 ORDER BY event_id LIMIT 500", int64(1), int64(1))
		n.wantIndex("to send", "SELECT organization_id, event_id FROM deliveries WHERE webhook_num = $1 AND state = 1 AND event_id < $2 ORDER BY event_id LIMIT 500", int64(1), int64(1))
		n.wantIndex("webhooks with held ones", haveHeld, "org_a")
		n.wantIndex("old", "SELECT event_id, webhook_num FROM deliveries WHERE organization_id = $1 AND event_id < $2 AND state = 3 ORDER BY event_id, webhook_num LIMIT 500", "org_a", int64(1))
	})
}

func (n *server) wantIndex(name, query string, args ...any) {
	n.w.t.Helper()
	plan := n.explain(query, args...)
	for _, bad := range []string{"SCAN d\n", "SCAN deliveries\n", "SCAN e\n", "SCAN attempts\n", "Seq Scan on deliveries", "Seq Scan on events", "Seq Scan on attempts"} {
		if strings.Contains(plan+"\n", bad) {
			n.w.t.Errorf("%s: a whole table is read\n%s\n%s", name, query, plan)
		}
	}
}

// explain gives the plan. A small table is always read whole on Postgres, so
// that has to be forbidden; it happens all the same where no index serves.
func (n *server) explain(query string, args ...any) string {
	n.w.t.Helper()
	ctx := context.Background()
	if n.d.Name() == "SQLite" {
		lines, err := db.All(ctx, n.d, func(s db.Scanner) (line string, err error) {
			var a, b, c int
			return line, s.Scan(&a, &b, &c, &line)
		}, "EXPLAIN QUERY PLAN "+query, args...)
		n.w.check(err)
		return strings.Join(lines, "\n")
	}
	conn, err := pgx.Connect(ctx, n.w.config.URL)
	n.w.check(err)
	defer func() { n.w.check(conn.Close(ctx)) }()
	_, err = conn.Exec(ctx, "SET enable_seqscan = off")
	n.w.check(err)
	rows, err := conn.Query(ctx, "EXPLAIN "+query, args...)
	n.w.check(err)
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	n.w.check(err)
	return strings.Join(lines, "\n")
}
