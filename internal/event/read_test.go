package event

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/fault"
	"patchboard/internal/id"
)

func TestGet(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := start(t, d)
		r := b.send(machine, withID(contact(1), "crm-1"))
		if e, err := b.Get(t.Context(), utility, r.ID); err != nil || e.Data != nil || e.ID != r.ID || e.Type != "contact.created" || e.SenderID != "crm-1" {
			t.Errorf("a utility administrator gets %+v, %v", e, err)
		}
		if e, err := b.Get(t.Context(), admin, r.ID); err != nil || string(e.Data) != `{"id":"1"}` {
			t.Errorf("a system administrator gets %+v, %v", e, err)
		}
		key, err := id.ParseKey(Prefix, r.ID)
		if err != nil {
			t.Fatal(err)
		}
		forged := key.Public(Prefix) // the same key, another random part
		for _, bad := range []string{"", "evt_", forged, strings.ToUpper(r.ID), r.ID + " ", "wh_" + r.ID[4:], "evt_\x00", "crm-1"} {
			_, err := b.Get(t.Context(), admin, bad)
			wantFault(t, err, fault.NotFound, "event-not-found", "")
		}
		_, err = b.Get(t.Context(), other, r.ID)
		wantFault(t, err, fault.NotFound, "event-not-found", "")
	})
}

func ids(es []Event) (s []string) {
	for _, e := range es {
		s = append(s, e.ID)
	}
	return s
}

func TestList(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := start(t, d)
		begin := b.clock.now()
		var all []string // newest first
		for i := range 25 {
			in := withID(contact(i), fmt.Sprintf("crm-%d", i))
			if i%5 == 0 {
				in.Type = "email.sent"
			}
			all = slices.Insert(all, 0, b.send(machine, in).ID)
			b.send(other, withID(contact(i), "theirs"))
			b.clock.forward(time.Minute)
		}
		list := func(f Filter) []string {
			t.Helper()
			p, err := b.List(t.Context(), admin, f)
			if err != nil || p.Next != "" || !p.SearchedTo.IsZero() {
				t.Fatalf("%+v: %v, next %q", f, err, p.Next)
			}
			return ids(p.Items)
		}
		for name, tt := range map[string]struct {
			f    Filter
			want []string
		}{
			"all":         {Filter{}, all},
			"type":        {Filter{Type: "email.sent"}, []string{all[4], all[9], all[14], all[19], all[24]}},
			"since":       {Filter{Since: begin.Add(20 * time.Minute)}, all[:5]},
			"until":       {Filter{Until: begin.Add(5 * time.Minute)}, all[20:]},
			"window":      {Filter{Since: begin.Add(3 * time.Minute), Until: begin.Add(4 * time.Minute)}, all[21:22]},
			"turned":      {Filter{Since: begin.Add(4 * time.Minute), Until: begin.Add(3 * time.Minute)}, nil},
			"far past":    {Filter{Until: time.Date(1, 2, 3, 0, 0, 0, 0, time.UTC)}, nil},
			"far future":  {Filter{Since: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}, nil},
			"all of time": {Filter{Since: time.Date(1, 2, 3, 0, 0, 0, 0, time.UTC), Until: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}, all},
			"sender's id": {Filter{Text: "crm-7"}, []string{all[17]}},
			"id":          {Filter{Text: all[3]}, []string{all[3]}},
			"data":        {Filter{Text: `"id":"7"`}, []string{all[17]}},
			"none":        {Filter{Text: "theirs"}, nil},
			"odd text":    {Filter{Text: "%\x00'"}, nil},
			"odd type":    {Filter{Type: "\x00"}, nil},
		} {
			if got := list(tt.f); !slices.Equal(got, tt.want) {
				t.Errorf("%s: got %d events %v, want %v", name, len(got), got, tt.want)
			}
		}
		for _, f := range []Filter{{Limit: 10}, {Limit: 1}, {Limit: 25}, {Limit: 2, Type: "email.sent"}, {Limit: 3, Text: "crm-1"}} {
			full := f
			full.Limit = 0
			want := list(full)
			var got []string
			for {
				p, err := b.List(t.Context(), admin, f)
				if err != nil || len(p.Items) > f.Limit {
					t.Fatalf("%+v: %d items, %v", f, len(p.Items), err)
				}
				got = append(got, ids(p.Items)...)
				if f.Cursor = p.Next; p.Next == "" {
					break
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%+v: pages give %v, want %v", f, got, want)
			}
		}
		// Who may not see data cannot find out about it by searching.
		if p, err := b.List(t.Context(), utility, Filter{Text: `"id":"7"`}); err != nil || len(p.Items) != 0 {
			t.Errorf("a utility administrator finds %d events by their data, %v", len(p.Items), err)
		}
		if p, err := b.List(t.Context(), utility, Filter{Text: "crm-7"}); err != nil || len(p.Items) != 1 || p.Items[0].Data != nil {
			t.Errorf("a utility administrator finds %+v, %v", p.Items, err)
		}
		for at, f := range map[string]Filter{
			"query.limit": {Limit: maxLimit + 1}, "query.text": {Text: strings.Repeat("x", maxText+1)},
		} {
			_, err := b.List(t.Context(), admin, f)
			wantFault(t, err, fault.Invalid, "filter-invalid", at)
		}
		for _, c := range []string{"no cursor", "-1", "zzzzzzzzzzzzzzz", "+5", "007", "A"} {
			_, err := b.List(t.Context(), admin, Filter{Cursor: c})
			wantFault(t, err, fault.Invalid, "cursor-invalid", "query.cursor")
		}
	})
}

