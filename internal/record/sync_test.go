package record

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
)

// TestAPageReadTwice: the second time nothing changes and nothing is raised.
func TestAPageReadTwice(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		b := Batch{
			Contacts: []ContactInput{{ExternalID: "c1", Contact: Contact{Email: "Bo@acme.example", FirstName: "Bo", Tags: []string{"a"}}}},
			Emails:   []EmailInput{mail("m1", noon.Add(-time.Hour), true), mail("m2", noon, false)},
			Meetings: []MeetingInput{appointment("e1", "work", noon)},
			Removed:  []Removed{{KindEmail, "m0"}},
		}
		if got := w.apply(gmail, b); got != (Tally{Created: 4, Events: 2}) {
			t.Fatalf("first: %+v", got)
		}
		if got := w.types(); !slices.Equal(got, []string{"contact.created", "email.sent"}) {
			t.Fatalf("events: %v", got)
		}
		sent := data(t, w.raised()[1])
		contact, message := w.all(KindContact, Filter{})[0], w.all(KindEmail, Filter{})[1]
		if sent["id"] != message.ID || sent["contactId"] != contact.ID || sent["to"] != "bo@acme.example" || sent["sentAt"] != "2026-11-23T11:00:00Z" {
			t.Errorf("email.sent: %v", sent)
		}
		told := w.told.Load()
		w.forward(time.Minute)
		if got := w.apply(gmail, b); got != (Tally{Same: 4}) {
			t.Errorf("second: %+v", got)
		}
		if n := w.count("events"); n != 2 || w.told.Load() != told {
			t.Errorf("the second time: %d events, told %d times", n, w.told.Load()-told)
		}
		if again := w.all(KindEmail, Filter{})[1]; again.Version != 1 || !again.UpdatedAt.Equal(message.UpdatedAt) {
			t.Errorf("version %d of %s", again.Version, again.UpdatedAt)
		}
	})
}

func TestChangesOfASource(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		c := ContactInput{ExternalID: "c1", Contact: Contact{Email: "bo@acme.example", Phone: "1"}}
		draft := mail("m1", noon, false)
		w.apply(gmail, Batch{Contacts: []ContactInput{c}, Emails: []EmailInput{draft}, Meetings: []MeetingInput{appointment("e1", "work", noon)}})
		w.forward(time.Minute)

		c.Phone, c.Company = "", "Acme"
		draft.Sent = true
		got := w.apply(gmail, Batch{
			Contacts: []ContactInput{c}, Emails: []EmailInput{draft},
			// It says "cancelled" and no more.
			Meetings: []MeetingInput{{ExternalID: "e1", SourceVersion: "2", Blank: true, Meeting: Meeting{Calendar: "work", Status: Cancelled}}, {ExternalID: "never", Blank: true}},
		})
		if got != (Tally{Changed: 3, Same: 1, Events: 2}) {
			t.Errorf("tally: %+v", got)
		}
		if got := w.types(); !slices.Equal(got, []string{"contact.created", "contact.updated", "email.sent"}) {
			t.Fatalf("events: %v", got)
		}
		updated := data(t, w.raised()[1])
		if fmt.Sprint(updated["changed"]) != "[company phone]" || updated["phone"] != nil || updated["company"] != "Acme" || updated["source"] != "gmail" {
			t.Errorf("contact.updated: %v", updated)
		}
		m := w.all(KindMeeting, Filter{})
		f, ok := m[0].Fields.(*Meeting)
		if len(m) != 1 || !ok || f.Status != Cancelled || f.Title != "Plan e1" || len(f.Attendees) != 1 || m[0].SourceVersion != "2" || m[0].Version != 2 {
			t.Errorf("cancelled: %+v of %d", f, len(m))
		}

		got = w.apply(gmail, Batch{Removed: []Removed{{KindContact, "c1"}, {KindContact, "c1"}, {KindEmail, "m1"}, {KindMeeting, "never"}}})
		if got != (Tally{Removed: 2, Events: 1}) {
			t.Errorf("removed: %+v", got)
		}
		if got := w.types(); len(got) != 4 || got[3] != "contact.deleted" {
			t.Errorf("events: %v", got)
		}
		counts, err := w.Count(t.Context(), orgA, "gmail")
		if err != nil || counts != (Counts{Meetings: 1}) {
			t.Errorf("counts: %+v, %v", counts, err)
		}
		if counts, err = w.Count(t.Context(), orgB, "gmail"); err != nil || counts != (Counts{}) {
			t.Errorf("counts of another organization: %+v, %v", counts, err)
		}
	})
}

