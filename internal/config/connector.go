package config

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Connectors are the applications and addresses of the providers that Patchboard
// connects. What is empty is the provider's own; with other addresses an emulator
// stands in for it.
type Connectors struct {
	GmailAuthURL               string `env:"PATCHBOARD_CONNECTOR_GMAIL_AUTH_URL" example:"https://accounts.google.com/o/oauth2/v2/auth" help:"Consent page of Gmail, for browsers." name:"connector-gmail-auth-url" placeholder:"URL"`
	GmailTokenURL              string `env:"PATCHBOARD_CONNECTOR_GMAIL_TOKEN_URL" example:"https://oauth2.googleapis.com/token" help:"Token endpoint of Gmail." name:"connector-gmail-token-url" placeholder:"URL"`
	GmailRevokeURL             string `env:"PATCHBOARD_CONNECTOR_GMAIL_REVOKE_URL" example:"https://oauth2.googleapis.com/revoke" help:"Where grants of Gmail are revoked." name:"connector-gmail-revoke-url" placeholder:"URL"`
	GmailAPIURL                string `env:"PATCHBOARD_CONNECTOR_GMAIL_API_URL" example:"https://gmail.googleapis.com" help:"What stands before the paths of calls to Gmail." name:"connector-gmail-api-url" placeholder:"URL"`
	GmailClientID              string `env:"PATCHBOARD_CONNECTOR_GMAIL_CLIENT_ID" example:"1234567890.apps.example.com" help:"Client id at Gmail, for organizations that have entered none of their own." name:"connector-gmail-client-id" placeholder:"ID"`
	GmailClientSecret          Secret `env:"PATCHBOARD_CONNECTOR_GMAIL_CLIENT_SECRET" example:"3cb1f0d9a7e24c58" help:"Client secret of that id." name:"connector-gmail-client-secret" placeholder:"SECRET"`
	GoogleCalendarAuthURL      string `env:"PATCHBOARD_CONNECTOR_GOOGLE_CALENDAR_AUTH_URL" example:"https://accounts.google.com/o/oauth2/v2/auth" help:"Consent page of Google Calendar, for browsers." name:"connector-google-calendar-auth-url" placeholder:"URL"`
	GoogleCalendarTokenURL     string `env:"PATCHBOARD_CONNECTOR_GOOGLE_CALENDAR_TOKEN_URL" example:"https://oauth2.googleapis.com/token" help:"Token endpoint of Google Calendar." name:"connector-google-calendar-token-url" placeholder:"URL"`
	GoogleCalendarRevokeURL    string `env:"PATCHBOARD_CONNECTOR_GOOGLE_CALENDAR_REVOKE_URL" example:"https://oauth2.googleapis.com/revoke" help:"Where grants of Google Calendar are revoked." name:"connector-google-calendar-revoke-url" placeholder:"URL"`
	GoogleCalendarAPIURL       string `env:"PATCHBOARD_CONNECTOR_GOOGLE_CALENDAR_API_URL" example:"https://www.googleapis.com" help:"What stands before the paths of calls to Google Calendar." name:"connector-google-calendar-api-url" placeholder:"URL"`
	GoogleCalendarClientID     string `env:"PATCHBOARD_CONNECTOR_GOOGLE_CALENDAR_CLIENT_ID" example:"1234567890.apps.example.com" help:"Client id at Google Calendar, for organizations that have entered none of their own." name:"connector-google-calendar-client-id" placeholder:"ID"`
	GoogleCalendarClientSecret Secret `env:"PATCHBOARD_CONNECTOR_GOOGLE_CALENDAR_CLIENT_SECRET" example:"3cb1f0d9a7e24c58" help:"Client secret of that id." name:"connector-google-calendar-client-secret" placeholder:"SECRET"`
	SlackAuthURL               string `env:"PATCHBOARD_CONNECTOR_SLACK_AUTH_URL" example:"https://slack.com/oauth/v2/authorize" help:"Consent page of Slack, for browsers." name:"connector-slack-auth-url" placeholder:"URL"`
	SlackTokenURL              string `env:"PATCHBOARD_CONNECTOR_SLACK_TOKEN_URL" example:"https://slack.com/api/oauth.v2.access" help:"Token endpoint of Slack." name:"connector-slack-token-url" placeholder:"URL"`
	SlackRevokeURL             string `env:"PATCHBOARD_CONNECTOR_SLACK_REVOKE_URL" example:"https://slack.com/api/auth.revoke" help:"Where grants of Slack are revoked." name:"connector-slack-revoke-url" placeholder:"URL"`
	SlackAPIURL                string `env:"PATCHBOARD_CONNECTOR_SLACK_API_URL" example:"https://slack.com" help:"What stands before the paths of calls to Slack." name:"connector-slack-api-url" placeholder:"URL"`
	SlackClientID              string `env:"PATCHBOARD_CONNECTOR_SLACK_CLIENT_ID" example:"1234567890.apps.example.com" help:"Client id at Slack, for organizations that have entered none of their own." name:"connector-slack-client-id" placeholder:"ID"`
	SlackClientSecret          Secret `env:"PATCHBOARD_CONNECTOR_SLACK_CLIENT_SECRET" example:"3cb1f0d9a7e24c58" help:"Client secret of that id." name:"connector-slack-client-secret" placeholder:"SECRET"`
	HubSpotAuthURL             string `env:"PATCHBOARD_CONNECTOR_HUBSPOT_AUTH_URL" example:"https://app.hubspot.com/oauth/authorize" help:"Consent page of HubSpot, for browsers." name:"connector-hubspot-auth-url" placeholder:"URL"`
	HubSpotTokenURL            string `env:"PATCHBOARD_CONNECTOR_HUBSPOT_TOKEN_URL" example:"https://api.hubapi.com/oauth/2026-03/token" help:"Token endpoint of HubSpot." name:"connector-hubspot-token-url" placeholder:"URL"`
	HubSpotRevokeURL           string `env:"PATCHBOARD_CONNECTOR_HUBSPOT_REVOKE_URL" example:"https://api.hubapi.com/oauth/2026-03/token/revoke" help:"Where grants of HubSpot are revoked." name:"connector-hubspot-revoke-url" placeholder:"URL"`
	HubSpotAPIURL              string `env:"PATCHBOARD_CONNECTOR_HUBSPOT_API_URL" example:"https://api.hubapi.com" help:"What stands before the paths of calls to HubSpot." name:"connector-hubspot-api-url" placeholder:"URL"`
	HubSpotClientID            string `env:"PATCHBOARD_CONNECTOR_HUBSPOT_CLIENT_ID" example:"1234567890.apps.example.com" help:"Client id at HubSpot, for organizations that have entered none of their own." name:"connector-hubspot-client-id" placeholder:"ID"`
	HubSpotClientSecret        Secret `env:"PATCHBOARD_CONNECTOR_HUBSPOT_CLIENT_SECRET" example:"3cb1f0d9a7e24c58" help:"Client secret of that id." name:"connector-hubspot-client-secret" placeholder:"SECRET"`
	HubSpotNoChallenge         bool   `env:"PATCHBOARD_CONNECTOR_HUBSPOT_NO_CHALLENGE" example:"true" help:"Send no code challenge (PKCE) to HubSpot's consent page, should it refuse one." name:"connector-hubspot-no-challenge"`
	LinkedInAuthURL            string `env:"PATCHBOARD_CONNECTOR_LINKEDIN_AUTH_URL" example:"https://www.linkedin.com/oauth/v2/authorization" help:"Consent page of LinkedIn, for browsers." name:"connector-linkedin-auth-url" placeholder:"URL"`
	LinkedInTokenURL           string `env:"PATCHBOARD_CONNECTOR_LINKEDIN_TOKEN_URL" example:"https://www.linkedin.com/oauth/v2/accessToken" help:"Token endpoint of LinkedIn." name:"connector-linkedin-token-url" placeholder:"URL"`
	LinkedInRevokeURL          string `env:"PATCHBOARD_CONNECTOR_LINKEDIN_REVOKE_URL" example:"https://www.linkedin.com/oauth/v2/revoke" help:"Where grants of LinkedIn are revoked." name:"connector-linkedin-revoke-url" placeholder:"URL"`
	LinkedInAPIURL             string `env:"PATCHBOARD_CONNECTOR_LINKEDIN_API_URL" example:"https://api.linkedin.com" help:"What stands before the paths of calls to LinkedIn." name:"connector-linkedin-api-url" placeholder:"URL"`
	LinkedInTokenPageURL       string `env:"PATCHBOARD_CONNECTOR_LINKEDIN_TOKEN_PAGE_URL" example:"https://www.linkedin.com/developers/apps" help:"Where members make a token of their own to paste, for browsers." name:"connector-linkedin-token-page-url" placeholder:"URL"`
	LinkedInClientID           string `env:"PATCHBOARD_CONNECTOR_LINKEDIN_CLIENT_ID" example:"1234567890.apps.example.com" help:"Client id at LinkedIn, for organizations that have entered none of their own." name:"connector-linkedin-client-id" placeholder:"ID"`
	LinkedInClientSecret       Secret `env:"PATCHBOARD_CONNECTOR_LINKEDIN_CLIENT_SECRET" example:"3cb1f0d9a7e24c58" help:"Client secret of that id." name:"connector-linkedin-client-secret" placeholder:"SECRET"`
	SalesforceAuthURL          string `env:"PATCHBOARD_CONNECTOR_SALESFORCE_AUTH_URL" example:"https://login.salesforce.com/services/oauth2/authorize" help:"Consent page of Salesforce, for browsers." name:"connector-salesforce-auth-url" placeholder:"URL"`
	SalesforceTokenURL         string `env:"PATCHBOARD_CONNECTOR_SALESFORCE_TOKEN_URL" example:"https://login.salesforce.com/services/oauth2/token" help:"Token endpoint of Salesforce." name:"connector-salesforce-token-url" placeholder:"URL"`
	SalesforceRevokeURL        string `env:"PATCHBOARD_CONNECTOR_SALESFORCE_REVOKE_URL" example:"https://login.salesforce.com/services/oauth2/revoke" help:"Where grants of Salesforce are revoked." name:"connector-salesforce-revoke-url" placeholder:"URL"`
	SalesforceAPIURL           string `env:"PATCHBOARD_CONNECTOR_SALESFORCE_API_URL" example:"https://acme.my.salesforce.com" help:"What stands before the paths of calls to Salesforce." name:"connector-salesforce-api-url" placeholder:"URL"`
	SalesforceHostSuffixes     string `env:"PATCHBOARD_CONNECTOR_SALESFORCE_HOST_SUFFIXES" example:".my.salesforce.mil" help:"What else the hosts of Salesforce may end in, with commas between: people may sign in there, and tokens are sent there." name:"connector-salesforce-host-suffixes" placeholder:"SUFFIXES"`
	SalesforceClientID         string `env:"PATCHBOARD_CONNECTOR_SALESFORCE_CLIENT_ID" example:"1234567890.apps.example.com" help:"Client id at Salesforce, for organizations that have entered none of their own." name:"connector-salesforce-client-id" placeholder:"ID"`
	SalesforceClientSecret     Secret `env:"PATCHBOARD_CONNECTOR_SALESFORCE_CLIENT_SECRET" example:"3cb1f0d9a7e24c58" help:"Client secret of that id." name:"connector-salesforce-client-secret" placeholder:"SECRET"`
}

