package linkedin_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"patchboard/internal/connector"
	"patchboard/internal/connector/linkedin"
	"patchboard/internal/health"
	"patchboard/internal/sandbox"
	"patchboard/internal/sandbox/sandboxtest"
)

const (
	portability = `{"mode":"portability"}`
	ownToken    = `{"mode":"token"}`
)

func failure(t *testing.T, err error) *connector.Failure {
	t.Helper()
	f, ok := errors.AsType[*connector.Failure](err)
	if !ok {
		t.Fatalf("%v", err)
	}
	return f
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	s, grant := w.Connect(linkedin.LinkedIn{}, sandboxtest.LinkedIn(w), "")
	if s.Account != (connector.Account{ID: "782bbtaQ", Name: "Ana Verdi (ana@example.org)"}) || !slices.Equal(s.Granted, []string{"openid", "profile", "email"}) {
		t.Errorf("%+v %v", s.Account, s.Granted)
	}
	if grant.Refresh != "" {
		t.Error("an ordinary application got a refresh token")
	}
	if err := (linkedin.LinkedIn{}).Check(t.Context(), s); err != nil {
		t.Error(err)
	}
	s.Account.ID = "somebody"
	if f := failure(t, linkedin.LinkedIn{}.Check(t.Context(), s)); f.Code != "other_account" {
		t.Errorf("%+v", f)
	}
	s.Account.ID = "782bbtaQ"
	if page, err := (linkedin.LinkedIn{}).Next(t.Context(), s, nil); err != nil || page.More || len(page.Changes) > 0 || (linkedin.LinkedIn{}).Reads(s.Settings) {
		t.Errorf("it reads: %+v (%v)", page, err)
	}
	w.Pass(60 * 24 * time.Hour)
	if f := failure(t, linkedin.LinkedIn{}.Check(t.Context(), s)); f.Class != health.TokenExpired {
		t.Errorf("after 60 days: %+v", f)
	}
	grant.App = connector.App{ID: "crm", Secret: "shh"}
	for range 2 {
		if err := (linkedin.LinkedIn{}).Revoke(t.Context(), s, grant); err != nil {
			t.Error(err)
		}
	}
	if f := failure(t, linkedin.LinkedIn{}.Check(t.Context(), s)); f.Class != health.TokenRevoked || f.Code != "REVOKED_ACCESS_TOKEN" {
		t.Errorf("%+v", f)
	}
	grant.App.Secret = "wrong"
	if f := failure(t, linkedin.LinkedIn{}.Revoke(t.Context(), s, grant)); f.Class != health.MisconfiguredApp {
		t.Errorf("%+v", f)
	}
}

// read reads a snapshot to its end.
func read(t *testing.T, s *connector.Session, cursor json.RawMessage) (pages []*connector.Page, changes []connector.Change) {
	t.Helper()
	for {
		page, err := linkedin.LinkedIn{}.Next(t.Context(), s, cursor)
		if err != nil {
			t.Fatal(err)
		}
		pages, changes, cursor = append(pages, page), append(changes, page.Changes...), page.Cursor
		if !page.More {
			return pages, changes
		}
	}
}

func TestSnapshot(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	s, _ := w.Connect(linkedin.LinkedIn{}, sandboxtest.LinkedIn(w), portability)
	if err := (linkedin.LinkedIn{}).Check(t.Context(), s); err != nil {
		t.Error(err)
	}
	pages, changes := read(t, s, nil)
	last := pages[len(pages)-1]
	if len(pages) != 4 || len(changes) != 120 || last.Load == nil || !last.Load.Done || last.Load.Tag == "" || len(last.Changes) != 0 {
		t.Fatalf("%d pages, %d changes, %+v", len(pages), len(changes), last)
	}
	one := changes[0]
	if one.ID != "https://www.linkedin.com/in/bo-rossi-1" || one.Contact.Company != "Acme, Inc." || one.Contact.Title != "Head of Purchasing" || one.Contact.Profile != one.ID || one.Contact.Email == "" {
		t.Errorf("%+v", one.Contact)
	}
	for _, p := range pages {
		if p.Load.ID != last.Load.ID {
			t.Error("two loads")
		}
	}
	s.Now = s.Now.Add(24 * time.Hour)
	again, _ := read(t, s, last.Cursor)
	if len(again) != 4 || again[0].Load.ID == last.Load.ID {
		t.Error("the next run is no load of its own")
	}
}

