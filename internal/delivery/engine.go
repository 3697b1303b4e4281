package delivery

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"patchboard/internal/id"
)

// The engine runs the lanes that this node holds. Workers take the next request
// from the ready lanes in turn; completers record what came of them; one
// goroutine (keep) renews the lease and claims lanes; one (wake) looks after
// due times.
//
// A worker takes a request only while fewer than youngMost have just begun, and
// of lanes that are not proven fewer still. A request that has lasted youngAge
// waits for its receiver and uses no processor, so it no longer counts: many slow
// receivers take nothing from fast ones. After lateAge it moves to a pool of its
// own. Where the lanes of a class fail together, they are tried one after another.
type engine struct {
	s      *Service
	shards atomic.Int64

	mu       sync.Mutex
	lanes    map[int64]*lane
	byID     map[string]*lane // by the webhook's public id
	ready    [queues][]*lane  // lanes that may start a request
	turn     int
	onWay    [classes]int
	young    int
	youngOf  [classes]int       // young, by class
	startAt  [classes]time.Time // when the next may begin, by class
	doubts   [classes]int       // failures less successes, see doubtsMany
	youngs   []*task            // young requests, oldest first
	recent   []*task            // requests that are not late yet, oldest first
	stuck    []*lane            // lanes with late requests that wait for room among those
	idle     int                // workers that wait
	workers  int
	work     *sync.Cond
	pacer    *time.Timer
	paced    time.Time                     // when the pacer looks; zero: it is not set
	kept     int                           // bytes of deliveries in memory
	keepMost int                           // instead of handedBytes, in tests
	coming   map[id.Key]time.Time          // events that offer is about to bring
	leaving  map[int64]map[id.Key]struct{} // the known deliveries of dropped lanes, until they are recorded
	wakes    wakeHeap
	// Lanes whose due rows are to be read, and the goroutines that do it.
	fetchFirst, fetchLater []*lane
	fetchers               int
	wakeup                 chan struct{}
	wanted                 map[int64]struct{} // lanes to claim
	claim                  chan struct{}
	foreign                map[int64]time.Time // when another node was seen to hold a lane
	closing                bool                // nothing starts any more
	stopped                bool                // Stop was called
	holding                map[int64]struct{}  // webhooks in holds
	// What the keeper is asked to do: search all webhooks for work, compare all
	// lanes with their webhooks, give back lanes that were dropped.
	sweep, checkAll, release bool

	frozen atomic.Bool // the keepers do nothing: a test plays a node that stands still

	results     chan *result // successes
	troubles    chan *result // all others, which cost more to record and never wait before a success
	holds       chan int64
	runCtx      context.Context //nolint:containedctx // of the keepers, until Stop
	stop        context.CancelFunc
	giveUp      chan struct{}   // closed: recording is not tried any longer
	sendCtx     context.Context //nolint:containedctx // of all requests: its end cuts them off
	cancelSend  context.CancelFunc
	unsubscribe []func()
	keepers     sync.WaitGroup // keep, wake, holds, fetches
	sending     sync.WaitGroup // workers
	complete    sync.WaitGroup // completers
}

// The ready queues, in the order in which they are served.
const (
	readyFresh = iota // proven lanes with first tries
	readyAgain        // proven lanes with retries only
	readyShaken
	readyKnown
	readyTrial
	readySlow
	queues
)

const (
	youngMost   = 64
	youngAge    = 10 * time.Millisecond
	lateAge     = 100 * time.Millisecond
	workersIdle = 2 * youngMost // workers beyond these end when they have nothing to do
	resultsMost = 256
	fetchesMost = 2
)

func newEngine(s *Service) *engine {
	e := &engine{
		s: s, lanes: map[int64]*lane{}, byID: map[string]*lane{}, wanted: map[int64]struct{}{}, foreign: map[int64]time.Time{},
		coming: map[id.Key]time.Time{}, leaving: map[int64]map[id.Key]struct{}{}, holding: map[int64]struct{}{},
		wakeup: make(chan struct{}, 1), claim: make(chan struct{}, 1),
		results: make(chan *result, resultsMost), troubles: make(chan *result, resultsMost), holds: make(chan int64, 1024),
	}
	e.work = sync.NewCond(&e.mu)
	e.pacer = time.AfterFunc(time.Hour, e.paceUp)
	e.pacer.Stop()
	return e
}

// next gives a worker its next request, nil when it should end.
func (e *engine) next() *task {
	e.mu.Lock()
	defer e.mu.Unlock()
	for {
		now := time.Now()
		if t := e.pick(now); t != nil {
			return t
		}
		if e.closing || e.idle >= workersIdle {
			e.workers--
			return nil
		}
		e.idle++ // whoever signals takes one off
		e.work.Wait()
	}
}

// orders of service, in turn: mostly first tries; each other queue goes first
// now and then, so that nobody waits for ever.
var orders = [8][queues]int{
	{readyFresh, readyAgain, readyShaken, readyKnown, readyTrial, readySlow},
	{readyKnown, readyFresh, readyAgain, readyShaken, readyTrial, readySlow},
	{readyAgain, readyFresh, readyShaken, readyKnown, readyTrial, readySlow},
	{readyShaken, readyFresh, readyAgain, readyKnown, readyTrial, readySlow},
	{readyTrial, readySlow, readyFresh, readyAgain, readyShaken, readyKnown},
	{readyKnown, readyShaken, readyFresh, readyAgain, readyTrial, readySlow},
	{readyFresh, readyAgain, readyShaken, readyKnown, readyTrial, readySlow},
	{readySlow, readyTrial, readyFresh, readyAgain, readyShaken, readyKnown},
}

