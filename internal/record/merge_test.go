package record

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/fault"
)

var (
	hubspot    = Source{OrganizationID: orgA, Name: "hubspot", Account: "62515"}
	salesforce = Source{OrganizationID: orgA, Name: "salesforce", Account: "00D"}
	linkedin   = Source{OrganizationID: orgA, Name: "linkedin", Account: "sub"}
)

func crowd(inputs ...ContactInput) Batch { return Batch{Contacts: inputs} }

func human(externalID string, c Contact) ContactInput {
	return ContactInput{ExternalID: externalID, SourceVersion: "1", Contact: c}
}

// one gives the only contact of the first organization.
func (w *world) one() *Record {
	w.t.Helper()
	all := w.all(KindContact, Filter{})
	if len(all) != 1 {
		w.t.Fatalf("%d contacts", len(all))
	}
	return all[0]
}

func contactIn(t testing.TB, r *Record) *Contact {
	t.Helper()
	c, ok := r.Fields.(*Contact)
	if !ok {
		t.Fatalf("a %T", r.Fields)
	}
	return c
}

// wins says who wins which field, as source:field.
func wins(r *Record) string {
	var all []string
	for _, s := range r.Sources {
		for _, f := range s.Wins {
			all = append(all, s.Source+":"+f)
		}
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// TestOnePersonOfTwoSystems is one contact: created once, changed when something of
// it really changes, deleted with the last of its sources.
func TestOnePersonOfTwoSystems(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		h := crowd(human("h1", Contact{Email: "Bo@acme.example", FirstName: "Bo", Company: "Acme"}))
		if got := w.apply(hubspot, h); got != (Tally{Created: 1, Events: 1}) {
			t.Fatalf("first: %+v", got)
		}
		first := w.one()
		w.forward(time.Minute)
		// The same, said by another in another case: no change of the contact.
		if got := w.apply(salesforce, crowd(human("s1", Contact{Email: "bo@ACME.example", FirstName: "Bo"}))); got != (Tally{Created: 1}) {
			t.Errorf("the same again: %+v", got)
		}
		now := w.one()
		if now.ID != first.ID || now.Version != 1 || len(now.Sources) != 2 || contactIn(t, now).Email != "Bo@acme.example" {
			t.Errorf("joined: %+v", now)
		}
		if got := w.apply(salesforce, crowd(human("s1", Contact{Email: "bo@ACME.example", FirstName: "Bo", Company: "Acme Inc.", Phone: "1", Title: "CTO"}))); got != (Tally{Changed: 1, Events: 1}) {
			t.Errorf("changed: %+v", got)
		}
		now = w.one()
		if c := contactIn(t, now); now.Version != 2 || c.Company != "Acme Inc." || c.Phone != "1" || wins(now) != "hubspot:email salesforce:company salesforce:firstName salesforce:phone salesforce:title" {
			t.Errorf("merged: version %d, %+v, %s", now.Version, c, wins(now))
		}
		updated := data(t, w.raised()[1])
		if fmt.Sprint(updated["changed"]) != "[company phone title]" || updated["source"] != "hubspot" || updated["title"] != "CTO" || updated["id"] != first.ID {
			t.Errorf("contact.updated: %v", updated)
		}
		// Read again, the older source wins nothing back.
		if got := w.apply(hubspot, h); got != (Tally{Same: 1}) || contactIn(t, w.one()).Company != "Acme Inc." {
			t.Errorf("read again: %+v, %+v", got, contactIn(t, w.one()))
		}
		// The API is a source too.
		put, created, err := w.Put(t.Context(), machine, "", &Contact{Email: "BO@acme.example", Company: "ACME"})
		if err != nil || created || put.ID != first.ID || contactIn(t, put).Company != "ACME" || len(put.Sources) != 3 {
			t.Errorf("put: %+v, %t, %v", put, created, err)
		}
		again, created, err := w.Put(t.Context(), machine, "", &Contact{Email: "BO@acme.example", Company: "ACME"})
		if err != nil || created || again.Version != put.Version || len(again.Sources) != 3 {
			t.Errorf("put again: %+v, %t, %v", again, created, err)
		}
		w.must(w.Delete(t.Context(), machine, KindContact, first.ID)) // takes back what the API said
		if c := contactIn(t, w.one()); c.Company != "Acme Inc." {
			t.Errorf("after the API's: %+v", c)
		}
		if err := w.Delete(t.Context(), machine, KindContact, first.ID); !errors.Is(err, &fault.Error{Type: "record-of-integration"}) {
			t.Errorf("the integrations': %v", err)
		}
		// What only one had goes with it.
		if got := w.apply(salesforce, Batch{Removed: []Removed{{KindContact, "s1"}}}); got != (Tally{Removed: 1, Events: 1}) {
			t.Errorf("removed: %+v", got)
		}
		now = w.one()
		if c := contactIn(t, now); c.Company != "Acme" || c.Phone != "" || c.Title != "" || len(now.Sources) != 1 {
			t.Errorf("taken back: %+v", c)
		}
		if got := w.apply(hubspot, Batch{Removed: []Removed{{KindContact, "h1"}}}); got != (Tally{Removed: 1, Events: 1}) {
			t.Errorf("the last: %+v", got)
		}
		want := []string{"contact.created", "contact.updated", "contact.updated", "contact.updated", "contact.updated", "contact.deleted"}
		if got := w.types(); !slices.Equal(got, want) {
			t.Errorf("events: %v", got)
		}
		w.sound()
	})
}