// A member's own token is asked for instead of a consent, and reads the same list.
func TestOwnToken(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	l := linkedin.LinkedIn{}
	kept, err := l.Settings([]byte(ownToken))
	if err != nil {
		t.Fatal(err)
	}
	paste := l.Pasted(kept)
	if paste == nil || paste.Label == "" || paste.Help == "" || len(paste.Steps) == 0 || paste.Life != 60*24*time.Hour || paste.Made != "https://www.linkedin.com/developers/apps" || !l.Reads(kept) {
		t.Fatalf("%+v", paste)
	}
	for _, other := range []string{"", portability} {
		if settings, err := l.Settings([]byte(other)); err != nil || l.Pasted(settings) != nil {
			t.Errorf("%s is pasted (%v)", other, err)
		}
	}
	session := func(account string) *connector.Session {
		token := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: w.LinkedInToken(account)})
		ctx := context.WithValue(t.Context(), oauth2.HTTPClient, w.Egress.HTTPClient())
		return &connector.Session{HTTP: oauth2.NewClient(ctx, token), Plain: w.Egress.HTTPClient(), API: sandboxtest.LinkedIn(w).API, Settings: kept, Now: w.Now()}
	}
	s := session("ana@example.org")
	if a, err := l.Identify(t.Context(), s); err != nil || a.ID != "member" {
		t.Errorf("%+v (%v)", a, err)
	}
	if err := l.Check(t.Context(), s); err != nil {
		t.Error(err)
	}
	if _, changes := read(t, s, nil); len(changes) != 120 {
		t.Errorf("%d changes", len(changes))
	}
	if f := failure(t, second(l.Identify(t.Context(), session("kim@example.com")))); f.Code != "not_in_region" {
		t.Errorf("outside of the region: %+v", f)
	}
	w.Press("/linkedin/expire", nil)
	if f := failure(t, l.Check(t.Context(), s)); f.Class != health.TokenExpired {
		t.Errorf("%+v", f)
	}
	w.Press("/linkedin/remove", nil)
	if f := failure(t, l.Check(t.Context(), s)); f.Class != health.TokenRevoked {
		t.Errorf("%+v", f)
	}
	retired, err := l.Settings([]byte(`{"mode":"token","version":"202001"}`))
	if err != nil {
		t.Fatal(err)
	}
	s = session("ana@example.org")
	s.Settings = retired
	if f := failure(t, l.Check(t.Context(), s)); f.Class != health.MisconfiguredApp {
		t.Errorf("%+v", f)
	}
}

func second[T any](_ T, err error) error { return err }

// Not there yet is looked at again after 5, 15 and 60 minutes; after a day there is
// nothing.
func TestNotReady(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	s, _ := w.Connect(linkedin.LinkedIn{}, sandboxtest.LinkedIn(w), portability)
	w.Press("/linkedin/ready", nil)
	var cursor json.RawMessage
	var waits []time.Duration
	began := s.Now
	for s.Now.Sub(began) < 25*time.Hour {
		page, err := linkedin.LinkedIn{}.Next(t.Context(), s, cursor)
		if err != nil || page.More || page.Load != nil || len(page.Partial) != 1 {
			t.Fatalf("%+v (%v)", page, err)
		}
		cursor = page.Cursor
		waits = append(waits, page.Again)
		if page.Again == 0 {
			if page.Partial[0] != "no connections available" || s.Now.Sub(began) < 24*time.Hour {
				t.Errorf("after %s: %s", s.Now.Sub(began), page.Partial[0])
			}
			break
		}
		s.Now = s.Now.Add(page.Again)
	}
	if len(waits) < 5 || !slices.Equal(waits[:4], []time.Duration{5 * time.Minute, 15 * time.Minute, time.Hour, time.Hour}) || waits[len(waits)-1] != 0 {
		t.Errorf("%v", waits)
	}
	w.Press("/linkedin/ready", nil)
	if _, changes := read(t, s, cursor); len(changes) != 120 {
		t.Errorf("%d when it is there", len(changes))
	}
}

