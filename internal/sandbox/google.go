package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"patchboard/internal/id"
)

// Google is Google as far as Gmail and Google Calendar need it: its sign-in and
// consent page, its token endpoint, and one person's mailbox and calendars.
type Google struct {
	ward  *ward
	oauth *oauthServer
	clock id.Clock
	// seen are the "application account" pairs that consented before: without
	// prompt=consent no second refresh token is given.
	seen      map[string]bool
	mailboxes map[string]*mailbox // by address, one for each account
	diaries   map[string]*diary   // the same
}

// googleScope is one permission, and how the consent page asks for it.
type googleScope struct{ Name, Says string }

const scopePrefix = "https://www.googleapis.com/auth/"

var googleScopes = []googleScope{
	{scopePrefix + "gmail.metadata", "View your email message metadata such as labels and headers, but not the email body"},
	{scopePrefix + "gmail.readonly", "View your email messages and settings"},
	{scopePrefix + "calendar.events.readonly", "View events on all your calendars"},
	{scopePrefix + "calendar.calendarlist.readonly", "See the list of Google calendars you’re subscribed to"},
	{scopePrefix + "calendar.readonly", "See and download any calendar you can access using your Google Calendar"},
}

func newGoogle(clock id.Clock) *Google {
	g := &Google{ward: newWard(), oauth: newOAuthServer(clock), clock: clock, seen: map[string]bool{}, mailboxes: map[string]*mailbox{}, diaries: map[string]*diary{}}
	for _, address := range googleAccounts {
		g.mailboxes[address], g.diaries[address] = newMailbox(address, clock), newDiary(address, clock)
	}
	return g
}

// api serves the calls of programs.
func (g *Google) api() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("POST /token", g.token)
	m.HandleFunc("POST /revoke", g.revoke)
	g.gmail(m)
	g.calendar(m)
	return g.ward.guard(refusals{outage: refusalOf("google", "backendError503").write, limit: g.limit}, m)
}

// limit refuses a call, and says when the next one is welcome in the way that
// Google does: within the message.
func (g *Google) limit(w http.ResponseWriter) {
	r := refusalOf("google", "userRateLimitExceeded429")
	failure := r.Body["error"].(map[string]any) //nolint:forcetypeassert // it is so in the file
	failure["message"] = "User-rate limit exceeded. Retry after " + g.clock().Add(limitPause).UTC().Format("2006-01-02T15:04:05.000Z")
	r.write(w)
}

const (
	googleLife = time.Hour        // of an access token
	limitPause = 30 * time.Second // after one call too many
)

// Register makes an application known, whose people can then be asked for
// consent.
func (g *Google) Register(a App) { g.oauth.register(a) }

// allowed lets a call through whose access token has one of the scopes.
func (g *Google) allowed(scopes []string, next func(w http.ResponseWriter, r *http.Request, granted *grant)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		granted, good := g.oauth.bearer(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		switch {
		case !good:
			refusalOf("google", "authError").write(w)
		case !slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(granted.scopes, s) }):
			refusalOf("google", "insufficientPermissions").write(w)
		default:
			next(w, r, granted)
		}
	}
}

// token is the token endpoint (RFC 6749, section 3.2).
func (g *Google) token(w http.ResponseWriter, r *http.Request) {
	app, ok := g.oauth.app(r.PostFormValue("client_id"))
	if !ok || app.Secret != r.PostFormValue("client_secret") || g.ward.has(WrongClient) {
		refusalOf("google", "invalid_client").write(w)
		return
	}
	switch r.PostFormValue("grant_type") {
	case "authorization_code":
		granted, access, ok := g.oauth.exchange(r.PostFormValue("code"), app.ID, r.PostFormValue("redirect_uri"), r.PostFormValue("code_verifier"))
		if !ok {
			refusalOf("google", "invalid_grant").write(w)
			return
		}
		set := values{"access_token": access, "scope": strings.Join(granted.scopes, " "), "refresh_token": nil}
		if granted.refresh != "" {
			set["refresh_token"] = granted.refresh
		}
		writeReply(w, http.StatusOK, reply("google/token", set))
	case "refresh_token":
		granted, access, ok := g.oauth.renew(r.PostFormValue("refresh_token"), app.ID)
		if !ok {
			refusalOf("google", "invalid_grant").write(w)
			return
		}
		writeReply(w, http.StatusOK, reply("google/token-refreshed", values{"access_token": access, "scope": strings.Join(granted.scopes, " ")}))
	default:
		refusalOf("google", "unsupported_grant_type").write(w)
	}
}

func (g *Google) revoke(w http.ResponseWriter, r *http.Request) {
	ended, known := g.oauth.of(r.PostFormValue("token"))
	if !known {
		refusalOf("google", "invalid_token").write(w)
		return
	}
	// All that the account has allowed the application is one grant.
	g.oauth.end(func(o *grant) bool { return o.app == ended.app && o.account == ended.account })
	writeReply(w, http.StatusOK, struct{}{})
}

// consents gives the code of a person's consent. Without offline access, or on a
// second consent that was not asked for by prompt=consent, it brings no refresh
// token.
func (g *Google) consents(ask consent, scopes []string) string {
	g.oauth.mu.Lock()
	pair := ask.App.ID + " " + ask.Account
	refresh := ask.Offline && (ask.Prompt || !g.seen[pair])
	g.seen[pair] = true
	g.oauth.mu.Unlock()
	return g.oauth.allow(&grant{app: ask.App.ID, account: ask.Account, scopes: scopes, life: googleLife}, ask.Callback, ask.Challenge, refresh)
}

// scopesOf gives the scopes of a request that Google has; ok is false where it
// asks for none, or for one that there is not.
func scopesOf(text string) (asked []googleScope, ok bool) {
	for name := range strings.FieldsSeq(text) {
		i := slices.IndexFunc(googleScopes, func(s googleScope) bool { return s.Name == name })
		if i < 0 {
			return nil, false
		}
		asked = append(asked, googleScopes[i])
	}
	return asked, len(asked) > 0
}
