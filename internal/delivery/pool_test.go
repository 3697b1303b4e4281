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

// An endpoint that refuses at once makes no room before its time: thousands of
// them would be tried as fast as the processor can.
func TestAFailureCountsForAWhile(t *testing.T) {
	t.Parallel()
	now := time.Now()
	node := &Node{}
	node.renewed.Store(&now)
	e := newEngine(&Service{node: node})
	e.idle = 1 << 20 // nobody is started: the test is the worker
	begin := func(class egress.Class) int {
		l := newLane()
		l.class, l.more, l.stopped = trial, false, false
		l.fresh.push(&task{lane: l})
		e.mu.Lock()
		task := e.begin(l, time.Now())
		l.stopped = true
		e.mu.Unlock()
		e.done(&result{task: task, sent: true, res: egress.Result{Class: class, Status: 200}})
		e.mu.Lock()
		defer e.mu.Unlock()
		return e.youngOf[trial]
	}
	if n := begin(egress.ClassOK); n != 0 {
		t.Errorf("%d after a success", n)
	}
	if n := begin(egress.ClassConnect); n != 1 {
		t.Errorf("%d after a failure", n)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.age(time.Now().Add(youngAge)); e.youngOf[trial] != 0 {
		t.Errorf("%d after %s", e.youngOf[trial], youngAge)
	}
	e.closing = true // what the timer finds ends at once
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
