// Package salesforce connects one Salesforce organization: its contacts and
// opportunities are read, the first time by the Bulk API where there are many of
// them, and their changes after that.
package salesforce

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/health"
)

//go:embed icon.svg
var icon []byte

// Where an administrator sets the application up, Salesforce's page about outages, and
// where a person sees and ends grants.
const (
	console = "https://login.salesforce.com/lightning/setup/ManageExternalClientApplication/home"
	status  = "https://status.salesforce.com/"
	grants  = "https://login.salesforce.com/lightning/settings/personal/ConnectionManagement/home"
)

// life is how long a session is taken to last: no answer says. Two hours are an
// organization's setting to begin with.
const life = 90 * time.Minute

// Salesforce is the provider.
type Salesforce struct {
	// Suffixes are ends of host names that are Salesforce's beside its usual ones:
	// ".my.salesforce.mil".
	Suffixes []string
	// Wait lets time pass between two looks at a bulk job; nil: a timer does.
	Wait func(ctx context.Context, d time.Duration) error
}

var (
	_ connector.Provider = Salesforce{}
	_ connector.Syncer   = Salesforce{}
	_ connector.Hosted   = Salesforce{}
)

// Where people sign in.
const (
	production = "production"
	sandbox    = "sandbox"
	domain     = "domain"
)

// Settings are what an administrator chooses.
type Settings struct {
	Login         string `json:"login"`
	Domain        string `json:"domain"` // host, of a My Domain
	Contacts      bool   `json:"contacts"`
	Opportunities bool   `json:"opportunities"`
	Since         string `json:"since"` // 2024-01-31: only what was changed since; empty: everything
	Share         int    `json:"share"` // percent of the calls of a day that may be used
}

const shareUsual = 20

// About is Salesforce's line in the catalog.
func (Salesforce) About() connector.About {
	return connector.About{
		Slug: "salesforce", Name: "Salesforce", Category: connector.CRM, Description: "Import contacts and opportunities", Icon: icon,
		Raises: []string{"contact.created", "contact.updated", "contact.deleted"},
		Does: []string{
			"Contacts and opportunities become records of this CRM, and follow their changes within minutes.",
			"What is deleted or merged in Salesforce is deleted here.",
			"At most the share of the daily API calls is used that you choose; nothing is changed in Salesforce.",
			"A user can allow this app five times: with the sixth, Salesforce ends the oldest. Give each installation of Patchboard a user or an app of its own.",
		},
		Console: console, Status: status, Account: grants, Counted: true,
	}
}

// Fields are where people sign in, what is read, and how much of the quota.
func (Salesforce) Fields() []connector.Field {
	return []connector.Field{
		{
			Name: "login", Label: "Sign in at", Kind: connector.One, Help: "It counts from the next time that you connect.",
			Options: []connector.Choice{
				{Value: production, Label: "Production", Hint: loginHost}, {Value: sandbox, Label: "Sandbox", Hint: testHost},
				{Value: domain, Label: "My Domain", Hint: "Always works, and some organizations allow nothing else."},
			},
		},
		{
			Name: "domain", Label: "My Domain", Kind: connector.Text, Max: hostMost, Example: "acme.my.salesforce.com",
			Help: "The host in Setup, My Domain. The address that your browser shows will do.", When: &connector.Condition{Field: "login", Value: domain},
		},
		{Name: "contacts", Label: "Read contacts", Kind: connector.Toggle},
		{Name: "opportunities", Label: "Read opportunities", Kind: connector.Toggle},
		{Name: "since", Label: "Only what was changed since", Kind: connector.Text, Max: len(time.DateOnly), Optional: true, Example: "2024-01-31", Help: "A day. Empty reads everything."},
		{
			Name: "share", Label: "Use at most", Kind: connector.Number, Min: 1, Max: 100, Unit: "% of the daily API calls",
			Help: "All programs that use your Salesforce share one number of calls a day. When this part of it is used up, reading goes on by itself later.",
		},
	}
}

