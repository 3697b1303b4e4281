package record

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
)

// TestEveryRecordIsListedOnce, page by page, also where many have one time.
func TestEveryRecordIsListedOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		b := Batch{Quiet: true}
		for i := range 60 {
			b.Emails = append(b.Emails, mail(fmt.Sprintf("m%02d", i), noon.Add(time.Duration(i/10)*time.Minute), i%2 == 0))
		}
		w.apply(gmail, b)
		w.apply(Source{orgA, "outlook", ""}, Batch{Quiet: true, Emails: b.Emails[:5]})
		w.put(&Email{To: []string{"cy@acme.example"}, At: noon.Add(time.Hour)}, "m07")
		for name, c := range map[string]struct {
			f    Filter
			want int
		}{
			"all":        {Filter{}, 66},
			"source":     {Filter{Source: "gmail"}, 60},
			"id":         {Filter{ExternalID: "m01"}, 2},
			"id, source": {Filter{ExternalID: "m07", Source: SourceAPI}, 1},
			"since":      {Filter{Since: noon.Add(5 * time.Minute)}, 11},
			"until":      {Filter{Until: noon.Add(time.Minute)}, 15},
			"window":     {Filter{Since: noon.Add(time.Minute), Until: noon.Add(3 * time.Minute), Source: "gmail"}, 20},
			"email":      {Filter{Email: "BO@acme.example"}, 65},
			"text":       {Filter{Text: "ABOUT M1"}, 10},
			"both":       {Filter{Text: "about", Email: "bo@acme.example", Source: "outlook"}, 5},
			"none":       {Filter{Source: "x"}, 0},
			"far":        {Filter{Since: time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC), Until: time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)}, 66},
		} {
			seen := map[string]bool{}
			last := int64(1) << 62
			f := c.f
			f.Limit = 7
			for range 50 {
				p, err := w.List(t.Context(), admin, KindEmail, f)
				w.must(err)
				for _, r := range p.Items {
					if seen[r.ID] || db.Micros(r.At) > last {
						t.Errorf("%s: %s comes twice, or late", name, r.ID)
					}
					seen[r.ID], last = true, db.Micros(r.At)
				}
				if f.Cursor = p.Next; f.Cursor == "" {
					break
				}
			}
			if len(seen) != c.want || f.Cursor != "" {
				t.Errorf("%s: %d, want %d", name, len(seen), c.want)
			}
		}
		for _, bad := range []Filter{{Limit: -1}, {Limit: 201}, {Source: "\x00"}, {Text: "\xff"}, {Email: strings.Repeat("x", 400)}, {Cursor: "x"}, {Cursor: "-1-1"}, {Cursor: "1"}} {
			if _, err := w.List(t.Context(), admin, KindEmail, bad); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%+v: %v", bad, err)
			}
		}
	})
}

func TestFiltersOfContactsAndMeetings(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.put(&Contact{Email: "Bo@Acme.example", FirstName: "Bo", LastName: "Berg"}, "")
		w.put(&Contact{Email: "di@acme.example", Company: "Berg & Co"}, "")
		w.put(&Meeting{Begin: noon, End: noon, Title: "Plan", Organizer: "ada@example.com", Attendees: []Attendee{{Email: "Bo@acme.example", Name: "Bo"}}}, "")
		for _, c := range []struct {
			kind Kind
			f    Filter
			want int
		}{
			{KindContact, Filter{Email: "bo@acme.EXAMPLE"}, 1},
			{KindContact, Filter{Email: "acme.example"}, 0},
			{KindContact, Filter{Text: "berg"}, 2},
			{KindContact, Filter{Text: "bo berg"}, 1},
			{KindContact, Filter{Text: "berg", Email: "di@acme.example"}, 1},
			{KindMeeting, Filter{Email: "bo@acme.example"}, 1},
			{KindMeeting, Filter{Email: "ada@example.com", Text: "plan"}, 1},
			{KindMeeting, Filter{Email: "di@acme.example"}, 0},
		} {
			if got := w.all(c.kind, c.f); len(got) != c.want {
				t.Errorf("%s %+v: %d", c.kind, c.f, len(got))
			}
		}
	})
}

