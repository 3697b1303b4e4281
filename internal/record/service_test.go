package record

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/event"
	"patchboard/internal/fault"
	"patchboard/internal/id"
)

// TestSendingAgainIsHarmless: one external id is one record, and one event for
// each real change.
func TestSendingAgainIsHarmless(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		ctx := t.Context()
		first, created, err := w.Put(ctx, machine, " 42 ", &Contact{Email: " Bo@acme.example ", Phone: "1"})
		if err != nil || !created || first.ExternalID != "42" || first.Version != 1 || !id.Is("con", first.ID) {
			t.Fatalf("first: %+v, %t, %v", first, created, err)
		}
		w.forward(time.Minute)
		again, created, err := w.Put(ctx, machine, "42", &Contact{Email: "Bo@acme.example", Phone: "1"})
		if err != nil || created || again.ID != first.ID || again.Version != 1 {
			t.Errorf("again: %+v, %t, %v", again, created, err)
		}
		changed, created, err := w.Put(ctx, machine, "42", &Contact{Email: "Bo@acme.example", Company: "Acme"})
		if err != nil || created || changed.ID != first.ID || changed.Version != 2 {
			t.Errorf("changed: %+v, %t, %v", changed, created, err)
		}
		if got := w.types(); !slices.Equal(got, []string{"contact.created", "contact.updated"}) {
			t.Errorf("events: %v", got)
		}
		got, err := w.Get(ctx, admin, KindContact, first.ID)
		if err != nil || got.text != changed.text || got.Version != 2 || !got.CreatedAt.Equal(noon) || !got.UpdatedAt.Equal(noon.Add(time.Minute)) {
			t.Errorf("stored: %+v, %v", got, err)
		}
		// A mail without a time keeps the one that it was given first.
		a := w.put(&Email{To: []string{"bo@acme.example"}, Sent: true}, "m")
		w.forward(time.Minute)
		if b := w.put(&Email{To: []string{"bo@acme.example"}, Sent: true}, "m"); b.Version != 1 || !b.At.Equal(a.At) {
			t.Errorf("a mail without a time, again: version %d at %s", b.Version, b.At)
		}
		// Without an external id two are two; with another kind it is another.
		w.put(&Contact{FirstName: "Bo"}, "")
		w.put(&Contact{FirstName: "Bo"}, "")
		w.put(&Contact{FirstName: "Bo"}, "m")
		if n := len(w.all(KindContact, Filter{})); n != 4 {
			t.Errorf("%d contacts", n)
		}
	})
}

// TestFiftyAtOnce: of fifty that send the same external id at once, one creates.
func TestFiftyAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		for round := range 5 { // in the first the connections are opened
			var running sync.WaitGroup
			for i := range 50 {
				running.Go(func() {
					if _, _, err := w.Put(t.Context(), machine, fmt.Sprint(round), &Contact{FirstName: fmt.Sprint("Bo ", i%5)}); err != nil {
						t.Error(err)
					}
				})
			}
			running.Wait()
		}
		created := w.count("events WHERE type = 'contact.created'")
		all := w.all(KindContact, Filter{})
		versions := int64(0)
		for _, r := range all {
			versions += r.Version
		}
		if len(all) != 5 || created != 5 || versions != w.count("events") {
			t.Fatalf("%d contacts, %d created, versions of %d, %d events", len(all), created, versions, w.count("events"))
		}
		if c, err := w.Count(t.Context(), orgA, SourceAPI); err != nil || c.Contacts != 5 {
			t.Errorf("counts: %+v, %v", c, err)
		}
	})
}

