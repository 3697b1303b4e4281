package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	workLimit  = 30 * time.Second // for requests and attempts on their way, together
	flushLimit = 10 * time.Second // for each part to write what it still holds
)

// stop undoes a start.
type stop struct {
	what string
	work bool // waits for work on its way: such stops share workLimit
	run  func(ctx context.Context) error
}

// onStop has run called at the end, before the stops of what was started before.
func (a *App) onStop(what string, run func(ctx context.Context) error) {
	a.stops = append(a.stops, stop{what: what, run: run})
}

// onStopWork is onStop for what waits for work on its way.
func (a *App) onStopWork(what string, run func(ctx context.Context) error) {
	a.stops = append(a.stops, stop{what: what, work: true, run: run})
}

// Close stops the program in order: no new work, what is on its way ends (at
// most 30 s, or until ctx ends), counters and audit heads are written, the
// database is closed. What was accepted and not yet sent is sent after the next
// start. A second call waits for the first.
func (a *App) Close(ctx context.Context) error {
	a.closing.Do(func() {
		work, cancel := context.WithTimeout(ctx, workLimit)
		defer cancel()
		var errs []error
		for _, s := range slices.Backward(a.stops) {
			if err := s.do(ctx, work); err != nil {
				errs = append(errs, fmt.Errorf("stop %s: %w", s.what, err))
			}
		}
		a.closed = errors.Join(errs...)
		if a.closed == nil && a.started {
			a.log.Info("stopped")
		}
	})
	return a.closed
}

func (s stop) do(ctx, work context.Context) error {
	if s.work {
		return s.run(work)
	}
	// Also after a ctx that has ended: what is in memory is written.
	flush, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushLimit)
	defer cancel()
	return s.run(flush)
}
