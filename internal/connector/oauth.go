package connector

import (
	"cmp"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"patchboard/internal/health"
)

// Addresses are where a provider is. The operator can replace each, so that an
// emulator stands in for the provider.
type Addresses struct {
	Auth   string // of the consent page, for browsers
	Token  string
	Revoke string
	API    string // what stands before the paths of calls
	Made   string // of the page where people make a token to paste, for browsers
}

// Or gives the addresses, and those of usual for what is empty.
func (a Addresses) Or(usual Addresses) Addresses {
	return Addresses{
		Auth: cmp.Or(a.Auth, usual.Auth), Token: cmp.Or(a.Token, usual.Token), Revoke: cmp.Or(a.Revoke, usual.Revoke),
		API: strings.TrimSuffix(cmp.Or(a.API, usual.API), "/"), Made: cmp.Or(a.Made, usual.Made),
	}
}

// OAuth is how access to a provider is granted.
type OAuth struct {
	Addresses Addresses
	// PKCE: the provider takes a code challenge (RFC 7636). One that does not may
	// take it for a public client.
	PKCE bool
	// Separator stands between scopes in a request; empty is a space.
	Separator string
	// Params go along to the consent page.
	Params map[string]string
	// Ahead is how long before its end an access token is replaced; 0: 5 minutes.
	Ahead time.Duration
	// Errors are words of the token endpoint and of the way back that RFC 6749 does not
	// have: of an error, or of a status beside it, which says more where there is one.
	Errors map[string]health.Class
	// Declined are words of the way back, beside access_denied, for a person who has not
	// agreed.
	Declined []string
	// Reads gives what a word of the token endpoint or of the way back means together
	// with its description, and another word for it; None: it adds nothing.
	Reads func(code, description string) (health.Class, string)
	// Life is how long an access token is taken to last whose answer does not say; 0:
	// for ever.
	Life time.Duration
	// Shared: a provider's grant is for all that an account has allowed an application,
	// so that revoking it for one connection ends the others of the same account.
	Shared bool
	// Refresh: without a refresh token a grant is of no use.
	Refresh bool
	// Hint is the parameter that names the account to sign in with; empty: none.
	Hint string
	// Optional is the parameter of the scopes that are not required, for a provider
	// that refuses whoever cannot grant all of the others; empty: all are asked for alike.
	Optional string
}

// App is the application that an administrator has set up at the provider.
type App struct{ ID, Secret string }

// Config is what golang.org/x/oauth2 needs. The client's id and secret always go
// in the body: trying both ways, as the library does by default, would spend a
// code or a rotating token on the first and hide its error.
func (o OAuth) Config(app App, at Addresses, callback string, scopes []string) *oauth2.Config {
	at = at.Or(o.Addresses)
	if o.Separator != "" && len(scopes) > 0 {
		scopes = []string{strings.Join(scopes, o.Separator)}
	}
	return &oauth2.Config{
		ClientID: app.ID, ClientSecret: app.Secret, RedirectURL: callback, Scopes: scopes,
		Endpoint: oauth2.Endpoint{AuthURL: at.Auth, TokenURL: at.Token, AuthStyle: oauth2.AuthStyleInParams},
	}
}

// Ask gives the names of scopes as they are asked for: those of the scope parameter,
// and those of the parameter that Optional names.
func (o OAuth) Ask(scopes []Scope) (names, optional []string) {
	names = []string{}
	for _, s := range scopes {
		if o.Optional != "" && !s.Required {
			optional = append(optional, s.Name)
		} else {
			names = append(names, s.Name)
		}
	}
	return names, optional
}

// FailureOf names what a token endpoint said.
func (o OAuth) FailureOf(err error) error {
	err = FailureOf(err)
	f, ok := errors.AsType[*Failure](err)
	if !ok {
		return err
	}
	if status := statusIn(err); status != "" {
		if c, known := o.Errors[status]; known {
			f.Class, f.Code = c, status
			return err
		}
	}
	if c, known := o.Errors[f.Code]; known && f.Class == health.Unknown {
		f.Class = c
	}
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		o.Read(f, refused.ErrorDescription)
	}
	return err
}

// Read names a failure more exactly by what the provider has described.
func (o OAuth) Read(f *Failure, description string) {
	if o.Reads == nil {
		return
	}
	if class, code := o.Reads(f.Code, description); class != health.None {
		f.Class, f.Code = class, code
	}
}

// Expires gives when a token ends; zero: never.
func (o OAuth) Expires(t *oauth2.Token, now time.Time) time.Time {
	switch {
	case t.ExpiresIn > 0:
		return now.Add(time.Duration(t.ExpiresIn) * time.Second)
	case o.Life > 0:
		return now.Add(o.Life)
	}
	return time.Time{}
}

// statusIn gives the status that a token endpoint put beside, or in place of, an error.
func statusIn(err error) string {
	r, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return ""
	}
	var body struct {
		Status string `json:"status"`
	}
	if json.Unmarshal(r.Body, &body) != nil {
		return "" // a page, or a status that is no text
	}
	return body.Status
}

// AuthURL is the address to which a browser is sent. The verifier is empty for
// providers without PKCE; optional is of Ask.
func (o OAuth) AuthURL(c *oauth2.Config, state, verifier, account string, optional ...string) string {
	opts := []oauth2.AuthCodeOption{}
	if o.Optional != "" && len(optional) > 0 {
		opts = append(opts, oauth2.SetAuthURLParam(o.Optional, strings.Join(optional, " ")))
	}
	for name, value := range o.Params {
		opts = append(opts, oauth2.SetAuthURLParam(name, value))
	}
	if o.PKCE {
		opts = append(opts, oauth2.S256ChallengeOption(verifier))
	}
	if o.Hint != "" && account != "" {
		opts = append(opts, oauth2.SetAuthURLParam(o.Hint, account))
	}
	return c.AuthCodeURL(state, opts...)
}

// Bearer gives a token as all providers take it (RFC 6750). Slack calls the type of
// its own "bot", which the library would put before it as the scheme.
func Bearer(t *oauth2.Token) *oauth2.Token {
	b := *t
	b.TokenType = "Bearer"
	return &b
}

// ScopesIn splits a list of scopes at spaces and commas.
func ScopesIn(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' })
}

// ScopesOf gives the scopes of a token's answer that names them in a list.
func ScopesOf(list any) (names []string) {
	all, _ := list.([]any) // none at all is none granted
	for _, one := range all {
		if name, ok := one.(string); ok {
			names = append(names, name)
		}
	}
	return names
}
