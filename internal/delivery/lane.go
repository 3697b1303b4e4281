package delivery

import (
	"math/rand/v2"
	"sync/atomic"
	"time"

	"patchboard/internal/id"
)

// A task is a delivery in memory: waiting in its lane, on its way, or being
// recorded.
type task struct {
	num         int64
	key         id.Key
	eventID     string
	org         string
	body        []byte
	attempts    int   // tries made before
	retriesFrom int   // of which belong to an earlier schedule
	nextAt      int64 // when it came due, in microseconds, if it was read

	lane    *lane
	started time.Time
	young   bool  // counts against the number of requests that have just begun
	ended   bool  // it is no longer on its way
	doubted bool  // it has lasted lateAge, which counts as a failure until it succeeds
	began   class // of its lane when it began
	class   class // the pool that it counts in
}

// class is how far a lane is trusted. It decides which pool its requests are
// counted in, so that endpoints that do not answer share nothing with those
// that do.
type class int

const (
	proven   class = iota // its last try, by this holder, succeeded
	shaken                // it was proven until its tries began to fail, trustedFor ago at most
	known                 // it did well with an earlier holder, or in its check; not tried yet
	trial                 // not tried yet, or failing fast
	slow                  // its last try timed out
	late                  // no class of a lane: requests of proven ones that wait for an answer for lateAge
	doubtful              // the same of shaken and known ones
	classes               // their number
)

// Limits of a lane and of the pools.
const (
	laneMost    = 64              // requests at once for one webhook
	laneStart   = 4               // after the first success; doubled by each
	stalledMost = 4               // at once while nothing has come back for stalledAfter
	stalled     = 1 * time.Second // since the last answer, with requests on their way

	// trustedFor is how long an endpoint that has worked may have a bad moment, such as
	// a restart, before it is queued with the dead.
	trustedFor = time.Minute

	bufferLow   = 768 // fetch when fewer wait
	fetchMost   = 1024
	fetchBytes  = 4 << 20 // of bodies in one fetch
	handedMost  = 4096    // just committed, that a proven lane keeps: each saves reading it back
	idleLane    = 60 * time.Second
	handedBytes = 32 << 20 // of bodies that all lanes keep; what is over is read when its turn comes
)

// fetchLimit bounds what a lane keeps in memory by class.
var fetchLimit = [classes]int{proven: fetchMost, shaken: 128, known: 32, trial: 32, slow: 4}

// restingStreak is the number of failures in a row from which a lane keeps
// nothing in memory while it pauses.
const restingStreak = 5

// A lane is one webhook's queue on the node that holds it. All fields are
// guarded by the engine's mutex.
type lane struct {
	num       int64
	webhookID string
	checked   int64 // 1: the last check of the address succeeded, which a lane without tries is judged by
	org       string

	fresh, again queue               // first tries; retries
	known        map[id.Key]struct{} // waiting, on their way, or not yet recorded
	onWay        int                 // requests on their way
	late         int                 // of which have waited for lateAge
	limit        int                 // requests allowed at once
	class        class
	timedOut     bool      // its last failure was a time-out
	streak       int       // failures in a row; those that were on their way together are one
	since        time.Time // of the first of them
	failed       time.Time // of the last of them
	notBefore    time.Time // the breaker's pause
	lastDone     time.Time // when a try last ended

	// during holds what was recorded while a fetch reads: its rows may be older.
	during map[id.Key]struct{}

	more     bool        // the database may have due rows that are not here
	fetched  time.Time   // when the last fetch began
	fetching bool        // a fetch is under way
	afterAt  int64       // where the next fetch goes on: next_at and key of the last row read
	afterKey id.Key      //
	wakeAt   time.Time   // when the timer looks at this lane; zero for never
	wakePos  int         // its place in the timer's heap
	queued   bool        // it stands in a ready queue
	stopped  bool        // off, lost or given back: nothing starts any more
	gone     atomic.Bool // the same, for those who do not hold the mutex
	idle     time.Time   // since when there was nothing to do
}

func newLane() *lane {
	return &lane{known: map[id.Key]struct{}{}, class: trial, limit: 1, more: true}
}

// next takes the lane's next delivery: first tries before retries.
func (l *lane) next() *task {
	if t := l.fresh.pop(); t != nil {
		return t
	}
	return l.again.pop()
}

func (l *lane) waiting() int { return l.fresh.len() + l.again.len() }

// ready reports whether the lane may start a request now.
func (l *lane) ready(now time.Time) bool {
	if l.stopped || l.waiting() == 0 || l.onWay >= l.limit || now.Before(l.notBefore) {
		return false
	}
	return l.onWay < stalledMost || now.Sub(l.lastDone) < stalled
}

// room is how many deliveries may wait in memory.
func (l *lane) room() int {
	if l.streak >= restingStreak {
		return 2
	}
	return fetchLimit[l.class]
}

// full reports whether a delivery that was just committed has to be read when its turn
// comes.
func (l *lane) full() bool {
	if l.class == proven {
		return l.fresh.len() >= handedMost
	}
	return l.fresh.len() >= l.room()
}

// resting reports whether the lane makes a long pause.
func (l *lane) resting(now time.Time) bool {
	return l.streak >= restingStreak && now.Before(l.notBefore)
}

// ended notes how a try went that began at started: success doubles what the lane
// may do at once, a failure brings it back to one request and a pause. Requests that
// fail together, as they were on their way when the endpoint went, are one failure.
func (l *lane) ended(started, now time.Time, ok, timedOut bool, retryAfter time.Duration) {
	l.lastDone = now
	if ok {
		l.class, l.streak, l.notBefore = proven, 0, time.Time{}
		l.limit = min(max(l.limit, laneStart/2)*2, laneMost)
		return
	}
	l.timedOut, l.limit = timedOut, 1
	switch {
	case l.streak == 0:
		l.streak, l.since, l.failed = 1, now, now
	case started.After(l.failed):
		l.streak++
		l.failed = now
	}
	switch l.class {
	case proven:
		l.class = shaken
	case shaken:
		l.tire(now)
	default:
		l.class = l.failing()
	}
	pause := breaker(l.streak, retryAfter)
	l.notBefore = now.Add(pause + rand.N(pause/4+1)) //nolint:gosec // lanes that fail together shall not come back together
}

// failing is the class of a lane that is not trusted, by its last failure.
func (l *lane) failing() class {
	if l.timedOut {
		return slow
	}
	return trial
}

// tire ends the trust in a shaken lane when its time is up, and reports whether it
// has.
func (l *lane) tire(now time.Time) bool {
	if l.class != shaken || now.Sub(l.since) < trustedFor {
		return false
	}
	l.class = l.failing()
	return true
}

// queue is a first-in first-out list of tasks.
type queue struct {
	items []*task
	head  int
}

func (q *queue) len() int { return len(q.items) - q.head }

func (q *queue) push(t *task) { q.items = append(q.items, t) }

func (q *queue) pop() *task {
	if q.head == len(q.items) {
		return nil
	}
	t := q.items[q.head]
	q.items[q.head] = nil
	q.head++
	switch {
	case q.head == len(q.items):
		q.items, q.head = q.items[:0], 0
	case q.head > 1024 && q.head*2 > len(q.items):
		n := copy(q.items, q.items[q.head:])
		clear(q.items[n:])
		q.items, q.head = q.items[:n], 0
	}
	return t
}
