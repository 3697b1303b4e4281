package e2e

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// load sends events from several senders at once. Each event has a key of its
// own and is sent until it is accepted, as a careful sender does: after an
// answer that was lost, too.
type load struct {
	t    *testing.T
	name string                 // begins the keys of its events
	to   atomic.Pointer[caller] // where events are sent now
	next atomic.Int64
	end  atomic.Int64 // the number of events
	work sync.WaitGroup
	cut  context.CancelFunc

	mu      sync.Mutex
	ids     []string // of the accepted
	lost    int      // requests without an answer
	later   int      // answers 503
	slowest time.Duration
}

func startLoad(n *node, events, senders int) *load {
	l := &load{t: n.t, name: rand.Text()}
	l.redirect(n)
	l.end.Store(int64(events))
	for range senders {
		l.work.Go(func() {
			for number := l.next.Add(1); number <= l.end.Load(); number = l.next.Add(1) {
				l.one(int(number))
			}
		})
	}
	return l
}

// redirect sends to another node from now on, and waits no longer for answers
// of the one before, which may hang.
func (l *load) redirect(n *node) {
	c := n.key()
	ctx, cancel := context.WithCancel(context.Background())
	c.ctx = ctx
	l.to.Store(c)
	if l.cut != nil {
		l.cut()
	}
	l.cut = cancel
}

// one sends an event until it is accepted.
func (l *load) one(number int) {
	retry := time.NewTicker(50 * time.Millisecond)
	defer retry.Stop()
	end := time.Now().Add(2 * time.Minute)
	for time.Now().Before(end) {
		began := time.Now()
		a, err := l.to.Load().call(http.MethodPost, "/events", contact(number), "Idempotency-Key", fmt.Sprint(l.name, number))
		l.mu.Lock()
		l.slowest = max(l.slowest, time.Since(began))
		switch {
		case err != nil:
			l.lost++
		case a.status == http.StatusServiceUnavailable:
			l.later++
			a.later(l.t)
		case a.status == http.StatusAccepted:
			var out struct {
				ID string `json:"id"`
			}
			a.decode(l.t, &out)
			l.ids = append(l.ids, out.ID)
		default:
			l.t.Errorf("event %d: %d %s", number, a.status, a.body)
		}
		l.mu.Unlock()
		if err == nil && a.status != http.StatusServiceUnavailable {
			return
		}
		<-retry.C
	}
	l.t.Errorf("event %d was not accepted within two minutes", number)
}

// stop ends the load after the events that are being sent.
func (l *load) stop() { l.end.Store(0) }

// wait gives the ids of all events once all are accepted.
func (l *load) wait() []string {
	l.t.Helper()
	l.work.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	seen := map[string]bool{}
	for _, id := range l.ids {
		if seen[id] {
			l.t.Errorf("two events have the id %s", id)
		}
		seen[id] = true
	}
	return l.ids
}

func (l *load) accepted() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.ids)
}

func (l *load) refused() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.later
}
