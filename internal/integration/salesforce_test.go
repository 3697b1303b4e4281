package integration

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"patchboard/internal/connector"
	"patchboard/internal/connector/salesforce"
	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/health"
	"patchboard/internal/sandbox"
	"patchboard/internal/sandbox/sandboxtest"
)

// salesforceOf trusts the sandbox's hosts, and lets no time pass.
func salesforceOf() salesforce.Salesforce {
	return salesforce.Salesforce{Suffixes: []string{".salesforce.example.com"}, Wait: func(context.Context, time.Duration) error { return nil }}
}

var salesforceKey = key{"org_a", "salesforce"}

// Where people sign in, of the sandbox.
const (
	atDomain = `{"login":"domain","domain":"` + sandbox.SalesforceDomain + `"}`
	atLogin  = `{"login":"domain","domain":"` + sandbox.SalesforceLogin + `"}`
)

func (w *world) sales(button string, pairs ...string) {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	w.sandbox.Press("/salesforce/"+button, form)
}

// place is where the grant is good.
func (w *world) place() connector.Place {
	w.t.Helper()
	g, err := w.openGrant(grantRow(salesforceKey), w.row("salesforce").token)
	w.must(err)
	return g.Place
}

// healthy tests the connection, and wants it well.
func (w *world) healthy() {
	w.t.Helper()
	c, err := w.Check(w.t.Context(), sys, "salesforce")
	w.must(err)
	if c.Failure != nil {
		w.t.Errorf("%+v", c.Failure)
	}
}

// The host that was chosen decides where a grant is asked for, renewed and revoked,
// whatever the settings say later.
func TestSalesforceHost(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		b := w.begin(sys, "salesforce", atDomain)
		if !strings.HasPrefix(b.AuthorizeURL, "https://"+sandbox.SalesforceDomain+"/services/oauth2/authorize?") {
			t.Fatal(b.AuthorizeURL)
		}
		if a := w.back(sys, w.sandbox.Allow(b.AuthorizeURL)); a.Status != AttemptSucceeded {
			t.Fatalf("%+v", a.Failure)
		}
		w.synced("salesforce", time.Time{})
		if p := w.place(); p != (connector.Place{Host: sandbox.SalesforceDomain, API: "https://" + sandbox.SalesforceDomain, Account: "00D5g000000AbCdEAK"}) {
			t.Errorf("%+v", p)
		}
		if r := w.row("salesforce"); r.Account.ID != "00D5g000000AbCdEAK" || !r.expires.Equal(r.ConnectedAt.Add(90*time.Minute)) {
			t.Errorf("%+v ends at %s", r.Account, r.expires)
		}
		w.must(w.Update(t.Context(), sys, "salesforce", Patch{Settings: []byte(`{"login":"sandbox"}`)}))
		num := w.row("salesforce").num
		w.sandbox.Pass(91 * time.Minute)
		w.healthy()
		if w.row("salesforce").num == num || w.place().Host != sandbox.SalesforceDomain {
			t.Error("the token was not renewed where it was given")
		}
		ended, err := w.Disconnect(t.Context(), sys, "salesforce")
		if err != nil || !ended.Revoked || strings.Contains(w.sandbox.Read("/salesforce"), "crm as") {
			t.Errorf("%+v (%v)", ended, err)
		}
	})
}

// Settings that are changed while a person is at the provider do not lead the code
// elsewhere.
func TestSalesforceHostOfAnAttempt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, dbtest.SQLite))
	w.connected("salesforce", atDomain)
	b := w.begin(sys, "salesforce", "")
	w.must(w.Update(t.Context(), sys, "salesforce", Patch{Settings: []byte(`{"login":"sandbox"}`)}))
	if a := w.back(sys, w.sandbox.Allow(b.AuthorizeURL)); a.Status != AttemptSucceeded || w.place().Host != sandbox.SalesforceDomain {
		t.Errorf("%+v", a.Failure)
	}
}