// Settings reads settings; those to begin with read everything of production.
func (p Salesforce) Settings(raw json.RawMessage) (json.RawMessage, error) {
	s := Settings{Login: production, Contacts: true, Opportunities: true, Share: shareUsual}
	if err := connector.Decode(raw, &s); err != nil {
		return nil, fmt.Errorf("settings of Salesforce: %w", err)
	}
	switch s.Login {
	case production, sandbox:
		s.Domain = ""
	case domain:
		host, err := p.readHost(s.Domain)
		if err != nil {
			return nil, err
		}
		s.Domain = host
	default:
		return nil, fmt.Errorf("login is %q; choose %s, %s or %s", s.Login, production, sandbox, domain)
	}
	if !s.Contacts && !s.Opportunities {
		return nil, errors.New("nothing is to be read; choose contacts, opportunities or both")
	}
	if s.Share < 1 || s.Share > 100 {
		return nil, fmt.Errorf("share is %d; choose 1 to 100", s.Share)
	}
	if s.Since != "" {
		if day, err := time.Parse(time.DateOnly, s.Since); err != nil || day.Year() < 1999 { // Salesforce began then
			return nil, fmt.Errorf("since is %q, which is no day like 2024-01-31", s.Since)
		}
	}
	return connector.Encode(s)
}

func settings(raw json.RawMessage) (s Settings) {
	_ = json.Unmarshal(raw, &s) // Settings has made it
	return s
}

// OAuth is the web server flow of an External Client App. A sign-in each time keeps
// people from allowing it in an organization that they happen to be signed in to.
//
// https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_web_server_flow.htm
func (p Salesforce) OAuth() connector.OAuth {
	return connector.OAuth{
		Addresses: p.At(loginHost), PKCE: true, Refresh: true, Life: life, Reads: reads,
		Params: map[string]string{"prompt": "login consent"},
	}
}

// Scopes are the same for all settings.
func (Salesforce) Scopes(json.RawMessage) []connector.Scope {
	return []connector.Scope{
		{Name: "api", Why: "To read contacts, opportunities and the names of their accounts. Patchboard changes nothing.", Required: true},
		{Name: "refresh_token", Why: "To go on reading while nobody is signed in.", Required: true},
	}
}

// Granted reads a token's answer.
func (Salesforce) Granted(extra func(name string) any) []string {
	text, _ := extra("scope").(string) // none at all is none granted
	all := connector.ScopesIn(text)
	for i, name := range all {
		if name == "offline_access" { // another word for it
			all[i] = "refresh_token"
		}
		if name == "full" { // which has all but this one
			all = append(all, "api")
		}
	}
	return all
}

// Identify gives the organization. Its id stands in the token's answer; that the API
// answers for it is seen by asking for its name.
func (p Salesforce) Identify(ctx context.Context, s *connector.Session) (connector.Account, error) {
	c := newClient(s, "")
	var found struct {
		Records []struct{ ID, Name string } `json:"records"`
	}
	if err := c.get(ctx, "query?q="+url.QueryEscape("SELECT Id, Name FROM Organization"), &found); err != nil {
		return connector.Account{}, err
	}
	if len(found.Records) != 1 || len(found.Records[0].ID) < len("00D5g000000AbCd") {
		return connector.Account{}, &connector.Failure{Class: health.Unknown, Code: "no_organization", Detail: "Salesforce did not say whose organization it is."}
	}
	return connector.Account{ID: found.Records[0].ID, Name: found.Records[0].Name + " (" + found.Records[0].ID + ")"}, nil
}

// Check asks for the limits, or, where the user may not see those, for what there is.
func (Salesforce) Check(ctx context.Context, s *connector.Session) error {
	if s.Place.Account != "" {
		if err := connector.SameAccount(s, s.Place.Account); err != nil {
			return err
		}
	}
	c := newClient(s, "")
	var limits struct{ DailyAPIRequests struct{ Max int } }
	err := c.get(ctx, "limits", &limits)
	if hasCode(err, "INSUFFICIENT_ACCESS", "INSUFFICIENT_ACCESS_OR_READONLY", "FUNCTIONALITY_NOT_ENABLED") {
		var there map[string]any
		err = c.get(ctx, "", &there)
	}
	return err
}

// Revoke ends the grant.
func (Salesforce) Revoke(ctx context.Context, s *connector.Session, g connector.Grant) error {
	return s.Revoke(ctx, g)
}
