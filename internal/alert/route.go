package alert

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/egress"
	"patchboard/internal/fault"
	"patchboard/internal/rbac"
	"patchboard/internal/signature"
)

// Routes are where an organization's alerts go.
type Routes struct {
	Items        []Route
	SlackChannel string // "" leaves it to the Slack connection
	WebhookURL   string // "" for none
	Version      int64  // grows with every change
	// Secret is the operational webhook's signing secret where it was just made;
	// the zero Secret otherwise.
	Secret signature.Secret
}

// Change is what a system administrator wants the routes to be.
type Change struct {
	Items        []Route // kinds that are missing stay as they are
	SlackChannel *string // nil stays as it is
	WebhookURL   *string // nil stays as it is; "" takes the webhook away
	NewSecret    bool    // make a new signing secret
	Version      int64   // the version that the caller saw; 0 changes any
}

var (
	errKind    = fault.New(fault.Invalid, "alert-kind-unknown", "There is no such kind of alert.", "Use the kinds that GET /alert-routes lists.")
	errChannel = fault.New(fault.Invalid, "alert-slack-channel-invalid", "That is no Slack channel.",
		"Give the channel's id, as C0123456789, or its name, as #alerts, or leave it out.").At("body.slackChannel", "is not a channel's id or name")
	errStale = fault.New(fault.Stale, "alert-routes-changed", "The routes were changed after you read them.", "Read them again, and repeat your change.")
)

const channelMost = 80 // characters, as Slack bounds a channel's name

const routeColumns = `kind, mail_system_admins, mail_utility_admins, slack, webhook`

func scanRoute(sc db.Scanner) (r Route, err error) {
	var system, utility, slack, webhook int64
	if err := sc.Scan(&r.Kind, &system, &utility, &slack, &webhook); err != nil {
		return r, fmt.Errorf("scan route: %w", err)
	}
	r.MailSystemAdmins, r.MailUtilityAdmins, r.Slack, r.Webhook = system != 0, utility != 0, slack != 0, webhook != 0
	return r, nil
}

// ends are an organization's own ends of the channels.
type ends struct {
	slackChannel, url string
	secret            []byte // sealed
	version           int64
}

// endsOf reads them; an organization that set none has the zero ones.
func endsOf(ctx context.Context, q db.Queryer, org, lock string) (ends, error) {
	e, err := db.One(ctx, q, func(sc db.Scanner) (e ends, err error) {
		err = sc.Scan(&e.slackChannel, &e.url, &e.secret, &e.version)
		return e, err
	}, `SELECT slack_channel, webhook_url, webhook_secret, version FROM alert_channels WHERE organization_id = $1`+lock, org)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return ends{}, fmt.Errorf("read the channels of alerts: %w", err)
	}
	return e, nil
}

// Routes gives the routes of the actor's organization, those of the catalog
// where it chose none.
func (s *Service) Routes(ctx context.Context, actor rbac.Actor) (Routes, error) {
	return routesIn(ctx, s.db, actor.OrganizationID)
}

func routesIn(ctx context.Context, q db.Queryer, org string) (Routes, error) {
	e, err := endsOf(ctx, q, org, "")
	if err != nil {
		return Routes{}, err
	}
	stored, err := db.All(ctx, q, scanRoute, `SELECT `+routeColumns+` FROM alert_routes WHERE organization_id = $1`, org)
	if err != nil {
		return Routes{}, fmt.Errorf("read the routes of alerts: %w", err)
	}
	out := Routes{SlackChannel: e.slackChannel, WebhookURL: e.url, Version: e.version + 1}
	for _, of := range catalog {
		if of.recovery {
			continue
		}
		r := of.route
		r.Kind = of.kind
		for _, own := range stored {
			if own.Kind == r.Kind {
				r = own
			}
		}
		out.Items = append(out.Items, r)
	}
	return out, nil
}

// SetRoutes changes the routes of the actor's organization. The operational
// webhook's address is judged as every webhook's; its first address makes its
// signing secret.
func (s *Service) SetRoutes(ctx context.Context, actor rbac.Actor, c Change) (Routes, error) {
	if err := s.checkChange(ctx, &c); err != nil {
		return Routes{}, err
	}
	var out Routes
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		// Two first changes of an organization find no row to lock.
		if err := tx.Lock(ctx, "alert_routes/"+actor.OrganizationID); err != nil {
			return fmt.Errorf("lock the routes: %w", err)
		}
		before, err := routesIn(ctx, tx, actor.OrganizationID)
		if err != nil {
			return err
		}
		if c.Version != 0 && c.Version != before.Version {
			return errStale.With("version", before.Version)
		}
		secret, err := s.storeEnds(ctx, tx, actor.OrganizationID, c)
		if err != nil {
			return err
		}
		for _, r := range c.Items {
			if err := storeRoute(ctx, tx, actor.OrganizationID, r); err != nil {
				return err
			}
		}
		if out, err = routesIn(ctx, tx, actor.OrganizationID); err != nil {
			return err
		}
		out.Secret = secret
		s.Publish(tx, actor.OrganizationID, Topic)
		return s.audit.Append(ctx, tx, actor, audit.Entry{
			Action: audit.AlertRoutesUpdated, TargetType: "alert_routes", Before: before.view(), After: out.view(),
			Detail: map[string]bool{"newSecret": !secret.IsZero()},
		})
	})
	if err != nil {
		return Routes{}, fmt.Errorf("change the routes of alerts: %w", err)
	}
	return out, nil
}

