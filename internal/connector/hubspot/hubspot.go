// Package hubspot connects one HubSpot account: its contacts, marketing e-mails and
// campaigns are read, and who opened and clicked is told of.
package hubspot

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/health"
)

//go:embed icon.svg
var icon []byte

// version is the date in the paths of HubSpot's APIs. Each is supported for 18 months.
const version = "2026-03"

// The paths that are called. The log of e-mails has no successor with a date: see
// eventLog.
const (
	pathDetails   = "/account-info/" + version + "/details"
	pathContacts  = "/crm/objects/" + version + "/contacts"
	pathSearch    = pathContacts + "/search"
	pathEmails    = "/marketing/emails/" + version
	pathCampaigns = "/marketing/campaigns/" + version
)

// Where an administrator sets the application up, HubSpot's page about outages, and
// where a person sees and ends grants.
const (
	console = "https://app.hubspot.com/developer-projects"
	status  = "https://status.hubspot.com/"
	account = "https://app.hubspot.com/l/settings/integrations"
)

// The permissions.
const (
	scopeOAuth     = "oauth"
	scopeContacts  = "crm.objects.contacts.read"
	scopeContent   = "content"
	scopeEmails    = "marketing.email.read"
	scopeCampaigns = "marketing.campaigns.read"
)

// HubSpot is the provider.
type HubSpot struct {
	// NoChallenge sends no code challenge (PKCE): that HubSpot's consent page takes one is
	// written nowhere.
	NoChallenge bool

	wait func(ctx context.Context, d time.Duration) error // nil: by the machine's clock
}

var _ connector.Syncer = HubSpot{}

// Settings are what an administrator chooses.
type Settings struct {
	Contacts    bool `json:"contacts"`
	Emails      bool `json:"emails"`
	Campaigns   bool `json:"campaigns"`
	Engagements bool `json:"engagements"` // opens and clicks
	Days        int  `json:"days"`        // of the past whose marketing e-mails a first load reads
}

const (
	daysUsual = 365
	daysMost  = 3650
)

// About is HubSpot's line in the catalog.
func (HubSpot) About() connector.About {
	return connector.About{
		Slug: "hubspot", Name: "HubSpot", Category: connector.Marketing, Description: "Sync marketing data", Icon: icon,
		Raises: []string{"contact.created", "contact.updated", "contact.deleted", "email.opened", "email.clicked", "campaign.started", "campaign.completed"},
		Does: []string{
			"Contacts, marketing e-mails and campaigns become records of this CRM.",
			"Opens and clicks raise the events email.opened and email.clicked.",
			"A campaign that begins or ends raises campaign.started or campaign.completed, once.",
			"Nothing is sent, changed or deleted in the account.",
		},
		Console: console, Status: status, Account: account,
		// An account takes 100 calls in 10 seconds or more, shared with its other applications.
		PerMinute: 400,
	}
}

// Fields are which parts, and since when.
func (HubSpot) Fields() []connector.Field {
	return []connector.Field{
		{Name: "contacts", Label: "Contacts", Help: "All contacts of the account, and what changes in them.", Kind: connector.Toggle},
		{Name: "emails", Label: "Marketing e-mails", Help: "What was sent to many, with how many opened it. Needs a subscription that has marketing e-mails.", Kind: connector.Toggle},
		{Name: "campaigns", Label: "Campaigns", Help: "Their names, dates and states. Needs Marketing Hub Professional or higher.", Kind: connector.Toggle},
		{Name: "engagements", Label: "Opens and clicks", Help: "Who opened a marketing e-mail, and who followed a link. Bots are left out.", Kind: connector.Toggle},
		{Name: "days", Label: "Read the past", Help: "How far back marketing e-mails are read. Contacts and campaigns are read in full.", Kind: connector.Number, Min: 1, Max: daysMost, Unit: "days"},
	}
}

// Settings reads settings; those to begin with read everything, and e-mails of a year.
func (HubSpot) Settings(raw json.RawMessage) (json.RawMessage, error) {
	s := Settings{Contacts: true, Emails: true, Campaigns: true, Engagements: true, Days: daysUsual}
	if err := connector.Decode(raw, &s); err != nil {
		return nil, fmt.Errorf("settings of HubSpot: %w", err)
	}
	if s.Days < 1 || s.Days > daysMost {
		return nil, fmt.Errorf("days is %d; choose 1 to %d", s.Days, daysMost)
	}
	if !s.Contacts && !s.Emails && !s.Campaigns && !s.Engagements {
		return nil, errors.New("nothing is to be read; choose at least one part")
	}
	return connector.Encode(s)
}

