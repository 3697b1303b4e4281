package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"patchboard/internal/config"
	"patchboard/internal/integration"
	"patchboard/internal/rbac"
	"patchboard/internal/sandbox"
)

const (
	demoClient = "patchboard-demo"
	demoSecret = "demo-client-secret"

	// demoCheckEvery is shorter than anybody waits for who has broken something.
	demoCheckEvery = 30 * time.Second
)

// demoConnected are connected from the start, by real grants of the emulator.
var demoConnected = []string{"gmail", "google-calendar"}

// emulate leads the providers' addresses to the sandbox.
func (d *demo) emulate(settings *config.Serve) {
	c, secret := &settings.Connectors, config.NewSecret(demoSecret)
	google, slack, linkedin, salesforce := "https://"+sandbox.GoogleHost, "https://"+sandbox.SlackHost, "https://"+sandbox.LinkedInHost, "https://"+sandbox.SalesforceLogin+"/services/oauth2"
	c.GmailAuthURL, c.GmailTokenURL, c.GmailRevokeURL, c.GmailAPIURL = d.page+"/google/o/oauth2/v2/auth", google+"/token", google+"/revoke", google
	c.GmailClientID, c.GmailClientSecret = demoClient, secret
	c.GoogleCalendarAuthURL, c.GoogleCalendarTokenURL, c.GoogleCalendarRevokeURL, c.GoogleCalendarAPIURL = c.GmailAuthURL, c.GmailTokenURL, c.GmailRevokeURL, c.GmailAPIURL
	c.GoogleCalendarClientID, c.GoogleCalendarClientSecret = demoClient, secret
	c.SlackAuthURL, c.SlackTokenURL, c.SlackRevokeURL, c.SlackAPIURL = d.page+"/slack/oauth/v2/authorize", slack+"/api/oauth.v2.access", slack+"/api/auth.revoke", slack
	c.SlackClientID, c.SlackClientSecret = demoClient, secret
	// Where its API is, the token's answer says.
	c.SalesforceAuthURL, c.SalesforceTokenURL, c.SalesforceRevokeURL = d.page+"/salesforce/services/oauth2/authorize", salesforce+"/token", salesforce+"/revoke"
	c.SalesforceHostSuffixes, c.SalesforceClientID, c.SalesforceClientSecret = sandbox.SalesforceSuffix, demoClient, secret
	hub := "https://" + sandbox.HubSpotHost
	c.HubSpotAuthURL, c.HubSpotTokenURL, c.HubSpotRevokeURL, c.HubSpotAPIURL = d.page+"/hubspot/oauth/authorize", hub+sandbox.HubSpotToken, hub+sandbox.HubSpotToken+"/revoke", hub
	c.HubSpotClientID, c.HubSpotClientSecret = demoClient, secret
	c.LinkedInAuthURL, c.LinkedInTokenURL, c.LinkedInRevokeURL, c.LinkedInAPIURL = d.page+"/linkedin/oauth/v2/authorization", linkedin+"/oauth/v2/accessToken", linkedin+"/oauth/v2/revoke", linkedin
	c.LinkedInTokenPageURL, c.LinkedInClientID, c.LinkedInClientSecret = d.page+sandbox.LinkedInTokens, demoClient, secret
}

// seedIntegrations connects what was never connected, and connects again what is: the
// emulator forgets its grants when it stops. What somebody disconnected stays so.
func (d *demo) seedIntegrations(ctx context.Context, program rbac.Actor) error {
	app := sandbox.App{ID: demoClient, Secret: demoSecret, Callbacks: []string{d.server.Integration.Callback}}
	d.sandbox.Google().Register(app)
	d.sandbox.Slack().Register(app, true)
	d.sandbox.Salesforce().Register(app, false)
	d.sandbox.HubSpot().Register(app)
	d.sandbox.LinkedIn().Register(app)
	d.sandbox.Seed()
	there, err := d.users(ctx, program)
	if err != nil {
		return err
	}
	u := there[demoSystemAdmin]
	admin := rbac.Actor{OrganizationID: program.OrganizationID, Role: u.Role, UserID: u.ID, Email: u.Email, SessionID: "demo"}
	cards, err := d.server.Integration.List(ctx, program)
	if err != nil {
		return err
	}
	for _, c := range cards {
		never := c.Connection.StateAt.IsZero() && slices.Contains(demoConnected, c.About.Slug)
		if never || c.Connection.On() {
			if err := d.connect(ctx, admin, &c); err != nil {
				return fmt.Errorf("%s: %w", c.About.Name, err)
			}
		}
	}
	return nil
}

// granted is what comes of consenting, or of pasting a token, which LinkedIn's is.
func (d *demo) granted(ctx context.Context, admin rbac.Actor, c *integration.Card) (*integration.Attempt, error) {
	if c.Paste != nil {
		return d.server.Integration.Paste(ctx, admin, c.About.Slug, d.sandbox.LinkedIn().MakeToken(), nil)
	}
	b, err := d.server.Integration.Connect(ctx, admin, c.About.Slug, nil)
	if err != nil {
		return nil, err
	}
	back, err := d.sandbox.Allow(b.AuthorizeURL)
	if err != nil {
		return nil, err
	}
	return d.server.Integration.Return(ctx, admin, integration.Callback{State: back.Get("state"), Code: back.Get("code"), Error: back.Get("error")})
}

// connect goes the way of a person in a browser.
func (d *demo) connect(ctx context.Context, admin rbac.Actor, c *integration.Card) error {
	a, err := d.granted(ctx, admin, c)
	if err != nil {
		return err
	}
	if a.Failure != nil {
		return fmt.Errorf("%s: %w", a.Status, a.Failure)
	}
	if c.Connection.State != integration.Paused {
		return nil
	}
	off := false
	return d.server.Integration.Update(ctx, admin, c.About.Slug, integration.Patch{Enabled: &off})
}
