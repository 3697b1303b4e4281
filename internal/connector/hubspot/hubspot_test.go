package hubspot

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"patchboard/internal/connector"
	"patchboard/internal/health"
	"patchboard/internal/sandbox/sandboxtest"
)

// Each row of the table of errors. A refusal is of one call alone.
func TestFailures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect(acme, "")
	for _, c := range []struct {
		refusal string
		class   health.Class
		code    string
		after   time.Duration
	}{
		{"EXPIRED_AUTHENTICATION", health.TokenExpired, "EXPIRED_AUTHENTICATION", 0},
		{"INVALID_AUTHENTICATION", health.TokenExpired, "INVALID_AUTHENTICATION", 0},
		{"MISSING_SCOPES", health.ScopeMissing, "MISSING_SCOPES", 0},
		{"FORBIDDEN_TIER", health.ScopeMissing, "FORBIDDEN", 0},
		{"FORBIDDEN", health.Unknown, "FORBIDDEN", 0},
		{"SECONDLY429", health.RateLimited, "SECONDLY", time.Second},
		{"TEN_SECONDLY_ROLLING429", health.RateLimited, "TEN_SECONDLY_ROLLING", 10 * time.Second},
		{"locked423", health.RateLimited, "LOCKED", 2 * time.Second},
		{"migration477", health.ProviderDown, "account_moving", time.Minute},
		{"error500", health.ProviderDown, "INTERNAL_ERROR", 0},
		{"error502", health.ProviderDown, "INTERNAL_ERROR", 0},
		{"error503", health.ProviderDown, "INTERNAL_ERROR", 0},
		{"error504", health.ProviderDown, "INTERNAL_ERROR", 0},
		{"error521", health.ProviderDown, "UNAVAILABLE", 0},
		{"error522", health.ProviderDown, "UNAVAILABLE", 0},
		{"error523", health.ProviderDown, "UNAVAILABLE", 0},
		{"error524", health.ProviderDown, "UNAVAILABLE", 0},
		{"error525", health.ProviderDown, "UNAVAILABLE", 0},
		{"error526", health.ProviderDown, "UNAVAILABLE", 0},
		{"html502", health.ProviderDown, "http_502", 0},
		{"VALIDATION_ERROR", health.Unknown, "VALIDATION_ERROR", 0},
		{"OBJECT_NOT_FOUND", health.Unknown, "OBJECT_NOT_FOUND", 0},
		{"OBJECT_ALREADY_EXISTS", health.Unknown, "OBJECT_ALREADY_EXISTS", 0},
		{"URI_TOO_LONG414", health.Unknown, "VALIDATION_ERROR", 0},
		{"retired404", health.MisconfiguredApp, "version_retired", 0},
	} {
		w.press("refuse", "error", c.refusal)
		f := wantClass(t, w.hub.Check(t.Context(), w.session), c.class, c.code)
		if f.RetryAfter != c.after || f.Detail == "" {
			t.Errorf("%s: after %s, %q", c.refusal, f.RetryAfter, f.Detail)
		}
		if g := w.hub.Guide(f); g.Cause == "" || g.Who == "" || g.Who != connector.Nobody && len(g.Steps) == 0 {
			t.Errorf("%s: nothing is said of it: %+v", c.refusal, g)
		}
		if (f.Refused == health.TokenRevoked) != (c.refusal == "INVALID_AUTHENTICATION") {
			t.Errorf("%s: with a new token it is %q", c.refusal, f.Refused)
		}
	}
	w.press("refuse", "error", "MISSING_SCOPES")
	if f := wantClass(t, w.hub.Check(t.Context(), w.session), health.ScopeMissing, "MISSING_SCOPES"); !strings.Contains(f.Detail, "Needed: crm.objects.contacts.read.") || !strings.Contains(f.Detail, "correlation id 5e2d0b3c") {
		t.Errorf("%s", f.Detail)
	}
	if err := w.hub.Check(t.Context(), w.session); err != nil {
		t.Error(err)
	}
	other := *w.session
	other.Account.ID = "1"
	wantClass(t, w.hub.Check(t.Context(), &other), health.TokenRevoked, "other_account")
}

