package salesforce_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"patchboard/internal/connector"
	"patchboard/internal/health"
	"patchboard/internal/sandbox/sandboxtest"
)

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
		"acme.my.salesforce.com": "acme.my.salesforce.com", "https://ACME.lightning.force.com/lightning/page/home": "acme.my.salesforce.com",
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
