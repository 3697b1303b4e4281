package sandbox

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"patchboard/internal/id"
)

// App is an application that is registered with a provider.
type App struct {
	ID, Secret string
	Callbacks  []string // exactly; a request for another one never comes back
}

const codeLife = 10 * time.Minute

// oauthServer is what a provider knows of who may do what: applications, codes
// and grants. It has no answers of its own; the providers say what they say.
type oauthServer struct {
	clock id.Clock

	mu     sync.Mutex
	apps   []App
	codes  map[string]*code
	grants []*grant // the living ones
}

// code is an authorization code, for one exchange.
type code struct {
	app       string
	callback  string
	challenge string // of PKCE, S256; empty without it
	expires   time.Time
	grant     *grant
}

// grant is what a person allowed an application.
type grant struct {
	app     string
	account string
	host    string // where it was given, for providers with several
	scopes  []string
	refresh string // empty: none was given
	rotates bool   // a refresh token is for one use, and brings the next
	life    time.Duration
	access  map[string]time.Time // until when; the zero time: for ever
}

func newOAuthServer(clock id.Clock) *oauthServer {
	return &oauthServer{clock: clock, codes: map[string]*code{}}
}

// app gives a registered application.
func (o *oauthServer) app(appID string) (App, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	i := slices.IndexFunc(o.apps, func(a App) bool { return a.ID == appID })
	if i < 0 {
		return App{}, false
	}
	return o.apps[i], true
}

// register adds an application, or replaces it.
func (o *oauthServer) register(a App) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.apps = append(slices.DeleteFunc(o.apps, func(b App) bool { return b.ID == a.ID }), a)
}

// allow makes a grant and the code by which the application fetches it.
func (o *oauthServer) allow(g *grant, callback, challenge string, refresh bool) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	g.access = map[string]time.Time{}
	if refresh {
		g.refresh = random()
	}
	c := random()
	o.codes[c] = &code{app: g.app, callback: callback, challenge: challenge, expires: o.clock().Add(codeLife), grant: g}
	return c
}

// exchange gives the grant of a code, which is spent then, whatever comes of it:
// a code that is tried with something wrong is not worth a second try.
func (o *oauthServer) exchange(text, app, callback, verifier string) (g *grant, access string, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c := o.codes[text]
	delete(o.codes, text)
	if c == nil || c.app != app || c.callback != callback || !o.clock().Before(c.expires) || !proves(verifier, c.challenge) {
		return nil, "", false
	}
	o.grants = append(o.grants, c.grant)
	return c.grant, o.issue(c.grant), true
}

// give makes a grant whose person takes its access token along, without an application
// that asks for it.
func (o *oauthServer) give(g *grant) (access string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	g.access = map[string]time.Time{}
	o.grants = append(o.grants, g)
	return o.issue(g)
}

// proves checks a code verifier (RFC 7636, section 4.6).
func proves(verifier, challenge string) bool {
	if challenge == "" {
		return verifier == ""
	}
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:]) == challenge
}

// renew gives a new access token for a refresh token, which is spent then if the
// grant rotates.
func (o *oauthServer) renew(refresh, app string) (g *grant, access string, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, g := range o.grants {
		if refresh != "" && g.refresh == refresh && g.app == app {
			if g.rotates {
				g.refresh = random()
			}
			return g, o.issue(g), true
		}
	}
	return nil, "", false
}

// issue makes an access token. The caller holds mu.
func (o *oauthServer) issue(g *grant) string {
	access := random()
	g.access[access] = time.Time{}
	if g.life > 0 {
		g.access[access] = o.clock().Add(g.life)
	}
	return access
}

// bearer gives the grant of an access token, and whether the token is still good.
// Without a grant it was never given, or is revoked.
func (o *oauthServer) bearer(access string) (g *grant, good bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, g := range o.grants {
		if expires, there := g.access[access]; there {
			return g, expires.IsZero() || o.clock().Before(expires)
		}
	}
	return nil, false
}

// has reports whether a token, of either kind, belongs to the grant.
func (g *grant) has(token string) bool {
	_, access := g.access[token]
	return token != "" && (g.refresh == token || access)
}

// revoke ends the grant that a token belongs to.
func (o *oauthServer) revoke(token string) bool {
	return o.end(func(g *grant) bool { return g.has(token) })
}

// of gives the grant that a token belongs to.
func (o *oauthServer) of(token string) (*grant, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, g := range o.grants {
		if g.has(token) {
			return g, true
		}
	}
	return nil, false
}

// end ends grants, as the person who gave them can, and reports whether there was one.
func (o *oauthServer) end(which func(*grant) bool) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	before := len(o.grants)
	o.grants = slices.DeleteFunc(o.grants, which)
	return len(o.grants) < before
}

// rescope has grants be for other scopes, as a provider may that a person has told so:
// the next refresh says it.
func (o *oauthServer) rescope(which func(*grant) bool, scopes []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, g := range o.grants {
		if which(g) {
			g.scopes = slices.Clone(scopes)
		}
	}
}

// expire ends all access tokens, and no grant.
func (o *oauthServer) expire() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, g := range o.grants {
		for access := range g.access {
			g.access[access] = o.clock()
		}
	}
}

func random() string { return strings.ToLower(rand.Text()) }

// allowForm lets a page's form lead back to an application: browsers hold a
// redirect after a form to the policy of forms.
func allowForm(w http.ResponseWriter, callback string) {
	u, err := url.Parse(callback)
	if err != nil {
		return // the form leads nowhere then
	}
	w.Header().Set("Content-Security-Policy", strings.Replace(pagePolicy, "form-action 'self'", "form-action 'self' "+u.Scheme+"://"+u.Host, 1))
}

// withQuery adds to the query of an address.
func withQuery(address string, more url.Values) string {
	u, err := url.Parse(address)
	if err != nil {
		return address // it is registered: whoever did that has seen to it
	}
	q := u.Query()
	maps.Copy(q, more)
	u.RawQuery = q.Encode()
	return u.String()
}