func TestTroubles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect(acme, "")
	for _, c := range []struct {
		trouble string
		class   health.Class
		code    string
	}{
		{"outage", health.ProviderDown, "INTERNAL_ERROR"},
		{"rate-limit", health.RateLimited, "TEN_SECONDLY_ROLLING"},
		{"dns", health.NetworkDNS, ""},
		{"tls", health.TLS, ""},
		{"html", health.Unknown, "no_json"},
	} {
		w.press("trouble", "trouble", c.trouble)
		f := wantClass(t, w.hub.Check(t.Context(), w.session), c.class, c.code)
		if g := w.hub.Guide(f); g.Cause == "" {
			t.Errorf("%s: nothing is said of it", c.trouble)
		}
	}
	w.press("trouble", "trouble", "")
	ended, end := context.WithCancel(t.Context())
	end()
	if err := w.hub.Check(ended, w.session); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancellation is %v", err)
	}
	// A run waits for a limit of seconds, and not for one that goes on.
	w.press("refuse", "error", "SECONDLY429")
	if p := w.page(); len(p.Changes) != 0 || !p.More || !slices.Equal(w.waited, []time.Duration{time.Second}) {
		t.Errorf("%+v, waited %v", p, w.waited)
	}
	w.press("refuse", "error", "DAILY429")
	_, err := w.hub.Next(t.Context(), w.session, w.cursor)
	f := wantClass(t, err, health.QuotaExhausted, "DAILY")
	midnight := w.session.Now.In(zoneOf("Europe/Rome")).Add(f.RetryAfter)
	if midnight.Hour() != 0 || midnight.Minute() != 0 || f.RetryAfter > 25*time.Hour {
		t.Errorf("until %s", midnight)
	}
	w.press("uninstall")
	wantClass(t, w.hub.Check(t.Context(), w.session), health.TokenExpired, "INVALID_AUTHENTICATION")
}

// Below a tenth of what an account may call in ten seconds, what is left is spread.
func TestSlowsDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Seed()
	w.press("add", "count", "12000")
	w.connect(acme, `{"campaigns":false,"emails":false,"engagements":false}`)
	w.run()
	w.same()
	var all time.Duration
	for _, d := range w.waited {
		all += d
	}
	if !slices.Contains(w.waited, time.Second) || slices.Contains(w.waited, 10*time.Second) || all < 2*time.Second || all > 40*time.Second {
		t.Errorf("waited %s: %v", all, w.waited)
	}
}

// A part whose permission was not granted switches off by itself, and says so.
func TestPartsWithoutPermission(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect(shop, "")
	if !slices.Equal(w.session.Granted, []string{scopeOAuth, scopeContacts}) {
		t.Fatalf("%v", w.session.Granted)
	}
	w.press("add", "account", shop, "email", "bo@acme.test")
	pages := w.run()
	if got := told(pages, connector.KindContact); !slices.Contains(got, "bo@acme.test") {
		t.Errorf("%v", got)
	}
	said := func(pages []*connector.Page) {
		t.Helper()
		got := off(pages)
		for _, want := range []string{"Marketing e-mails: the permission content was not granted", "Campaigns: the permission marketing.campaigns.read", "Opens and clicks: the permission content"} {
			if n := strings.Count(strings.Join(got, "\n"), want); n != 1 {
				t.Errorf("%q is said %d times: %q", want, n, got)
			}
		}
		if got := partial(pages); len(got) != 0 {
			t.Errorf("taken for a failure: %q", got)
		}
	}
	said(pages)
	if last := slices.IndexFunc(pages, func(p *connector.Page) bool { return p.Load != nil && p.Load.Done }); last < 0 {
		t.Error("the load has no end")
	}
	w.Pass(time.Minute)
	said(w.run())
	// What is switched off is not asked for, and nothing is said of it.
	w.cursor = nil
	w.connect(shop, `{"campaigns":false,"emails":false,"engagements":false}`)
	if pages := w.run(); len(partial(pages))+len(off(pages)) != 0 {
		t.Errorf("%q %q", partial(pages), off(pages))
	}
}

