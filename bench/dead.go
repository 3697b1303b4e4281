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
	deadWithout = 10 * time.Second
	deadFirst   = 10 * time.Second // right after they got something to deliver
	deadKnown   = 25 * time.Second // from there until those that hang have filled their pools
	deadLater   = 10 * time.Second
	deadGroup   = "dead"
	deadKind    = "bench.dead"
)

// measureDead sends to one healthy endpoint while 10,000 others have nothing to
// get, and then while each of them has events that cannot be delivered: they
// hang, or refuse the connection. All have answered when they were saved, die
// together, and get their events together. The floor is for later, while they are
// tried one after another; the moments in which they get their events are told
// beside it. Every run begins with the same data.
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
	for _, way := range []struct{ word, order string }{{"hang", "hold"}, {"refuse", "refuse"}} {
		if err := s.tell(ctx, way.order, deadGroup); err != nil {
			return figures, errors.Join(err, t.remove(ctx))
		}
		some, err := b.deadRuns(ctx, t, s, way.word)
		figures = append(figures, some...)
		if err != nil {
			return figures, errors.Join(err, t.remove(ctx))
		}
	}
	return figures, t.remove(ctx)
}

func (b *bench) deadRuns(ctx context.Context, t *template, s *sinkClient, word string) ([]figure, error) {
	p50 := figure{what: "they " + word + ": p50", engine: t.engine, unit: "ms", beside: "without"}
	p99 := figure{what: "they " + word + ": p99", engine: t.engine, unit: "ms", beside: "without", floor: atMost(1.5)}
	first := figure{what: "they " + word + ": p99 of the first 10 s", engine: t.engine, unit: "ms", beside: "without"}
	for range b.runs {
		err := b.with(ctx, t, s, func(w *world) error {
			r, err := w.deadRun(ctx)
			if err != nil {
				return err
			}
			p50.pair(r.later.P50, r.without.P50)
			p99.pair(r.later.P99, r.without.P99)
			p99.missing(r.later.Missing)
			first.pair(r.first.P99, r.without.P99)
			first.missing(r.first.Missing)
			return nil
		})
		if err != nil {
			return []figure{p50, p99, first}, err
		}
	}
	return []figure{p50, p99, first}, nil
}

// deadReports are the windows of one run.
type deadReports struct{ without, first, later loadReport }

func (w *world) deadRun(ctx context.Context) (r deadReports, err error) {
	healthy := []string{kindOf(0)}
	if r.without, err = w.light(ctx, okGroup, healthy, lightRate, deadWarm, deadWithout); err != nil {
		return r, err
	}
	if _, err = w.load(ctx, loadJob{Types: []string{deadKind}, Conns: 1, Total: deadEvents}); err != nil {
		return r, err
	}
	known := time.Now().Add(deadFirst + deadKnown)
	if r.first, err = w.light(ctx, okGroup, healthy, lightRate, 0, deadFirst); err != nil {
		return r, err
	}
	if err = pause(ctx, time.Until(known)); err != nil {
		return r, err
	}
	r.later, err = w.light(ctx, okGroup, healthy, lightRate, deadWarm, deadLater)
	return r, err
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
	_, err = w.subscribe(ctx, okGroup, 1)
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
		return nil, errors.Join(err, w.place.remove(ctx))
	}
	return b.keep(ctx, w, deadGroup)
}
