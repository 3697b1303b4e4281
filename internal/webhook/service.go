package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/egress"
	"patchboard/internal/fault"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
	"patchboard/internal/vault"
)

// topic is the live topic of webhooks.
const topic = "webhooks"

// Config is what a Service is built from.
type Config struct {
	DB     *db.DB
	Vault  *vault.Vault
	Audit  *audit.Log
	Egress *egress.Client
	Clock  id.Clock
	Log    *slog.Logger
}

// Service has the rules of webhooks. It is safe for concurrent use. The fields
// are calls against the direction of imports; app sets them before the first
// request, and what is not set does nothing.
type Service struct {
	// KnownEvents lists the events that an organization may choose; required.
	KnownEvents func(ctx context.Context, org string) ([]string, error)
	// SampleBody makes the body of an event that nobody has sent, for a test: of
	// data, or of the type's example where that is nil; required for tests of
	// other types than TestType.
	SampleBody func(ctx context.Context, org, eventType string, data json.RawMessage, at time.Time) ([]byte, error)
	// Track records what a person did, in the transaction of the change.
	Track func(ctx context.Context, tx *db.Tx, actor rbac.Actor, event string, properties map[string]any) error
	// Publish tells open browsers after the commit.
	Publish func(tx *db.Tx, org, topic string, ids ...string)
	// OnTrouble is told in its transaction what happened to a webhook that people
	// should hear of, or that ends what they heard of.
	OnTrouble func(ctx context.Context, tx *db.Tx, t Trouble) error
	// After runs fn once the answer is on its way, in a goroutine that the
	// program owns and stops. Not set, fn runs before the answer.
	After func(fn func(ctx context.Context))

	// OnSwitchOnTx runs in the transaction that switches a webhook on: here
	// pending deliveries that still wait to be held are marked (SetHoldBefore).
	OnSwitchOnTx func(ctx context.Context, tx *db.Tx, num int64) error
	// OnOff runs after the commit that switched a webhook off, and returns when
	// no further request can start.
	OnOff func(ctx context.Context, num int64) error
	// OnChange runs after the commit of any other change, of this node's doing.
	OnChange func(num int64)
	// OnDeleteTx runs in the transaction that deletes a webhook: here its
	// pending and held deliveries end as discarded.
	OnDeleteTx func(ctx context.Context, tx *db.Tx, num int64) error
	// OnDelete runs after the commit of a deletion, and returns when no further
	// request can start.
	OnDelete func(ctx context.Context, num int64) error

	db     *db.DB
	vault  *vault.Vault
	audit  *audit.Log
	egress *egress.Client
	clock  id.Clock
	log    *slog.Logger

	sets      sets
	endpoints endpoints
	gates     gates
	healthy   healthy
	typing    typing
	cancel    func() // ends the subscription
}

// New makes the service; Close gives its subscription back.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{
		KnownEvents: func(context.Context, string) ([]string, error) {
			return nil, errors.New("webhook: KnownEvents is not set")
		},
		SampleBody: func(context.Context, string, string, json.RawMessage, time.Time) ([]byte, error) {
			return nil, errors.New("webhook: SampleBody is not set")
		},
		Track:        func(context.Context, *db.Tx, rbac.Actor, string, map[string]any) error { return nil },
		Publish:      func(*db.Tx, string, string, ...string) {},
		OnTrouble:    func(context.Context, *db.Tx, Trouble) error { return nil },
		After:        func(fn func(ctx context.Context)) { fn(context.Background()) },
		OnSwitchOnTx: func(context.Context, *db.Tx, int64) error { return nil },
		OnOff:        func(context.Context, int64) error { return nil },
		OnChange:     func(int64) {},
		OnDeleteTx:   func(context.Context, *db.Tx, int64) error { return nil },
		OnDelete:     func(context.Context, int64) error { return nil },
		db:           c.DB, vault: c.Vault, audit: c.Audit, egress: c.Egress, clock: micros(c.Clock), log: c.Log,
		sets:      sets{byOrg: map[string]*Set{}},
		endpoints: endpoints{byNum: map[int64]*Endpoint{}, byID: map[string]int64{}},
		gates:     gates{open: map[int64]gate{}},
		healthy:   healthy{until: map[int64]int64{}},
		typing:    typing{by: map[typist]*typed{}},
	}
	s.cancel = c.DB.Subscribe(channel, s.endpoints.forget)
	return s
}

