package salesforce_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"patchboard/internal/connector"
	"patchboard/internal/connector/salesforce"
	"patchboard/internal/health"
	"patchboard/internal/sandbox"
	"patchboard/internal/sandbox/sandboxtest"
)

// provider trusts the sandbox's hosts, and lets no time pass.
func provider() salesforce.Salesforce {
	return salesforce.Salesforce{
		Suffixes: []string{sandbox.SalesforceSuffix},
		Wait:     func(context.Context, time.Duration) error { return nil },
	}
}

func connect(w *sandboxtest.World, settings string) *connector.Session {
	s, _ := w.Connect(provider(), sandboxtest.Salesforce(w), settings)
	return s
}

// press presses a button of the panel: press(w, "contact", "last", "Rossi").
func press(w *sandboxtest.World, button string, pairs ...string) {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	w.Press("/salesforce/"+button, form)
}

// known is what whoever reads all pages knows, as package record does.
type known struct {
	changes map[string]connector.Change // by kind and id
	pages   int
	same    int // rows that came again as they were
	partial []string
	loads   map[string]bool
	seen    map[string]map[string]bool // by load
}

func newKnown() *known {
	return &known{changes: map[string]connector.Change{}, loads: map[string]bool{}, seen: map[string]map[string]bool{}}
}

func (k *known) add(p *connector.Page) {
	k.pages++
	k.partial = append(k.partial, p.Partial...)
	for _, c := range p.Changes {
		name := string(c.Kind) + " " + c.ID
		if p.Load != nil {
			if k.seen[p.Load.ID] == nil {
				k.seen[p.Load.ID] = map[string]bool{}
			}
			k.seen[p.Load.ID][name] = true
		}
		if c.Removed {
			delete(k.changes, name)
			continue
		}
		if old, there := k.changes[name]; there && old.Version == c.Version {
			k.same++
		}
		k.changes[name] = c
	}
	if p.Load != nil && p.Load.Done {
		k.loads[p.Load.ID] = true
		maps.DeleteFunc(k.changes, func(name string, _ connector.Change) bool { return !k.seen[p.Load.ID][name] })
	}
}

// read reads until there is no more.
func (k *known) read(t *testing.T, s *connector.Session, cursor json.RawMessage) json.RawMessage {
	t.Helper()
	for more := true; more; {
		p, err := provider().Next(t.Context(), s, cursor)
		if err != nil {
			t.Fatal(err)
		}
		k.add(p)
		cursor, more = p.Cursor, p.More
	}
	return cursor
}

func (k *known) contact(email string) *connector.Contact {
	for _, c := range k.changes {
		if c.Contact != nil && c.Contact.Email == email {
			return c.Contact
		}
	}
	return nil
}

func (k *known) opportunity(name string) *connector.Opportunity {
	for _, c := range k.changes {
		if c.Opportunity != nil && c.Opportunity.Name == name {
			return c.Opportunity
		}
	}
	return nil
}

// idOf gives the id of a row by what the panel shows.
func idOf(t *testing.T, w *sandboxtest.World, title string) string {
	t.Helper()
	page := w.Read("/salesforce")
	end := strings.Index(page, title)
	if end < 0 {
		t.Fatalf("the panel has no %s", title)
	}
	_, after, _ := strings.Cut(page[strings.LastIndex(page[:end], `name="id"`):], `value="`)
	rowID, _, _ := strings.Cut(after, `"`)
	return rowID
}

func wantClass(t *testing.T, err error, class health.Class, code string) *connector.Failure {
	t.Helper()
	f, ok := errors.AsType[*connector.Failure](err)
	if !ok || f.Class != class || f.Code != code {
		t.Fatalf("%v, want %s %s", err, class, code)
	}
	return f
}

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