// TestALoadRemovesWhatItDidNotName, within its bounds, its scope and its account.
func TestALoadRemovesWhatItDidNotName(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		calendars := Source{OrganizationID: orgA, Name: "google-calendar", Account: "ada"}
		var all []MeetingInput
		for i := range 4 {
			all = append(all, appointment(fmt.Sprintf("w%d", i), "work", noon.AddDate(0, 0, i)))
		}
		all = append(all, appointment("home", "home", noon), appointment("old", "work", noon.AddDate(-1, 0, 0)), appointment("end", "work", noon.AddDate(0, 1, 0)))
		w.apply(calendars, Batch{Meetings: all})
		w.apply(Source{orgA, "google-calendar", "another"}, Batch{Meetings: []MeetingInput{appointment("w1", "work", noon)}})
		w.apply(Source{orgB, "google-calendar", "ada"}, Batch{Meetings: []MeetingInput{appointment("w1", "work", noon)}})

		load := Load{Source: "work", ID: "l1", From: noon.AddDate(0, 0, -1), To: noon.AddDate(0, 1, 0)}
		if got := w.apply(calendars, Batch{Meetings: all[:1], Load: &load}); got != (Tally{Same: 1}) {
			t.Errorf("first page: %+v", got)
		}
		load.Done = true
		if got := w.apply(calendars, Batch{Meetings: all[2:3], Load: &load}); got != (Tally{Same: 1, Removed: 2}) {
			t.Errorf("last page: %+v", got)
		}
		if got := w.apply(calendars, Batch{Meetings: all[2:3], Load: &load}); got != (Tally{Same: 1}) {
			t.Errorf("last page again: %+v", got)
		}
		var left []string
		for _, r := range w.all(KindMeeting, Filter{}) {
			left = append(left, r.Account+"/"+r.ExternalID)
		}
		slices.Sort(left)
		if want := []string{"ada/end", "ada/home", "ada/old", "ada/w0", "ada/w2", "another/w1"}; !slices.Equal(left, want) {
			t.Errorf("left: %v", left)
		}
		load = Load{Source: "work", ID: "l2", Done: true} // no bounds, and nothing is there
		if got := w.apply(calendars, Batch{Load: &load}); got != (Tally{Removed: 4}) {
			t.Errorf("an empty calendar: %+v", got)
		}
	})
}

// TestWhichEventsAFirstLoadRaises: none if quiet, and none for old mail.
func TestWhichEventsAFirstLoadRaises(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		old, recent := mail("old", noon.Add(-2*time.Hour), true), mail("new", noon.Add(-time.Minute), true)
		c := []ContactInput{{ExternalID: "c", Contact: Contact{FirstName: "Bo"}}}
		w.apply(gmail, Batch{Contacts: c, Emails: []EmailInput{mail("quiet", noon, true)}, Quiet: true})
		if n := w.count("events"); n != 0 {
			t.Errorf("quiet: %d events", n)
		}
		w.apply(gmail, Batch{Emails: []EmailInput{old, recent}, EventsFrom: noon.Add(-time.Hour)})
		if got := w.raised(); len(got) != 1 || data(t, got[0])["subject"] != "About new" || !got[0].OccurredAt.Equal(recent.At) {
			t.Errorf("since an hour: %+v", got)
		}
		w.apply(gmail, Batch{Contacts: []ContactInput{{ExternalID: "d", Contact: Contact{FirstName: "Di"}}}, EventsFrom: noon.Add(time.Hour)})
		if n := w.count("events"); n != 1 {
			t.Errorf("from later on: %d events", n)
		}
		// A clock that is ahead of ours is no reason to lose the event.
		w.apply(gmail, Batch{Emails: []EmailInput{mail("future", noon.AddDate(1, 0, 0), true)}})
		if got := w.raised(); len(got) != 2 || !got[1].OccurredAt.Equal(noon) {
			t.Errorf("a mail of next year: %+v", got)
		}
	})
}

// TestACrashLeavesNothing: neither a record, nor a count, nor an event.
func TestACrashLeavesNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		p, err := w.Prepare(t.Context(), gmail, Batch{
			Contacts: []ContactInput{{ExternalID: "c", Contact: Contact{FirstName: "Bo"}}}, Emails: []EmailInput{mail("m", noon, true)},
		})
		w.must(err)
		crash := errors.New("crash")
		err = d.Write(t.Context(), func(tx *db.Tx) error {
			if _, err := w.Apply(t.Context(), tx, p); err != nil {
				return err
			}
			return crash
		})
		if !errors.Is(err, crash) || w.fanned.Load() != 2 {
			t.Fatalf("%v after %d events", err, w.fanned.Load())
		}
		for _, table := range []string{"contacts", "emails", "record_counts", "events"} {
			if n := w.count(table); n != 0 {
				t.Errorf("%s has %d rows", table, n)
			}
		}
		if w.told.Load() != 0 {
			t.Error("browsers were told")
		}
		w.must(d.Write(t.Context(), func(tx *db.Tx) error { // the same batch goes in afterwards
			_, err := w.Apply(t.Context(), tx, p)
			return err
		}))
		if got := w.types(); !slices.Equal(got, []string{"contact.created", "email.sent"}) {
			t.Errorf("events: %v", got)
		}
	})
}

