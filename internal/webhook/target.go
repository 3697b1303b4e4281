package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"patchboard/internal/db"
)

// A Target is a webhook that an event goes to.
type Target struct {
	Num  int64
	ID   string
	Hold bool // it is off or disabled: its delivery starts as held
}

// A Set is all webhooks of an organization at one moment, by event type. It is
// never changed after it was made.
type Set struct {
	Version int64
	byType  map[string][]Target
}

// Match gives the webhooks that want a type of event, oldest first. The caller
// must not change the result.
func (s *Set) Match(eventType string) []Target { return s.byType[eventType] }

// setsMost bounds the organizations whose sets are kept in memory.
const setsMost = 4096

// sets keeps the sets that were used last. A set is kept under its version,
// which the reader takes from the database, so that an old one is never used.
type sets struct {
	mu    sync.RWMutex
	byOrg map[string]*Set
}

func (c *sets) get(org string, version int64) *Set {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if s := c.byOrg[org]; s != nil && s.Version == version {
		return s
	}
	return nil
}

func (c *sets) put(org string, s *Set) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.byOrg[org]; old != nil && old.Version > s.Version {
		return
	}
	if len(c.byOrg) >= setsMost {
		for other := range c.byOrg { // any: one that is needed again is read again
			delete(c.byOrg, other)
			break
		}
	}
	c.byOrg[org] = s
}

// Targets gives the organization's webhooks as they are in tx, and keeps them so
// until tx ends: an event that is accepted while a webhook is switched off sees
// it either on or off, and so does everybody after it. Who asks for several
// organizations does so in the order of their ids, lest two wait for each other.
func (s *Service) Targets(ctx context.Context, tx *db.Tx, org string) (*Set, error) {
	// The lock comes first, by itself: what a statement reads on Postgres is
	// settled before the statement waits.
	if err := tx.LockShared(ctx, setLock(org)); err != nil {
		return nil, fmt.Errorf("keep the webhooks of an organization: %w", err)
	}
	version, err := db.Value[int64](ctx, tx, `SELECT version FROM webhook_sets WHERE organization_id = $1`, org)
	if errors.Is(err, db.ErrNoRows) {
		return &Set{}, nil // it never had a webhook
	}
	if err != nil {
		return nil, fmt.Errorf("read the version of the webhooks: %w", err)
	}
	if set := s.sets.get(org, version); set != nil {
		return set, nil
	}
	set, err := loadSet(ctx, tx, org, version)
	if err != nil {
		return nil, err
	}
	// Only what is committed may be kept: within a shared commit, this version
	// may be another caller's that is lost with the commit.
	tx.AfterCommit(func() { s.sets.put(org, set) })
	return set, nil
}

// setLock names the lock of an organization's set of webhooks: shared by who
// accepts events, taken alone by who changes a webhook.
func setLock(org string) string { return "webhooks/" + org }

func loadSet(ctx context.Context, tx *db.Tx, org string, version int64) (*Set, error) {
	set := &Set{Version: version, byType: map[string][]Target{}}
	err := db.Each(ctx, tx, func(row db.Scanner) error {
		var t Target
		var text string
		var state State
		if err := row.Scan(&t.Num, &t.ID, &text, &state); err != nil {
			return fmt.Errorf("scan webhook: %w", err)
		}
		var events []string
		if err := json.Unmarshal([]byte(text), &events); err != nil {
			return fmt.Errorf("read the events of webhook %s: %w", t.ID, err)
		}
		t.Hold = state != Active
		for _, e := range events {
			set.byType[e] = append(set.byType[e], t)
		}
		return nil
	}, `SELECT num, id, events, state FROM webhooks WHERE organization_id = $1 AND deleted_at = 0 ORDER BY num`, org)
	if err != nil {
		return nil, fmt.Errorf("read the webhooks of an organization: %w", err)
	}
	return set, nil
}
