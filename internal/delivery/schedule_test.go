package delivery

import (
	"testing"
	"time"
)

func TestTheScheduleIsKept(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	want := []time.Duration{
		5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
		10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
	}
	for i, gap := range want {
		for _, ask := range []time.Duration{0, time.Second, gap, gap + time.Hour, 24 * time.Hour} {
			var least, most time.Duration = 1 << 62, 0
			for range 500 {
				at, more := DefaultSchedule.After(now, i+1, ask)
				if !more {
					t.Fatalf("no try after %d", i+1)
				}
				least, most = min(least, at.Sub(now)), max(most, at.Sub(now))
			}
			if least < gap || least < ask {
				t.Errorf("try %d, asked for %v: after %v already", i+1, ask, least)
			}
			if longest := max(gap+gap/10, ask); most > longest {
				t.Errorf("try %d, asked for %v: only after %v", i+1, ask, most)
			}
			if ask <= gap && most-least < gap/50 {
				t.Errorf("try %d: no jitter, %v to %v", i+1, least, most)
			}
		}
	}
	for _, number := range []int{-1, 0, 10, 11, 1 << 40} {
		if at, more := DefaultSchedule.After(now, number, time.Hour); more || !at.IsZero() {
			t.Errorf("a try after number %d, at %v", number, at)
		}
	}
}

func TestTheBreaker(t *testing.T) {
	t.Parallel()
	last := time.Duration(0)
	for streak := range 2000 {
		d := breaker(streak, 0)
		if d < last || d < 100*time.Millisecond || d > 30*time.Second {
			t.Fatalf("%d failures: a pause of %v after %v", streak, d, last)
		}
		last = d
	}
	if last != 30*time.Second {
		t.Errorf("the longest pause is %v", last)
	}
	if d := breaker(1, 365*24*time.Hour); d != time.Minute {
		t.Errorf("one answer holds back the whole lane for %v", d)
	}
	if d := breaker(1, 10*time.Second); d != 10*time.Second {
		t.Errorf("Retry-After of 10 s gives a pause of %v", d)
	}
}

func TestALaneTrustsBySuccess(t *testing.T) {
	t.Parallel()
	now := time.Now()
	l := newLane()
	for range 100 {
		l.fresh.push(&task{})
	}
	if l.limit != 1 || l.class != trial {
		t.Fatalf("a lane that nobody tried: %+v", l)
	}
	succeeds := func() { l.ended(now, now, true, false, 0) }
	fails := func(timedOut bool) {
		now = now.Add(time.Millisecond)
		l.ended(now, now, false, timedOut, 0)
	}
	succeeds()
	if l.limit < laneStart || l.class != proven {
		t.Errorf("after a success: %d at once, class %d", l.limit, l.class)
	}
	for range 10 {
		succeeds()
	}
	if l.limit != laneMost {
		t.Errorf("%d at once", l.limit)
	}
	l.onWay = stalledMost
	if !l.ready(now) || l.ready(now.Add(stalled)) {
		t.Error("a lane where nothing comes back starts more")
	}
	l.onWay = 0
	fails(true)
	if l.limit != 1 || l.class != shaken || l.ready(now) || !l.ready(now.Add(time.Second)) {
		t.Errorf("after a time-out: %d at once, class %d", l.limit, l.class)
	}
	now = now.Add(trustedFor)
	fails(true)
	if l.class != slow || l.streak != 2 {
		t.Errorf("after time-outs for long: class %d, %d in a row", l.class, l.streak)
	}
	fails(false)
	if l.class != trial || l.streak != 3 {
		t.Errorf("after a failure: class %d, %d in a row", l.class, l.streak)
	}
	succeeds()
	if l.class != proven || l.streak != 0 || !l.ready(now) {
		t.Errorf("well again: class %d, %d in a row", l.class, l.streak)
	}
}

// A busy endpoint that goes takes all requests with it that are on their way. It is
// asked again as soon as one that had a single one.
func TestRequestsThatFailTogetherAreOneFailure(t *testing.T) {
	t.Parallel()
	now := time.Now()
	l := newLane()
	l.ended(now, now, true, false, 0)
	for range laneMost {
		now = now.Add(time.Millisecond)
		l.ended(now.Add(-time.Second), now, false, false, 0)
	}
	if pause := l.notBefore.Sub(now); l.streak != 1 || pause > breaker(1, 0)*5/4+1 {
		t.Errorf("%d in a row, a pause of %s", l.streak, pause)
	}
	l.ended(now.Add(time.Millisecond), now.Add(time.Second), false, false, 0)
	if l.streak != 2 {
		t.Errorf("after the next try %d in a row", l.streak)
	}
}

func TestFirstTriesComeBeforeRetries(t *testing.T) {
	t.Parallel()
	l := newLane()
	for i := range 3000 {
		q := &l.fresh
		if i%2 == 0 {
			q = &l.again
		}
		q.push(&task{attempts: 1 - i%2, num: int64(i)})
	}
	last := int64(-1)
	for i := range 3000 {
		task := l.next()
		if (i < 1500) != (task.attempts == 0) {
			t.Fatalf("number %d has had %d tries", i, task.attempts)
		}
		if i == 1500 {
			last = -1
		}
		if task.num < last {
			t.Fatalf("%d after %d: not in order", task.num, last)
		}
		last = task.num
	}
	if l.next() != nil || l.waiting() != 0 {
		t.Fatal("it is not empty")
	}
}
