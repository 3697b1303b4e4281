package main

import (
	"context"
	"errors"
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
		f := figure{what: "1 webhook", engine: engine, unit: "/s", beside: "bare loop", floor: atLeast(0.5, 0.7)}
		if webhooks > 1 {
			f.what = "10 webhooks"
		}
		err := b.drains(ctx, s, engine, webhooks, &f)
		figures = append(figures, f)
		if err != nil {
			return figures, err
		}
	}
	return figures, nil
}

func (b *bench) drains(ctx context.Context, s *sinkClient, engine string, webhooks int, f *figure) error {
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
			return errors.Join(err, t.remove())
		}
		err = b.with(ctx, t, s, func(w *world) error {
			if err := s.wait(ctx, drainGroup, pending); err != nil {
				return err
			}
			if err := w.waitPending(ctx, 0); err != nil {
				return err
			}
			recorded := time.Now()
			r, err := s.report(ctx, drainGroup)
			f.pair(float64(pending)/recorded.Sub(r.First).Seconds(), bare.PerSecond)
			return err
		})
		if err != nil {
			return errors.Join(err, t.remove())
		}
	}
	return t.remove()
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
	types, _, err := w.subscribe(ctx, drainGroup, webhooks)
	if err == nil {
		err = w.preload(ctx, drainGroup, types, drainEvents)
	}
	if err != nil {
		w.kill()
		return nil, 0, errors.Join(err, w.place.remove())
	}
	t, err := b.keep(ctx, w, drainGroup)
	if err != nil {
		return nil, 0, err
	}
	early, err := s.count(ctx, drainGroup) // those few that were held when the server stopped
	return t, drainEvents - early, err
}