// TestPutBesideUpdateAndDelete: every change counts, and is told, once.
func TestPutBesideUpdateAndDelete(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		r := w.put(&Contact{FirstName: "Bo"}, "42")
		var running sync.WaitGroup
		for i := range 25 {
			text := fmt.Sprint(i)
			running.Go(func() {
				if _, _, err := w.Put(t.Context(), machine, "42", &Contact{FirstName: "Bo", Company: text}); err != nil {
					t.Error(err)
				}
			})
			running.Go(func() {
				if _, err := w.Update(t.Context(), admin, KindContact, r.ID, 0, &ContactPatch{Phone: &text}); err != nil {
					t.Error(err)
				}
			})
		}
		running.Wait()
		now, err := w.Get(t.Context(), admin, KindContact, r.ID)
		if n := w.count("events"); err != nil || now.Version != n {
			t.Errorf("version %d after %d events, %v", now.Version, n, err)
		}
		for range 10 { // whoever deletes it, the next Put makes a new one
			running.Go(func() { w.put(&Contact{FirstName: "Bo"}, "42") })
			running.Go(func() {
				for _, r := range w.all(KindContact, Filter{}) {
					if err := w.Delete(t.Context(), admin, KindContact, r.ID); err != nil && fault.KindOf(err) != fault.NotFound {
						t.Error(err)
					}
				}
			})
		}
		running.Wait()
		left := w.all(KindContact, Filter{})
		created, deleted := 0, 0
		for _, typ := range w.types() {
			switch typ {
			case "contact.created":
				created++
			case "contact.deleted":
				deleted++
			}
		}
		counts, err := w.Count(t.Context(), orgA, SourceAPI)
		if created-deleted != len(left) || counts.Contacts != int64(len(left)) || err != nil {
			t.Errorf("%d created, %d deleted, %d left, counts %+v, %v", created, deleted, len(left), counts, err)
		}
	})
}

// TestTwoSyncsAtOnce of one source, which a lost owner can cause, are one after
// the other.
func TestTwoSyncsAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		b := Batch{}
		for i := range 100 {
			b.Emails = append(b.Emails, mail(fmt.Sprint(i), noon, true))
		}
		var running sync.WaitGroup
		for range 6 {
			running.Go(func() { w.apply(gmail, b) })
		}
		running.Wait()
		if n, e := w.count("emails"), w.count("events"); n != 100 || e != 100 {
			t.Errorf("%d mails, %d events", n, e)
		}
	})
}

func TestUpdateAndDelete(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		ctx := t.Context()
		r := w.put(&Contact{Email: "bo@acme.example", Phone: "1", Tags: []string{"a"}}, "")
		company, none := "Acme", ""
		next, err := w.Update(ctx, admin, KindContact, r.ID, 1, &ContactPatch{Company: &company, Phone: &none})
		if err != nil || next.Version != 2 || next.text != `{"email":"bo@acme.example","company":"Acme","tags":["a"]}` {
			t.Fatalf("%+v, %v", next, err)
		}
		same, err := w.Update(ctx, admin, KindContact, r.ID, 0, &ContactPatch{Company: &company})
		if err != nil || same.Version != 2 {
			t.Errorf("no change: %+v, %v", same, err)
		}
		_, err = w.Update(ctx, admin, KindContact, r.ID, 1, &ContactPatch{Company: &none})
		var f *fault.Error
		if !errors.As(err, &f) || f.Kind != fault.Stale || !strings.Contains(f.Message, "Changed: company, phone.") || f.Extra["version"] != int64(2) {
			t.Errorf("stale: %v", err)
		}
		_, err = w.Update(ctx, admin, KindContact, r.ID, 2, &ContactPatch{Email: &none, Company: &none})
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("emptied: %v", err)
		}
		for i := range 2 * keptChanges {
			phone := fmt.Sprint(i)
			_, err = w.Update(ctx, admin, KindContact, r.ID, 0, &ContactPatch{Phone: &phone})
			w.must(err)
		}
		if next, err = w.Get(ctx, admin, KindContact, r.ID); err != nil || len(next.changes) != keptChanges || next.changes[keptChanges-1].Version != next.Version {
			t.Errorf("changes: %+v, %v", next.changes, err)
		}
		w.must(w.Delete(ctx, admin, KindContact, r.ID))
		if err := w.Delete(ctx, admin, KindContact, r.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("deleted again: %v", err)
		}
		types := w.types()
		if last := w.raised()[len(types)-1]; last.Type != "contact.deleted" || data(t, last)["email"] != "bo@acme.example" {
			t.Errorf("last event: %+v", last)
		}
	})
}

