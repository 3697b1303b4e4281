// Package linkedin connects a LinkedIn account, in one of three ways that are never
// mixed: to sign in, which tells who somebody is and nothing else; to read the
// connections of a member in the EU, the EEA or Switzerland, to whom the law gives a
// copy of their data; or to read one's own in the same way, with a token that the
// member has made at LinkedIn. It also reads the file of connections that LinkedIn
// exports for everybody.
package linkedin

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/health"
)

//go:embed icon.svg
var icon []byte

const (
	console = "https://www.linkedin.com/developers/apps"
	status  = "https://www.linkedin-status.com"
	// permitted is where a member sees and ends grants: Settings & Privacy, Data
	// privacy, Permitted services.
	permitted = "https://www.linkedin.com/psettings/permitted-services"
)

// LinkedIn is the provider.
type LinkedIn struct{}

var (
	_ connector.Syncer    = LinkedIn{}
	_ connector.Sometimes = LinkedIn{}
	_ connector.Importer  = LinkedIn{}
	_ connector.Paster    = LinkedIn{}
)

// About is LinkedIn's line in the catalog. Its quotas are small, unpublished and by
// the day.
func (LinkedIn) About() connector.About {
	return connector.About{
		Slug: "linkedin", Name: "LinkedIn", Category: connector.Social, Description: "Import professional contacts", Icon: icon,
		Raises: []string{"contact.created", "contact.updated"},
		Does: []string{
			"Import by file, or automatically for members in the EU/EEA and Switzerland.",
			"By file: the list of connections that LinkedIn exports for everybody becomes contacts of this CRM. It needs no connection.",
			"Automatically: a member in the EU, the EEA or Switzerland lets Patchboard read their connections once a day.",
			"They can also read their own with a token that they make at LinkedIn and paste here. That needs no app.",
			"Signing in alone tells who you are, and brings no contacts.",
			"LinkedIn ends the access of most applications after 60 days; a reminder comes 10 days before.",
		},
		Console: console, Status: status, Account: permitted, CallEvery: time.Hour, SyncEvery: 24 * time.Hour, Everywhere: true,
	}
}

// Mode is a way of connecting.
type Mode string

// The modes. Each has permissions of its own; an application that lacks one of those
// that are asked for is refused all of them.
const (
	SignIn      Mode = "sign-in"
	Portability Mode = "portability"
	OwnToken    Mode = "token"
)

// reads reports whether connections are read in this way.
func (m Mode) reads() bool { return m == Portability || m == OwnToken }

// Settings are what an administrator chooses.
type Settings struct {
	Mode       Mode   `json:"mode"`
	Permission string `json:"permission"` // of Portability; otherScope: the one of Scope
	Scope      string `json:"scope,omitempty"`
	Version    string `json:"version"` // of LinkedIn's API
}

const (
	thirdParty = "r_dma_portability_3rd_party"
	selfServe  = "r_dma_portability_self_serve"
	memberOwn  = "r_dma_portability_member"
	otherScope = "other"

	versionUsual = "202312"
	scopeMost    = 100
)

// Fields are the way, and what the second one needs.
func (LinkedIn) Fields() []connector.Field {
	portability := &connector.Condition{Field: "mode", Value: string(Portability)}
	reads := &connector.Condition{Field: "mode", Value: string(Portability), Or: []string{string(OwnToken)}}
	return []connector.Field{
		{
			Name: "mode", Label: "What to connect for", Help: "Contacts of everybody else are imported by file.", Kind: connector.One, Options: []connector.Choice{
				{Value: string(SignIn), Label: "Sign in only", Hint: "Tells who you are. It reads no contacts."},
				{Value: string(Portability), Label: "Read my connections", Hint: "For members in the EU, the EEA or Switzerland, with an app that has LinkedIn’s product Member Data Portability."},
				{Value: string(OwnToken), Label: "Read my own connections with a token", Hint: "For the same members. You make the token at LinkedIn and paste it here; no app of your organization is needed."},
			},
		},
		{
			Name: "permission", Label: "Permission of the app", Help: "Which one your app has stands at LinkedIn, under Auth, OAuth 2.0 scopes.", Kind: connector.One, When: portability,
			Options: []connector.Choice{
				{Value: thirdParty, Label: thirdParty, Hint: "Product Member Data Portability API (3rd Party)"},
				{Value: selfServe, Label: selfServe, Hint: "Product Member Data Portability API (Member)"},
				{Value: memberOwn, Label: memberOwn, Hint: "The same product, under its other name"},
				{Value: otherScope, Label: "Another one", Hint: "As your app has it"},
			},
		},
		{
			Name: "scope", Label: "Name of the permission", Help: "As LinkedIn writes it.", Kind: connector.Text, Max: scopeMost, Example: selfServe,
			When: &connector.Condition{Field: "permission", Value: otherScope},
		},
		{Name: "version", Label: "Version of LinkedIn’s API", Help: "Year and month. Change it when LinkedIn has retired this one.", Kind: connector.Text, Max: 6, Example: versionUsual, When: reads},
	}
}

