package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	memoryEvents  = 100_000
	memoryHooks   = 10 // an event goes to all of them
	memoryPending = memoryEvents * memoryHooks
	memoryWindow  = 5 * time.Second
	memoryEvery   = 50 * time.Millisecond
	memoryGroup   = "memory"
	memoryLimit   = 200 // megabytes
)

// measureMemory takes in events until a million deliveries are pending for ten
// endpoints that hang, and looks at the server's resident memory: meanwhile,
// then with the million, and while it sends them. It is done once, whatever the
// number of runs; the same data also tell how long a start takes on them.
func measureMemory(ctx context.Context, b *bench, engine string) ([]figure, error) {
	s, end, err := b.newSink(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	base, err := b.base(ctx, engine)
	if err != nil {
		return nil, err
	}
	taking := figure{what: "most while they come in", engine: engine, unit: "MB"}
	waiting := figure{what: "most while they wait", engine: engine, unit: "MB", floor: atMost(memoryLimit)}
	sending := figure{what: "most while they are sent", engine: engine, unit: "MB", floor: atMost(memoryLimit)}
	again := figure{what: "from start to ready with them", engine: engine, unit: "s", floor: atMost(readyLimit)}
	w, err := b.open(ctx, base, s)
	if err != nil {
		return nil, err
	}
	err = b.million(ctx, w, &taking, &waiting, &sending)
	var t *template
	if err == nil {
		t, err = b.keep(ctx, w, memoryGroup)
	} else {
		err = fmt.Errorf("%w\n%s", err, tail(logFile(w.place)))
		w.kill()
		err = errors.Join(err, w.place.remove(ctx))
	}
	if err == nil {
		err = b.restarts(ctx, t.place, &again)
		err = errors.Join(err, t.remove(ctx))
	}
	return []figure{taking, waiting, sending, again}, err
}

func (b *bench) million(ctx context.Context, w *world, taking, waiting, sending *figure) error {
	kind := kindOf(0)
	if err := w.addType(ctx, kind); err != nil {
		return err
	}
	for i := range memoryHooks {
		if _, err := w.addWebhook(ctx, w.sink.url(memoryGroup, i), kind); err != nil {
			return err
		}
	}
	most, err := w.most(ctx, func(ctx context.Context) error { return w.preload(ctx, memoryGroup, []string{kind}, memoryEvents) })
	if err != nil {
		return err
	}
	taking.add(most)
	n, err := w.counts(ctx)
	if err != nil {
		return err
	}
	if n.Pending < memoryPending-memoryHooks*100 {
		return fmt.Errorf("only %d deliveries are pending: %+v", n.Pending, n)
	}
	if most, err = w.most(ctx, func(ctx context.Context) error { return pause(ctx, memoryWindow) }); err != nil {
		return err
	}
	waiting.add(most)
	if err := w.sink.tell(ctx, "release", memoryGroup); err != nil {
		return err
	}
	if most, err = w.most(ctx, func(ctx context.Context) error { return pause(ctx, memoryWindow) }); err != nil {
		return err
	}
	sending.add(most)
	return nil
}

// most gives the largest resident memory while fn runs.
func (w *world) most(ctx context.Context, fn func(ctx context.Context) error) (float64, error) {
	ended := make(chan error, 1)
	go func() { ended <- fn(ctx) }()
	t := time.NewTicker(memoryEvery)
	defer t.Stop()
	var most float64
	for {
		now, err := w.resident()
		if err != nil {
			return most, errors.Join(err, <-ended)
		}
		most = max(most, now)
		select {
		case err := <-ended:
			return most, err
		case <-t.C:
		}
	}
}
