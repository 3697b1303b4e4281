package main

import (
	"context"
	"time"
)

const (
	lightRate    = 200
	lightConns   = 64
	lightWarm    = 2 * time.Second
	lightWindow  = 8 * time.Second
	lightGroup   = "light"
	slowestFsync = 300 * time.Microsecond // up to which the floors bind
)

// measureLatency sends 200 events a second to one webhook.
func measureLatency(ctx context.Context, b *bench, engine string) ([]figure, error) {
	s, end, err := b.newSink(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	base, err := b.base(ctx, engine)
	if err != nil {
		return nil, err
	}
	p50 := figure{what: "p50", engine: engine, unit: "ms"}
	p99 := figure{what: "p99", engine: engine, unit: "ms"}
	ack := figure{what: "p99 of the answer to the sender", engine: engine, unit: "ms"}
	if engine == sqlite {
		if b.machine.fsync < slowestFsync {
			p50.floor, p99.floor = atMost(1.5), atMost(5)
		} else {
			p50.note = "no floor: an fsync takes " + number(float64(b.machine.fsync.Microseconds())/1000, "ms")
			p99.note = p50.note
		}
	}
	for range b.runs {
		err := b.with(ctx, base, s, func(w *world) error {
			types, err := w.subscribe(ctx, lightGroup, 1)
			if err != nil {
				return err
			}
			r, err := w.light(ctx, lightGroup, types, lightRate, lightWarm, lightWindow)
			if err != nil {
				return err
			}
			p50.add(r.P50)
			p99.add(r.P99)
			p99.missing(r.Missing)
			ack.add(r.AckP99)
			return nil
		})
		if err != nil {
			return []figure{p50, p99, ack}, err
		}
	}
	return []figure{p50, p99, ack}, nil
}

// light sends at a fixed rate and waits until all has arrived.
func (w *world) light(ctx context.Context, group string, types []string, rate int, warm, window time.Duration) (loadReport, error) {
	return w.load(ctx, loadJob{Types: types, Conns: lightConns, Rate: rate, Warm: warm, For: window, Group: group})
}