// A session that has ended is renewed once; the answer says where the organization is
// by now.
func TestSalesforceMoves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, dbtest.SQLite))
	w.sandbox.Salesforce().Register(sandbox.App{ID: "crm", Secret: "shh", Callbacks: []string{sandboxtest.Callback}}, true) // each refresh token is for one use
	w.connected("salesforce", atLogin)
	for range 3 {
		w.sales("expire")
		w.healthy()
	}
	w.sales("move")
	w.healthy()
	if got := w.place().API; got != "https://acme2.my.salesforce.example.com" {
		t.Errorf("it is at %s", got)
	}
	w.sales("move")
	w.healthy()
	w.sales("remove") // its name has no address any more
	c, err := w.Check(t.Context(), sys, "salesforce")
	if err != nil || c.Failure == nil || c.Failure.Class != health.NetworkDNS { // found by the first step
		t.Errorf("%+v (%v)", c.Failure, err)
	}
	w.sandbox.Pass(time.Hour)
	w.checkDue(t.Context(), salesforceKey, Scheduled)
	if h := w.detail("salesforce").Connection; h.Health.Class != health.MisconfiguredApp || h.Code != "instance_gone" {
		t.Errorf("%+v", h.Health)
	}
}

// A node that does not know a host keeps the token and sends it nowhere.
func TestSalesforcePlaceThatIsNotTrusted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, dbtest.SQLite))
	w.connected("salesforce", atDomain)
	strict := w.node(func(c *Config) {
		c.Catalog = []connector.Provider{salesforce.Salesforce{}}
	})
	w.sales("expire")
	c, err := strict.Check(t.Context(), sys, "salesforce")
	if err != nil || c.Failure == nil {
		t.Fatalf("%+v (%v)", c, err)
	}
	c, err = strict.Check(t.Context(), sys, "salesforce")
	if err != nil || c.Failure == nil || c.Failure.Code != "untrusted_place" {
		t.Errorf("%+v (%v)", c.Failure, err)
	}
	if g, err := w.openGrant(grantRow(salesforceKey), w.row("salesforce").token); err != nil || g.Refresh == "" || g.Place.API != "" {
		t.Errorf("%+v (%v)", g.Place, err)
	}
	w.sandbox.Pass(2 * time.Hour)
	if _, _, err := w.access(t.Context(), salesforceKey, 0); err != nil || w.place().API == "" {
		t.Errorf("it does not come back: %v", err)
	}
}

// With an address of the API of the operator's, what an answer says of it does not
// matter.
func TestSalesforceAtAnAddressOfTheOperator(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, dbtest.SQLite))
	at := sandboxtest.Salesforce(w.sandbox)
	at.API = "https://" + sandbox.SalesforceDomain
	w.Service = w.node(func(c *Config) {
		c.Catalog = []connector.Provider{salesforce.Salesforce{}}
		c.Overrides = map[string]Override{"salesforce": {Addresses: at, App: connector.App{ID: "crm", Secret: "shh"}}}
	})
	w.connected("salesforce", "")
	if r := w.row("salesforce"); r.Account.ID != "00D5g000000AbCdEAK" {
		t.Errorf("%+v", r.Account)
	}
	w.sales("expire")
	w.healthy()
}

// Another organization is another account: a person decides.
func TestSalesforceOtherOrganization(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, dbtest.SQLite))
	w.connected("salesforce", atLogin)
	a := w.back(sys, w.sandbox.AllowAs("bo@example.org", w.begin(sys, "salesforce", "").AuthorizeURL))
	if a.Status != AttemptAsks || a.Account.ID != "00D5g000000NoRtEAK" {
		t.Fatalf("%+v", a)
	}
	if _, err := w.Decide(t.Context(), sys, "salesforce", a.ID, true); err != nil {
		t.Fatal(err)
	}
	if p := w.place(); p.API != "https://northwind.my.salesforce.example.com" || p.Host != sandbox.SalesforceLogin || w.row("salesforce").expires.IsZero() {
		t.Errorf("%+v", p)
	}
	w.healthy()
}

