package salesforce_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/health"
	"patchboard/internal/sandbox"
	"patchboard/internal/sandbox/sandboxtest"
)

func TestFirstLoadAndChanges(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	press(w, "contact", "first", "Bo", "last", "Rossi", "email", "bo@acme.test", "title", "Buyer", "company", "Acme")
	press(w, "contact", "last", "Vito", "email", "vito@acme.test", "company", "Acme")
	press(w, "opportunity", "name", "200 seats", "company", "Acme", "amount", "1250.5", "contact", idOf(t, w, "Bo Rossi"))
	s := connect(w, "")
	if s.Account.ID != "00D5g000000AbCdEAK" || s.Account.Name != "Acme (00D5g000000AbCdEAK)" || s.API != "https://"+sandbox.SalesforceDomain {
		t.Errorf("%+v at %s", s.Account, s.API)
	}
	k := newKnown()
	cursor := k.read(t, s, nil)
	if c := k.contact("bo@acme.test"); c == nil || c.FirstName != "Bo" || c.LastName != "Rossi" || c.Company != "Acme" || c.Title != "Buyer" {
		t.Errorf("%+v", c)
	}
	o := k.opportunity("200 seats")
	if o == nil || o.Amount != "1250.5" || o.Company != "Acme" || o.Stage != "Prospecting" || *o.Probability != 10 || o.Closed || o.Contact != idOf(t, w, "Bo Rossi") || o.Currency != "" {
		t.Errorf("%+v", o)
	}
	if len(k.loads) != 1 {
		t.Errorf("%d loads", len(k.loads))
	}

	w.Pass(10 * time.Minute)
	press(w, "change", "object", "Contact", "id", idOf(t, w, "Bo Rossi"), "Title", "Head of buying")
	press(w, "close", "id", idOf(t, w, "200 seats"), "won", "yes")
	press(w, "delete", "object", "Contact", "id", idOf(t, w, "Vito"))
	press(w, "contact", "last", "Klein", "email", "klein@acme.test")
	s.Now = w.Now()
	cursor = k.read(t, s, cursor)
	if c := k.contact("bo@acme.test"); c == nil || c.Title != "Head of buying" {
		t.Errorf("%+v", c)
	}
	if o := k.opportunity("200 seats"); !o.Closed || !o.Won || o.Stage != "Closed Won" || *o.Probability != 100 {
		t.Errorf("%+v", o)
	}
	if k.contact("vito@acme.test") != nil || k.contact("klein@acme.test") == nil || len(k.loads) != 1 {
		t.Errorf("%d rows, %d loads", len(k.changes), len(k.loads))
	}

	// A new name of an account leaves the stamps of its rows as they are.
	w.Pass(10 * time.Minute)
	press(w, "rename", "id", idOf(t, w, "Acme <label>Name"), "name", "Acme International")
	s.Now = w.Now()
	cursor = k.read(t, s, cursor)
	if c, o := k.contact("bo@acme.test"), k.opportunity("200 seats"); c.Company != "Acme International" || o.Company != "Acme International" {
		t.Errorf("%+v %+v", c, o)
	}

	w.Pass(10 * time.Minute)
	press(w, "merge", "id", idOf(t, w, "Klein"), "into", idOf(t, w, "Bo Rossi"))
	s.Now = w.Now()
	k.read(t, s, cursor)
	if k.contact("klein@acme.test") != nil || k.contact("bo@acme.test") == nil {
		t.Errorf("the merged one is still there, or the other is gone")
	}
}

// What was deleted is purged after 15 days: after a longer pause all ids are compared.
func TestALongPauseComparesEverything(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	press(w, "contact", "last", "Rossi", "email", "bo@acme.test")
	press(w, "contact", "last", "Vito", "email", "vito@acme.test")
	s := connect(w, "")
	k := newKnown()
	cursor := k.read(t, s, nil)
	w.Pass(time.Hour)
	press(w, "delete", "object", "Contact", "id", idOf(t, w, "Vito"))
	w.Pass(16 * 24 * time.Hour)
	press(w, "expire")
	s = connect(w, "")
	k.read(t, s, cursor)
	if k.contact("vito@acme.test") != nil || k.contact("bo@acme.test") == nil || len(k.loads) != 2 {
		t.Errorf("%d rows after %d loads", len(k.changes), len(k.loads))
	}
}

