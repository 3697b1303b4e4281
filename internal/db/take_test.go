package db

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A caller with the turn takes what lazy writers have queued, beside the goroutine
// that takes it too: it must not wait for what the other was faster with.
func TestTakeNeverWaits(t *testing.T) {
	t.Parallel()
	g := &group{queue: make(chan *member, 4), later: make(chan *member, 4)}
	ctx, stop := context.WithTimeout(t.Context(), 60*time.Second)
	defer stop()
	var taken, takes atomic.Int64
	var others sync.WaitGroup
	others.Go(func() { // the goroutine
		for {
			select {
			case <-g.later:
				taken.Add(1)
			case <-ctx.Done():
				return
			}
		}
	})
	others.Go(func() { // the caller
		for ctx.Err() == nil {
			taken.Add(int64(len(g.take())))
			takes.Add(1)
		}
	})
	past := func(n *atomic.Int64, least int64) bool {
		for n.Load() < least && ctx.Err() == nil {
			runtime.Gosched()
		}
		return ctx.Err() == nil
	}
	for n := range int64(30_000) {
		g.later <- &member{}
		g.later <- &member{} // which waits while the first wakes somebody
		if !past(&taken, 2*(n+1)) || !past(&takes, takes.Load()+2) {
			t.Errorf("a take waits for a member that is not there, after %d", n)
			close(g.later)
			break
		}
	}
	stop()
	others.Wait()
}
