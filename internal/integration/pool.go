package integration

import (
	"context"
	"sync"
)

// pool owns the goroutines of the service. Before start and after stop nothing
// begins.
type pool struct {
	mu      sync.Mutex
	ctx     context.Context //nolint:containedctx // of all that is cut off by stop
	whole   context.Context //nolint:containedctx // of what is not
	cancel  context.CancelFunc
	running sync.WaitGroup
}

func (p *pool) start(ctx context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.whole = ctx
	p.ctx, p.cancel = context.WithCancel(ctx)
}

// run begins fn, which stop cuts off. It reports whether it did.
func (p *pool) run(fn func(ctx context.Context)) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ctx == nil || p.ctx.Err() != nil {
		return false
	}
	p.running.Go(func() { fn(p.ctx) })
	return true
}

// keep begins fn, for whose end stop waits. After stop fn runs too, in the caller's
// own time: it is about what must not be lost.
func (p *pool) keep(fn func(ctx context.Context)) {
	p.mu.Lock()
	ctx := p.whole
	if ctx == nil || p.ctx.Err() != nil {
		p.mu.Unlock()
		fn(context.Background())
		return
	}
	p.running.Go(func() { fn(ctx) })
	p.mu.Unlock()
}

func (p *pool) stop(ctx context.Context) error {
	p.mu.Lock()
	if p.cancel != nil {
		p.cancel()
	}
	p.mu.Unlock()
	done := make(chan struct{})
	go func() {
		p.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
