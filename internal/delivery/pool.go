package delivery

import "time"

// poolMost bounds the requests on their way by class. A request of a proven lane
// that has waited for lateAge moves to the late ones, one of a shaken or known lane
// to the doubtful: when those are too many, lanes that have none of them still start.
var poolMost = [classes]int{proven: 4096, shaken: 256, known: 256, trial: 1024, slow: 512, late: 2048, doubtful: 2048}

// youngLimit bounds those that have just begun: connecting is what costs the
// processor most.
var youngLimit = [classes]int{proven: youngMost, shaken: 16, known: 16, trial: 16, slow: 16}

// Where so many more lanes of a class fail, or keep one waiting for lateAge, than
// succeed, their endpoints have died together most likely, and shall not all be
// tried again together: each try takes as much from the healthy ones as a success
// does. So each waits doubtGap for the one before until they succeed again; those
// that hang as long as their pool makes them wait in the long run, so that they
// do not end together for ever.
const (
	doubtsMany = 32
	doubtsMost = 2 * doubtsMany // more are not counted: so many successes end it in any case
)

var doubtGap = [classes]time.Duration{shaken: 20 * time.Millisecond, known: 20 * time.Millisecond, trial: 20 * time.Millisecond, slow: 30 * time.Millisecond}

// age lets requests that have lasted youngAge no longer count, and those that
// have lasted lateAge count among the late ones.
func (e *engine) age(now time.Time) {
	for len(e.youngs) > 0 {
		t := e.youngs[0]
		if t.young {
			if now.Sub(t.started) < youngAge {
				break
			}
			e.grown(t)
		}
		e.youngs[0] = nil
		e.youngs = e.youngs[1:]
	}
	for len(e.recent) > 0 {
		t := e.recent[0]
		if !t.ended {
			if now.Sub(t.started) < lateAge {
				break
			}
			e.aged(t)
		}
		e.recent[0] = nil
		e.recent = e.recent[1:]
	}
}

// aged moves a request that has lasted lateAge.
func (e *engine) aged(t *task) {
	to := t.class
	switch t.class {
	case proven:
		to = late
		t.lane.late++
	case shaken, known:
		to = doubtful
		fallthrough
	default:
		t.doubted = true
		e.doubt(t.class, 1)
	}
	e.onWay[t.class]--
	e.onWay[to]++
	t.class = to
}

// judged notes how a request of a lane that is not proven went.
func (e *engine) judged(t *task, ok bool) {
	c := t.began
	switch {
	case c == proven:
	case ok && t.doubted:
		e.doubt(c, -2) // its own, and one more
	case ok:
		e.doubt(c, -1)
	case !t.doubted:
		e.doubt(c, 1)
	}
}

// grown lets a request count no longer among those that have just begun.
func (e *engine) grown(t *task) {
	if t.young {
		t.young = false
		e.young--
		e.youngOf[t.class]--
	}
}

// pace sets the timer for when a request may begin that may not now.
func (e *engine) pace(now time.Time) {
	var at time.Time
	sooner := func(t time.Time) {
		if at.IsZero() || t.Before(at) {
			at = t
		}
	}
	if len(e.youngs) > 0 {
		sooner(e.youngs[0].started.Add(youngAge))
	}
	if len(e.recent) > 0 {
		sooner(e.recent[0].started.Add(lateAge))
	}
	for c, t := range e.startAt {
		if now.Before(t) && e.waits(class(c)) {
			sooner(t)
		}
	}
	if at.IsZero() || !e.paced.IsZero() && !at.Before(e.paced) {
		return // the end of a request makes room, or the timer is set
	}
	e.paced = at
	e.pacer.Reset(max(at.Sub(now), time.Millisecond))
}

// waits reports whether a lane of a class waits for its turn.
func (e *engine) waits(c class) bool {
	for q, lanes := range e.ready {
		if classOf[q] == c && len(lanes) > 0 {
			return true
		}
	}
	return false
}

func (e *engine) paceUp() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.paced = time.Time{}
	e.age(time.Now())
	e.rouseIfReady()
	if e.young >= youngMost {
		e.pace(time.Now())
	}
}

// spread makes the next lane of a class wait, where most of them fail. The caller
// holds mu.
func (e *engine) spread(c class, now time.Time) {
	if e.doubts[c] < doubtsMany {
		return
	}
	gap, from := doubtGap[c], now
	if due := e.startAt[c]; now.Sub(due) < gap {
		from = due // the timer was late: the mean counts
	}
	e.startAt[c] = from.Add(gap)
}

// doubt notes that so many more lanes of a class failed than succeeded.
func (e *engine) doubt(c class, n int) { e.doubts[c] = min(max(e.doubts[c]+n, 0), doubtsMost) }