func TestSince(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	connect(w, "")
	press(w, "contact", "last", "Old", "email", "old@acme.test")
	w.Pass(72 * time.Hour)
	press(w, "contact", "last", "New", "email", "new@acme.test")
	s := connect(w, `{"opportunities":false,"since":"`+w.Now().UTC().Format(time.DateOnly)+`"}`)
	k := newKnown()
	k.read(t, s, nil)
	if k.contact("old@acme.test") != nil || k.contact("new@acme.test") == nil {
		t.Errorf("%+v", k.changes)
	}
}

// A load that is cut off anywhere goes on at its cursor; what expires meanwhile begins
// anew. In the end what is known is what there is.
func TestInterruptedLoads(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		made     int
		settings string
		cut      string // pressed after each page
	}{
		{"queries", 7, "", ""},
		{"queries whose locators expire", 7, "", "locators"},
		{"a job", 10_500, `{"opportunities":false}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := sandboxtest.Start(t)
			press(w, "make", "count", strconv.Itoa(c.made))
			if c.made < 100 {
				press(w, "rows", "count", "3")
			}
			for n := range 5 {
				press(w, "contact", "last", fmt.Sprintf("Own%d", n), "email", fmt.Sprintf("own%d@acme.test", n), "company", "Acme")
				press(w, "opportunity", "name", fmt.Sprintf("Deal %d", n))
				w.Pass(time.Second)
			}
			s := connect(w, c.settings)
			k := newKnown()
			var cursor json.RawMessage
			for n := 0; ; n++ {
				p, err := provider().Next(t.Context(), s, cursor)
				if err != nil {
					t.Fatal(err)
				}
				again, err := provider().Next(t.Context(), s, cursor) // the first answer was lost
				if err != nil {
					t.Fatal(err)
				}
				if n%2 == 0 {
					k.add(p)
				}
				k.add(again)
				if cursor = again.Cursor; !again.More {
					break
				}
				if c.cut != "" && n%7 == 1 {
					press(w, c.cut)
				}
				if n == 2 {
					press(w, "contact", "last", "Late", "email", "late@acme.test")
				}
				if n > 200 {
					t.Fatal("it does not end")
				}
			}
			contacts := 0
			for _, one := range k.changes {
				if one.Contact != nil {
					contacts++
				}
			}
			if contacts != c.made+6 || k.contact("late@acme.test") == nil || len(k.loads) != 1 {
				t.Errorf("%d contacts of %d, %d loads", contacts, c.made+6, len(k.loads))
			}
			if c.settings == "" && k.opportunity("Deal 4") == nil {
				t.Error("an opportunity is missing")
			}
		})
	}
}

// Jobs that fail, or whose results are gone, are made anew; after three come queries.
func TestJobsThatComeToNothing(t *testing.T) {
	t.Parallel()
	for _, fails := range []string{"1", "3"} {
		w := sandboxtest.Start(t)
		press(w, "make", "count", "10500")
		press(w, "failjobs", "count", fails)
		s := connect(w, `{"opportunities":false}`)
		k := newKnown()
		var cursor json.RawMessage
		forgot := false
		for {
			p, err := provider().Next(t.Context(), s, cursor)
			if err != nil {
				t.Fatal(err)
			}
			k.add(p)
			if cursor = p.Cursor; !p.More {
				break
			}
			if len(p.Changes) > 0 && !forgot {
				press(w, "jobs")
				forgot = true
			}
		}
		if len(k.changes) != 10_500 || len(k.loads) != 1 {
			t.Errorf("after %s: %d contacts, %d loads", fails, len(k.changes), len(k.loads))
		}
	}
}

// Fields and objects that the user may not read are left out, also when that changes.
func TestWhatIsHidden(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	press(w, "contact", "first", "Bo", "last", "Rossi", "email", "bo@acme.test", "title", "Buyer", "company", "Acme")
	press(w, "opportunity", "name", "200 seats", "company", "Acme")
	press(w, "hide", "field", "Contact.Title")
	press(w, "hide", "field", "Opportunity.CurrencyIsoCode") // shows it
	s := connect(w, "")
	k := newKnown()
	cursor := k.read(t, s, nil)
	if c := k.contact("bo@acme.test"); c == nil || c.Title != "" || c.Company != "Acme" {
		t.Errorf("%+v", c)
	}
	w.Pass(10 * time.Minute)
	press(w, "hide", "field", "Contact.Phone")
	press(w, "hide", "field", "Account")
	press(w, "change", "object", "Contact", "id", idOf(t, w, "Bo Rossi"), "LastName", "Bianchi")
	s.Now = w.Now()
	cursor = k.read(t, s, cursor)
	if c := k.contact("bo@acme.test"); c == nil || c.LastName != "Bianchi" || c.Company != "" {
		t.Errorf("%+v", c)
	}
	w.Pass(25 * time.Hour) // what is shown again is read again, also of rows that stay as they are
	press(w, "hide", "field", "Contact.Title")
	press(w, "hide", "field", "Account")
	press(w, "expire")
	s = connect(w, "")
	cursor = k.read(t, s, cursor)
	if c := k.contact("bo@acme.test"); c == nil || c.Title != "Buyer" || c.Company != "Acme" || len(k.loads) != 2 {
		t.Errorf("%+v after %d loads", c, len(k.loads))
	}
	w.Pass(10 * time.Minute)
	press(w, "hide", "field", "Opportunity")
	s.Now = w.Now()
	cursor = k.read(t, s, cursor) // it is noticed in the middle of a run
	w.Pass(10 * time.Minute)
	s.Now = w.Now()
	k.partial = nil
	cursor = k.read(t, s, cursor)
	if len(k.partial) != 1 || !strings.HasPrefix(k.partial[0], "Opportunity") || k.opportunity("200 seats") == nil {
		t.Errorf("%v, %d rows", k.partial, len(k.changes))
	}
	press(w, "hide", "field", "Contact")
	_, err := provider().Next(t.Context(), s, cursor)
	wantClass(t, err, health.ScopeMissing, "nothing_readable")
}

// A query that takes too long is asked for a shorter time.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	s := connect(w, `{"opportunities":false}`)
	k := newKnown()
	cursor := k.read(t, s, nil)
	for n := range 6 {
		w.Pass(time.Hour / 2)
		press(w, "contact", "last", fmt.Sprintf("Own%d", n), "email", fmt.Sprintf("own%d@acme.test", n))
	}
	s = connect(w, `{"opportunities":false}`)
	press(w, "timeouts", "count", "3")
	cursor = k.read(t, s, cursor)
	if len(k.changes) != 6 {
		t.Errorf("%d of 6", len(k.changes))
	}
	press(w, "timeouts", "count", "1000")
	var err error
	for range 20 {
		var p *connector.Page
		if p, err = provider().Next(t.Context(), s, cursor); err != nil {
			break
		}
		cursor = p.Cursor
	}
	wantClass(t, err, health.RateLimited, "QUERY_TIMEOUT")
}

func TestBudget(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	for n := range 30 {
		press(w, "contact", "last", fmt.Sprintf("Own%d", n), "email", fmt.Sprintf("own%d@acme.test", n))
	}
	press(w, "rows", "count", "2")
	press(w, "calls", "used", "0", "most", "100")
	s := connect(w, `{"opportunities":false,"share":10}`)
	k := newKnown()
	var cursor json.RawMessage
	var err error
	for {
		var p *connector.Page
		if p, err = provider().Next(t.Context(), s, cursor); err != nil {
			break
		}
		k.add(p)
		cursor = p.Cursor
	}
	f := wantClass(t, err, health.QuotaExhausted, "budget_used")
	if f.RetryAfter < 23*time.Hour || f.RetryAfter > 26*time.Hour || len(k.changes) == 0 || len(k.changes) == 30 {
		t.Errorf("after %s, with %d rows", f.RetryAfter, len(k.changes))
	}
	w.Pass(f.RetryAfter + time.Second)
	press(w, "calls", "used", "0", "most", "1000")
	s = connect(w, `{"opportunities":false,"share":10}`)
	cursor = k.read(t, s, cursor) // the locator is a day old
	if len(k.changes) != 30 || len(k.loads) != 1 {
		t.Errorf("%d rows, %d loads", len(k.changes), len(k.loads))
	}

	// Others use nearly all.
	press(w, "calls", "used", "850", "most", "1000")
	p, err := provider().Next(t.Context(), s, cursor)
	for err == nil {
		cursor = p.Cursor
		p, err = provider().Next(t.Context(), s, cursor)
	}
	wantClass(t, err, health.QuotaExhausted, "organization_busy")
	press(w, "calls", "used", "100", "most", "1000")
	k.read(t, s, cursor)

	press(w, "calls", "used", "1000", "most", "1000")
	f = wantClass(t, provider().Check(t.Context(), s), health.QuotaExhausted, "REQUEST_LIMIT_EXCEEDED")
	if f.RetryAfter != time.Hour {
		t.Errorf("after %s", f.RetryAfter)
	}
}