// micros tells the time as exactly as the database keeps it, so that the answer
// to a change has the very times that a later read gives.
func micros(clock id.Clock) id.Clock {
	return func() time.Time { return clock().Truncate(time.Microsecond) }
}

// Close ends the service's subscription to notifications.
func (s *Service) Close() { s.cancel() }

// The faults that several methods give.
var (
	errNotFound = fault.New(fault.NotFound, "webhook-not-found", "There is no such webhook.", "It may have been deleted; list the webhooks again.")
	errBusy     = fault.New(fault.Conflict, "webhook-busy", "The webhook was changed by others again and again during this request.", "Read it again and repeat the change.")

	errHeadersForbidden = fault.New(fault.Forbidden, "webhook-headers-forbidden", "Only a system administrator may set custom headers: they may hold secrets.",
		"Leave the headers out, or ask a system administrator.")
	errURLForbidden = fault.New(fault.Forbidden, "webhook-url-forbidden",
		"Only a system administrator may change the URL of a webhook that has custom headers: the headers may hold secrets, and they would go to the new address.",
		"Ask a system administrator to change the URL, or add a new webhook.")
	errSecretForbidden = fault.New(fault.Forbidden, "webhook-secret-forbidden", "Only a system administrator may read or rotate a signing secret.",
		"Ask a system administrator.")
)

// List gives all webhooks of the actor's organization that are not deleted,
// oldest first.
func (s *Service) List(ctx context.Context, actor rbac.Actor) ([]Webhook, error) {
	all := []Webhook{}
	err := db.Each(ctx, s.db, func(sc db.Scanner) error {
		r, err := scanRow(sc)
		if err == nil {
			all = append(all, r.Webhook)
		}
		return err
	}, `SELECT `+columns+` FROM webhooks WHERE organization_id = $1 AND deleted_at = 0 ORDER BY num`, actor.OrganizationID)
	if err != nil {
		return nil, fmt.Errorf("list webhooks: %w", err)
	}
	return all, nil
}

// Get gives one webhook.
func (s *Service) Get(ctx context.Context, actor rbac.Actor, webhookID string) (*Webhook, error) {
	r, err := find(ctx, s.db, actor.OrganizationID, webhookID, "")
	if err != nil {
		return nil, err
	}
	return &r.Webhook, nil
}

// Find gives one webhook for its log: a deleted one too, until retention ends.
func (s *Service) Find(ctx context.Context, org, webhookID string) (*Webhook, error) {
	if !id.Is(prefix, webhookID) {
		return nil, errNotFound
	}
	r, err := db.One(ctx, s.db, scanRow, `SELECT `+columns+` FROM webhooks WHERE id = $1 AND organization_id = $2`, webhookID, org)
	if errors.Is(err, db.ErrNoRows) {
		return nil, errNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("find webhook: %w", err)
	}
	return &r.Webhook, nil
}

// denied records a refusal that a finer rule than the route's gave, and returns
// that refusal.
func (s *Service) denied(ctx context.Context, actor rbac.Actor, e audit.Entry, refusal error) error {
	if err := s.audit.Denied(ctx, actor, e); err != nil {
		return fmt.Errorf("record a refusal: %w", err)
	}
	return refusal
}

// announce makes a change known after the commit: to this node and the others,
// to open browsers, and to lanes.
func (s *Service) announce(tx *db.Tx, r *row) {
	tx.Notify(channel, r.ID)
	s.Publish(tx, r.OrganizationID, topic, r.ID)
}

// label names an actor in the list of what changed.
func label(a rbac.Actor) string {
	switch {
	case a.Email != "":
		return a.Email
	case a.Role == rbac.Machine:
		return "the API key"
	}
	return "Patchboard"
}

// view is a webhook in the audit log: all of its settings, no secret.
type view struct {
	URL         string   `json:"url"`
	Description string   `json:"description,omitempty"`
	Events      []string `json:"events"`
	Format      string   `json:"format"`
	State       State    `json:"state"`
	Headers     []string `json:"headers,omitempty"`
}

// viewOf leaves out the names of custom headers where the actor may not see them:
// everybody reads the entries of their own actions.
func viewOf(actor rbac.Actor, r *row) view {
	v := view{URL: r.URL, Description: r.Description, Events: r.Events, Format: r.Format, State: r.State}
	if actor.Can(rbac.WebhookHeaders) {
		v.Headers = r.HeaderNames
	}
	return v
}

func target(r *row, action string) audit.Entry {
	return audit.Entry{Action: action, TargetType: "webhook", TargetID: r.ID, TargetName: r.URL}
}