// TestWhoseRecordsTheyAre: the API leaves a connector's alone, and nobody sees
// another organization's.
func TestWhoseRecordsTheyAre(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		ctx := t.Context()
		w.apply(gmail, Batch{Emails: []EmailInput{mail("m1", noon, true)}})
		theirs := w.all(KindEmail, Filter{})[0]
		subject := "mine"
		_, err := w.Update(ctx, admin, KindEmail, theirs.ID, 0, &EmailPatch{Subject: &subject})
		for _, err := range []error{err, w.Delete(ctx, machine, KindEmail, theirs.ID)} {
			if !errors.Is(err, &fault.Error{Type: "record-of-integration"}) {
				t.Errorf("a connector's: %v", err)
			}
		}
		if mine := w.put(&Email{To: []string{"bo@acme.example"}}, "m1"); mine.ID == theirs.ID {
			t.Error("the API has written over a connector's record, by its external id")
		}
		_, err = w.Update(ctx, foreign, KindEmail, theirs.ID, 0, &EmailPatch{Subject: &subject})
		_, gerr := w.Get(ctx, foreign, KindEmail, theirs.ID)
		_, kerr := w.Get(ctx, admin, KindContact, "con"+strings.TrimPrefix(theirs.ID, "eml"))
		for _, err := range []error{err, gerr, kerr, w.Delete(ctx, foreign, KindEmail, theirs.ID)} {
			if fault.KindOf(err) != fault.NotFound {
				t.Errorf("another organization's, or another kind's: %v", err)
			}
		}
		if p, err := w.List(ctx, foreign, KindEmail, Filter{}); err != nil || len(p.Items) != 0 {
			t.Errorf("another organization's list: %+v, %v", p, err)
		}
		if other, created, err := w.Put(ctx, foreign, "m1", &Email{To: []string{"x@y.example"}}); err != nil || !created {
			t.Errorf("the same external id elsewhere: %+v, %t, %v", other, created, err)
		}
	})
}

// TestBadInput is refused whole, and says where.
func TestBadInput(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		long := strings.Repeat("ä", 70_000)
		ok := []string{"bo@acme.example"}
		for at, f := range map[string]Fields{
			"body.email":               &Contact{},
			"body.email ":              &Contact{Email: "Bo <bo@acme.example>"},
			"body.firstName":           &Contact{FirstName: "a\x00b"},
			"body.lastName":            &Contact{FirstName: "a", LastName: "\xff"},
			"body.phone":               &Contact{Phone: long},
			"body.tags":                &Contact{Phone: "1", Tags: make([]string, maxTags+1)},
			"body.tags[0]":             &Contact{Phone: "1", Tags: []string{" "}},
			"body.from":                &Email{},
			"body.from ":               &Email{From: "nobody"},
			"body.to[1]":               &Email{To: []string{"a@b.example", ""}},
			"body.cc":                  &Email{To: ok, Cc: slices.Repeat(ok, maxRecipients+1)},
			"body.subject":             &Email{To: ok, Subject: long},
			"body.text":                &Email{To: ok, Text: long},
			"body.at":                  &Email{To: ok, At: time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)},
			"body.begin":               &Meeting{},
			"body.end":                 &Meeting{Begin: noon, End: noon.Add(-time.Second)},
			"body.end ":                &Meeting{Begin: noon, End: time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)},
			"body.status":              &Meeting{Begin: noon, End: noon, Status: "perhaps"},
			"body.organizer":           &Meeting{Begin: noon, End: noon, Organizer: "x"},
			"body.attendees":           &Meeting{Begin: noon, End: noon, Attendees: make([]Attendee, maxAttendees+1)},
			"body.attendees[0].email":  &Meeting{Begin: noon, End: noon, Attendees: []Attendee{{}}},
			"body.attendees[0].answer": &Meeting{Begin: noon, End: noon, Attendees: []Attendee{{Name: "Bo", Answer: "x"}}},
		} {
			_, _, err := w.Put(t.Context(), machine, "", f)
			var wrong *fault.Error
			if !errors.As(err, &wrong) || wrong.Kind != fault.Invalid || wrong.Fix == "" ||
				!slices.ContainsFunc(wrong.Fields, func(x fault.Field) bool { return x.Location == strings.TrimSpace(at) }) {
				t.Errorf("%s: %v", at, err)
			}
		}
		for _, external := range []string{long, "a\x00", "\xff"} {
			if _, _, err := w.Put(t.Context(), machine, external, &Contact{FirstName: "Bo"}); fault.KindOf(err) != fault.Invalid {
				t.Errorf("external id %.10q: %v", external, err)
			}
		}
		for _, table := range []string{"contacts", "emails", "meetings", "events"} {
			if n := w.count(table); n != 0 {
				t.Errorf("%s has %d rows", table, n)
			}
		}
		if _, _, err := w.Put(t.Context(), machine, "ключ \U0001F511", &Contact{FirstName: "Åda Ødegård"}); err != nil {
			t.Errorf("unicode: %v", err)
		}
		for _, publicID := range []string{"", "con_", "con_x", "\x00", strings.Repeat("x", 1000), "con_01h455vb4pex5vsknk084sn02q", "wh_01h455vb4pex5vsknk084sn02q"} {
			if _, err := w.Get(t.Context(), admin, KindContact, publicID); fault.KindOf(err) != fault.NotFound {
				t.Errorf("id %q: %v", publicID, err)
			}
		}
	})
}