var classOf = [queues]class{proven, proven, shaken, known, trial, slow}

// pick takes a request from the ready lanes. The caller holds mu.
func (e *engine) pick(now time.Time) *task {
	if e.closing || !e.s.node.Leased() {
		return nil
	}
	e.age(now)
	if e.young >= youngMost {
		e.pace(now)
		return nil
	}
	order := orders[e.turn%len(orders)]
	lateFull, doubtfulFull := e.onWay[late] >= poolMost[late], e.onWay[doubtful] >= poolMost[doubtful]
	blocked := false
	for _, q := range order {
		c := classOf[q]
		if e.onWay[c] >= poolMost[c] || e.youngOf[c] >= youngLimit[c] || now.Before(e.startAt[c]) || doubtfulFull && (c == known || c == shaken) {
			blocked = blocked || len(e.ready[q]) > 0
			continue
		}
		for len(e.ready[q]) > 0 {
			l := e.ready[q][0]
			e.ready[q] = e.ready[q][1:]
			l.queued = false
			switch {
			case l.tire(now), !l.ready(now):
				e.schedule(l, now) // a stalled or pausing lane comes back by the timer
				continue
			case lateFull && l.late > 0:
				e.stuck = append(e.stuck, l)
				continue
			}
			e.turn++
			return e.begin(l, now)
		}
	}
	if blocked {
		e.pace(now)
	}
	return nil
}

// begin takes a ready lane's next request. The caller holds mu.
func (e *engine) begin(l *lane, now time.Time) *task {
	t := l.next()
	t.started, t.young, t.began, t.class = now, true, l.class, l.class
	if l.onWay == 0 {
		l.lastDone = now // the stall counts from the first request of a burst
	}
	l.onWay++
	e.onWay[l.class]++
	e.young++
	e.youngOf[l.class]++
	e.youngs = append(e.youngs, t)
	e.recent = append(e.recent, t)
	e.spread(l.class, now)
	e.schedule(l, now)
	e.rouseIfReady() // the next worker, as long as there is work
	return t
}

// schedule puts a lane into its ready queue, sets its timer, and starts a fetch
// where the lane runs low. The caller holds mu.
func (e *engine) schedule(l *lane, now time.Time) {
	if l.stopped {
		return
	}
	l.tire(now)
	pausing := now.Before(l.notBefore)
	if pausing && (l.more || l.waiting() > 0) {
		e.wakeLane(l, l.notBefore)
	}
	low := min(bufferLow, l.room())
	if e.crowded(l) {
		low = 1 // one small read after another would fill the memory all the same
	}
	if l.more && !l.fetching && !pausing && !e.closing && l.waiting() < low {
		e.needFetch(l)
	}
	if l.queued || !l.ready(now) {
		return // where it is busy, the end of a request schedules it
	}
	q := readyFresh
	switch {
	case l.class == slow:
		q = readySlow
	case l.class == trial:
		q = readyTrial
	case l.class == known:
		q = readyKnown
	case l.class == shaken:
		q = readyShaken
	case l.fresh.len() == 0:
		q = readyAgain
	}
	l.queued = true
	e.ready[q] = append(e.ready[q], l)
	e.rouse()
}

// rouse gets a worker for work that is ready. The caller holds mu.
func (e *engine) rouse() {
	if e.idle > 0 {
		e.idle--
		e.work.Signal()
		return
	}
	switch {
	case e.closing:
	case e.young < youngMost:
		e.workers++
		e.sending.Go(e.worker)
	default:
		e.pace(time.Now()) // all workers may wait for receivers: nobody else would look
	}
}

func (e *engine) rouseIfReady() {
	for _, q := range e.ready {
		if len(q) > 0 {
			e.rouse()
			return
		}
	}
}

// worker sends one request after another.
func (e *engine) worker() {
	for {
		t := e.next()
		if t == nil {
			return
		}
		r := e.send(t)
		switch { // both wait while the database is behind, and with them the lane
		case !r.sent:
		case r.ok():
			e.results <- r
		default:
			e.troubles <- r
		}
		e.done(r)
	}
}

// done frees the place of a request that has ended.
func (e *engine) done(r *result) {
	now := time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	t, l := r.task, r.task.lane
	l.onWay--
	e.onWay[t.class]--
	t.ended = true
	e.grown(t)
	if t.class == late {
		l.late--
		e.unstick(now)
	}
	if !r.sent { // it was not tried: its lane stops, it is to be held, or its webhook could not be read
		e.forget(l, t)
		if !l.stopped {
			l.notBefore = now.Add(time.Second)
		}
		if l = e.current(l); l != nil {
			l.more = true
			e.schedule(l, now)
		}
		return
	}
	e.judged(t, r.ok())
	l.ended(t.started, now, r.ok(), r.timedOut(), r.res.RetryAfter)
	if l.resting(now) {
		e.shed(l)
	}
	e.schedule(l, now)
}

// unstick lets lanes try again that waited for room among the late requests.
func (e *engine) unstick(now time.Time) {
	stuck := e.stuck
	e.stuck = nil
	for _, l := range stuck {
		e.schedule(l, now)
	}
}
