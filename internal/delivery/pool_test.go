package delivery

import (
	"testing"
	"time"

	"patchboard/internal/egress"
)

// Of lanes that are not proven few requests begin at once, and those that have
// lasted for youngAge make room for the next.
func TestFewRequestsOfUnprovenLanesBeginAtOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []class{known, trial, slow} {
		now := time.Now()
		node := &Node{}
		node.renewed.Store(&now)
		e := newEngine(&Service{node: node})
		e.mu.Lock()
		e.idle = 1 << 20 // nobody is started: the test is the worker
		for num := range int64(youngMost) {
			l := newLane()
			l.num, l.class, l.more = num, c, false
			l.fresh.push(&task{lane: l})
			e.schedule(l, now)
		}
		begun := func(now time.Time) (n int) {
			for e.pick(now) != nil {
				n++
			}
			return n
		}
		if n := begun(now); n != youngLimit[c] {
			t.Errorf("class %d: %d began, want %d", c, n, youngLimit[c])
		}
		if n := begun(now.Add(youngAge)); n != youngLimit[c] {
			t.Errorf("class %d: %d began after the first had lasted, want %d", c, n, youngLimit[c])
		}
		e.closing = true // what the timer finds ends at once
		e.mu.Unlock()
	}
}

// Successes are recorded many at once, other results few at once.
func TestGatherTakesSoMany(t *testing.T) {
	t.Parallel()
	from := make(chan *result, 20)
	for range 20 {
		from <- &result{res: egress.Result{Class: egress.ClassTimeout}}
	}
	if rs := gather(<-from, from, troublesMost); len(rs) != troublesMost {
		t.Errorf("%d at once", len(rs))
	}
	if rs := gather(<-from, from, completeMost); len(rs) != 20-troublesMost {
		t.Errorf("%d of what was left", len(rs))
	}
}