// Settings reads settings; to begin with it is signing in.
func (LinkedIn) Settings(raw json.RawMessage) (json.RawMessage, error) {
	s := Settings{Mode: SignIn, Permission: thirdParty, Version: versionUsual}
	if err := connector.Decode(raw, &s); err != nil {
		return nil, fmt.Errorf("settings of LinkedIn: %w", err)
	}
	switch s.Mode {
	case SignIn, Portability, OwnToken:
	default:
		return nil, fmt.Errorf("%.40q is no way of connecting: choose %s, %s or %s", s.Mode, SignIn, Portability, OwnToken)
	}
	switch s.Permission {
	case thirdParty, selfServe, memberOwn:
		s.Scope = ""
	case otherScope:
		if s.Scope == "" || len(s.Scope) > scopeMost || strings.Trim(s.Scope, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return nil, errors.New("the permission is no name of one: small letters, digits and _ only, as in " + selfServe)
		}
		if s.Scope == "openid" || s.Scope == "profile" || s.Scope == "email" {
			return nil, fmt.Errorf("%s is a permission for signing in, and is not mixed with this one", s.Scope)
		}
	default:
		return nil, fmt.Errorf("%.40q is no permission: choose %s, %s, %s or %s", s.Permission, thirdParty, selfServe, memberOwn, otherScope)
	}
	if _, err := time.Parse("200601", s.Version); err != nil {
		return nil, fmt.Errorf("the version %.40q is no year and month, as in %s", s.Version, versionUsual)
	}
	return connector.Encode(s)
}

func settingsOf(raw json.RawMessage) Settings {
	s := Settings{Mode: SignIn, Permission: thirdParty, Version: versionUsual}
	_ = json.Unmarshal(raw, &s) // Settings has made it
	return s
}

// Reads reports whether such settings read anything.
func (LinkedIn) Reads(raw json.RawMessage) bool { return settingsOf(raw).Mode.reads() }

// Pasted is the token of a member's own, which the developer portal makes for whoever
// has the product Member Data Portability (Member). That it lasts 60 days is said of
// LinkedIn's access tokens in general.
func (LinkedIn) Pasted(raw json.RawMessage) *connector.Paste {
	if settingsOf(raw).Mode != OwnToken {
		return nil
	}
	return &connector.Paste{
		Label: "Access token", Help: "With it Patchboard reads your own connections, and nothing of other members.", Made: console, Life: tokenLife,
		Steps: []string{
			"At LinkedIn’s Developer Portal, get the product Member Data Portability (Member) for an app. The app belongs to LinkedIn’s page “Member Data Portability (Member) Default Company”.",
			"In the portal’s token generator, choose that app and its permission (" + selfServe + ", also called " + memberOwn + ").",
			"Request the access token, and copy the whole of it.",
		},
	}
}

const tokenLife = 60 * 24 * time.Hour

// OAuth is LinkedIn's. It takes no code challenge from web applications, and gives
// refresh tokens to approved partners only.
//
// https://learn.microsoft.com/linkedin/shared/authentication/authorization-code-flow
func (LinkedIn) OAuth() connector.OAuth {
	return connector.OAuth{
		Addresses: connector.Addresses{
			Auth: "https://www.linkedin.com/oauth/v2/authorization", Token: "https://www.linkedin.com/oauth/v2/accessToken",
			Revoke: "https://www.linkedin.com/oauth/v2/revoke", API: "https://api.linkedin.com",
		},
		Errors: map[string]health.Class{
			"unauthorized_scope_error": health.MisconfiguredApp, "invalid_scope_error": health.MisconfiguredApp, "invalid_redirect_uri": health.MisconfiguredApp,
		},
		Declined: []string{"user_cancelled_login", "user_cancelled_authorize"},
		Reads: func(code, description string) (health.Class, string) {
			text := strings.ToLower(description)
			if strings.Contains(text, "client authentication failed") || strings.Contains(text, "client_id is invalid") {
				return health.MisconfiguredApp, code
			}
			return health.None, ""
		},
	}
}

