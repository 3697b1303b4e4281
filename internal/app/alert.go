package app

import (
	"context"

	"patchboard/internal/alert"
	"patchboard/internal/config"
	"patchboard/internal/db"
	"patchboard/internal/delivery"
	"patchboard/internal/integration"
	"patchboard/internal/rbac"
	"patchboard/internal/vault"
	"patchboard/internal/webhook"
)

// buildAlerts makes the alerts and joins them to the nouns whose troubles they
// tell of.
func (a *App) buildAlerts() {
	a.Alert = alert.NewService(alert.Config{
		DB: a.DB, Vault: a.Vault, Audit: a.Audit, Egress: a.egress, Clock: a.clock, Log: a.log, Mail: mailOf(a.config.Mail), URL: a.origin,
	})
	a.Alert.Publish = publishTo(a.Live)
	a.Alert.Slack = func(ctx context.Context, tx *db.Tx, org string, m alert.SlackMessage) (bool, error) {
		return a.Integration.PostLater(ctx, tx, org, "slack", m.Channel, m.Title, m.Text+"\n"+m.Link)
	}
	a.Webhook.OnTrouble = a.webhookTrouble
	a.Delivery.OnHeld = a.heldNews
	a.Integration.Broken = func(ctx context.Context, tx *db.Tx, p integration.Problem) error {
		return a.Alert.ConnectionBroken(ctx, tx, connectionOf(p))
	}
	a.Integration.Recovered = func(ctx context.Context, tx *db.Tx, p integration.Problem) error {
		return a.Alert.ConnectionRecovered(ctx, tx, connectionOf(p))
	}
	a.Integration.Expiring = func(ctx context.Context, tx *db.Tx, p integration.Problem, days int) error {
		return a.Alert.ConnectionExpiring(ctx, tx, connectionOf(p), days)
	}
	a.Integration.Asked = func(ctx context.Context, tx *db.Tx, actor rbac.Actor, slug, name string) error {
		return a.Alert.SetupRequested(ctx, tx, actor.OrganizationID, slug, name, byWhom(actor))
	}
	a.APIKey.OnRegenerated = func(ctx context.Context, tx *db.Tx, actor rbac.Actor, keyID, masked string) error {
		return a.Alert.KeyRegenerated(ctx, tx, actor.OrganizationID, keyID, masked, byWhom(actor))
	}
}

// byWhom names an actor in an alert.
func byWhom(actor rbac.Actor) string {
	switch {
	case actor.Email != "":
		return actor.Email
	case actor.Role == rbac.Machine:
		return "The API key"
	}
	return "Patchboard"
}

func connectionOf(p integration.Problem) alert.Connection {
	return alert.Connection{OrganizationID: p.OrganizationID, Slug: p.Slug, Name: p.Name, Class: p.Class, Cause: p.Guidance.Cause, End: p.End, Steps: p.Guidance.Steps, Dead: p.Dead, Final: p.Final}
}

func mailOf(m config.Mail) alert.Mail {
	return alert.Mail{
		Address: m.SMTPAddress, User: m.SMTPUser, Password: vault.Secret(m.SMTPPassword.Reveal()), From: m.SMTPFrom, TLS: alert.TLSMode(m.SMTPTLS),
	}
}

func (a *App) webhookTrouble(ctx context.Context, tx *db.Tx, t webhook.Trouble) error {
	w := t.Webhook
	return a.Alert.WebhookTrouble(ctx, tx, alert.WebhookTrouble{
		OrganizationID: w.OrganizationID, ID: w.ID, URL: w.URL, Description: w.Description, What: webhookChange(t),
		Warning: t.Warnings, Failures: t.Failures, Since: t.Since, DisableAt: t.DisableAt, Gone: w.StateReason == webhook.ReasonGone,
	})
}

func webhookChange(t webhook.Trouble) alert.WebhookChange {
	switch t.What {
	case webhook.Warned:
		return alert.Failing
	case webhook.WasDisabled:
		return alert.Disabled
	case webhook.Recovered:
		return alert.Delivering
	case webhook.AddressIsNew:
		return alert.NewAddress
	case webhook.WasDeleted:
		return alert.Deleted
	case webhook.WasSwitched:
	}
	if t.Webhook.State == webhook.Active {
		return alert.SwitchedOn
	}
	return alert.SwitchedOff
}

func (a *App) heldNews(ctx context.Context, tx *db.Tx, n delivery.HeldNews) error {
	h := alert.Held{OrganizationID: n.OrganizationID, WebhookID: n.WebhookID, URL: n.URL, Description: n.Description, Deliveries: n.Deliveries}
	switch n.End {
	case delivery.HeldExpired:
		return a.Alert.HeldGone(ctx, tx, h, "They reached the end of their retention and were discarded.")
	case delivery.HeldSent:
		return a.Alert.HeldGone(ctx, tx, h, "Somebody sent what was held.")
	case delivery.HeldDropped:
		return a.Alert.HeldGone(ctx, tx, h, "Somebody discarded what was held.")
	case delivery.HeldExpiring:
	}
	return a.Alert.HeldExpiring(ctx, tx, h)
}