func settings(raw json.RawMessage) (s Settings) {
	_ = json.Unmarshal(raw, &s) // Settings has made it
	return s
}

// OAuth is HubSpot's.
//
// https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/oauth
func (h HubSpot) OAuth() connector.OAuth {
	const token = "https://api.hubapi.com/oauth/" + version + "/token"
	return connector.OAuth{
		Addresses: connector.Addresses{Auth: "https://app.hubspot.com/oauth/authorize", Token: token, Revoke: token + "/revoke", API: "https://api.hubapi.com"},
		PKCE:      !h.NoChallenge, Refresh: true, Optional: "optional_scope",
		Errors: map[string]health.Class{
			"BAD_REFRESH_TOKEN": health.TokenRevoked, "BAD_CLIENT_ID": health.MisconfiguredApp, "BAD_CLIENT_SECRET": health.MisconfiguredApp,
			"BAD_REDIRECT_URI": health.MisconfiguredApp, "BAD_AUTH_CODE": health.Unknown,
		},
	}
}

// Scopes are those of the parts. Only contacts are in each subscription: HubSpot turns
// whoever lacks a required one away before they can come back, and leaves out the others.
func (HubSpot) Scopes(raw json.RawMessage) []connector.Scope {
	s := settings(raw)
	all := []connector.Scope{{Name: scopeOAuth, Why: "To know whose account it is.", Required: true}}
	if s.Contacts {
		all = append(all, connector.Scope{Name: scopeContacts, Why: "To read contacts. Patchboard changes none.", Required: true})
	}
	if s.Emails || s.Engagements {
		all = append(all, connector.Scope{Name: scopeContent, Why: "To read marketing e-mails, and who opened and clicked. Without it these parts are off."})
	}
	if s.Emails {
		all = append(all, connector.Scope{Name: scopeEmails, Why: "To read marketing e-mails where the permission above is not in the subscription."})
	}
	if s.Campaigns {
		all = append(all, connector.Scope{Name: scopeCampaigns, Why: "To read campaigns. Without it this part is off."})
	}
	return all
}

// Granted reads a token's answer.
func (HubSpot) Granted(extra func(name string) any) []string {
	return connector.ScopesOf(extra("scopes"))
}

// details is the answer about the account.
type details struct {
	Portal int64  `json:"portalId"`
	Type   string `json:"accountType"`
	Zone   string `json:"timeZone"`
	Domain string `json:"uiDomain"`
}

func (d *details) account() string { return strconv.FormatInt(d.Portal, 10) }

// Identify gives the account. Developers have one of their own, without contacts, which
// is easily chosen instead.
func (h HubSpot) Identify(ctx context.Context, s *connector.Session) (connector.Account, error) {
	d, err := h.details(ctx, h.client(s))
	if err != nil {
		return connector.Account{}, err
	}
	if d.Type == "APP_DEVELOPER" {
		return connector.Account{}, &connector.Failure{
			Class: health.TokenRevoked, Code: "APP_DEVELOPER", Detail: "Account " + d.account() + " is one for developers of applications, without contacts.",
		}
	}
	name := "HubSpot account " + d.account()
	if d.Type == "SANDBOX" || d.Type == "DEVELOPER_TEST" {
		name += " (test)"
	}
	return connector.Account{ID: d.account(), Name: name}, nil
}

// Check asks for the account's details, and that it is still the same account.
func (h HubSpot) Check(ctx context.Context, s *connector.Session) error {
	d, err := h.details(ctx, h.client(s))
	if err != nil {
		return err
	}
	return connector.SameAccount(s, d.account())
}

func (HubSpot) details(ctx context.Context, c *client) (*details, error) {
	d := &details{}
	if err := c.get(ctx, pathDetails, nil, d); err != nil {
		return nil, err
	}
	if d.Portal == 0 {
		return nil, &connector.Failure{Class: health.Unknown, Code: "no_account", Detail: "HubSpot answered without the number of the account."}
	}
	return d, nil
}

// Revoke ends the grant. The application stays installed in the account, where only a
// person can remove it. A grant that is gone already is no error.
func (HubSpot) Revoke(ctx context.Context, s *connector.Session, g connector.Grant) error {
	form := url.Values{"client_id": {g.App.ID}, "client_secret": {g.App.Secret}, "token": {g.Refresh}, "token_type_hint": {"refresh_token"}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, g.Addresses.Revoke, strings.NewReader(form.Encode()))
	if err != nil {
		return fmt.Errorf("revoke: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	err = newClient(s, s.Plain).send(r, nil)
	if f, ok := errors.AsType[*connector.Failure](err); ok && f.Code == "BAD_REFRESH_TOKEN" {
		return nil
	}
	return err
}