// A subscription loses marketing: what was read of it stays. It has it again: what was
// there before is read as a load, and not told of as new.
func TestSubscriptionChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Seed()
	w.connect(acme, "")
	w.run()
	w.Pass(2 * time.Minute)
	w.press("plan")
	if got := partial(w.run()); len(got) != 3 || !strings.HasPrefix(got[2], "Opens and clicks: HubSpot does not give the log") || !strings.Contains(got[0], "HubSpot refuses to show them") || !strings.Contains(got[0], "Needed: content") {
		t.Errorf("%q", got)
	}
	w.Pass(8 * 24 * time.Hour)
	w.connect(acme, "")
	if len(w.session.Granted) != 2 {
		t.Fatalf("%v", w.session.Granted)
	}
	for _, p := range w.run() {
		if p.Load != nil && p.Load.Kind != connector.KindContact {
			t.Error("what was read of marketing would be removed")
		}
	}
	w.same()
	w.press("plan")
	w.connect(acme, "")
	n := 0
	for _, p := range w.run() {
		mails, campaigns := len(told([]*connector.Page{p}, connector.KindEmail)), len(told([]*connector.Page{p}, connector.KindCampaign))
		if n += mails + campaigns; mails+campaigns > 0 && p.Load == nil {
			t.Error("what was there before is told of as new")
		}
	}
	if n != 8+3 {
		t.Errorf("%d e-mails and campaigns", n)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect(acme, "")
	o := HubSpot{}.OAuth()
	c := o.Config(connector.App{ID: "crm", Secret: "shh"}, sandboxtest.HubSpot(w.World), sandboxtest.Callback, nil)
	ctx := context.WithValue(t.Context(), oauth2.HTTPClient, w.Egress.HTTPClient())
	token, err := c.TokenSource(ctx, &oauth2.Token{RefreshToken: w.grant.Refresh}).Token()
	if err != nil || token.ExpiresIn != 1800 || token.RefreshToken == "" || len(HubSpot{}.Granted(token.Extra)) != 5 {
		t.Fatalf("%+v (%v)", token, err)
	}
	w.Pass(31 * time.Minute)
	wantClass(t, w.hub.Check(t.Context(), w.session), health.TokenExpired, "EXPIRED_AUTHENTICATION")
	refused := func(class health.Class, code, refresh string, change func(c *oauth2.Config)) {
		t.Helper()
		other := *c
		change(&other)
		_, err := other.TokenSource(ctx, &oauth2.Token{RefreshToken: refresh}).Token()
		f := wantClass(t, o.FailureOf(err), class, code)
		if g := (HubSpot{}).Guide(f); g.Cause == "" || len(g.Steps) == 0 {
			t.Errorf("%s: %+v", code, g)
		}
	}
	none := func(*oauth2.Config) {}
	refused(health.TokenRevoked, "BAD_REFRESH_TOKEN", "guess", none)
	refused(health.MisconfiguredApp, "BAD_CLIENT_ID", w.grant.Refresh, func(c *oauth2.Config) { c.ClientID = "other" })
	refused(health.MisconfiguredApp, "BAD_CLIENT_SECRET", w.grant.Refresh, func(c *oauth2.Config) { c.ClientSecret = "guess" })
	w.press("refuse", "error", "invalid_client")
	refused(health.MisconfiguredApp, "invalid_client", w.grant.Refresh, none)
	w.press("refuse", "error", "error503")
	_, err = c.TokenSource(ctx, &oauth2.Token{RefreshToken: w.grant.Refresh}).Token()
	wantClass(t, o.FailureOf(err), health.ProviderDown, "")
	_, err = c.Exchange(ctx, "guess")
	wantClass(t, o.FailureOf(err), health.Unknown, "BAD_AUTH_CODE")
	c.RedirectURL = "https://other.example.com/"
	_, err = c.Exchange(ctx, "guess")
	wantClass(t, o.FailureOf(err), health.MisconfiguredApp, "BAD_REDIRECT_URI")
	for range 2 { // one that is gone is no error
		if err := w.hub.Revoke(t.Context(), w.session, w.grant); err != nil {
			t.Error(err)
		}
	}
	_, err = c.TokenSource(ctx, &oauth2.Token{RefreshToken: w.grant.Refresh}).Token()
	wantClass(t, o.FailureOf(err), health.TokenRevoked, "BAD_REFRESH_TOKEN")
	w.press("trouble", "trouble", "client")
	wantClass(t, w.hub.Revoke(t.Context(), w.session, w.grant), health.Unknown, "BAD_CLIENT_ID")
}