// TestLastWriterOfAFieldWins, field by field; what it empties, another's shows again.
func TestLastWriterOfAFieldWins(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d) // its clock stands still
		h, s := Contact{Email: "bo@acme.example", Phone: "h", Title: "h", Tags: []string{"h"}}, Contact{Email: "bo@acme.example", Phone: "s", LastName: "s"}
		say := func(src Source, c Contact, want string) {
			t.Helper()
			w.apply(src, crowd(human("1", c)))
			c2 := contactIn(t, w.one())
			if got := fmt.Sprintf("%s,%s,%s,%v", c2.Phone, c2.Title, c2.LastName, c2.Tags); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		say(hubspot, h, "h,h,,[h]")
		say(salesforce, s, "s,h,s,[h]")
		h.Phone = "h2"
		say(hubspot, h, "h2,h,s,[h]")
		s.Title, s.Tags = "s2", []string{"s", "t"}
		say(salesforce, s, "h2,s2,s,[s t]")
		h.Phone = ""
		say(hubspot, h, "s,s2,s,[s t]")
		h.Phone = "h3"
		say(hubspot, h, "h3,s2,s,[s t]")
		s = Contact{Email: s.Email}
		say(salesforce, s, "h3,h,,[h]")
		w.sound()
	})
}

// TestAContactWhoseAddressChanges goes where the address is.
func TestAContactWhoseAddressChanges(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		at := func(src Source, externalID, email string) string {
			w.apply(src, crowd(human(externalID, Contact{Email: email, FirstName: src.Name})))
			for _, r := range w.all(KindContact, Filter{Source: src.Name, ExternalID: externalID}) {
				return r.ID
			}
			t.Fatal("it is gone")
			return ""
		}
		a := at(hubspot, "1", "a@x.example")
		if b := at(hubspot, "1", "b@x.example"); b != a {
			t.Errorf("alone: %s became %s", a, b)
		}
		if b := at(salesforce, "1", "B@x.example"); b != a {
			t.Errorf("joins: %s is not %s", b, a)
		}
		c := at(salesforce, "1", "c@x.example")
		if c == a {
			t.Error("shared: the address of another's person has changed")
		}
		if b := at(hubspot, "1", "C@X.example"); b != c {
			t.Errorf("moves: %s is not %s", b, c)
		}
		want := []string{"contact.created", "contact.updated", "contact.updated", "contact.updated", "contact.created", "contact.deleted"}
		if got := w.types(); !slices.Equal(got, want) {
			t.Errorf("events: %v", got)
		}
		// Without an address it stays, and finds its way when it has one.
		if b := at(hubspot, "1", ""); b != c {
			t.Errorf("emptied: %s is not %s", b, c)
		}
		e := at(linkedin, "1", "")
		if f := at(linkedin, "1", "c@x.example"); f != c || e == c {
			t.Errorf("found: %s is not %s", f, c)
		}
		w.sound()
	})
}