// Every row of the table of REST errors, and what one is told about it.
func TestFailures(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	s := connect(w, "")
	if err := provider().Check(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		class health.Class
		code  string
	}{
		{"INVALID_SESSION_ID", health.TokenExpired, "INVALID_SESSION_ID"},
		{"INVALID_SESSION_ID_rest", health.ScopeMissing, "session_not_for_api"},
		{"INVALID_SESSION_ID_agent", health.MisconfiguredApp, "app_not_attached"},
		{"API_DISABLED_FOR_ORG", health.MisconfiguredApp, "API_DISABLED_FOR_ORG"},
		{"API_CURRENTLY_DISABLED", health.MisconfiguredApp, "API_CURRENTLY_DISABLED"},
		{"REQUEST_LIMIT_EXCEEDED", health.QuotaExhausted, "REQUEST_LIMIT_EXCEEDED"},
		{"REQUEST_LIMIT_EXCEEDED_concurrent", health.RateLimited, "CONCURRENT_LIMIT_EXCEEDED"},
		{"REQUEST_LIMIT_EXCEEDED_long", health.RateLimited, "CONCURRENT_LIMIT_EXCEEDED"},
		{"INVALID_FIELD", health.ScopeMissing, "INVALID_FIELD"},
		{"INVALID_TYPE", health.ScopeMissing, "INVALID_TYPE"},
		{"MALFORMED_QUERY", health.Unknown, "MALFORMED_QUERY"},
		{"INVALID_QUERY_FILTER_OPERATOR", health.Unknown, "INVALID_QUERY_FILTER_OPERATOR"},
		{"QUERY_TIMEOUT", health.RateLimited, "QUERY_TIMEOUT"},
		{"NOT_FOUND", health.MisconfiguredApp, "NOT_FOUND"},
		{"UNSUPPORTED_API_VERSION", health.MisconfiguredApp, "UNSUPPORTED_API_VERSION"},
		{"NOT_ACCEPTABLE", health.ProviderDown, "NOT_ACCEPTABLE"},
		{"UNKNOWN_EXCEPTION", health.ProviderDown, "UNKNOWN_EXCEPTION"},
		{"BAD_GATEWAY", health.ProviderDown, "BAD_GATEWAY"},
		{"SERVER_UNAVAILABLE", health.ProviderDown, "SERVER_UNAVAILABLE"},
		{"UNABLE_TO_LOCK_ROW", health.RateLimited, "UNABLE_TO_LOCK_ROW"},
		{"maintenance", health.ProviderDown, ""},
		{"moved", health.MisconfiguredApp, "instance_moved"},
	} {
		press(w, "refuse", "error", c.name)
		f := wantClass(t, provider().Check(t.Context(), s), c.class, c.code)
		if g := provider().Guide(f); g.Cause == "" || g.Who == "" {
			t.Errorf("%s: %+v", c.name, g)
		}
	}
	for trouble, class := range map[string]health.Class{"outage": health.ProviderDown, "rate-limit": health.RateLimited, "dns": health.NetworkDNS, "tls": health.TLS, "html": health.Unknown} {
		press(w, "trouble", "trouble", trouble)
		f, ok := errors.AsType[*connector.Failure](provider().Check(t.Context(), s))
		if !ok || f.Class != class {
			t.Errorf("%s: %+v, want %s", trouble, f, class)
		}
	}
	press(w, "trouble", "trouble", "")

	// Who may not see the limits is checked otherwise.
	for _, name := range []string{"INSUFFICIENT_ACCESS", "INSUFFICIENT_ACCESS_OR_READONLY"} {
		press(w, "refuse", "error", name)
		if err := provider().Check(t.Context(), s); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	press(w, "remove")
	if f := wantClass(t, provider().Check(t.Context(), s), health.NetworkDNS, ""); !f.Moved {
		t.Error("nothing says that it may have moved")
	}
	renewed := *s
	renewed.Renewed = true
	wantClass(t, provider().Check(t.Context(), &renewed), health.MisconfiguredApp, "instance_gone")
	press(w, "remove")
	other := *s
	other.Account.ID = "00D5g000000NoRtEAK"
	wantClass(t, provider().Check(t.Context(), &other), health.TokenRevoked, "other_account")
	ended, end := context.WithCancel(t.Context())
	end()
	if _, named := errors.AsType[*connector.Failure](provider().Check(ended, s)); named {
		t.Error("a cancellation says nothing of the connection")
	}
}

// Every row of the table of OAuth errors.
func TestTokenFailures(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	connect(w, "")
	o := provider().OAuth()
	for _, c := range []struct {
		name  string
		class health.Class
		code  string
	}{
		{"invalid_grant", health.TokenRevoked, "invalid_grant"},
		{"invalid_grant_authentication", health.TokenRevoked, "authentication_failure"},
		{"inactive_user", health.TokenRevoked, "inactive_user"},
		{"inactive_org", health.TokenRevoked, "inactive_org"},
		{"invalid_grant_approval", health.TokenRevoked, "not_approved"},
		{"invalid_grant_code", health.TokenRevoked, "code_expired"},
		{"invalid_grant_verifier", health.TokenRevoked, "code_expired"},
		{"invalid_grant_ip", health.MisconfiguredApp, "ip_restricted"},
		{"invalid_client", health.MisconfiguredApp, "invalid_client"},
		{"invalid_client_id", health.MisconfiguredApp, "invalid_client_id"},
		{"redirect_uri_mismatch", health.MisconfiguredApp, "redirect_uri_mismatch"},
		{"unsupported_grant_type", health.MisconfiguredApp, "unsupported_grant_type"},
		{"invalid_scope", health.MisconfiguredApp, "invalid_scope"},
		{"invalid_request", health.MisconfiguredApp, "invalid_request"},
		{"invalid_app_access", health.MisconfiguredApp, "OAUTH_APP_ACCESS_DENIED"},
		{"OAUTH_APP_ACCESS_DENIED", health.MisconfiguredApp, "OAUTH_APP_ACCESS_DENIED"},
		{"OAUTH_APP_BLOCKED", health.MisconfiguredApp, "OAUTH_APP_BLOCKED"},
		{"OAUTH_EC_APP_NOT_FOUND", health.MisconfiguredApp, "OAUTH_EC_APP_NOT_FOUND"},
		{"OAUTH_APPROVAL_ERROR_GENERIC", health.MisconfiguredApp, "OAUTH_APPROVAL_ERROR_GENERIC"},
		{"login_rate", health.RateLimited, "login_rate_exceeded"},
		{"maintenance", health.ProviderDown, ""},
	} {
		press(w, "refuse", "error", c.name)
		within := context.WithValue(t.Context(), oauth2.HTTPClient, w.Egress.HTTPClient())
		config := o.Config(connector.App{ID: "crm", Secret: "shh"}, sandboxtest.Salesforce(w), sandboxtest.Callback, nil)
		_, err := config.TokenSource(within, &oauth2.Token{RefreshToken: "x"}).Token()
		f := wantClass(t, o.FailureOf(err), c.class, c.code)
		if g := provider().Guide(f); g.Cause == "" || g.Who == connector.Administrator && len(g.Steps) == 0 {
			t.Errorf("%s: %+v", c.name, g)
		}
	}
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	s, grant := w.Connect(provider(), sandboxtest.Salesforce(w), "")
	for range 2 { // one that is gone is no error
		if err := provider().Revoke(t.Context(), s, grant); err != nil {
			t.Error(err)
		}
	}
	wantClass(t, provider().Check(t.Context(), s), health.TokenExpired, "INVALID_SESSION_ID")
}

func TestGuideWarnsOfFiveApprovals(t *testing.T) {
	t.Parallel()
	g := provider().Guide(&connector.Failure{Class: health.TokenRevoked, Code: "invalid_grant"})
	if !slices.ContainsFunc(g.Steps, func(s string) bool { return strings.Contains(s, "five times") }) {
		t.Errorf("%+v", g)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		`{"login":"other"}`, `{"login":"domain"}`, `{"login":"domain","domain":"evil.test"}`, `{"login":"domain","domain":"acme.my.salesforce.com.evil.test"}`,
		`{"login":"domain","domain":"acme.my.salesforce.com@evil.test"}`, `{"login":"domain","domain":"acme.my.salesforce.com:8443"}`, `{"login":"domain","domain":".my.salesforce.com"}`,
		`{"login":"domain","domain":"acme\u0000.my.salesforce.com"}`, `{"contacts":false,"opportunities":false}`, `{"share":0}`, `{"share":101}`, `{"since":"yesterday"}`, `{"since":"0001-01-01"}`, `[]`, `{"x":1}`,
	} {
		if got, err := provider().Settings([]byte(bad)); err == nil {
			t.Errorf("%s became %s", bad, got)
		}
	}
	for typed, host := range map[string]string{
		"acme.my.salesforce.com": "acme.my.salesforce.com", " https://ACME.lightning.force.com/lightning/page/home ": "acme.my.salesforce.com",
		"acme--uat.sandbox.my.salesforce.com": "acme--uat.sandbox.my.salesforce.com", "acme--uat.sandbox.lightning.force.com": "acme--uat.sandbox.my.salesforce.com",
		"login.salesforce.com": "login.salesforce.com", "acme.my.salesforce.example.com": "acme.my.salesforce.example.com",
	} {
		text, err := json.Marshal(map[string]string{"login": "domain", "domain": typed})
		if err != nil {
			t.Fatal(err)
		}
		kept, err := provider().Settings(text)
		if err != nil || provider().Host(kept) != host {
			t.Errorf("%q became %s (%v)", typed, kept, err)
		}
	}
	for settings, auth := range map[string]string{
		``: "https://login.salesforce.com/services/oauth2/authorize", `{"login":"sandbox"}`: "https://test.salesforce.com/services/oauth2/authorize",
		`{"login":"domain","domain":"acme.my.salesforce.com"}`: "https://acme.my.salesforce.com/services/oauth2/authorize",
	} {
		kept, err := provider().Settings([]byte(settings))
		if err != nil || provider().At(provider().Host(kept)).Auth != auth {
			t.Errorf("%s: %s (%v)", settings, kept, err)
		}
	}
}

// The token is sent where an answer says: only to Salesforce.
func TestLocated(t *testing.T) {
	t.Parallel()
	at := func(instance string) (connector.Place, error) {
		return provider().Located(func(name string) any {
			return map[string]any{"instance_url": instance, "id": "https://login.salesforce.com/id/00D5g000000AbCdEAK/0055g000001XyZaAAK"}[name]
		})
	}
	for _, good := range []string{"https://acme.my.salesforce.com", "https://na1.salesforce.com/", "https://acme.my.salesforce.example.com"} {
		if p, err := at(good); err != nil || p.API != strings.TrimSuffix(good, "/") || p.Account != "00D5g000000AbCdEAK" {
			t.Errorf("%s: %+v (%v)", good, p, err)
		}
	}
	for _, bad := range []string{
		"", "http://acme.my.salesforce.com", "https://evil.test", "https://salesforce.com.evil.test", "https://evilsalesforce.com", "https://acme.my.salesforce.com@evil.test",
		"https://acme.my.salesforce.com:8443", "https://acme.my.salesforce.com/x", "https://evil.test/.salesforce.com", "https://evil.test#.salesforce.com", `https://evil.test\.salesforce.com`,
	} {
		p, err := at(bad)
		wantClass(t, err, health.MisconfiguredApp, "untrusted_place")
		if p.API != "" {
			t.Errorf("%s is %s", bad, p.API)
		}
	}
}
