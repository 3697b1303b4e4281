package apikey

import (
	"math/rand/v2"
	"sync"
	"time"

	"patchboard/internal/db"
)

// counter names one count: calls with an organization's key, in one clock hour,
// to one route, with one status.
type counter struct {
	org, route string
	status     int
	hour       int64 // microseconds since the Unix epoch, at the hour's start
}

// tally is what was counted: calls, and when the last one was.
type tally struct{ calls, last int64 }

func (t tally) plus(o tally) tally { return tally{t.calls + o.calls, max(t.last, o.last)} }

const shards = 16

// tallies counts calls in memory. Which shard takes a call is drawn at random,
// so that callers of one busy key do not wait for each other; take adds up.
type tallies struct {
	shard [shards]struct {
		mu     sync.Mutex
		counts map[counter]tally // guarded by mu
		_      [48]byte          // keeps neighbours off one cache line
	}
}

func (t *tallies) add(c counter, n tally) {
	s := &t.shard[rand.Uint32N(shards)] //nolint:gosec // spreads load, guards nothing
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.counts == nil {
		s.counts = map[counter]tally{}
	}
	s.counts[c] = s.counts[c].plus(n)
}

// take empties the counters and gives what was in them.
func (t *tallies) take() map[counter]tally {
	sum := map[counter]tally{}
	for i := range t.shard {
		s := &t.shard[i]
		s.mu.Lock()
		counts := s.counts
		s.counts = nil
		s.mu.Unlock()
		for c, n := range counts {
			sum[c] = sum[c].plus(n)
		}
	}
	return sum
}

// hourOf gives the start of the clock hour (UTC) of an instant.
func hourOf(at time.Time) int64 { return db.Micros(at.Truncate(time.Hour)) }