// TestPeopleWithoutAnAddress are told apart by their page, within their source.
func TestPeopleWithoutAnAddress(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		page := "https://www.linkedin.com/in/Bo-Berg"
		w.apply(linkedin, crowd(human("csv:1", Contact{FirstName: "Bo", ProfileURL: page}), human("csv:2", Contact{FirstName: "Bo"})))
		if got := w.apply(linkedin, crowd(human("api:1", Contact{FirstName: "Bo", LastName: "Berg", ProfileURL: "http://linkedin.com/in/bo-berg/?trk=x"}))); got != (Tally{Created: 1, Events: 1}) {
			t.Errorf("the same page: %+v", got)
		}
		if got := w.apply(hubspot, crowd(human("1", Contact{FirstName: "Bo", ProfileURL: page}))); got.Created != 1 {
			t.Errorf("another source: %+v", got)
		}
		if n := len(w.all(KindContact, Filter{})); n != 3 {
			t.Errorf("%d contacts", n)
		}
		for i, odd := range []string{"javascript:alert(1)", "/in/bo", "https://", "https://x/" + strings.Repeat("a", 2000), "http://[::1", "https://x/\x00"} {
			w.apply(linkedin, crowd(human(fmt.Sprint("odd", i), Contact{FirstName: "Di", ProfileURL: odd})))
			for _, r := range w.all(KindContact, Filter{ExternalID: fmt.Sprint("odd", i)}) {
				if p := contactIn(t, r).ProfileURL; p != "" {
					t.Errorf("%.40q is a page", p)
				}
			}
		}
		w.sound()
	})
}

// TestOrganizationsNeverMeet, not even over one person.
func TestOrganizationsNeverMeet(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		c := Contact{Email: "bo@acme.example", Phone: "ours", ProfileURL: "https://x.example/bo"}
		w.apply(hubspot, crowd(human("1", c)))
		c.Phone = "theirs"
		w.apply(Source{orgB, "hubspot", "62515"}, crowd(human("1", c)))
		if _, _, err := w.Put(t.Context(), foreign, "", &Contact{Email: "bo@acme.example", Phone: "theirs"}); err != nil {
			t.Fatal(err)
		}
		if r := w.one(); contactIn(t, r).Phone != "ours" || len(r.Sources) != 1 {
			t.Errorf("%+v", r)
		}
		id, phone := w.one().ID, "x"
		if _, err := w.Update(t.Context(), foreign, KindContact, id, 0, &ContactPatch{Phone: &phone}); fault.KindOf(err) != fault.NotFound {
			t.Errorf("changed from elsewhere: %v", err)
		}
		if err := w.Delete(t.Context(), foreign, KindContact, id); fault.KindOf(err) != fault.NotFound {
			t.Errorf("deleted from elsewhere: %v", err)
		}
		w.sound()
	})
}

// TestPatchOfASharedContact changes what the API says of it, and no more.
func TestPatchOfASharedContact(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.apply(hubspot, crowd(human("1", Contact{Email: "bo@acme.example", Phone: "1", Title: "CTO"})))
		id := w.one().ID
		patch := func(p ContactPatch) *Record {
			t.Helper()
			r, err := w.Update(t.Context(), admin, KindContact, id, 0, &p)
			w.must(err)
			return r
		}
		phone, title, none := "2", "CEO", ""
		if r := patch(ContactPatch{Title: &none}); len(r.Sources) != 1 || r.Version != 1 {
			t.Errorf("nothing to say: %+v", r)
		}
		r := patch(ContactPatch{Phone: &phone})
		if r.ID != id || r.Version != 2 || wins(r) != "api:phone hubspot:email hubspot:title" {
			t.Errorf("patched: %+v, %s", r, wins(r))
		}
		w.apply(hubspot, crowd(human("1", Contact{Email: "bo@acme.example", Phone: "3", Title: "CTO"})))
		if c := contactIn(t, w.one()); c.Phone != "3" {
			t.Errorf("the last writer: %+v", c)
		}
		if r = patch(ContactPatch{Phone: &phone}); contactIn(t, r).Phone != "2" { // said again, it counts again
			t.Errorf("said again: %+v", contactIn(t, r))
		}
		r = patch(ContactPatch{Title: &title})
		_, err := w.Update(t.Context(), admin, KindContact, id, r.Version-1, &ContactPatch{Title: &none})
		if fault.KindOf(err) != fault.Stale {
			t.Errorf("stale: %v", err)
		}
		if r = patch(ContactPatch{Title: &none, Phone: &none}); len(r.Sources) != 1 || contactIn(t, r).Phone != "3" || contactIn(t, r).Title != "CTO" {
			t.Errorf("taken back: %+v", r)
		}
		other := "di@acme.example"
		if r = patch(ContactPatch{Email: &other, Phone: &phone}); r.ID == id || contactIn(t, r).Phone != "2" {
			t.Errorf("another address: %+v", r)
		}
		if c, err := w.Count(t.Context(), orgA, SourceAPI); err != nil || c.Contacts != 1 {
			t.Errorf("counts: %+v, %v", c, err)
		}
		w.sound()
	})
}