func (s *Service) checkChange(ctx context.Context, c *Change) error {
	seen := map[Kind]bool{}
	for i, r := range c.Items {
		if of, ok := find(r.Kind); !ok || of.recovery || seen[r.Kind] {
			return errKind.At(fmt.Sprintf("body.items[%d].kind", i), "is no kind with a route, or comes twice")
		}
		seen[r.Kind] = true
	}
	if c.SlackChannel != nil && line(*c.SlackChannel, channelMost) != *c.SlackChannel {
		return errChannel
	}
	if c.WebhookURL == nil || *c.WebhookURL == "" {
		return nil
	}
	u, refused := s.egress.CheckURL(*c.WebhookURL)
	if refused == nil {
		refused = s.egress.CheckAddress(ctx, u)
	}
	if refused != nil {
		return verdictFault(*refused)
	}
	address := u.String()
	c.WebhookURL = &address
	return nil
}

// verdictFault is a refused address as an error, as of a webhook of events.
func verdictFault(v egress.Verdict) error {
	return fault.New(fault.Invalid, "alert-webhook-refused", v.Detail, "Put right what the detail says, as https://alerts.example.com/patchboard.").
		At("body.webhookUrl", v.Message).With("message", v.Message).With("cause", string(v.Cause))
}

// storeEnds writes the channels and gives the secret that was made.
func (s *Service) storeEnds(ctx context.Context, tx *db.Tx, org string, c Change) (signature.Secret, error) {
	cur, err := endsOf(ctx, tx, org, tx.ForUpdate())
	if err != nil {
		return signature.Secret{}, err
	}
	if c.SlackChannel != nil {
		cur.slackChannel = *c.SlackChannel
	}
	if c.WebhookURL != nil {
		cur.url = *c.WebhookURL
	}
	var made signature.Secret
	if cur.url != "" && (c.NewSecret || cur.secret == nil) {
		made = signature.NewSecret()
		if cur.secret, err = s.vault.Seal([]byte(made.Reveal()), secretRow(org)); err != nil {
			return signature.Secret{}, fmt.Errorf("seal the signing secret: %w", err)
		}
	}
	if cur.url == "" {
		cur.secret = nil // nothing signs with it any more
	}
	_, err = tx.Exec(ctx, `INSERT INTO alert_channels (organization_id, slack_channel, webhook_url, webhook_secret, version) VALUES ($1, $2, $3, $4, 1)
		ON CONFLICT (organization_id) DO UPDATE SET slack_channel = excluded.slack_channel, webhook_url = excluded.webhook_url,
			webhook_secret = excluded.webhook_secret, version = alert_channels.version + 1`,
		org, cur.slackChannel, cur.url, nullable(cur.secret))
	if err != nil {
		return signature.Secret{}, fmt.Errorf("store the channels of alerts: %w", err)
	}
	return made, nil
}

// nullable keeps an empty value from being stored as an empty text.
func nullable(b []byte) any {
	if b == nil {
		return nil
	}
	return b
}

// secretRow is the place that the operational webhook's secret is sealed for.
func secretRow(org string) string { return "alert_channels/" + org + "/webhook_secret" }

func storeRoute(ctx context.Context, tx *db.Tx, org string, r Route) error {
	_, err := tx.Exec(ctx, `INSERT INTO alert_routes (organization_id, kind, mail_system_admins, mail_utility_admins, slack, webhook) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (organization_id, kind) DO UPDATE SET mail_system_admins = excluded.mail_system_admins, mail_utility_admins = excluded.mail_utility_admins,
			slack = excluded.slack, webhook = excluded.webhook`,
		org, string(r.Kind), bit(r.MailSystemAdmins), bit(r.MailUtilityAdmins), bit(r.Slack), bit(r.Webhook))
	if err != nil {
		return fmt.Errorf("store the route of an alert: %w", err)
	}
	return nil
}

func bit(on bool) int64 {
	if on {
		return 1
	}
	return 0
}

// view is what the audit log keeps of the routes: of the address the host alone,
// since the rest may be a secret.
func (r Routes) view() any {
	type kind struct {
		MailSystemAdmins  bool `json:"mailSystemAdmins"`
		MailUtilityAdmins bool `json:"mailUtilityAdmins"`
		Slack             bool `json:"slack"`
		Webhook           bool `json:"webhook"`
	}
	kinds := map[Kind]kind{}
	for _, i := range r.Items {
		kinds[i.Kind] = kind{i.MailSystemAdmins, i.MailUtilityAdmins, i.Slack, i.Webhook}
	}
	return map[string]any{"kinds": kinds, "slackChannel": r.SlackChannel, "webhookHost": hostOf(r.WebhookURL)}
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}
