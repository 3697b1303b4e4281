// Package sandboxtest gives tests of connectors a running sandbox, and a person
// who signs in there and consents.
package sandboxtest

import (
	"context"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"patchboard/internal/connector"
	"patchboard/internal/egress"
	"patchboard/internal/sandbox"
)

const (
	// Callback is what applications are registered with. Nobody listens there.
	Callback = "http://127.0.0.1:1/api/v1/oauth/callback"

	stopLimit = 5 * time.Second
)

// World is a running sandbox, and the program's own way to it.
type World struct {
	*sandbox.Sandbox

	Egress *egress.Client
	Page   string // "http://127.0.0.1:port"

	browser *egress.Client // of the person

	t   testing.TB
	mu  sync.Mutex
	now time.Time
}

// Start starts a sandbox, which ends with the test.
func Start(t testing.TB) *World {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &World{t: t, Page: "http://" + l.Addr().String(), now: time.Now()}
	w.Sandbox, err = sandbox.Start(t.Context(), sandbox.Config{Dir: t.TempDir(), Page: l, Clock: w.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
		defer cancel()
		if err := w.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	pool := x509.NewCertPool()
	pool.AddCert(w.Authority().Certificate())
	if w.Egress, err = egress.New(egress.Policy{TrustedCAs: pool, Resolve: w.Addresses(), Lost: w.Lost}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Egress.Close)
	if w.browser, err = egress.New(egress.Policy{AllowHTTP: true, AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.browser.Close)
	return w
}

// Now is the sandbox's clock.
func (w *World) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// Pass lets time pass.
func (w *World) Pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// Google are the addresses of the emulated Google.
func Google(w *World) connector.Addresses {
	at := "https://" + sandbox.GoogleHost
	return connector.Addresses{Auth: w.Page + "/google/o/oauth2/v2/auth", Token: at + "/token", Revoke: at + "/revoke", API: at}
}

// Slack are those of the emulated Slack.
func Slack(w *World) connector.Addresses {
	at := "https://" + sandbox.SlackHost
	return connector.Addresses{Auth: w.Page + "/slack/oauth/v2/authorize", Token: at + "/api/oauth.v2.access", Revoke: at + "/api/auth.revoke", API: at}
}

// Salesforce are those of the emulated Salesforce; where its API is, the token's
// answer says.
func Salesforce(w *World) connector.Addresses {
	at := "https://" + sandbox.SalesforceLogin + "/services/oauth2/"
	return connector.Addresses{Auth: w.Page + "/salesforce/services/oauth2/authorize", Token: at + "token", Revoke: at + "revoke"}
}

// HubSpot are those of the emulated HubSpot.
func HubSpot(w *World) connector.Addresses {
	at := "https://" + sandbox.HubSpotHost
	token := at + sandbox.HubSpotToken
	return connector.Addresses{Auth: w.Page + "/hubspot/oauth/authorize", Token: token, Revoke: token + "/revoke", API: at}
}

// LinkedIn are those of the emulated LinkedIn.
func LinkedIn(w *World) connector.Addresses {
	at := "https://" + sandbox.LinkedInHost
	return connector.Addresses{Auth: w.Page + "/linkedin/oauth/v2/authorization", Token: at + "/oauth/v2/accessToken", Revoke: at + "/oauth/v2/revoke", API: at, Made: w.Page + sandbox.LinkedInTokens}
}

// Connect plays an administrator who connects a provider and a person who allows
// everything but what is unticked. It gives a session, whose token is refreshed by
// nobody, and the grant.
func (w *World) Connect(p connector.Provider, at connector.Addresses, settings string, untick ...string) (*connector.Session, connector.Grant) {
	w.t.Helper()
	return w.ConnectAs("ana@example.org", p, at, settings, untick...)
}

// ConnectAs does so with an account.
func (w *World) ConnectAs(account string, p connector.Provider, at connector.Addresses, settings string, untick ...string) (*connector.Session, connector.Grant) {
	w.t.Helper()
	app := sandbox.App{ID: "crm", Secret: "shh", Callbacks: []string{Callback}}
	w.Sandbox.Google().Register(app)
	w.Sandbox.Slack().Register(app, false)
	w.Sandbox.Salesforce().Register(app, false)
	w.Sandbox.HubSpot().Register(app)
	w.Sandbox.LinkedIn().Register(app)
	kept, err := p.Settings([]byte(settings))
	if err != nil {
		w.t.Fatal(err)
	}
	o := p.OAuth()
	scopes, optional := o.Ask(p.Scopes(kept))
	c := o.Config(connector.App{ID: app.ID, Secret: app.Secret}, at, Callback, scopes)
	verifier := ""
	var opts []oauth2.AuthCodeOption
	if o.PKCE {
		verifier = oauth2.GenerateVerifier()
		opts = append(opts, oauth2.VerifierOption(verifier))
	}
	code := w.AllowAs(account, o.AuthURL(c, "state", verifier, "", optional...), untick...).Get("code")
	token, err := c.Exchange(context.WithValue(w.t.Context(), oauth2.HTTPClient, w.Egress.HTTPClient()), code, opts...)
	if err != nil {
		w.t.Fatal(err)
	}
	plain := w.Egress.HTTPClient()
	authorized := w.Egress.HTTPClient()
	authorized.Transport = &oauth2.Transport{Source: oauth2.StaticTokenSource(connector.Bearer(token)), Base: plain.Transport}
	s := &connector.Session{
		HTTP: authorized, Plain: plain, API: at.API, Settings: kept, Granted: p.Granted(token.Extra), Now: w.Now(),
	}
	if h, ok := p.(connector.Hosted); ok && at.API == "" {
		if s.Place, err = h.Located(token.Extra); err != nil {
			w.t.Fatal(err)
		}
		s.API = s.Place.API
	}
	if s.Account, err = p.Identify(w.t.Context(), s); err != nil {
		w.t.Fatal(err)
	}
	return s, connector.Grant{Access: token.AccessToken, Refresh: token.RefreshToken, Addresses: at, App: connector.App{ID: app.ID, Secret: app.Secret}}
}

// Allow plays a person who allows what a consent page asks for, but what is unticked.
// It gives what the provider sends the browser back with.
func (w *World) Allow(address string, untick ...string) url.Values {
	w.t.Helper()
	return w.AllowAs("ana@example.org", address, untick...)
}

// AllowAs does so with an account.
func (w *World) AllowAs(account, address string, untick ...string) url.Values {
	w.t.Helper()
	back := w.consent(address, account, "allow", untick)
	if back.Get("code") == "" {
		w.t.Fatalf("no code comes back: %v", back)
	}
	return back
}

// Deny plays a person who allows nothing.
func (w *World) Deny(address string) url.Values {
	w.t.Helper()
	return w.consent(address, "ana@example.org", "deny", nil)
}

// consent answers a provider's page.
func (w *World) consent(address, account, choice string, untick []string) url.Values {
	w.t.Helper()
	path, query, _ := strings.Cut(strings.TrimPrefix(address, w.Page), "?")
	host := ""
	if rest, ok := strings.CutPrefix(path, "https://"); ok { // a page plays the hosts of Salesforce
		host, rest, _ = strings.Cut(rest, "/")
		path = "/salesforce/at/" + host + "/" + rest
	}
	switch r := w.do(http.MethodGet, path+"?"+query, nil); {
	case r.to != nil:
		return r.to.Query() // refused at once
	case r.status != http.StatusOK:
		w.t.Fatalf("no page that asks: %s", r.page)
	}
	form := url.Values{"host": {host}, "query": {query}, "choice": {choice}, "account": {account}}
	asked, err := url.ParseQuery(query)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, name := range connector.ScopesIn(asked.Get("scope") + " " + asked.Get("optional_scope")) {
		if !slices.Contains(untick, name) {
			form.Add("scope", name)
		}
	}
	to := "/google/consent"
	switch {
	case strings.HasPrefix(path, "/slack"):
		to = "/slack/install"
	case strings.HasPrefix(path, "/hubspot"):
		to = "/hubspot/connect"
	case strings.HasPrefix(path, "/salesforce"):
		to = "/salesforce/approve"
	case strings.HasPrefix(path, "/linkedin"):
		to = "/linkedin/consent"
	}
	r := w.do(http.MethodPost, to, form)
	if r.to == nil {
		w.t.Fatalf("%d leads nowhere: %s", r.status, r.page)
	}
	return r.to.Query()
}

// LinkedInToken makes a token at the emulated developer portal, as a member does, and
// reads it off the page.
func (w *World) LinkedInToken(account string) string {
	w.t.Helper()
	r := w.do(http.MethodPost, sandbox.LinkedInTokens, url.Values{"account": {account}, "scope": {"r_dma_portability_self_serve"}})
	_, rest, found := strings.Cut(r.page, "<code id=\"token\">")
	token, _, whole := strings.Cut(rest, "<")
	if !found || !whole || token == "" {
		w.t.Fatalf("no token: %d %s", r.status, r.page)
	}
	return token
}

// Press presses a button of a panel: "/google/receive".
func (w *World) Press(path string, form url.Values) {
	w.t.Helper()
	if r := w.do(http.MethodPost, path, form); r.status != http.StatusSeeOther {
		w.t.Fatalf("%s: %d %s", path, r.status, r.page)
	}
}

// Read reads a page of the sandbox.
func (w *World) Read(path string) string {
	w.t.Helper()
	return w.do(http.MethodGet, path, nil).page
}

// reply is what a page of the sandbox answers.
type reply struct {
	status int
	to     *url.URL // where it leads; nil: nowhere
	page   string
}

func (w *World) do(method, path string, form url.Values) reply {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.Page+path, strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := w.browser.HTTPClient().Do(r) // which follows no redirect
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }() // read to its end
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	to, err := answer.Location()
	if err != nil {
		to = nil // it leads nowhere
	}
	return reply{answer.StatusCode, to, string(text)}
}
