package record

import (
	"slices"
	"strings"
	"testing"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
)

// When two people were connected is kept with what the source says, and nowhere else:
// the contact, its version and its events know nothing of it.
func TestConnectedIsTheSources(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		src := Source{OrganizationID: orgA, Name: "linkedin"}
		in := ContactInput{ExternalID: "bo", Scope: "file", Contact: Contact{FirstName: "Bo", ProfileURL: "https://www.linkedin.com/in/bo"}}
		say := func(connected string) Tally {
			in.Connected = connected
			return w.apply(src, Batch{Contacts: []ContactInput{in}})
		}
		said := func() *Connected {
			t.Helper()
			all := w.all(KindContact, Filter{Source: "linkedin"})
			if len(all) != 1 || all[0].Version != 1 || len(all[0].Sources) != 1 || strings.Contains(all[0].text, "connected") {
				t.Fatalf("%+v", all)
			}
			return all[0].Sources[0].Connected
		}
		if got := say(""); got.Created != 1 || said() != nil {
			t.Errorf("%+v %+v", got, said())
		}
		for _, one := range []struct {
			text string
			want Connected
		}{
			{"2024-03-15", Connected{Date: "2024-03-15"}},
			{"some\x00day \u2764", Connected{Text: "someday \u2764"}},
			{"2024-02-31", Connected{Text: "2024-02-31"}},
			{strings.Repeat("x", 300), Connected{Text: strings.Repeat("x", maxName)}},
			{"2023-01-02", Connected{Date: "2023-01-02"}},
		} {
			if got := say(one.text); got.Changed != 1 || got.Events != 0 || *said() != one.want {
				t.Errorf("%.20q: %+v %+v", one.text, got, said())
			}
			if got := say(one.text); got.Same != 1 || got.Changed != 0 {
				t.Errorf("%.20q again: %+v", one.text, got)
			}
		}
		// Who is marked as gone keeps the date.
		load := &Load{Source: "file", Kind: KindContact, ID: "2", Done: true, Tag: "gone"}
		w.apply(src, Batch{Load: load})
		all := w.all(KindContact, Filter{Source: "linkedin"})
		if s := all[0].Sources[0]; !slices.Equal(s.Contact.Tags, []string{"gone"}) || s.Connected == nil || s.Connected.Date != "2023-01-02" {
			t.Errorf("%+v", s)
		}
		if got := say("2023-01-02"); got.Changed != 1 {
			t.Errorf("named again: %+v", got)
		}
		if s := w.all(KindContact, Filter{Source: "linkedin"})[0].Sources[0]; len(s.Contact.Tags) != 0 || s.Connected.Date != "2023-01-02" {
			t.Errorf("%+v", s)
		}
		// Somebody new with a date, and one whom the API knows too.
		w.put(&Contact{FirstName: "Cy", Email: "cy@acme.test"}, "")
		w.apply(src, Batch{Contacts: []ContactInput{{ExternalID: "cy", Contact: Contact{Email: "cy@acme.test"}, Connected: "2020-05-05"}}})
		cy := w.all(KindContact, Filter{Email: "cy@acme.test"})
		if len(cy) != 1 || len(cy[0].Sources) != 2 || cy[0].Sources[0].Connected != nil || cy[0].Sources[1].Connected.Date != "2020-05-05" || slices.Contains(cy[0].Sources[1].Wins, "connected") {
			t.Errorf("%+v", cy)
		}
	})
}
