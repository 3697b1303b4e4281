package integration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"patchboard/internal/audit"
	"patchboard/internal/connector"
	"patchboard/internal/db"
	"patchboard/internal/egress"
	"patchboard/internal/fault"
	"patchboard/internal/health"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
	"patchboard/internal/record"
	"patchboard/internal/vault"
)

// Override is what the operator sets for a provider.
type Override struct {
	Addresses connector.Addresses // what is empty is the provider's own
	App       connector.App       // for organizations that have set up none of their own
}

// Config is what a Service is built from.
type Config struct {
	DB      *db.DB
	Vault   *vault.Vault
	Audit   *audit.Log
	Egress  *egress.Client
	Records *record.Service
	Keys    *id.Keys
	Clock   id.Clock
	Log     *slog.Logger

	Catalog   []connector.Provider // in the order of the cards
	Overrides map[string]Override  // by slug
	Callback  string               // the address to which providers send people back
	// CheckEvery is the time between two checks of a connection; 0: 5 minutes.
	CheckEvery time.Duration
	// Unpaced lifts the bounds on calls in a minute: an emulator has no quota that
	// others need.
	Unpaced bool
}

// Problem is what is told of a connection that is broken, or well again.
type Problem struct {
	OrganizationID string
	Slug, Name     string
	Class          health.Class
	Guidance       connector.Guidance
	Final          bool   // only a person who connects again can end it
	Dead           bool   // nothing is tried any more until a person says so
	End            string // of one that is over: what ended it; empty: it works again
}

// Service has the rules of connections. It is safe for concurrent use. The fields
// are calls against the direction of imports; app sets them before Start, and what
// is not set does nothing.
type Service struct {
	// KnownEvents lists the events of an organization; required for notifiers.
	KnownEvents func(ctx context.Context, org string) ([]string, error)
	// SampleBody makes the body of an event that nobody has sent, for previews.
	SampleBody func(ctx context.Context, org, typ string, data json.RawMessage, at time.Time) ([]byte, error)
	// Publish tells open browsers after the commit.
	Publish func(tx *db.Tx, org, topic string, ids ...string)
	// Track records what a person did, see package tracking.
	Track func(ctx context.Context, tx *db.Tx, actor rbac.Actor, event string, properties map[string]any) error
	// Broken and Recovered have people told of a problem, in the transaction that
	// found it. Asked has administrators told that somebody wants a provider set up.
	Broken    func(ctx context.Context, tx *db.Tx, p Problem) error
	Recovered func(ctx context.Context, tx *db.Tx, p Problem) error
	Asked     func(ctx context.Context, tx *db.Tx, actor rbac.Actor, slug, name string) error
	// Expiring has people told that a connection ends in some days, unless one of them
	// connects it again.
	Expiring func(ctx context.Context, tx *db.Tx, p Problem, days int) error
	// Subscribers are the webhooks that get events of some types.
	Subscribers func(ctx context.Context, org string, types []string) ([]ImpactWebhook, error)

	Config

	clock   id.Clock
	log     *slog.Logger
	byName  map[string]connector.Provider
	owner   string // of leases: this process
	paces   paces
	tokens  *tokens
	rules   *rules
	pool    pool
	askedMu sync.Mutex
	asked   map[key]time.Time // who was asked for an application, when
	posts   chan struct{}     // somebody has to look for waiting messages

	checking, syncing, running atomic.Int64 // on this node, now
}

// New makes the service. Start begins the work in the background.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{
		Config: c, clock: c.Clock, log: c.Log, byName: map[string]connector.Provider{}, owner: id.New("own"),
		posts: make(chan struct{}, 1), asked: map[key]time.Time{},
		KnownEvents: func(context.Context, string) ([]string, error) { return nil, nil },
		Publish:     func(*db.Tx, string, string, ...string) {},
		Track:       func(context.Context, *db.Tx, rbac.Actor, string, map[string]any) error { return nil },
		Broken:      func(context.Context, *db.Tx, Problem) error { return nil },
		Recovered:   func(context.Context, *db.Tx, Problem) error { return nil },
		Expiring:    func(context.Context, *db.Tx, Problem, int) error { return nil },
		Asked:       func(context.Context, *db.Tx, rbac.Actor, string, string) error { return nil },
		Subscribers: func(context.Context, string, []string) ([]ImpactWebhook, error) { return nil, nil },
	}
	if s.CheckEvery == 0 {
		s.CheckEvery = checkUsual
	}
	for _, d := range c.Catalog {
		s.byName[d.About().Slug] = d
	}
	s.tokens = newTokens(c.DB)
	s.rules = newRules(s)
	s.paces.limiters = map[key]*rate.Limiter{}
	return s
}

// Start begins the work in the background; Stop ends it.
func (s *Service) Start(ctx context.Context) {
	s.pool.start(context.WithoutCancel(ctx))
	s.pool.run(s.post)
}

// Stop cuts off what runs and waits for its end, at most until ctx ends. What was
// cut off goes on later, here or on another node.
func (s *Service) Stop(ctx context.Context) error {
	err := s.pool.stop(ctx)
	s.tokens.close()
	s.rules.close()
	return err
}

var (
	errUnknown = fault.New(fault.NotFound, "integration-not-found", "There is no such integration.", "GET /api/v1/integrations lists them.")
	errOff     = fault.New(fault.Conflict, "integration-not-connected", "The integration is not connected.", "Connect it first.")
	errPaused  = fault.New(fault.Conflict, "integration-paused", "The integration is paused.", "Switch it on first.")
	errPerson  = fault.New(fault.Forbidden, "integration-needs-person", "Only a person in a browser can connect: the provider asks them.", "Sign in to the console and connect there.")
)

// provider gives a system of the catalog.
func (s *Service) provider(slug string) (connector.Provider, error) {
	if p, ok := s.byName[slug]; ok {
		return p, nil
	}
	return nil, errUnknown
}

// usual gives the settings to begin with.
func (s *Service) usual(slug string) (json.RawMessage, error) {
	p, err := s.provider(slug)
	if err != nil {
		return nil, err
	}
	settings, err := p.Settings(nil)
	if err != nil {
		return nil, fmt.Errorf("settings of %s to begin with: %w", slug, err)
	}
	return settings, nil
}

// at gives the addresses of a provider, for a grant of a place: those of the operator,
// or else those of the place.
func (s *Service) at(p connector.Provider, place connector.Place) connector.Addresses {
	usual := p.OAuth().Addresses
	if h, ok := p.(connector.Hosted); ok {
		usual = h.At(place.Host)
		usual.API = place.API
	}
	return s.Overrides[p.About().Slug].Addresses.Or(usual)
}

// changed tells open browsers that a connection is another.
func (s *Service) changed(tx *db.Tx, k key) { s.Publish(tx, k.org, topic, k.slug) }

// label says who an actor is, on a card and in a log.
func label(actor rbac.Actor) string {
	switch actor.Role { //nolint:exhaustive // the others are people
	case rbac.Machine:
		return "API key"
	case rbac.Program:
		return "Patchboard"
	}
	return actor.Email
}

// ignoreNone takes a row that is not there for no error.
func ignoreNone(err error) error {
	if errors.Is(err, db.ErrNoRows) {
		return nil
	}
	return err
}

// wrap says what was tried; no error stays none.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