// Scopes are those of the chosen way alone. Which ones a member's own token has
// LinkedIn tells applications only; that it works shows in the call.
func (LinkedIn) Scopes(raw json.RawMessage) []connector.Scope {
	s := settingsOf(raw)
	switch s.Mode {
	case OwnToken:
		return nil
	case SignIn:
		return []connector.Scope{
			{Name: "openid", Why: "To sign in.", Required: true},
			{Name: "profile", Why: "To see your name.", Required: true},
			{Name: "email", Why: "To see your e-mail address."},
		}
	case Portability:
	}
	name := s.Permission
	if name == otherScope {
		name = s.Scope
	}
	return []connector.Scope{{Name: name, Why: "To read a copy of your connections, which the law gives you.", Required: true}}
}

// Granted reads a token's answer, whatever stands between the scopes.
func (LinkedIn) Granted(extra func(name string) any) []string {
	text, _ := extra("scope").(string) // none at all is none granted
	return connector.ScopesIn(text)
}

// Unfinished says what keeps a person from coming back.
func (LinkedIn) Unfinished() connector.Guidance {
	return connector.Guidance{
		Cause: "The sign-in at LinkedIn was not finished. LinkedIn shows some errors on its own pages and tells nobody else.", Who: connector.Administrator,
		Steps: []string{
			"If LinkedIn said that redirect_uri does not match: add the callback address that is shown here, exactly, at the Developer Portal, your app, Auth, Authorized redirect URLs.",
			"If the page of consent refused: portability works only for members whose profile is located in the EU, the EEA or Switzerland.",
			"If no app can be made there: it needs a LinkedIn Page, verified by an admin of that Page.",
			"If the window was closed: connect again. Contacts can be imported by file meanwhile.",
		},
		Link: console,
	}
}

// person is what LinkedIn says of who has signed in. What is not there is empty.
type person struct {
	Sub        string `json:"sub"`
	Name       string `json:"name"`
	GivenName  string `json:"given_name"`
	FamilyName string `json:"family_name"`
	Email      string `json:"email"`
}

// anyMember is the account of a grant that does not say whose it is: portability has
// no call for that, and its permission is not mixed with those that have.
var anyMember = connector.Account{ID: "member", Name: "A LinkedIn member"}

// Identify says who has signed in. With portability nobody is named; that there is a
// consent is looked at instead.
func (l LinkedIn) Identify(ctx context.Context, s *connector.Session) (connector.Account, error) {
	if settingsOf(s.Settings).Mode.reads() {
		return anyMember, l.consented(ctx, s)
	}
	me, err := l.me(ctx, s)
	if err != nil {
		return connector.Account{}, err
	}
	name := me.Name
	if name == "" {
		name = strings.TrimSpace(me.GivenName + " " + me.FamilyName)
	}
	switch {
	case name == "":
		name = me.Email
	case me.Email != "":
		name += " (" + me.Email + ")"
	}
	return connector.Account{ID: me.Sub, Name: name}, nil
}

// Check makes the one call of the chosen way.
func (l LinkedIn) Check(ctx context.Context, s *connector.Session) error {
	if settingsOf(s.Settings).Mode.reads() {
		return l.consented(ctx, s)
	}
	me, err := l.me(ctx, s)
	if err != nil {
		return err
	}
	return connector.SameAccount(s, me.Sub)
}

func (LinkedIn) me(ctx context.Context, s *connector.Session) (p person, err error) {
	if err := get(ctx, s, "/v2/userinfo", &p); err != nil {
		return p, err
	}
	if p.Sub == "" {
		return p, &connector.Failure{Class: health.Unknown, Code: "no_sub", Detail: "LinkedIn did not say who has signed in."}
	}
	return p, nil
}

// consented looks for the member's consent; there is none for those outside of the
// region.
func (LinkedIn) consented(ctx context.Context, s *connector.Session) error {
	var list struct {
		Elements []struct {
			Scopes []string `json:"memberComplianceScopes"`
		} `json:"elements"`
	}
	if err := get(ctx, s, "/rest/memberAuthorizations?q=memberAndApplication", &list); err != nil {
		return err
	}
	if len(list.Elements) == 0 {
		return &connector.Failure{Class: health.ScopeMissing, Code: "not_in_region", Detail: "LinkedIn has no consent of this member to give their data."}
	}
	return nil
}

// Revoke ends the token. The address is in wide use and not in LinkedIn's own
// documentation, so that a failure says where a person does the same.
func (LinkedIn) Revoke(ctx context.Context, s *connector.Session, g connector.Grant) error {
	form := url.Values{"client_id": {g.App.ID}, "client_secret": {g.App.Secret}, "token": {g.Access}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, g.Addresses.Revoke, strings.NewReader(form.Encode()))
	if err != nil {
		return fmt.Errorf("make the revocation: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	err = failureOf(answerTo(s.Plain, r, nil), s)
	if f, ok := errors.AsType[*connector.Failure](err); ok && (f.Class == health.TokenRevoked || f.Class == health.TokenExpired) {
		return nil // it was gone already
	}
	return err
}
