package salesforce_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"patchboard/internal/sandbox/sandboxtest"
)

// roleOf gives the id of a role by what the panel shows.
func roleOf(t *testing.T, w *sandboxtest.World, title string) string {
	t.Helper()
	_, page, _ := strings.Cut(w.Read("/salesforce"), `id="roles"`)
	return idIn(t, page, title)
}

// An opportunity that names no contact has the one of its primary role, else of its
// oldest, and follows when roles change or go. One that names its own keeps it.
func TestContactRoles(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	for _, name := range []string{"Rossi", "Vito", "Klein"} {
		press(w, "contact", "last", name, "email", name+"@acme.test")
	}
	rossi, vito, klein := idOf(t, w, "Rossi"), idOf(t, w, "Vito"), idOf(t, w, "Klein")
	press(w, "opportunity", "name", "Open deal")
	press(w, "opportunity", "name", "Own deal", "contact", klein)
	deal, own := idOf(t, w, "Open deal"), idOf(t, w, "Own deal")
	role := func(opportunity, contact, name, primary string) {
		press(w, "role", "opportunity", opportunity, "contact", contact, "role", name, "primary", primary)
	}
	role(own, rossi, "Other", "yes")
	role(deal, vito, "Oldest", "")
	w.Pass(time.Second)
	role(deal, rossi, "Second", "")
	s := connect(w, "")
	k := newKnown()
	cursor := k.read(t, s, nil)
	want := func(what, contact string) {
		t.Helper()
		if got := k.opportunity("Open deal").Contact; got != contact {
			t.Errorf("%s: %q, not %q", what, got, contact)
		}
		if got := k.opportunity("Own deal").Contact; got != klein {
			t.Errorf("%s: the one that names its own has %q", what, got)
		}
	}
	want("the oldest", vito)
	versions := map[string]bool{k.changes["opportunity "+deal].Version: true}
	for _, step := range []struct {
		what, contact string
		do            func()
	}{
		{"a primary one", klein, func() { role(deal, klein, "Third", "yes") }},
		{"another is primary", rossi, func() { press(w, "primary", "id", roleOf(t, w, "Second: ")) }},
		{"the primary one is deleted", vito, func() {
			press(w, "delete", "object", "OpportunityContactRole", "id", roleOf(t, w, "Second: "))
		}},
		{"the oldest is deleted", klein, func() {
			press(w, "delete", "object", "OpportunityContactRole", "id", roleOf(t, w, "Oldest: "))
		}},
		{"the last is deleted", "", func() {
			press(w, "delete", "object", "OpportunityContactRole", "id", roleOf(t, w, "Third: "))
		}},
	} {
		w.Pass(10 * time.Minute)
		step.do()
		s.Now = w.Now()
		cursor = k.read(t, s, cursor)
		want(step.what, step.contact)
		versions[k.changes["opportunity "+deal].Version] = true
	}
	if len(versions) != 4 || len(k.loads) != 1 || len(k.off) != 0 { // two contacts came twice
		t.Errorf("%d versions, %d loads, off: %q", len(versions), len(k.loads), k.off)
	}
}

// Roles that changed long ago are not read again with each run.
func TestRolesAreReadOnce(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	w.Seed()
	s := connect(w, "")
	k := newKnown()
	cursor := k.read(t, s, nil)
	roles := 0
	for _, c := range k.changes {
		if c.Opportunity != nil && c.Opportunity.Contact == "" {
			t.Errorf("%s has no contact", c.Opportunity.Name)
		}
	}
	for range 3 {
		w.Pass(6 * time.Minute)
		s.Now = w.Now()
		before := k.same
		cursor = k.read(t, s, cursor)
		roles = k.same - before
	}
	if roles > 2 { // the newest contact and opportunity, within the overlap
		t.Errorf("%d rows are read with each run", roles)
	}
}

// A user who may not read roles has everything else read, which says so; with the
// permission, and without it again, the rest goes on.
func TestRolesThatAreHidden(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	press(w, "contact", "last", "Rossi", "email", "bo@acme.test")
	press(w, "opportunity", "name", "Open deal")
	rossi, deal := idOf(t, w, "Rossi"), idOf(t, w, "Open deal")
	press(w, "role", "opportunity", deal, "contact", rossi)
	press(w, "hide", "field", "OpportunityContactRole")
	s := connect(w, "")
	k := newKnown()
	cursor := k.read(t, s, nil)
	said := func(times int, contact string) {
		t.Helper()
		if o := k.opportunity("Open deal"); o == nil || o.Contact != contact || len(k.off) != times || len(k.partial) != 0 {
			t.Errorf("%+v, off %q, partial %q", o, k.off, k.partial)
		}
		k.off = nil
	}
	said(1, "")
	w.Pass(25 * time.Hour) // permissions are looked up once a day
	press(w, "hide", "field", "OpportunityContactRole")
	press(w, "expire")
	s = connect(w, "")
	cursor = k.read(t, s, cursor)
	said(0, rossi)
	for _, field := range []string{"OpportunityContactRole", "OpportunityContactRole.ContactId"} { // in the middle of a day
		w.Pass(10 * time.Minute)
		press(w, "hide", "field", field)
		press(w, "change", "object", "Opportunity", "id", deal, "Amount", "17")
		s.Now = w.Now()
		cursor = k.read(t, s, cursor)
		said(1, "")
		press(w, "hide", "field", field)
		w.Pass(25 * time.Hour)
		press(w, "expire")
		s = connect(w, "")
		cursor = k.read(t, s, cursor)
		said(0, rossi)
	}
	// Without changes of opportunities it is the walk of the roles that is refused.
	w.Pass(10 * time.Minute)
	press(w, "hide", "field", "OpportunityContactRole")
	s.Now = w.Now()
	cursor = k.read(t, s, cursor)
	press(w, "hide", "field", "Opportunity")
	w.Pass(10 * time.Minute)
	s.Now = w.Now()
	k.read(t, s, cursor)
	if k.contact("bo@acme.test") == nil {
		t.Error("contacts are gone")
	}
}

// More opportunities than one question names, and roles on several pages, cut off
// anywhere.
func TestManyRoles(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	press(w, "contact", "last", "Rossi", "email", "bo@acme.test")
	press(w, "contact", "last", "Vito", "email", "vito@acme.test")
	rossi, vito := idOf(t, w, "Rossi"), idOf(t, w, "Vito")
	const deals = 230
	press(w, "opportunity", "name", "Deal", "count", strconv.Itoa(deals))
	press(w, "role", "opportunity", "all", "contact", vito)
	press(w, "role", "opportunity", "all", "contact", rossi, "primary", "yes")
	press(w, "rows", "count", "70")
	s := connect(w, "")
	k := newKnown()
	var cursor json.RawMessage
	run := func() {
		t.Helper()
		for more := true; more; {
			if _, err := provider().Next(t.Context(), s, cursor); err != nil { // whose answer is lost
				t.Fatal(err)
			}
			p, err := provider().Next(t.Context(), s, cursor)
			if err != nil {
				t.Fatal(err)
			}
			k.add(p)
			cursor, more = p.Cursor, p.More
		}
	}
	all := func(contact string) {
		t.Helper()
		n := 0
		for _, c := range k.changes {
			if c.Opportunity != nil && c.Opportunity.Contact == contact {
				n++
			}
		}
		if n != deals {
			t.Errorf("%d of %d have the contact", n, deals)
		}
	}
	run()
	all(rossi)
	w.Pass(10 * time.Minute)
	press(w, "demote")
	s.Now = w.Now()
	run()
	all(vito)
}