// A user can allow an application five times; the sixth ends the oldest, and nobody is
// told.
func TestSalesforceFiveApprovals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, dbtest.SQLite))
	w.connected("salesforce", atLogin)
	p := salesforceOf()
	o := p.OAuth()
	c := o.Config(connector.App{ID: "crm", Secret: "shh"}, p.At(sandbox.SalesforceLogin), sandboxtest.Callback, []string{"api", "refresh_token"})
	for n := range 5 { // other installations
		w.healthy()
		verifier := oauth2.GenerateVerifier()
		code := w.sandbox.Allow(o.AuthURL(c, "x", verifier, "")).Get("code")
		if _, err := c.Exchange(context.WithValue(t.Context(), oauth2.HTTPClient, w.sandbox.Egress.HTTPClient()), code, oauth2.VerifierOption(verifier)); err != nil {
			t.Fatalf("%d: %v", n, err)
		}
	}
	for range 3 {
		w.sandbox.Pass(time.Hour)
		w.checkDue(t.Context(), salesforceKey, Scheduled)
	}
	got := w.detail("salesforce")
	if got.Connection.Word() != WordReconnect || got.Connection.Health.Class != health.TokenRevoked {
		t.Fatalf("%s %+v", got.Connection.Word(), got.Connection.Health)
	}
	if g := p.Guide(got.Connection.failure()); !slices.ContainsFunc(g.Steps, func(s string) bool { return strings.Contains(s, "five times") }) {
		t.Errorf("%+v", g)
	}
	if len(seen(w, &w.broken)) != 1 {
		t.Errorf("told %d times", len(seen(w, &w.broken)))
	}
}

// What Salesforce says on the way back has its class and what to do.
func TestSalesforceRefusesToConnect(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, dbtest.SQLite))
	for _, c := range []struct {
		error, code string
		class       health.Class
	}{
		{"OAUTH_APP_ACCESS_DENIED", "OAUTH_APP_ACCESS_DENIED", health.MisconfiguredApp},
		{"OAUTH_APPROVAL_ERROR_GENERIC", "OAUTH_APPROVAL_ERROR_GENERIC", health.MisconfiguredApp},
		{"OAUTH_EC_APP_NOT_FOUND", "OAUTH_EC_APP_NOT_FOUND", health.MisconfiguredApp},
		{"invalid_scope", "invalid_scope", health.MisconfiguredApp},
		{"invalid_request", "invalid_request", health.MisconfiguredApp},
	} {
		w.sales("approval", "error", c.error)
		q := w.sandbox.Deny(w.begin(sys, "salesforce", atLogin).AuthorizeURL) // denied or not, the error is what comes back
		q.Set("error", c.error)
		a := w.back(sys, q)
		if a.Status != AttemptFailed || a.Failure.Class != c.class || a.Failure.Code != c.code {
			t.Errorf("%s: %s %+v", c.error, a.Status, a.Failure)
		}
	}
	w.sales("approval", "error", "")
	w.sales("immediate")
	if a := w.connect("salesforce", atLogin); a.Status != AttemptFailed || a.Failure.Code != "no_refresh_token" {
		t.Errorf("%+v", a.Failure)
	}
	w.sales("immediate")
	w.connected("salesforce", atLogin)
}

// A connection that has just been read is not asked once more: each call counts.
func TestSalesforceIsCheckedByReading(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, dbtest.SQLite))
	w.connected("salesforce", atLogin)
	w.sandbox.Pass(time.Minute)
	w.trouble("salesforce", "outage")
	w.checkDue(t.Context(), salesforceKey, Scheduled)
	if h := w.detail("salesforce").Connection.Health; h.Class != health.None {
		t.Errorf("%+v", h)
	}
	w.sandbox.Pass(10 * time.Minute)
	w.checkDue(t.Context(), salesforceKey, Scheduled)
	if h := w.detail("salesforce").Connection.Health; h.Class != health.ProviderDown {
		t.Errorf("%+v", h)
	}
}