// Connector is the settings of one provider.
type Connector struct {
	AuthURL, TokenURL, RevokeURL, APIURL string
	ClientID                             string
	ClientSecret                         Secret
	TokenPageURL                         string // of a provider that can be connected by a pasted token
}

// BySlug gives the settings of each provider by its name in addresses.
func (c *Connectors) BySlug() map[string]Connector {
	return map[string]Connector{
		"gmail":           {c.GmailAuthURL, c.GmailTokenURL, c.GmailRevokeURL, c.GmailAPIURL, c.GmailClientID, c.GmailClientSecret, ""},
		"google-calendar": {c.GoogleCalendarAuthURL, c.GoogleCalendarTokenURL, c.GoogleCalendarRevokeURL, c.GoogleCalendarAPIURL, c.GoogleCalendarClientID, c.GoogleCalendarClientSecret, ""},
		"slack":           {c.SlackAuthURL, c.SlackTokenURL, c.SlackRevokeURL, c.SlackAPIURL, c.SlackClientID, c.SlackClientSecret, ""},
		"hubspot":         {c.HubSpotAuthURL, c.HubSpotTokenURL, c.HubSpotRevokeURL, c.HubSpotAPIURL, c.HubSpotClientID, c.HubSpotClientSecret, ""},
		"linkedin":        {c.LinkedInAuthURL, c.LinkedInTokenURL, c.LinkedInRevokeURL, c.LinkedInAPIURL, c.LinkedInClientID, c.LinkedInClientSecret, c.LinkedInTokenPageURL},
		"salesforce":      {c.SalesforceAuthURL, c.SalesforceTokenURL, c.SalesforceRevokeURL, c.SalesforceAPIURL, c.SalesforceClientID, c.SalesforceClientSecret, ""},
	}
}

