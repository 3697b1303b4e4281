package main

import (
	"context"
	"errors"
	"time"
)

const (
	deadHooks   = 10_000
	deadEvents  = 5 // waiting for each of them
	deadWarm    = time.Second
	deadWithout = 6 * time.Second
	deadSettle  = 5 * time.Second // from the events to the window with them
	deadWith    = 10 * time.Second
	deadGroup   = "dead"
	deadKind    = "bench.dead"
)

// measureDead sends to one healthy endpoint while 10,000 others have nothing to
// get, and then while each of them has events that cannot be delivered: they
// hang, or refuse the connection. Every pair begins with the same data.
func measureDead(ctx context.Context, b *bench, engine string) ([]figure, error) {
	s, end, err := b.newSink(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	t, err := b.manyEndpoints(ctx, s, engine)
	if err != nil {
		return nil, err
	}
	var figures []figure
	for _, way := range []string{"hang", "refuse"} {
		order := map[string]string{"hang": "hold", "refuse": "refuse"}[way]
		if err := s.tell(ctx, order, deadGroup); err != nil {
			return figures, errors.Join(err, t.remove())
		}
		p50 := figure{what: "they " + way + ": p50 with them", engine: engine, unit: "ms", beside: "without"}
		p99 := figure{what: "they " + way + ": p99 with them", engine: engine, unit: "ms", beside: "without", floor: atMost(1.5)}
		for range b.runs {
			err := b.with(ctx, t, s, func(w *world) error {
				without, with, err := w.deadPair(ctx)
				p50.pair(with.P50, without.P50)
				p99.pair(with.P99, without.P99)
				return err
			})
			if err != nil {
				return append(figures, p50, p99), errors.Join(err, t.remove())
			}
		}
		figures = append(figures, p50, p99)
	}
	return figures, t.remove()
}

func (w *world) deadPair(ctx context.Context) (without, with loadReport, err error) {
	healthy := []string{kindOf(0)}
	if without, err = w.light(ctx, okGroup, healthy, lightRate, deadWarm, deadWithout); err != nil {
		return without, with, err
	}
	if _, err := w.load(ctx, loadJob{Types: []string{deadKind}, Conns: 1, Total: deadEvents}); err != nil {
		return without, with, err
	}
	if err := pause(ctx, deadSettle); err != nil {
		return without, with, err
	}
	with, err = w.light(ctx, okGroup, healthy, lightRate, deadWarm, deadWith)
	return without, with, err
}

// manyEndpoints makes a template with the webhooks of this row. All endpoints
// answer while they are saved; they die later.
func (b *bench) manyEndpoints(ctx context.Context, s *sinkClient, engine string) (*template, error) {
	base, err := b.base(ctx, engine)
	if err != nil {
		return nil, err
	}
	w, err := b.open(ctx, base, s)
	if err != nil {
		return nil, err
	}
	_, _, err = w.subscribe(ctx, okGroup, 1)
	if err == nil {
		err = w.addType(ctx, deadKind)
	}
	if err == nil {
		err = each(ctx, deadHooks, func(ctx context.Context, i int) error {
			_, err := w.addWebhook(ctx, s.deadURL(deadGroup, i), deadKind)
			return err
		})
	}
	if err != nil {
		w.kill()
		return nil, errors.Join(err, w.place.remove())
	}
	return b.keep(ctx, w, deadGroup)
}
