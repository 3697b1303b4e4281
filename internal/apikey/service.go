// Package apikey owns the API keys of organizations: their form, issue, mask,
// check, copy and regeneration, and the count of calls made with them. The
// fresh authentication that a regeneration needs belongs to package account.
package apikey

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
	"patchboard/internal/vault"
)

const (
	// Topic is the live topic that says a key or its usage has changed.
	Topic = "apiKey"
	// Purpose is what a confirmation must have been given for to regenerate.
	Purpose = "api_key.regenerate"

	channel    = "apikey"    // of notifications between nodes; the payload is the organization
	hashUse    = "apikey"    // of the vault's keyed hash
	flushEvery = time.Second // how late the stored counts are at most
	lookBack   = time.Minute // how much two nodes' clocks may differ, for poll
	queryLimit = 5 * time.Second
)

// Config is what a Service is built from.
type Config struct {
	DB    *db.DB
	Vault *vault.Vault
	Audit *audit.Log
	Clock id.Clock
	Log   *slog.Logger
}

// Service issues, checks and changes keys. It is safe for concurrent use
// between Start and Close.
type Service struct {
	// Confirm consumes the token of a fresh authentication in the transaction
	// of the change; app sets it before Start.
	Confirm func(ctx context.Context, tx *db.Tx, actor rbac.Actor, token, purpose string) error
	// Track records what a person did, in the transaction of the change; app
	// sets it before Start.
	Track func(ctx context.Context, tx *db.Tx, actor rbac.Actor, event string, properties map[string]any) error
	// OnRegenerated is told of a new key in its transaction; app sets it before
	// Start.
	OnRegenerated func(ctx context.Context, tx *db.Tx, actor rbac.Actor, keyID, masked string) error
	// FindHolders finds the custom headers of an organization's webhooks that
	// hold a key; app sets it before Start.
	FindHolders func(ctx context.Context, org, key string) ([]Holder, error)
	// Publish tells open browsers after the commit; app sets it before Start.
	Publish func(tx *db.Tx, org, topic string, ids ...string)

	db    *db.DB
	vault *vault.Vault
	audit *audit.Log
	clock id.Clock
	log   *slog.Logger

	ring    ring
	misses  misses
	loading sync.Mutex  // held from reading keys in the database to putting them into ring
	stale   atomic.Bool // ring may be old: Verify asks the database

	counts   tallies
	flushing sync.Mutex // held from taking the counts to their commit
	failing  atomic.Bool

	unsubscribe func()
	stop        context.CancelFunc
	stopped     sync.WaitGroup
}

// New makes the service; Start has it check keys and count calls.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{db: c.DB, vault: c.Vault, audit: c.Audit, clock: c.Clock, log: c.Log}
	s.stale.Store(true) // until Start
	return s
}

// Start loads the keys and begins to follow changes and to store counts, until
// Close.
func (s *Service) Start(ctx context.Context) error {
	s.unsubscribe = s.db.Subscribe(channel, s.changed)
	if err := s.reloadAll(ctx); err != nil {
		s.unsubscribe()
		return err
	}
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	s.stopped.Go(func() { s.run(run) })
	return nil
}

// Close stops and stores the counts that are still in memory. It is called when
// no more requests come, and while the database is still open.
func (s *Service) Close(ctx context.Context) error {
	if s.stop != nil { // started
		s.stop()
		s.stopped.Wait()
		s.unsubscribe()
	}
	return s.Flush(ctx)
}

// run is the background goroutine: once a second it stores the counts and looks
// for what a notification may have missed.
func (s *Service) run(ctx context.Context) {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := errors.Join(s.Flush(ctx), s.poll(ctx))
		if ctx.Err() != nil {
			return
		}
		if failed := err != nil; s.failing.Swap(failed) != failed { // one line when it starts, one when it ends
			if failed {
				s.log.WarnContext(ctx, "API keys: counts and changes wait for the database", "error", err)
			} else {
				s.log.InfoContext(ctx, "API keys: counts and changes are stored again")
			}
		}
	}
}

// Overview is what both roles see of their organization's key.
type Overview struct {
	KeyID           string
	MaskedDisplay   string
	LastRegenerated time.Time // when this key was made
	TotalCalls      int64     // of all the organization's keys, since the first
	LastCall        time.Time // zero: none yet
}

// Get describes the organization's key and its use. Calls on this node count at
// once, those on others within about a second.
func (s *Service) Get(ctx context.Context, actor rbac.Actor) (Overview, error) {
	if err := s.Flush(ctx); err != nil {
		s.log.WarnContext(ctx, "API keys: store counts", "error", err) // the answer is a little old, not wrong
	}
	o, err := db.One(ctx, s.db, func(row db.Scanner) (Overview, error) {
		var o Overview
		var created, last int64
		if err := row.Scan(&o.KeyID, &o.MaskedDisplay, &created, &o.TotalCalls, &last); err != nil {
			return o, fmt.Errorf("scan: %w", err)
		}
		o.LastRegenerated, o.LastCall = db.Time(created), db.Time(last)
		return o, nil
	}, `SELECT k.id, k.masked, k.created_at, COALESCE(t.calls, 0), COALESCE(t.last_call_at, 0)
		FROM api_keys k LEFT JOIN api_key_totals t ON t.organization_id = k.organization_id
		WHERE k.organization_id = $1 AND k.revoked_at = 0`, actor.OrganizationID)
	if errors.Is(err, db.ErrNoRows) {
		return Overview{}, errNoKey
	}
	if err != nil {
		return Overview{}, fmt.Errorf("read the API key: %w", err)
	}
	return o, nil
}

// track records what a person did, when app has set how.
func (s *Service) track(ctx context.Context, tx *db.Tx, actor rbac.Actor, event string, properties map[string]any) error {
	if s.Track == nil {
		return nil
	}
	return s.Track(ctx, tx, actor, event, properties)
}

// publish tells open browsers, when app has set how.
func (s *Service) publish(tx *db.Tx, org string) {
	if s.Publish != nil {
		s.Publish(tx, org, Topic)
	}
}

// Every change of a fault makes a copy, so these can be shared.
var (
	errMalformedKey = fault.New(fault.Unauthenticated, "api-key-invalid",
		"That is not an API key: it is incomplete or mistyped.",
		"Send the whole key, as \"Authorization: Bearer sX_…\". An administrator can copy it: POST /api/v1/api-key/copy.")
	errUnknownKey = fault.New(fault.Unauthenticated, "api-key-invalid",
		"This API key is not valid: it was replaced, or belongs to another installation.",
		"Use the current key. An administrator can copy it: POST /api/v1/api-key/copy.")
	errUnchecked = fault.New(fault.Unavailable, "api-key-unchecked",
		"The API key cannot be checked at the moment.", "Try again in a few seconds.").After(2 * time.Second)
	errNoKey = fault.New(fault.NotFound, "api-key-not-found",
		"This organization has no API key.", "Ask whoever runs this server to look at the log.")
)