// check refuses addresses that are none, and plain http unless it is allowed.
func (c *Connectors) check(m *mistakes, plain bool) {
	for _, suffix := range c.HostSuffixes() {
		if !suffixOfHost.MatchString(suffix) {
			m.add("connector-salesforce-host-suffixes", quote(suffix)+" is no end of a host name", ".my.salesforce.mil")
		}
	}
	all := c.BySlug()
	for _, slug := range slices.Sorted(maps.Keys(all)) {
		one, name := all[slug], "connector-"+slug
		for _, a := range []struct{ name, address string }{
			{"auth-url", one.AuthURL}, {"token-url", one.TokenURL}, {"revoke-url", one.RevokeURL}, {"api-url", one.APIURL}, {"token-page-url", one.TokenPageURL},
		} {
			if wrong := addressOfProvider(a.address, plain); wrong != "" {
				m.add(name+"-"+a.name, wrong, "https://emulator.example.com/"+slug)
			}
		}
		if one.ClientID != "" && one.ClientSecret.IsZero() {
			m.add(name+"-client-secret", "is missing beside the client id", "the secret that the provider shows with the id")
		}
		if one.ClientID == "" && !one.ClientSecret.IsZero() {
			m.add(name+"-client-id", "is missing beside the client secret", "the id that the provider shows with the secret")
		}
	}
}

// HostSuffixes lists what else the hosts of Salesforce may end in.
func (c *Connectors) HostSuffixes() []string {
	return strings.FieldsFunc(c.SalesforceHostSuffixes, func(r rune) bool { return r == ',' || r == ' ' })
}

// suffixOfHost is a name with a dot before it, and at least one within.
var suffixOfHost = regexp.MustCompile(`^(\.[a-z0-9-]+){2,}$`)

// addressOfProvider says what is wrong with an address; nothing is wrong with none.
func addressOfProvider(address string, plain bool) string {
	if address == "" {
		return ""
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return quote(address) + " is not an https:// address"
	case u.User != nil:
		return "has a user name in it"
	case u.Scheme == "http" && !plain:
		return quote(address) + " is plain http, which needs --allow-http"
	case u.Fragment != "" || u.RawQuery != "":
		return quote(address) + " has a query or a fragment"
	}
	return ""
}
