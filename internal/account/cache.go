package account

import (
	"sync"
	"sync/atomic"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/rbac"
)

// sessionChannel carries the ids of sessions that ended or whose actor changed.
const sessionChannel = "sessions"

const (
	cacheLife = 30 * time.Second // the backstop, should news be lost unnoticed
	cacheMost = 10_000           // sessions
)

// sessionEntry is one session as it was read.
type sessionEntry struct {
	actor   rbac.Actor
	created time.Time
	seen    atomic.Int64 // db.Micros
	read    time.Time
}

func (e *sessionEntry) alive(now time.Time) bool {
	return now.Before(e.created.Add(sessionLife)) && now.Before(db.Time(e.seen.Load()).Add(sessionIdle))
}

// sessionCache keeps sessions in memory, and the watches of open streams.
type sessionCache struct {
	mu      sync.RWMutex
	byHash  map[[32]byte]*sessionEntry
	hashes  map[string][32]byte      // by session id
	watches map[string]chan struct{} // by session id; gone once closed
	epoch   uint64                   // grows with every change: what was read before one is not kept
}

func newSessionCache() *sessionCache {
	return &sessionCache{byHash: map[[32]byte]*sessionEntry{}, hashes: map[string][32]byte{}, watches: map[string]chan struct{}{}}
}

// get gives a session that was read lately and is alive, else nil.
func (c *sessionCache) get(hash [32]byte, now time.Time) *sessionEntry {
	c.mu.RLock()
	defer c.mu.RUnlock()
	e := c.byHash[hash]
	if e == nil || now.Sub(e.read) >= cacheLife || !e.alive(now) {
		return nil
	}
	return e
}

func (c *sessionCache) epochNow() uint64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.epoch
}

// put keeps a session that was read at an epoch, unless something changed
// since: the read may have been older than the change.
func (c *sessionCache) put(hash [32]byte, e *sessionEntry, epoch uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.epoch != epoch {
		return
	}
	if len(c.byHash) >= cacheMost {
		clear(c.byHash)
		clear(c.hashes)
	}
	c.byHash[hash] = e
	c.hashes[e.actor.SessionID] = hash
}

// watch gives the channel of a session; the watches of one share it. A watch
// costs a map entry until its session ends, by purge at the latest.
func (c *sessionCache) watch(sessionID string) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	ch := c.watches[sessionID]
	if ch == nil {
		ch = make(chan struct{})
		c.watches[sessionID] = ch
	}
	return ch
}

// changed is called with the id of a session that ended or whose actor changed,
// or "" when that may be true of any.
func (c *sessionCache) changed(sessionID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.epoch++
	if sessionID == "" {
		clear(c.byHash)
		clear(c.hashes)
		for _, ch := range c.watches {
			close(ch)
		}
		clear(c.watches)
		return
	}
	if hash, ok := c.hashes[sessionID]; ok {
		delete(c.byHash, hash)
		delete(c.hashes, sessionID)
	}
	if ch := c.watches[sessionID]; ch != nil {
		close(ch)
		delete(c.watches, sessionID)
	}
}
