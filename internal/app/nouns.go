package app

import (
	"context"
	"fmt"
	"time"

	"patchboard/internal/account"
	"patchboard/internal/alert"
	"patchboard/internal/apikey"
	"patchboard/internal/db"
	"patchboard/internal/delivery"
	"patchboard/internal/egress"
	"patchboard/internal/event"
	"patchboard/internal/id"
	"patchboard/internal/integration"
	"patchboard/internal/live"
	"patchboard/internal/rbac"
	"patchboard/internal/record"
	"patchboard/internal/tracking"
	"patchboard/internal/webhook"
)

// Nouns is the product's parts, for the demo and tests to use as the API does.
type Nouns struct {
	storage

	Live        *live.Hub
	Node        *delivery.Node
	Account     *account.Service
	APIKey      *apikey.Service
	Webhook     *webhook.Service
	Event       *event.Service
	Delivery    *delivery.Service
	Record      *record.Service
	Integration *integration.Service
	Tracking    *tracking.Service
	Alert       *alert.Service

	egress *egress.Client
	keys   *id.Keys
}

// join registers this process among the nodes and takes its number for keys.
func (a *App) join(ctx context.Context) error {
	node, err := delivery.Join(ctx, a.DB, a.listener.Addr().String(), a.config.Version, a.log)
	if err != nil {
		return err
	}
	last, err := delivery.LastKey(ctx, a.DB)
	if err != nil {
		return err
	}
	lastRecord, err := record.LastKey(ctx, a.DB)
	if err != nil {
		return err
	}
	lastMessage, err := integration.LastKey(ctx, a.DB)
	if err != nil {
		return err
	}
	a.Node, a.keys = node, id.NewKeys(a.clock, int(node.Num()), max(last, lastRecord, lastMessage))
	return nil
}

// build makes the nouns and joins them where a call goes against the direction
// of imports. Nothing runs yet.
func (a *App) build(context.Context) error {
	a.Account = account.New(a.DB, a.Audit, a.clock, a.log)
	a.onStop("accounts", func(context.Context) error { a.Account.Close(); return nil })
	a.APIKey = apikey.New(apikey.Config{DB: a.DB, Vault: a.Vault, Audit: a.Audit, Clock: a.clock, Log: a.log})
	a.Webhook = webhook.New(webhook.Config{DB: a.DB, Vault: a.Vault, Audit: a.Audit, Egress: a.egress, Clock: a.clock, Log: a.log})
	a.onStop("webhooks", func(context.Context) error { a.Webhook.Close(); return nil })
	a.Event = event.New(event.Config{DB: a.DB, Keys: a.keys, Clock: a.clock, Log: a.log, Audit: a.Audit})
	a.Delivery = delivery.New(delivery.Config{
		DB: a.DB, Node: a.Node, Keys: a.keys, Clock: a.clock, Log: a.log, Audit: a.Audit,
		Webhooks: a.Webhook, Egress: a.egress, Schedule: a.config.Schedule,
	})

	a.Record = record.New(record.Config{DB: a.DB, Keys: a.keys, Event: a.Event, Clock: a.clock, Log: a.log})
	a.Tracking = tracking.New(tracking.Config{DB: a.DB, Vault: a.Vault, Clock: a.clock, Log: a.log, Off: !a.config.Tracking})

	a.buildIntegration()
	a.buildAlerts()

	a.Account.OnOrganization = a.APIKey.Issue
	publish := publishTo(a.Live)
	a.Account.Publish, a.APIKey.Publish, a.Webhook.Publish, a.Event.Publish, a.Record.Publish = publish, publish, publish, publish, publish
	a.APIKey.Confirm, a.APIKey.FindHolders = a.Account.ConsumeConfirmation, a.keyHolders
	a.APIKey.Track, a.Webhook.Track = a.Tracking.Record, a.Tracking.Record
	a.Webhook.KnownEvents, a.Webhook.SampleBody = a.knownEvents, a.Event.SampleBody
	a.Event.FanOut = a.fanOut
	a.Event.OnAccepted = func(org string) { a.Live.PublishNow(org, live.Message{Topic: "events"}) }
	a.Delivery.OnAttempt = func(class egress.Class, took time.Duration) { a.metrics.Attempt(string(class), took) }
	a.Delivery.OnChanged = func(org string) { a.Live.PublishNow(org, live.Message{Topic: "deliveries"}) }
	return nil
}

// startNouns starts what runs in the background. What takes new work starts
// last, and so stops first.
func (a *App) startNouns(ctx context.Context) error {
	if err := a.APIKey.Start(ctx); err != nil {
		return err
	}
	a.onStop("API keys", a.APIKey.Close)
	if err := a.Alert.Start(ctx); err != nil {
		return err
	}
	a.onStopWork("alerts", a.Alert.Stop)
	after := newAfterwards(ctx)
	a.Webhook.After = after.run
	a.onStop("checks after an answer", after.stop)
	a.Delivery.Start(ctx)
	a.onStopWork("deliveries", a.Delivery.Stop)
	a.Event.Start()
	a.onStop("events", a.Event.Stop)
	a.Integration.Start(ctx)
	a.onStop("integrations", a.Integration.Stop)
	return nil
}

// keyHolders are the custom headers that hold an API key.
func (a *App) keyHolders(ctx context.Context, org, key string) ([]apikey.Holder, error) {
	found, err := a.Webhook.HeadersHolding(ctx, org, key)
	holders := make([]apikey.Holder, len(found))
	for i, h := range found {
		holders[i] = apikey.Holder(h)
	}
	return holders, err
}

// knownEvents are the types that a webhook may subscribe to.
func (a *App) knownEvents(ctx context.Context, org string) ([]string, error) {
	types, err := a.Event.Types(ctx, rbac.Actor{OrganizationID: org, Role: rbac.Program})
	if err != nil {
		return nil, fmt.Errorf("list event types: %w", err)
	}
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = t.Type
	}
	return names, nil
}

// fanOut also counts the events, once they are committed.
func (a *App) fanOut(ctx context.Context, tx *db.Tx, accepted []*event.Accepted) error {
	n := len(accepted)
	tx.AfterCommit(func() { a.metrics.Accepted(n) })
	if err := a.announce(ctx, tx, accepted); err != nil {
		return err
	}
	return a.Delivery.FanOut(ctx, tx, accepted)
}
