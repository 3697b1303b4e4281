package app

import (
	"context"
	"sync"
)

// afterwards runs what follows an answer (the check of a webhook that was
// switched on). It owns the goroutines: stop cuts them off and waits.
type afterwards struct {
	ctx    context.Context //nolint:containedctx // of all its goroutines
	cancel context.CancelFunc

	mu      sync.Mutex // guards closed: nothing is added to running once stop waits
	closed  bool
	running sync.WaitGroup
}

func newAfterwards(ctx context.Context) *afterwards {
	w := &afterwards{}
	w.ctx, w.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return w
}

// run begins fn, unless the program stops: then the answer that it would follow
// is the last thing that happens.
func (w *afterwards) run(fn func(ctx context.Context)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed {
		w.running.Go(func() { fn(w.ctx) })
	}
}

func (w *afterwards) stop(ctx context.Context) error {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.cancel()
	done := make(chan struct{})
	go func() {
		w.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