// The developers' account has no contacts, and is easily chosen.
func TestDevelopersAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect(acme, "")
	at := sandboxtest.HubSpot(w.World)
	o := HubSpot{}.OAuth()
	names, optional := o.Ask(HubSpot{}.Scopes(w.session.Settings))
	c := o.Config(connector.App{ID: "crm", Secret: "shh"}, at, sandboxtest.Callback, names)
	verifier := oauth2.GenerateVerifier()
	address := o.AuthURL(c, "state", verifier, "", optional...)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if q := u.Query(); q.Get("scope") != "oauth crm.objects.contacts.read" || q.Get("optional_scope") != "content marketing.email.read marketing.campaigns.read" || q.Get("code_challenge_method") != "S256" {
		t.Errorf("%v", q)
	}
	ctx := context.WithValue(t.Context(), oauth2.HTTPClient, w.Egress.HTTPClient())
	token, err := c.Exchange(ctx, w.AllowAs(devs, address).Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	s := *w.session
	s.HTTP = oauth2.NewClient(ctx, oauth2.StaticTokenSource(token))
	_, err = HubSpot{}.Identify(t.Context(), &s)
	f := wantClass(t, err, health.TokenRevoked, "APP_DEVELOPER")
	if g := (HubSpot{}).Guide(f); g.Cause != "You chose the developer account: connect the account that holds the contacts." {
		t.Errorf("%+v", g)
	}
	o = HubSpot{NoChallenge: true}.OAuth()
	if plain := o.AuthURL(c, "state", "", ""); strings.Contains(plain, "code_challenge") {
		t.Errorf("%s", plain)
	}
	if back := w.Deny(address); back.Get("error") != "access_denied" {
		t.Errorf("%v", back)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{`{"days":0}`, `{"days":3651}`, `{"days":"x"}`, `{"contacts":1}`, `[]`, `{"more":true}`, `{"contacts":false,"emails":false,"campaigns":false,"engagements":false}`} {
		if got, err := (HubSpot{}).Settings([]byte(bad)); err == nil {
			t.Errorf("%s became %s", bad, got)
		}
	}
	got, err := HubSpot{}.Settings(nil)
	if err != nil || string(got) != `{"contacts":true,"emails":true,"campaigns":true,"engagements":true,"days":365}` {
		t.Errorf("%s (%v)", got, err)
	}
}

// Recorded answers with what the emulator does not have: numbers for ids, times in
// milliseconds, members that are missing or null.
func TestRecordedReplies(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
	var emails emailList
	recorded(t, "emails.json", &emails)
	m := mails{}
	var got []string
	for i := range emails.Results {
		e := &emails.Results[i]
		m.index(e)
		if c := e.change(now); c.Removed {
			got = append(got, c.ID+" removed")
		} else {
			got = append(got, c.ID+" "+c.Version+" "+c.Email.Subject+" "+c.Email.At.Format(time.DateOnly))
		}
	}
	want := []string{
		"9001 2026-11-20T09:00:05Z/500/490/210/31/3 News from Acme 2026-11-20", "9002 2026-11-21T09:00:05Z Only a name 2026-11-21", "9003 removed", "9004 removed", "9005 removed",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if m.named("777").ID != "9001" || m.named("779").ID != "9002" || m.named("780").ID != "9002" || m.named("1").ID != "" || m.named("781").ID != "" {
		t.Errorf("%+v", m.Index)
	}
	var contacts contactList
	recorded(t, "contacts.json", &contacts)
	got = nil
	for i := range contacts.Results {
		c := contacts.Results[i].change()
		got = append(got, strings.Join([]string{c.ID, c.Version, c.Contact.Email, c.Contact.FirstName, strings.Join(c.Contact.Tags, ",")}, " "))
	}
	if !slices.Equal(got, []string{"151 1795169472345 bo@acme.test Bo lead", "152 1795169473000   ", "153 0 not an address Zoë 🦊 "}) || contacts.Paging.Next.After != "154" {
		t.Errorf("%q %+v", got, contacts.Paging)
	}
	var log struct {
		Events []event `json:"events"`
	}
	recorded(t, "events.json", &log)
	r := &reader{at: &cursor{Emails: m}, page: &connector.Page{}}
	got = nil
	for i := range log.Events {
		if c, ok := r.engagement(&log.Events[i]); ok {
			got = append(got, c.ID+" "+string(c.Engagement.Kind)+" "+c.Engagement.Email+" "+c.Engagement.URL)
		}
	}
	if !slices.Equal(got, []string{"17c177a6-1/1795420811000 clicked 9001 https://acme.test/x", "17c177a6-2/1795420812000 opened  "}) {
		t.Errorf("%q", got)
	}
	var d details
	recorded(t, "details.json", &d)
	if d.account() != "62515" || d.Zone != "Europe/Rome" || zoneOf(d.Zone) == nil {
		t.Errorf("%+v", d)
	}
}

func recorded(t *testing.T, name string, into any) {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}
