package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	drainEvents = 60_000
	bareWarm    = 500 * time.Millisecond
	bareWindow  = 3 * time.Second
	drainGroup  = "drain"
	bareGroup   = "bare"
)

// measureDrain has a server start on a backlog and send it: from the first
// arrival until the last delivery is recorded, against the bare loop.
func measureDrain(ctx context.Context, b *bench, engine string) ([]figure, error) {
	s, end, err := b.newSink(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	var figures []figure
	for _, webhooks := range []int{1, 10} {
		what := "1 webhook"
		if webhooks > 1 {
			what = fmt.Sprintf("%d webhooks", webhooks)
		}
		rate := figure{what: what, engine: engine, unit: "/s", beside: "bare loop", floor: atLeast(0.5, 0.7)}
		effort := figure{what: what + ": processor time of each", engine: engine, unit: "µs", beside: "bare loop"}
		err := b.drains(ctx, s, engine, webhooks, &rate, &effort)
		figures = append(figures, rate, effort)
		if err != nil {
			return figures, err
		}
	}
	return figures, nil
}

func (b *bench) drains(ctx context.Context, s *sinkClient, engine string, webhooks int, rate, effort *figure) error {
	t, pending, err := b.backlog(ctx, s, engine, webhooks)
	if err != nil {
		return err
	}
	for range b.runs {
		bare, err := ask[bareReport](ctx, "bare", bareJob{URL: s.url(bareGroup, 0), Warm: bareWarm, For: bareWindow})
		if err == nil {
			err = s.tell(ctx, "reset", drainGroup)
		}
		if err != nil {
			return errors.Join(err, t.remove(ctx))
		}
		err = b.with(ctx, t, s, func(w *world) error {
			d, err := w.drain(ctx, pending)
			if err != nil {
				return err
			}
			rate.pair(d.perSecond, bare.PerSecond)
			effort.pair(eachOf(pending, d.processor), eachOf(bare.Requests, bare.Processor))
			return nil
		})
		if err != nil {
			return errors.Join(err, t.remove(ctx))
		}
	}
	return t.remove(ctx)
}

// drained is what one drain took.
type drained struct {
	perSecond float64
	processor time.Duration // of the server alone
}

// drain waits until the backlog has arrived and is recorded.
func (w *world) drain(ctx context.Context, pending int64) (d drained, err error) {
	if err := w.sink.wait(ctx, drainGroup, pending); err != nil {
		return d, err
	}
	if err := w.waitPending(ctx, 0); err != nil {
		return d, err
	}
	recorded := time.Now()
	if d.processor, err = processorTime(w.cmd.Process.Pid); err != nil {
		return d, err
	}
	r, err := w.sink.report(ctx, drainGroup)
	d.perSecond = float64(pending) / recorded.Sub(r.First).Seconds()
	return d, err
}

// backlog makes a template with pending deliveries that were never tried, and
// gives their number.
func (b *bench) backlog(ctx context.Context, s *sinkClient, engine string, webhooks int) (*template, int64, error) {
	base, err := b.base(ctx, engine)
	if err != nil {
		return nil, 0, err
	}
	w, err := b.open(ctx, base, s)
	if err != nil {
		return nil, 0, err
	}
	types, err := w.subscribe(ctx, drainGroup, webhooks)
	if err == nil {
		err = w.preload(ctx, drainGroup, types, drainEvents)
	}
	if err != nil {
		w.kill()
		return nil, 0, errors.Join(err, w.place.remove(ctx))
	}
	t, err := b.keep(ctx, w, drainGroup)
	if err != nil {
		return nil, 0, err
	}
	early, err := s.count(ctx, drainGroup) // those few that were held when the server stopped
	return t, drainEvents - early, err
}
