package tracking

import (
	"fmt"
	"sync"
	"time"

	"patchboard/internal/fault"
)

const (
	perMinute = 600 // events of one person; a busy hand makes a few dozen
	minute    = time.Minute
)

var errPace = fault.New(fault.RateLimited, "tracking-too-fast", fmt.Sprintf("More than %d events came from one person within a minute.", perMinute),
	"Send fewer events; the console sends those of five seconds at once.")

// pace counts each person's events of the running minute on this node, so that
// a loop in a page does not fill the database.
type pace struct {
	mu    sync.Mutex
	since time.Time
	by    map[string]int
}

// take counts n events; if they are too many it counts none of them and says
// how long to wait.
func (p *pace) take(person string, n int, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if age := now.Sub(p.since); age < 0 || age >= minute {
		p.since = now
		clear(p.by)
	}
	if p.by[person]+n > perMinute {
		return minute - now.Sub(p.since)
	}
	p.by[person] += n
	return 0
}
