package integration

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/connector/hubspot"
	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/health"
	"patchboard/internal/record"
)

// hubspot presses a button of HubSpot's panel.
func (w *world) hubspot(button string, pairs ...string) {
	w.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	w.sandbox.Press("/hubspot/"+button, form)
}

// HubSpot from the consent page to the events: what was there raises none, what comes
// raises each once, and what is switched off by the subscription says so.
func TestHubSpot(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.sandbox.Seed()
		b := w.begin(sys, "hubspot", "")
		address, err := url.Parse(b.AuthorizeURL)
		w.must(err)
		if q := address.Query(); q.Get("scope") != "oauth crm.objects.contacts.read" || q.Get("optional_scope") != "content marketing.email.read marketing.campaigns.read" {
			t.Errorf("%v", q)
		}
		if a := w.back(sys, w.sandbox.Allow(b.AuthorizeURL)); a.Status != AttemptSucceeded {
			t.Fatalf("%+v", a.Failure)
		}
		got := w.synced("hubspot", time.Time{})
		if n := got.Connection; n.Word() != WordConnected || n.Account.ID != "62515" || got.Last.State != Succeeded || len(n.Granted) != 5 {
			t.Errorf("%+v %+v", n, got.Last)
		}
		if c := got.Records; c.Contacts != 140 || c.Emails != 7 || c.Campaigns != 3 {
			t.Errorf("%+v", c)
		}
		if raised := seen(w, &w.raised); len(raised) != 0 {
			t.Errorf("a first load has raised %v", raised)
		}

		w.sandbox.Pass(time.Minute)
		campaigns := w.sandbox.HubSpot().Campaigns("62515")
		w.hubspot("add", "email", "new@acme.test")
		w.hubspot("change", "id", "160")
		w.hubspot("delete", "id", "170")
		w.hubspot("newsletter", "subject", "Hello", "campaign", campaigns[1])
		mail := w.sandbox.HubSpot().LastEmail("62515")
		w.hubspot("open", "email", mail, "recipient", "new@acme.test")
		w.hubspot("click", "email", mail, "recipient", "new@acme.test")
		w.hubspot("bot", "email", mail, "count", "5")
		w.hubspot("start", "name", "Winter sale")
		w.hubspot("complete", "campaign", campaigns[1])
		w.sandbox.Pass(2 * time.Minute)
		w.resync("hubspot", Order{})
		want := []string{
			"campaign.completed", "campaign.started", "contact.created", "contact.deleted", "contact.updated", "email.clicked", "email.opened",
		}
		if raised := slices.Sorted(slices.Values(seen(w, &w.raised))); !slices.Equal(raised, want) {
			t.Errorf("raised: %v", raised)
		}
		for range 2 { // the same once more, within the overlaps
			w.sandbox.Pass(time.Minute)
			w.resync("hubspot", Order{})
		}
		w.resync("hubspot", Order{Full: true})
		if raised := seen(w, &w.raised); len(raised) != len(want) {
			t.Errorf("told of again: %v", raised[len(want):])
		}

		w.hubspot("plan")
		r := w.resync("hubspot", Order{})
		if r.State != Partial || len(r.Partial) == 0 || !strings.HasPrefix(r.Partial[0], "Marketing e-mails: ") {
			t.Errorf("%+v", r)
		}
		if n := w.detail("hubspot"); n.Connection.Health.Status != health.Healthy || n.Records.Emails != 8 {
			t.Errorf("%+v %+v", n.Connection.Health, n.Records)
		}
		end, err := w.Disconnect(t.Context(), sys, "hubspot")
		if err != nil || !end.Revoked {
			t.Errorf("%+v (%v)", end, err)
		}
	})
}