// TestAFilterLooksOnlySoFar has more events than one request reads.
func TestAFilterLooksOnlySoFar(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := start(t, d)
		needle := b.send(machine, Input{Type: "email.sent", Data: []byte(`{"id":"needle"}`)})
		hay := make([]Input, MaxBatchCount)
		for i := range hay {
			hay[i] = contact(i)
		}
		for range textMost/MaxBatchCount + 1 {
			b.clock.forward(time.Second)
			if _, err := b.Accept(t.Context(), machine, hay, Options{}); err != nil {
				t.Fatal(err)
			}
		}
		f := Filter{Text: "needle"}
		p, err := b.List(t.Context(), admin, f)
		if err != nil || len(p.Items) != 0 || p.Next == "" || p.SearchedTo.IsZero() {
			t.Fatalf("first look: %d items, next %q, searched to %s, %v", len(p.Items), p.Next, p.SearchedTo, err)
		}
		f.Cursor = p.Next
		p, err = b.List(t.Context(), admin, f)
		if err != nil || len(p.Items) != 1 || p.Items[0].ID != needle.ID || p.Next != "" || !p.SearchedTo.IsZero() {
			t.Errorf("second look: %+v, %v", p, err)
		}
		p, err = b.List(t.Context(), admin, Filter{Type: "email.sent"})
		if err != nil || len(p.Items) != 1 {
			t.Errorf("by type: %+v, %v", p, err)
		}
	})
}

func TestQueriesUseAnIndex(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		fill(t, d)
		lists := []string{ // both ends of the range must be found by the index
			"events_organization (organization_id=? AND id>? AND id<?)",
			"Index Cond: ((ROW(organization_id, id) >= ROW('org_a'::text, '0'::bigint)) AND (ROW(organization_id, id) < ROW(",
		}
		for name, q := range map[string]struct {
			sql   string
			args  []any
			index []string // one of them, as either engine names it
		}{
			"list":   {listSQL, []any{orgA, int64(0), int64(lastKey), 51}, lists},
			"search": {searchSQL, []any{orgA, int64(0), int64(lastKey), 200}, lists},
			"get":    {getSQL, []any{int64(7), orgA, "evt_x"}, []string{"events_pkey", "events_organization", "INTEGER PRIMARY KEY"}},
			"claim":  {findClaimSQL, []any{orgA, "k", int64(0)}, []string{"idempotency_pkey", "PRIMARY KEY"}},
			"purge":  {purgeKeysSQL, []any{int64(5), 100}, []string{"idempotency_created_at"}},
		} {
			plan := explain(t, d, q.sql, q.args...)
			sorted := strings.Contains(plan, "Sort") || strings.Contains(plan, "TEMP B-TREE")
			if sorted || !slices.ContainsFunc(q.index, func(i string) bool { return strings.Contains(plan, i) }) {
				t.Errorf("%s:\n%s", name, plan)
			}
		}
	})
}

// fill stores enough rows for the planner to care.
func fill(t *testing.T, d *db.DB) {
	t.Helper()
	ctx := context.Background()
	err := d.Write(ctx, func(tx *db.Tx) error {
		var events, keys [][]any
		for i := range 20_000 {
			org := orgA
			if i%4 > 0 {
				org = orgB
			}
			events = append(events, []any{int64(i + 1), fmt.Sprintf("evt_%d", i), org, "contact.created", "", int64(i), int64(i), []byte(`{}`)})
			keys = append(keys, []any{org, fmt.Sprint(i), []byte{1}, "evt", "", int64(i)})
		}
		if err := tx.InsertMany(ctx, "events", eventCols, events); err != nil {
			return err
		}
		return tx.InsertMany(ctx, "idempotency", []db.Col{
			{Name: "organization_id", Type: db.Text}, {Name: "key", Type: db.Text}, {Name: "body_hash", Type: db.Bytes},
			{Name: "public_id", Type: db.Text}, {Name: "warnings", Type: db.Text}, {Name: "created_at", Type: db.Int},
		}, keys)
	})
	if err != nil {
		t.Fatal(err)
	}
	err = d.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "ANALYZE")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func explain(t *testing.T, d *db.DB, query string, args ...any) string {
	t.Helper()
	lite := d.Name() == "SQLite"
	prefix := "EXPLAIN "
	if lite {
		prefix = "EXPLAIN QUERY PLAN "
	}
	lines, err := db.All(t.Context(), d, func(s db.Scanner) (string, error) {
		var a, b, c any
		var line string
		dest := []any{&line}
		if lite {
			dest = []any{&a, &b, &c, &line}
		}
		err := s.Scan(dest...)
		return line, err
	}, prefix+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

func TestDeleteBatch(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := start(t, d)
		inputs := make([]Input, 250)
		for i := range inputs {
			inputs[i] = contact(i)
		}
		rs, err := b.Accept(t.Context(), machine, inputs, Options{})
		if err != nil {
			t.Fatal(err)
		}
		keys := []id.Key{1, 2}
		for _, r := range rs[:223] {
			k, err := id.ParseKey(Prefix, r.ID)
			if err != nil {
				t.Fatal(err)
			}
			keys = append(keys, k)
		}
		var n int64
		err = d.Write(t.Context(), func(tx *db.Tx) (err error) {
			n, err = DeleteBatch(t.Context(), tx, keys)
			return err
		})
		if err != nil || n != 223 || b.count("events") != 27 {
			t.Errorf("deleted %d, %v; %d are left", n, err, b.count("events"))
		}
	})
}