// TestASweepTakesBackOneSource, within the kind of the load.
func TestASweepTakesBackOneSource(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		both := func(src Source) Batch {
			b := Batch{Quiet: true, Campaigns: []CampaignInput{{ExternalID: "c", Campaign: Campaign{Name: "Autumn"}}}}
			for i := range sweepStep + 20 {
				b.Contacts = append(b.Contacts, human(fmt.Sprint(i), Contact{Email: fmt.Sprintf("p%d@x.example", i), Phone: src.Name}))
			}
			return b
		}
		w.apply(hubspot, both(hubspot))
		w.apply(salesforce, both(salesforce))
		load := &Load{Source: "00D", Kind: KindContact, ID: "1", Done: true}
		got := w.apply(salesforce, Batch{Contacts: both(salesforce).Contacts[:1], Load: load})
		if got != (Tally{Same: 1, Removed: sweepStep + 19, Events: sweepStep + 19}) {
			t.Errorf("swept: %+v", got)
		}
		if n := w.count("contacts"); n != sweepStep+20 {
			t.Errorf("%d contacts", n)
		}
		if n := w.count("campaigns"); n != 2 {
			t.Errorf("%d campaigns", n)
		}
		if n := w.count("events WHERE type <> 'contact.updated'"); n != 0 {
			t.Errorf("%d events of other types", n)
		}
		c, err := w.Count(t.Context(), orgA, "salesforce")
		if err != nil || c != (Counts{Contacts: 1, Campaigns: 1}) {
			t.Errorf("counts: %+v, %v", c, err)
		}
		forget := func() (n int) {
			w.must(d.Write(t.Context(), func(tx *db.Tx) (err error) {
				n, err = w.Forget(t.Context(), tx, orgA, "hubspot")
				return err
			}))
			return n
		}
		if a, b, c := forget(), forget(), forget(); a != sweepStep || b != 21 || c != 0 {
			t.Errorf("forgot %d, %d, %d", a, b, c)
		}
		if r := w.one(); r.Source != "salesforce" {
			t.Errorf("left: %+v", r)
		}
		w.sound()
	})
}

// TestConcurrentSourcesOfOnePerson give one contact, whoever is first.
func TestConcurrentSourcesOfOnePerson(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		const persons = 40
		var running sync.WaitGroup
		for _, src := range []Source{hubspot, salesforce, linkedin, gmail} {
			for range 2 {
				running.Go(func() {
					for n := range 4 {
						b := Batch{}
						for i := range persons {
							b.Contacts = append(b.Contacts, human(fmt.Sprint(i), Contact{Email: fmt.Sprintf("p%d@x.example", i), Phone: fmt.Sprint(src.Name, n)}))
						}
						w.apply(src, b)
					}
				})
			}
		}
		for i := range persons {
			running.Go(func() { w.put(&Contact{Email: fmt.Sprintf("P%d@x.example", i), Company: "Acme"}, fmt.Sprint(i)) })
		}
		running.Wait()
		if n, created := w.count("contacts"), w.count("events WHERE type = 'contact.created'"); n != persons || created != persons {
			t.Errorf("%d contacts, %d created", n, created)
		}
		if n := w.count("contact_sources"); n != 5*persons {
			t.Errorf("%d sources", n)
		}
		w.sound()
	})
}