// TestASearchIsBounded: it says how far it has looked, and goes on from there.
func TestASearchIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, dbtest.SQLite))
	b := Batch{Quiet: true}
	for i := range scanMost + 10 {
		b.Emails = append(b.Emails, mail(fmt.Sprint("m", i), noon.Add(time.Duration(i)*time.Second), true))
	}
	b.Emails[3].Subject = "needle"
	w.apply(gmail, b)
	p, err := w.List(t.Context(), admin, KindEmail, Filter{Text: "needle"})
	if err != nil || len(p.Items) != 0 || p.Next == "" || !p.SearchedTo.Equal(noon.Add(10*time.Second)) {
		t.Fatalf("first: %+v, %v", p, err)
	}
	p, err = w.List(t.Context(), admin, KindEmail, Filter{Text: "needle", Cursor: p.Next})
	if err != nil || len(p.Items) != 1 || p.Next != "" || !p.SearchedTo.IsZero() {
		t.Errorf("second: %+v, %v", p, err)
	}
}

// TestListsUseIndexes: no list reads through records of another organization, or
// sorts.
func TestListsUseIndexes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		fill(t, w)
		before := placeOf(&Record{At: noon.Add(time.Hour), Key: 1 << 60})
		for _, k := range Kinds {
			for name, c := range map[string]struct {
				f      Filter
				before place
				index  string
			}{
				"all":               {Filter{}, place{}, "_at"},
				"next page":         {Filter{}, before, "_at"},
				"window":            {Filter{Since: noon, Until: noon.Add(time.Hour)}, before, "_at"},
				"source":            {Filter{Source: "gmail"}, before, "_source"},
				"id":                {Filter{ExternalID: "7"}, place{}, "_external"},
				"id, more":          {Filter{ExternalID: "7", Source: "gmail", Since: noon}, before, "_external"},
				"id, email":         {Filter{ExternalID: "7", Email: "bo7@acme.example"}, place{}, "_external"},
				"email":             {Filter{Email: "bo7@acme.example"}, before, "_email"},
				"email of a source": {Filter{Email: "bo7@acme.example", Source: "gmail"}, place{}, "_email"},
			} {
				if c.f.Email != "" && k != KindContact {
					continue
				}
				query, args := c.f.query(orgA, k, c.before, 51)
				plan := explain(t, d, query, args...)
				index := k.Plural() + c.index
				if k == KindContact && c.f.ofSource() && c.index != "_email" {
					index = sourceTable + c.index
				}
				scans := slices.ContainsFunc(strings.Split(plan, "\n"), func(l string) bool {
					return strings.HasPrefix(strings.TrimSpace(l), "SCAN") || strings.Contains(l, "Seq Scan")
				})
				if !strings.Contains(plan, index+" ") && !strings.HasSuffix(plan, index) || scans {
					t.Errorf("%s, %s: not by %s:\n%s", k, name, index, plan)
				}
				if sorts := strings.Contains(plan, "TEMP B-TREE") || strings.Contains(plan, "Sort"); sorts && c.f.ExternalID == "" && (c.f.Email == "" || c.f.Source == "") {
					t.Errorf("%s, %s: sorts:\n%s", k, name, plan)
				}
			}
		}
	})
}

// fill stores many records of two organizations and two sources.
func fill(t *testing.T, w *world) {
	t.Helper()
	for _, src := range []Source{gmail, {orgB, "gmail", "b"}, {orgA, "outlook", "c"}} {
		b := Batch{Quiet: true}
		for i := range 3000 {
			at := noon.Add(time.Duration(i) * time.Second)
			b.Contacts = append(b.Contacts, ContactInput{ExternalID: fmt.Sprint(i), Contact: Contact{Email: fmt.Sprintf("bo%d@acme.example", i)}})
			b.Emails = append(b.Emails, mail(fmt.Sprint(i), at, false))
			b.Meetings = append(b.Meetings, appointment(fmt.Sprint(i), "work", at))
			b.Campaigns = append(b.Campaigns, CampaignInput{ExternalID: fmt.Sprint(i), Campaign: Campaign{Name: "Autumn", Begin: at, State: CampaignCompleted}})
			b.Opportunities = append(b.Opportunities, OpportunityInput{ExternalID: fmt.Sprint(i), Opportunity: Opportunity{Name: "Deal"}})
			if i%100 == 99 {
				w.apply(src, b)
				w.forward(time.Second)
				b = Batch{Quiet: true}
			}
		}
	}
	w.must(w.db.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(context.Background(), "ANALYZE")
		return err
	}))
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