// TestEventsFitTheirSchemas: what is raised is what the catalog says, at the
// smallest and at the limits. The catalog's types only warn; here nothing may.
func TestEventsFitTheirSchemas(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, dbtest.SQLite))
	ctx := t.Context()
	full := &Contact{
		Email: strings.Repeat("ä", maxAddress-4) + "@x.y", FirstName: strings.Repeat("ä", maxName), LastName: strings.Repeat("<", maxName), Company: strings.Repeat("\"", maxName),
		Phone: strings.Repeat("1", maxPhone), Tags: slices.Repeat([]string{strings.Repeat("ä", maxTag)}, maxTags),
	}
	r := w.put(full, "")
	phone := "2"
	_, err := w.Update(ctx, admin, KindContact, r.ID, 0, &ContactPatch{Phone: &phone})
	w.must(err)
	w.put(&Email{To: []string{full.Email}, Subject: strings.Repeat("ä", maxSubject), Sent: true}, "")
	w.must(w.Delete(ctx, admin, KindContact, r.ID))
	small := w.put(&Contact{Phone: "1"}, "x")
	w.put(&Contact{Company: "1"}, "x")
	w.must(w.Delete(ctx, admin, KindContact, small.ID))
	w.put(&Email{From: "a@b.example", Sent: true}, "")
	w.put(&Email{From: "a@b.example"}, "")          // received: no event
	w.put(&Meeting{Begin: noon, End: noon}, "meet") // no event

	raised := w.raised()
	if len(raised) != 8 {
		t.Fatalf("events: %v", w.types())
	}
	w.events.Start()
	t.Cleanup(func() { w.must(w.events.Stop(context.Background())) })
	for _, e := range raised {
		rs, err := w.events.Accept(ctx, machine, []event.Input{{Type: e.Type, Data: e.Data}}, event.Options{})
		w.must(err)
		if len(rs[0].Warnings) > 0 || rs[0].Fault != nil {
			t.Errorf("%s: %v %v in %.500s", e.Type, rs[0].Warnings, rs[0].Fault, e.Data)
		}
		if !strings.HasPrefix(data(t, e)["id"].(string), map[bool]string{true: "con_", false: "eml_"}[strings.HasPrefix(e.Type, "contact")]) {
			t.Errorf("%s has no id: %s", e.Type, e.Data)
		}
	}
}
