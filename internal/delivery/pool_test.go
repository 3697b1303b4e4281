package delivery

import (
	"testing"
	"time"

	"patchboard/internal/egress"
)

// pool is an engine whose worker is the test; its lanes wait for nobody's timer.
func pool(t *testing.T, c class, lanes int) *engine {
	t.Helper()
	now := time.Now()
	node := &Node{}
	node.renewed.Store(&now)
	e := newEngine(&Service{node: node})
	e.mu.Lock()
	t.Cleanup(func() {
		e.closing = true // what the timer finds ends at once
		e.mu.Unlock()
	})
	e.idle = 1 << 20 // nobody is started
	for num := range int64(lanes) {
		l := newLane()
		l.num, l.class, l.more, l.since = num, c, false, now
		l.fresh.push(&task{lane: l})
		e.schedule(l, now)
	}
	return e
}

// begun takes what may begin at a time.
func (e *engine) begun(now time.Time) (ts []*task) {
	for t := e.pick(now); t != nil; t = e.pick(now) {
		ts = append(ts, t)
	}
	return ts
}

// over ends a request.
func (e *engine) over(t *task, c egress.Class) {
	e.mu.Unlock()
	e.done(&result{task: t, sent: true, res: egress.Result{Class: c, Status: 200}})
	e.mu.Lock()
}

var unproven = []class{shaken, known, trial, slow}

// Of lanes that are not proven few requests begin at once, and those that have
// lasted for youngAge make room for the next.
func TestFewRequestsOfUnprovenLanesBeginAtOnce(t *testing.T) {
	t.Parallel()
	for _, c := range unproven {
		e := pool(t, c, youngMost)
		now := time.Now()
		for _, at := range []time.Time{now, now.Add(youngAge)} {
			if n := len(e.begun(at)); n != youngLimit[c] {
				t.Errorf("class %d: %d began after %s, want %d", c, n, at.Sub(now), youngLimit[c])
			}
		}
	}
}

// Where many fail the others of their class wait for one another, however late
// the timer is, until lanes succeed again.
func TestLanesThatFailTogetherAreTriedOneAfterAnother(t *testing.T) {
	t.Parallel()
	for _, c := range unproven {
		e := pool(t, c, 2_000)
		now := time.Now()
		for failed := 0; failed < doubtsMany; now = now.Add(time.Millisecond) {
			for _, task := range e.begun(now) {
				e.over(task, egress.ClassConnect)
				failed++
			}
		}
		now = now.Add(time.Second)
		var ts []*task
		for end := now.Add(3 * time.Second); now.Before(end); now = now.Add(7 * time.Millisecond) {
			ts = append(ts, e.begun(now)...)
		}
		want := int(3 * time.Second / doubtGap[c])
		if n := len(ts); n < want-2 || n > want+2 {
			t.Errorf("class %d: %d began in 3 s, want %d", c, n, want)
		}
		for _, task := range ts {
			e.over(task, egress.ClassOK)
		}
		if n := len(e.begun(now.Add(time.Second))); n != youngLimit[c] {
			t.Errorf("class %d: %d began after successes, want %d", c, n, youngLimit[c])
		}
	}
}

// An endpoint that keeps one waiting is doubted like one that fails, until it
// answers.
func TestEndpointsThatHangTogetherAreTriedOneAfterAnother(t *testing.T) {
	t.Parallel()
	for _, c := range unproven {
		e := pool(t, c, 2_000)
		now := time.Now()
		var ts []*task
		for ; len(ts) < doubtsMost; now = now.Add(youngAge) {
			ts = append(ts, e.begun(now)...)
		}
		now = now.Add(lateAge)
		e.age(now)
		if e.doubts[c] < doubtsMany {
			t.Fatalf("class %d: %d are doubted", c, e.doubts[c])
		}
		if n := len(e.begun(now)); n > 1 {
			t.Errorf("class %d: %d began at once beside those that hang", c, n)
		}
		for _, task := range ts {
			e.over(task, egress.ClassOK)
		}
		if e.doubts[c] != 0 {
			t.Errorf("class %d: %d are doubted after all have answered", c, e.doubts[c])
		}
	}
}

// An endpoint that has worked and fails once is not queued with the dead, for a while.
func TestABadMomentIsNotQueuedWithTheDead(t *testing.T) {
	t.Parallel()
	for _, dead := range []class{known, trial, slow} {
		e := pool(t, dead, 2_000)
		now := time.Now()
		for failed := 0; failed < doubtsMost; now = now.Add(youngAge) {
			for _, task := range e.begun(now) {
				e.over(task, egress.ClassConnect)
				failed++
			}
		}
		l := newLane()
		l.num, l.class, l.more = -1, proven, false
		l.ended(now, now, false, dead == slow, 0)
		l.fresh.push(&task{lane: l})
		e.lanes[l.num] = l
		waited := func(from time.Time) (before int) {
			now = from
			for e.schedule(l, now); l.waiting() > 0 && before < 2_000; now = now.Add(youngAge) {
				for _, task := range e.begun(now) {
					if task.lane != l {
						e.over(task, egress.ClassConnect)
						before++
					}
				}
			}
			return before
		}
		if n := waited(l.notBefore); n > youngMost {
			t.Errorf("class %d: %d went before it", dead, n)
		}
		l.onWay, l.class, l.since = 0, shaken, now.Add(-trustedFor)
		l.fresh.push(&task{lane: l})
		e.schedule(l, now)
		if l.class == shaken {
			t.Errorf("class %d: it is trusted though it has failed for long", dead)
		}
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
