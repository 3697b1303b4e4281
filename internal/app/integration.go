package app

import (
	"context"
	"fmt"
	"slices"

	"patchboard/internal/connector"
	"patchboard/internal/db"
	"patchboard/internal/event"
	"patchboard/internal/integration"
	"patchboard/internal/rbac"
)

// callbackPath is where providers send people back to.
const callbackPath = "/api/v1/oauth/callback"

// buildIntegration makes the noun of connections.
func (a *App) buildIntegration() {
	overrides := map[string]integration.Override{}
	for slug, c := range a.config.BySlug() {
		overrides[slug] = integration.Override{
			Addresses: connector.Addresses{Auth: c.AuthURL, Token: c.TokenURL, Revoke: c.RevokeURL, API: c.APIURL, Made: c.TokenPageURL},
			App:       connector.App{ID: c.ClientID, Secret: c.ClientSecret.Reveal()},
		}
	}
	a.Integration = integration.New(integration.Config{
		DB: a.DB, Vault: a.Vault, Audit: a.Audit, Egress: a.egress, Records: a.Record, Keys: a.keys, Clock: a.clock, Log: a.log,
		Catalog: providers(&a.config.Connectors), Overrides: overrides, Callback: a.origin + callbackPath, CheckEvery: a.config.CheckEvery, Unpaced: a.config.Unpaced,
	})
	a.Integration.Publish, a.Integration.Track = publishTo(a.Live), a.Tracking.Record
	a.Integration.KnownEvents, a.Integration.SampleBody = a.knownEvents, a.Event.SampleBody
	a.Integration.Subscribers = a.subscribers
}

// subscribers are the webhooks that get events of some types.
func (a *App) subscribers(ctx context.Context, org string, types []string) ([]integration.ImpactWebhook, error) {
	all, err := a.Webhook.List(ctx, rbac.Actor{OrganizationID: org, Role: rbac.Program})
	if err != nil {
		return nil, fmt.Errorf("list webhooks: %w", err)
	}
	var out []integration.ImpactWebhook
	for i := range all {
		gets := slices.DeleteFunc(slices.Clone(types), func(t string) bool { return !slices.Contains(all[i].Events, t) })
		if len(gets) > 0 {
			out = append(out, integration.ImpactWebhook{ID: all[i].ID, URL: all[i].URL, Events: gets})
		}
	}
	return out, nil
}

// announce stores the messages about events for those organizations that have asked
// for some.
func (a *App) announce(ctx context.Context, tx *db.Tx, accepted []*event.Accepted) error {
	var told []integration.Happened
	for _, e := range accepted {
		wanted, err := a.Integration.Wanted(ctx, tx, e.OrganizationID)
		if err != nil {
			return err
		}
		if wanted {
			told = append(told, integration.Happened{Key: e.Key, OrganizationID: e.OrganizationID, Type: e.Type, Body: e.Body})
		}
	}
	return a.Integration.Announce(ctx, tx, told)
}
