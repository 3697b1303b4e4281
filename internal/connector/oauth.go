package connector

import (
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
}

// Or gives the addresses, and those of usual for what is empty.
func (a Addresses) Or(usual Addresses) Addresses {
	pick := func(own, other string) string {
		if own != "" {
			return own
		}
		return other
	}
	return Addresses{
		Auth: pick(a.Auth, usual.Auth), Token: pick(a.Token, usual.Token), Revoke: pick(a.Revoke, usual.Revoke),
		API: strings.TrimSuffix(pick(a.API, usual.API), "/"),
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
	// Errors are words of the token endpoint that RFC 6749 does not have.
	Errors map[string]health.Class
	// Says are words of its descriptions, in lower case, where the code alone does not
	// tell; they come before the rest.
	Says []Saying
	// Shared: a provider's grant is for all that an account has allowed an application,
	// so that revoking it for one connection ends the others of the same account.
	Shared bool
	// Refresh: without a refresh token a grant is of no use.
	Refresh bool
	// Hint is the parameter that names the account to sign in with; empty: none.
	Hint string
}

// Saying is a part of a description, and what it means.
type Saying struct {
	Part  string
	Class health.Class
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

// FailureOf names what a token endpoint said.
func (o OAuth) FailureOf(err error) error {
	err = FailureOf(err)
	f, ok := errors.AsType[*Failure](err)
	if refused, said := errors.AsType[*oauth2.RetrieveError](err); ok && said {
		text := strings.ToLower(refused.ErrorDescription)
		for _, s := range o.Says {
			if strings.Contains(text, s.Part) {
				f.Class = s.Class
				return f
			}
		}
	}
	if ok && f.Class == health.Unknown {
		if c, known := o.Errors[f.Code]; known {
			f.Class = c
		}
	}
	return err
}

// AuthURL is the address to which a browser is sent. The verifier is empty for
// providers without PKCE.
func (o OAuth) AuthURL(c *oauth2.Config, state, verifier, account string) string {
	opts := []oauth2.AuthCodeOption{}
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