// In an account without marketing its parts are off, which is no failure: the run
// succeeds and names them.
func TestHubSpotWithoutMarketing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		if a := w.back(sys, w.sandbox.AllowAs("62516", w.begin(sys, "hubspot", "").AuthorizeURL)); a.Status != AttemptSucceeded {
			t.Fatalf("%+v", a.Failure)
		}
		w.synced("hubspot", time.Time{})
		for range 2 {
			r := w.resync("hubspot", Order{})
			if r.State != Succeeded || len(r.Partial) != 0 || len(r.Off) != 3 || !strings.HasPrefix(r.Off[0], "Marketing e-mails: the permission content was not granted") {
				t.Errorf("%s, partial %q, off %q", r.State, r.Partial, r.Off)
			}
			w.sandbox.Pass(time.Minute)
		}
		if h := w.detail("hubspot").Connection.Health; h.Status != health.Healthy {
			t.Errorf("%+v", h)
		}
	})
}

// What a refresh names is held against what was granted: a required permission that is
// lost is a failure of the connection, without an optional one its part is off, and what
// is granted again is on again.
func TestHubSpotPermissionsChange(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.connected("hubspot", "")
		all := w.row("hubspot").Granted
		const contacts = "oauth crm.objects.contacts.read"
		renewed := func(scopes string) {
			w.hubspot("scopes", "scopes", scopes)
			w.sandbox.Pass(31 * time.Minute)
		}
		named := func() []string {
			for _, part := range w.detail("hubspot").Scopes {
				if part.Name == "marketing.campaigns.read" && part.Granted != nil && *part.Granted {
					return nil
				}
			}
			return []string{"campaigns"}
		}
		renewed(contacts)
		if r := w.resync("hubspot", Order{}); r.State != Succeeded || len(r.Off) != 3 || len(named()) != 1 {
			t.Errorf("%s, off %q, of %v", r.State, r.Off, w.row("hubspot").Granted)
		}
		w.checkDue(t.Context(), key{"org_a", "hubspot"}, Scheduled)
		if h := w.detail("hubspot").Connection.Health; h.Status != health.Healthy {
			t.Errorf("%+v", h)
		}
		renewed(strings.Join(all, " "))
		if r := w.resync("hubspot", Order{}); r.State != Succeeded || len(r.Off) != 0 || len(named()) != 0 {
			t.Errorf("%s, off %q", r.State, r.Off)
		}

		lost := func() {
			t.Helper()
			n := w.detail("hubspot").Connection
			if n.Health.Class != health.ScopeMissing || n.Health.Status != health.Reauthorize || n.Detail != "Not granted: crm.objects.contacts.read." {
				t.Errorf("%+v %s", n.Health, n.Detail)
			}
		}
		renewed("oauth content")
		w.checkDue(t.Context(), key{"org_a", "hubspot"}, Scheduled)
		lost()
		w.sandbox.Pass(time.Minute)
		w.checkDue(t.Context(), key{"org_a", "hubspot"}, Scheduled)
		lost()
		renewed(strings.Join(all, " ")) // nobody connects again: the next token says it
		w.checkDue(t.Context(), key{"org_a", "hubspot"}, Scheduled)
		if h := w.detail("hubspot").Connection.Health; h.Status != health.Healthy {
			t.Errorf("%+v", h)
		}

		// A run meets it first.
		w.sandbox.Pass(time.Minute)
		w.until("it is read again", func() bool { return !w.detail("hubspot").Syncing })
		renewed("oauth")
		_, err := w.Sync(t.Context(), sys, "hubspot", Order{})
		w.must(err)
		w.until("the run has ended", func() bool {
			d := w.detail("hubspot")
			return !d.Syncing && d.Connection.Health.Class == health.ScopeMissing
		})
		lost()
		// A person who tests it does not wait for the end of the token.
		w.hubspot("scopes", "scopes", strings.Join(all, " "))
		w.sandbox.Pass(time.Minute)
		if c, err := w.Check(t.Context(), sys, "hubspot"); err != nil || c.Failure != nil {
			t.Errorf("%+v (%v)", c, err)
		}
		changes := 0
		for _, a := range w.actions() {
			if a == "permissions_changed ok" {
				changes++
			}
		}
		if changes != 6 {
			t.Errorf("audited: %v", w.actions())
		}
	})
}

