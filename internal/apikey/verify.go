package apikey

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/rbac"
)

type hash = [sha256.Size]byte

// entry is an active key, as memory holds it: neither the key nor its seal.
type entry struct{ id, org string }

// ring holds every active key of the installation by its keyed hash. A key that
// is not there is unknown, or another node made it a moment ago.
type ring struct {
	mu     sync.RWMutex
	byHash map[hash]entry // guarded by mu
	byOrg  map[string]hash
}

func (r *ring) find(h hash) (entry, bool) {
	r.mu.RLock()
	e, ok := r.byHash[h]
	r.mu.RUnlock()
	return e, ok
}

// stored is a key's row, as far as the ring needs it.
type stored struct {
	entry

	hash    hash
	revoked bool
}

func scanStored(row db.Scanner) (stored, error) {
	var k stored
	var h []byte
	var revoked int64
	if err := row.Scan(&k.id, &k.org, &h, &revoked); err != nil {
		return k, fmt.Errorf("scan: %w", err)
	}
	if copy(k.hash[:], h) != len(k.hash) {
		return k, fmt.Errorf("API key %s: its hash has %d bytes", k.id, len(h))
	}
	k.revoked = revoked != 0
	return k, nil
}

// replace puts in all keys anew.
func (r *ring) replace(keys []stored) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.byHash, r.byOrg = make(map[hash]entry, len(keys)), make(map[string]hash, len(keys))
	for _, k := range keys {
		r.put(k)
	}
}

// update puts in what changed. When org is given, a key of it that is not among
// keys goes.
func (r *ring) update(org string, keys []stored) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if h, ok := r.byOrg[org]; ok {
		delete(r.byHash, h)
		delete(r.byOrg, org)
	}
	for _, k := range keys {
		r.put(k)
	}
}

// put is called with mu held.
func (r *ring) put(k stored) {
	old, has := r.byOrg[k.org]
	switch {
	case !k.revoked:
		if has {
			delete(r.byHash, old)
		}
		r.byHash[k.hash], r.byOrg[k.org] = k.entry, k.hash
	case has && old == k.hash:
		delete(r.byHash, k.hash)
		delete(r.byOrg, k.org)
	}
}

// Verify gives the machine actor of a key, without address, agent and request.
// A key that was revoked on this node is refused from the moment that Regenerate
// answers, one revoked on another node within a second. It reads memory only,
// unless this node may have missed a change or does not know the key; then it
// asks the database, for unknown keys some times a second at most.
//
// The comparison is a look-up by keyed hash: how long it takes tells nothing
// about any key.
func (s *Service) Verify(ctx context.Context, presented string) (rbac.Actor, error) {
	if !WellFormed(presented) {
		return rbac.Actor{}, errMalformedKey
	}
	h := s.vault.Hash(hashUse, []byte(presented))
	if s.stale.Load() || !s.db.Current() {
		return s.verifyStored(ctx, h)
	}
	if e, ok := s.ring.find(h); ok {
		return e.actor(), nil
	}
	if s.misses.take(s.clock()) { // another node may have made it a moment ago
		return s.verifyStored(ctx, h)
	}
	return rbac.Actor{}, errUnknownKey
}

// missesMost is how many unknown keys a second are looked up in the database: a
// flood of guesses is refused from memory.
const missesMost = 20

// misses counts the look-ups of the current second.
type misses struct {
	mu     sync.Mutex
	second int64
	taken  int
}

func (m *misses) take(now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if second := now.Unix(); second != m.second {
		m.second, m.taken = second, 0
	}
	m.taken++
	return m.taken <= missesMost
}

func (e entry) actor() rbac.Actor {
	return rbac.Actor{OrganizationID: e.org, Role: rbac.Machine, KeyID: e.id}
}

const selectStored = `SELECT id, organization_id, hash, revoked_at FROM api_keys WHERE `

func (s *Service) verifyStored(ctx context.Context, h hash) (rbac.Actor, error) {
	k, err := db.One(ctx, s.db, scanStored, selectStored+`hash = $1 AND revoked_at = 0`, h[:])
	switch {
	case errors.Is(err, db.ErrNoRows):
		return rbac.Actor{}, errUnknownKey
	case db.IsUnavailable(err):
		return rbac.Actor{}, errUnchecked.Because(err)
	case err != nil:
		return rbac.Actor{}, fmt.Errorf("check the API key: %w", err)
	}
	return k.actor(), nil
}

// changed is called after a commit here or elsewhere that touched a key of an
// organization; "" means that anything may have changed. It runs before the
// Write of a change on this node returns.
func (s *Service) changed(org string) {
	ctx, cancel := context.WithTimeout(context.Background(), queryLimit)
	defer cancel()
	var err error
	if org == "" {
		err = s.reloadAll(ctx)
	} else {
		err = s.reload(ctx, org)
	}
	if err != nil { // stale is set: nothing revoked passes
		s.log.Warn("API keys: reload", "error", err)
	}
}

// reload reads one organization's key anew. Since the read and the change of
// the ring are one step, the last of several at once has the last commit.
func (s *Service) reload(ctx context.Context, org string) error {
	s.loading.Lock()
	defer s.loading.Unlock()
	keys, err := db.All(ctx, s.db, scanStored, selectStored+`organization_id = $1 AND revoked_at = 0`, org)
	if err != nil {
		s.stale.Store(true)
		return fmt.Errorf("reload the API key of %s: %w", org, err)
	}
	s.ring.update(org, keys)
	return nil
}

// reloadAll reads every key anew.
func (s *Service) reloadAll(ctx context.Context) error {
	s.loading.Lock()
	defer s.loading.Unlock()
	keys, err := db.All(ctx, s.db, scanStored, selectStored+`revoked_at = 0`)
	if err != nil {
		s.stale.Store(true)
		return fmt.Errorf("load API keys: %w", err)
	}
	s.ring.replace(keys)
	s.stale.Store(false)
	return nil
}

// poll is the backstop of notifications, which leave a node after its commit
// and are lost if it dies in between: it reads what changed lately.
func (s *Service) poll(ctx context.Context) error {
	if s.stale.Load() {
		return s.reloadAll(ctx)
	}
	s.loading.Lock()
	defer s.loading.Unlock()
	keys, err := db.All(ctx, s.db, scanStored, selectStored+`changed_at > $1`, db.Micros(s.clock().Add(-lookBack)))
	if err != nil {
		return fmt.Errorf("look for changed API keys: %w", err)
	}
	s.ring.update("", keys)
	return nil
}