func TestOutsideOfTheRegion(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	s, _ := w.Connect(linkedin.LinkedIn{}, sandboxtest.LinkedIn(w), portability)
	w.Press("/linkedin/region", nil)
	f := failure(t, linkedin.LinkedIn{}.Check(t.Context(), s))
	if g := (linkedin.LinkedIn{}).Guide(f); f.Class != health.ScopeMissing || f.Code != "not_in_region" || !strings.Contains(g.Cause, "Switzerland") {
		t.Errorf("%+v %+v", f, g)
	}
}

// Each row of the table of errors, as a check meets it.
func TestErrors(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	s, _ := w.Connect(linkedin.LinkedIn{}, sandboxtest.LinkedIn(w), "")
	for name, class := range map[string]health.Class{
		"EXPIRED_ACCESS_TOKEN": health.TokenExpired, "expired": health.TokenExpired,
		"REVOKED_ACCESS_TOKEN": health.TokenRevoked, "INVALID_ACCESS_TOKEN": health.TokenRevoked, "EMPTY_ACCESS_TOKEN": health.TokenRevoked, "invalid_grant": health.TokenRevoked,
		"ACCESS_DENIED": health.ScopeMissing, "forbidden100": health.ScopeMissing,
		"invalid_client": health.MisconfiguredApp, "client_authentication": health.MisconfiguredApp, "invalid_redirect_uri": health.MisconfiguredApp,
		"NONEXISTENT_VERSION": health.MisconfiguredApp, "VERSION_MISSING": health.MisconfiguredApp,
		"throttled": health.RateLimited, "no_data": health.Unknown,
		"internal500": health.ProviderDown, "bad_gateway502": health.ProviderDown, "unavailable503": health.ProviderDown, "gateway_timeout504": health.ProviderDown,
	} {
		w.Press("/linkedin/refuse", url.Values{"error": {name}})
		f := failure(t, linkedin.LinkedIn{}.Check(t.Context(), s))
		if f.Class != class {
			t.Errorf("%s: %+v", name, f)
		}
		if g := (linkedin.LinkedIn{}).Guide(f); g.Cause == "" || g.Who == "" {
			t.Errorf("%s: %+v", name, g)
		}
	}
	for name, class := range map[string]health.Class{"outage": health.ProviderDown, "rate-limit": health.RateLimited, "dns": health.NetworkDNS, "tls": health.TLS, "html": health.Unknown} {
		w.Press("/linkedin/trouble", url.Values{"trouble": {name}})
		if f := failure(t, linkedin.LinkedIn{}.Check(t.Context(), s)); f.Class != class {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// A throttle that lasts is the quota of the day, until midnight UTC.
func TestLimits(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	s, _ := w.Connect(linkedin.LinkedIn{}, sandboxtest.LinkedIn(w), "")
	s.Now = time.Date(2026, 11, 28, 20, 0, 0, 0, time.UTC)
	w.Press("/linkedin/trouble", url.Values{"trouble": {"rate-limit"}})
	for since, want := range map[time.Duration]connector.Failure{
		0:                {Class: health.RateLimited, RetryAfter: time.Minute},
		5 * time.Minute:  {Class: health.RateLimited, RetryAfter: 5 * time.Minute},
		11 * time.Minute: {Class: health.QuotaExhausted, RetryAfter: 4 * time.Hour},
	} {
		s.Limited = time.Time{}
		if since > 0 {
			s.Limited = s.Now.Add(-since)
		}
		if f := failure(t, linkedin.LinkedIn{}.Check(t.Context(), s)); f.Class != want.Class || f.RetryAfter != want.RetryAfter {
			t.Errorf("after %s: %+v", since, f)
		}
	}
}

// What the token endpoint says, as connecting meets it.
func TestTokenErrors(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	w.LinkedIn().Register(sandbox.App{ID: "crm", Secret: "shh", Callbacks: []string{sandboxtest.Callback}})
	o := (linkedin.LinkedIn{}).OAuth()
	try := func(app connector.App, code string) *connector.Failure {
		c := o.Config(app, sandboxtest.LinkedIn(w), sandboxtest.Callback, nil)
		_, err := c.Exchange(context.WithValue(t.Context(), oauth2.HTTPClient, w.Egress.HTTPClient()), code)
		return failure(t, o.FailureOf(err))
	}
	for name, c := range map[string]struct {
		app   connector.App
		class health.Class
		says  string
	}{
		"a code that was used": {connector.App{ID: "crm", Secret: "shh"}, health.Unknown, "code of the sign-in"},
		"a wrong secret":       {connector.App{ID: "crm", Secret: "no"}, health.MisconfiguredApp, "client id or its secret"},
		"a wrong id":           {connector.App{ID: "other", Secret: "shh"}, health.MisconfiguredApp, "client id or its secret"},
	} {
		f := try(c.app, "used")
		if g := (linkedin.LinkedIn{}).Guide(f); f.Class != c.class || !strings.Contains(g.Cause, c.says) {
			t.Errorf("%s: %+v %+v", name, f, g)
		}
	}
}

// What comes back from the page of consent when nothing was granted.
func TestConsentRefused(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	w.LinkedIn().Register(sandbox.App{ID: "crm", Secret: "shh", Callbacks: []string{sandboxtest.Callback}})
	o := (linkedin.LinkedIn{}).OAuth()
	address := func(scopes ...string) string {
		c := o.Config(connector.App{ID: "crm"}, sandboxtest.LinkedIn(w), sandboxtest.Callback, scopes)
		return o.AuthURL(c, "state", "", "")
	}
	if strings.Contains(address("openid"), "code_challenge") {
		t.Error("a challenge is sent")
	}
	if got := w.Deny(address("openid", "profile")).Get("error"); got != "user_cancelled_authorize" {
		t.Error(got)
	}
	if got := w.Deny(address("r_network")).Get("error"); got != "invalid_scope_error" {
		t.Error(got)
	}
	w.Press("/linkedin/product", url.Values{"product": {"Member Data Portability API"}})
	got := w.Deny(address("openid", "r_dma_portability_3rd_party")).Get("error")
	if g := (linkedin.LinkedIn{}).Guide(&connector.Failure{Class: health.MisconfiguredApp, Code: got}); got != "unauthorized_scope_error" || !strings.Contains(g.Cause, "product") {
		t.Errorf("%s %+v", got, g)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	l := linkedin.LinkedIn{}
	names := func(settings string) (all []string) {
		kept, err := l.Settings([]byte(settings))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range l.Scopes(kept) {
			all = append(all, s.Name)
		}
		return all
	}
	for settings, want := range map[string][]string{
		"":          {"openid", "profile", "email"},
		portability: {"r_dma_portability_3rd_party"},
		`{"mode":"portability","permission":"r_dma_portability_self_serve"}`: {"r_dma_portability_self_serve"},
		`{"mode":"portability","permission":"other","scope":"r_dma_new"}`:    {"r_dma_new"},
		`{"mode":"sign-in","permission":"other","scope":"r_dma_new"}`:        {"openid", "profile", "email"},
		ownToken: nil,
	} {
		if got := names(settings); !slices.Equal(got, want) {
			t.Errorf("%s asks for %v", settings, got)
		}
	}
	for _, bad := range []string{
		`[]`, `{"mode":"both"}`, `{"mode":1}`, `{"permission":"openid"}`, `{"permission":"other"}`, `{"permission":"other","scope":"openid"}`,
		`{"permission":"other","scope":"a b"}`, `{"version":"2023-12"}`, `{"version":"202313"}`, `{"more":1}`,
	} {
		if got, err := l.Settings([]byte(bad)); err == nil {
			t.Errorf("%s is taken: %s", bad, got)
		}
	}
}