// TestOddRecordsOfAProvider are kept as far as they can be, and are the same when
// they are read again.
func TestOddRecordsOfAProvider(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		long := strings.Repeat("ä", 3000)
		b := Batch{
			Contacts: []ContactInput{
				{ExternalID: "c1", Contact: Contact{Email: "not an address", FirstName: "B\x00o\xff", Company: long, Tags: make([]string, 500)}},
				{ExternalID: long + "1"}, {ExternalID: long + "2"}, {ExternalID: "\xff\x00"}, {ExternalID: ""},
				{ExternalID: "twice", Contact: Contact{FirstName: "first"}}, {ExternalID: "twice", Contact: Contact{FirstName: "last"}},
			},
			Emails: []EmailInput{{ExternalID: "m1", SourceVersion: long, Scope: long, Email: Email{
				From: long, To: slices.Repeat([]string{"x@y.example", " "}, 1000), Subject: "a\x00b", Text: strings.Repeat("€", 100_000), Sent: true,
			}}},
			Meetings: []MeetingInput{{ExternalID: "e1", Meeting: Meeting{
				Title: long, Begin: time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC), End: noon, Status: "whatever",
				Attendees: slices.Repeat([]Attendee{{Email: long, Answer: "perhaps"}}, 5000),
			}}},
		}
		if got := w.apply(gmail, b); got != (Tally{Created: 7, Skipped: 1, Events: 6}) {
			t.Fatalf("first: %+v", got)
		}
		if got := w.apply(gmail, b); got != (Tally{Same: 7, Skipped: 1}) {
			t.Errorf("again: %+v", got)
		}
		c, ok := w.all(KindContact, Filter{ExternalID: "c1"})[0].Fields.(*Contact)
		if !ok || c.Email != "" || c.FirstName != "Bo\uFFFD" || c.Company != strings.Repeat("ä", maxName) || len(c.Tags) != 0 {
			t.Errorf("contact: %+v", c)
		}
		e, ok := w.all(KindEmail, Filter{})[0].Fields.(*Email)
		if !ok || e.Subject != "ab" || len(e.To) != maxRecipients || len(e.Text) > maxText || !strings.HasSuffix(e.Text, "€") || !e.At.Equal(firstTime) {
			t.Errorf("mail: %.300v", e)
		}
		m, ok := w.all(KindMeeting, Filter{})[0].Fields.(*Meeting)
		if !ok || !m.Begin.Equal(lastTime) || m.End.Before(m.Begin) || m.Status != Confirmed || len(m.Attendees) != maxAttendees || m.Attendees[0].Answer != "" {
			t.Errorf("meeting: %.300v", m)
		}
		twice, ok := w.all(KindContact, Filter{ExternalID: "twice"})[0].Fields.(*Contact)
		if !ok || twice.FirstName != "last" {
			t.Errorf("of two with one id: %+v", twice)
		}
		if got := w.apply(gmail, Batch{Removed: []Removed{{KindContact, long + "1"}}}); got != (Tally{Removed: 1, Events: 1}) {
			t.Errorf("a long id is found again: %+v", got)
		}
		for _, src := range []Source{{}, {orgA, SourceAPI, ""}, {"", "gmail", "x"}, {orgA, strings.Repeat("x", 65), ""}} {
			if _, err := w.Prepare(t.Context(), src, Batch{}); err == nil {
				t.Errorf("%+v is a source", src)
			}
		}
		for _, b := range []Batch{{Load: &Load{Source: "x"}}, {Load: &Load{ID: "x"}}, {Removed: []Removed{{"deal", "1"}}}} {
			if _, err := w.Prepare(t.Context(), gmail, b); err == nil {
				t.Errorf("%+v is a batch", b)
			}
		}
	})
}

// TestForget deletes in bounded steps what one source has, and no more.
func TestForget(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		b := Batch{Quiet: true, Contacts: []ContactInput{{ExternalID: "c", Contact: Contact{FirstName: "Bo"}}}}
		for i := range sweepStep + 20 {
			b.Emails = append(b.Emails, mail(fmt.Sprint(i), noon, true))
		}
		w.apply(gmail, b)
		w.apply(Source{orgA, "outlook", "x"}, Batch{Quiet: true, Emails: b.Emails[:1]})
		w.apply(Source{orgB, "gmail", "x"}, Batch{Quiet: true, Emails: b.Emails[:1]})
		forget := func() (n int) {
			w.must(d.Write(t.Context(), func(tx *db.Tx) (err error) {
				n, err = w.Forget(t.Context(), tx, orgA, "gmail")
				return err
			}))
			return n
		}
		if a, b, c := forget(), forget(), forget(); a != sweepStep || b != 21 || c != 0 {
			t.Errorf("steps of %d, %d, %d", a, b, c)
		}
		if got := w.types(); !slices.Equal(got, []string{"contact.deleted"}) {
			t.Errorf("events: %v", got)
		}
		if n := w.count("emails"); n != 2 {
			t.Errorf("%d mails are left", n)
		}
		if counts, err := w.Count(t.Context(), orgA, "gmail"); err != nil || counts != (Counts{}) {
			t.Errorf("counts: %+v, %v", counts, err)
		}
	})
}
