package webhook

import (
	"context"
	"sync"
)

// gates ends the check that follows a switching on when the webhook is switched
// off again: off means that not one more request starts, a check's included.
type gates struct {
	mu   sync.Mutex
	last int64
	open map[int64]gate // by the webhook's num
}

type gate struct {
	number int64
	cancel context.CancelFunc
}

// add opens a gate for one check of a webhook, and ends an earlier one. The
// context ends when the gate is closed; done must be called after the check.
func (g *gates) add(num int64) (ctx context.Context, done func()) {
	ctx, cancel := context.WithCancel(context.Background())
	g.mu.Lock()
	defer g.mu.Unlock()
	if old, ok := g.open[num]; ok {
		old.cancel()
	}
	g.last++
	mine := gate{g.last, cancel}
	g.open[num] = mine
	return ctx, func() {
		cancel()
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.open[num].number == mine.number {
			delete(g.open, num)
		}
	}
}

// close ends the check of a webhook, if one runs or waits to.
func (g *gates) close(num int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if old, ok := g.open[num]; ok {
		old.cancel()
		delete(g.open, num)
	}
}