// What stands in the way of HubSpot: of tokens, by the way back, and by account.
func TestHubSpotTokens(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		if a := w.back(sys, w.sandbox.AllowAs("62517", w.begin(sys, "hubspot", "").AuthorizeURL)); a.Status != AttemptFailed || a.Failure.Code != "APP_DEVELOPER" {
			t.Errorf("%+v", a)
		}
		w.connected("hubspot", "")
		before := w.row("hubspot").num
		w.sandbox.Pass(26 * time.Minute)
		second(w.Check(t.Context(), sys, "hubspot"))
		if n := w.row("hubspot").num; n != before+1 {
			t.Errorf("the token was replaced %d times before its end", n-before)
		}
		// One call that is refused costs a new token, and no more.
		w.hubspot("refuse", "error", "INVALID_AUTHENTICATION")
		if c, err := w.Check(t.Context(), sys, "hubspot"); err != nil || c.Failure != nil {
			t.Errorf("once: %+v (%v)", c.Failure, err)
		}
		w.hubspot("uninstall")
		w.sandbox.Pass(time.Minute)
		var last *connector.Failure
		for range 2 {
			c, err := w.Check(t.Context(), sys, "hubspot")
			w.must(err)
			last = c.Failure
			w.sandbox.Pass(time.Minute)
		}
		if n := w.detail("hubspot").Connection; last == nil || last.Class != health.TokenRevoked || n.Health.Status != health.Reauthorize {
			t.Errorf("%+v %+v", last, n.Health)
		}
		// Connected again, it goes on.
		if a := w.connect("hubspot", ""); a.Status != AttemptSucceeded {
			t.Errorf("%+v", a.Failure)
		}
		if n := w.detail("hubspot").Connection; n.Health.Status == health.Reauthorize {
			t.Errorf("%+v", n.Health)
		}
	})
}

// A load that is cut off goes on at another node, and has all that there is.
func TestHubSpotCutOff(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.hubspot("add", "count", "2000")
		w.sandbox.Pass(time.Hour) // else they would be among what has changed lately, too
		first := w.node()
		w.Service = first
		if a := w.connect("hubspot", ""); a.Status != AttemptSucceeded {
			t.Fatalf("%+v", a.Failure)
		}
		w.until("a page is read", func() bool { r := w.detail("hubspot").Running; return r != nil && r.Pages >= 2 })
		w.must(first.Stop(t.Context()))
		w.Service = w.node()
		w.sandbox.Pass(time.Second)
		w.hubspot("add", "count", "10")
		w.must(w.RunDue(t.Context()))
		got := w.synced("hubspot", time.Time{})
		page, err := w.Runs(t.Context(), sys, "hubspot", "", 10)
		w.must(err)
		made := int64(0)
		for _, r := range page.Items {
			made += r.Created
		}
		if len(page.Items) != 2 || page.Items[1].State != Interrupted || made != 2010 || got.Records.Contacts != 2010 {
			t.Errorf("%d runs, %d were made, there are %d", len(page.Items), made, got.Records.Contacts)
		}
		list, err := w.Records.List(t.Context(), sys, record.KindContact, record.Filter{Source: "hubspot", Limit: 1})
		if err != nil || len(list.Items) != 1 {
			t.Errorf("%+v (%v)", list, err)
		}
	})
}

// stubborn refuses each token, as new as it may be.
type stubborn struct{ hubspot.HubSpot }

func (stubborn) Check(context.Context, *connector.Session) error {
	return &connector.Failure{Class: health.TokenExpired, Code: "INVALID_AUTHENTICATION", Refused: health.TokenRevoked}
}

// A token that is refused is replaced once; one that is new and refused all the same is
// the end.
func TestNewTokenIsRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.Service = w.node(func(c *Config) { c.Catalog = []connector.Provider{stubborn{}} })
		if a := w.connect("hubspot", ""); a.Status != AttemptSucceeded {
			t.Fatalf("%+v", a.Failure)
		}
		before := w.row("hubspot").num
		c, err := w.Check(t.Context(), sys, "hubspot")
		w.must(err)
		if f := c.Failure; f == nil || f.Class != health.TokenRevoked || c.Connection.Health.Status != health.Reauthorize || w.row("hubspot").num <= before {
			t.Errorf("%+v %+v", f, c.Connection.Health)
		}
	})
}
