package main

import (
	"context"
	"errors"
	"time"
)

const (
	hangHooks   = 10 // the last hangs
	hangHealthy = 160
	hangRate    = 40
	hangWarm    = time.Second
	hangWithout = 7 * time.Second
	hangWith    = 15 * time.Second // as long as a request is waited for, so that time-outs are part of it
	hangGroup   = "hang"
	okGroup     = "ok"
)

// measureHanging sends to nine healthy endpoints, in turn with and without
// events for a tenth that takes requests and never answers. Without, that
// webhook is switched off.
func measureHanging(ctx context.Context, b *bench, engine string) ([]figure, error) {
	s, end, err := b.newSink(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	base, err := b.base(ctx, engine)
	if err != nil {
		return nil, err
	}
	p50 := figure{what: "p50 with it", engine: engine, unit: "ms", beside: "without"}
	p99 := figure{what: "p99 with it", engine: engine, unit: "ms", beside: "without", floor: atMost(1.5)}
	err = b.with(ctx, base, s, func(w *world) error {
		types, err := w.subscribe(ctx, okGroup, hangHooks-1)
		if err != nil {
			return err
		}
		bad := kindOf(hangHooks - 1)
		if err := w.addType(ctx, bad); err != nil {
			return err
		}
		hook, err := w.addWebhook(ctx, s.url(hangGroup, 0), bad)
		if err != nil {
			return err
		}
		if err := s.tell(ctx, "hold", hangGroup); err != nil {
			return err
		}
		for range b.runs {
			without, with, err := w.hangingPair(ctx, types, hook, bad)
			if err != nil {
				return err
			}
			p50.pair(with.P50, without.P50)
			p99.pair(with.P99, without.P99)
			p99.missing(with.Missing)
		}
		return nil
	})
	return []figure{p50, p99}, err
}

func (w *world) hangingPair(ctx context.Context, types []string, hook, bad string) (without, with loadReport, err error) {
	if err := w.switchWebhook(ctx, hook, false); err != nil {
		return without, with, err
	}
	if err := w.waitPending(ctx, 0); err != nil { // what waited for it is held now
		return without, with, err
	}
	if without, err = w.light(ctx, okGroup, types, hangHealthy, hangWarm, hangWithout); err != nil {
		return without, with, err
	}
	if err := w.switchWebhook(ctx, hook, true); err != nil {
		return without, with, err
	}
	ended := make(chan error, 1)
	go func() {
		_, err := w.load(ctx, loadJob{Types: []string{bad}, Conns: lightConns, Rate: hangRate, For: hangWarm + hangWith})
		ended <- err
	}()
	with, err = w.light(ctx, okGroup, types, hangHealthy, hangWarm, hangWith)
	return without, with, errors.Join(err, <-ended)
}
