package delivery

import (
	"container/heap"
	"context"
	"time"
)

// wakeLane has the timer look at a lane at a time, or earlier. Only the earliest
// time is kept: a look reads the database, which knows the next. The caller
// holds mu.
func (e *engine) wakeLane(l *lane, at time.Time) {
	switch {
	case l.stopped || !l.wakeAt.IsZero() && !at.Before(l.wakeAt):
		return
	case l.wakeAt.IsZero():
		l.wakeAt = at
		heap.Push(&e.wakes, l)
	default:
		l.wakeAt = at
		heap.Fix(&e.wakes, l.wakePos)
	}
	if e.wakes[0] == l {
		select {
		case e.wakeup <- struct{}{}:
		default:
		}
	}
}

// wake is the goroutine of due times: retries, and the ends of pauses.
func (e *engine) wake(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		e.mu.Lock()
		now := time.Now()
		for len(e.wakes) > 0 && !e.wakes[0].wakeAt.After(now) {
			l := e.wakes[0]
			e.wakes.remove(l)
			l.more = true
			e.schedule(l, now)
		}
		next := time.Hour
		if len(e.wakes) > 0 {
			next = e.wakes[0].wakeAt.Sub(now)
		}
		e.mu.Unlock()
		timer.Reset(next)
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-e.wakeup:
		}
	}
}

// wakeHeap has every lane that waits for a time, once, the earliest first.
type wakeHeap []*lane

func (h *wakeHeap) remove(l *lane) {
	if !l.wakeAt.IsZero() {
		heap.Remove(h, l.wakePos)
		l.wakeAt = time.Time{}
	}
}

// Len is for package heap, as what follows.
func (h *wakeHeap) Len() int { return len(*h) }

// Less orders by time.
func (h *wakeHeap) Less(i, j int) bool { return (*h)[i].wakeAt.Before((*h)[j].wakeAt) }

// Swap keeps the lanes' places right.
func (h *wakeHeap) Swap(i, j int) {
	a := *h
	a[i], a[j] = a[j], a[i]
	a[i].wakePos, a[j].wakePos = i, j
}

// Push adds a lane, for package heap.
func (h *wakeHeap) Push(x any) {
	l := x.(*lane) //nolint:forcetypeassert // it holds nothing else
	l.wakePos = len(*h)
	*h = append(*h, l)
}

// Pop takes the last, for package heap.
func (h *wakeHeap) Pop() any {
	old := *h
	l := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return l
}
