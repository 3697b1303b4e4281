package main

import (
	"context"
	"time"
)

const (
	loopConns   = 64
	loopBacklog = 4000 // events that may be on their way
	loopWarm    = time.Second
	loopWindow  = 3 * time.Second
	loopHooks   = 4
	batchSize   = 100
	loopGroup   = "loop"
	nullGroup   = "null"
)

// measureEndToEnd finds the rate that lasts when 64 connections send events and
// each goes to one of four webhooks: one event a request against the null
// pipeline, and batches against single events. What taking events in costs by
// itself is told beside it.
func measureEndToEnd(ctx context.Context, b *bench, engine string) ([]figure, error) {
	s, end, err := b.newSink(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	base, err := b.base(ctx, engine)
	if err != nil {
		return nil, err
	}
	targets := make([]string, loopHooks)
	for i := range targets {
		targets[i] = s.url(nullGroup, i)
	}
	pipeline, err := newNull(ctx, nullJob{Key: base.Key, Targets: targets})
	if err != nil {
		return nil, err
	}
	defer pipeline.close()
	handler, err := newNull(ctx, nullJob{Key: base.Key})
	if err != nil {
		return nil, err
	}
	defer handler.close()

	l := loops{base: base, sink: s, pipeline: pipeline, handler: handler, figures: [5]figure{
		single:       {what: "one event a request", unit: "/s", beside: "null pipeline", floor: atLeast(0.5, 0.65)},
		singleEffort: {what: "one event a request: processor time of each", unit: "µs", beside: "null pipeline"},
		batch:        {what: "batches of 100", unit: "/s", beside: "one event a request", floor: atLeast(2, 0)},
		taken:        {what: "taken in, no webhook", unit: "/s", beside: "bare handler"},
		takenEffort:  {what: "taken in: processor time of each", unit: "µs", beside: "bare handler"},
	}}
	if engine == postgres {
		l.figures[single].floor = atLeast(0.4, 0.65)
	}
	for i := range l.figures {
		l.figures[i].engine = engine
	}
	for range b.runs {
		if err := l.run(ctx, b); err != nil {
			return l.figures[:], err
		}
	}
	return l.figures[:], nil
}

// loops measures the closed loops on an engine.
type loops struct {
	base              *template
	sink              *sinkClient
	pipeline, handler *null
	figures           [5]figure
}

// Its figures.
const (
	single = iota
	singleEffort
	batch
	taken
	takenEffort
)

// run is one run: the null pipeline, the bare handler, and the product with
// single events, with batches, and with events that nobody wants. The null
// pipeline runs before and after the single events, and the mean counts: the
// machine's speed changes within seconds.
func (l *loops) run(ctx context.Context, b *bench) error {
	job := loadJob{Types: []string{kindOf(0)}, Conns: loopConns, Warm: loopWarm, For: loopWindow, Backlog: loopBacklog}
	before := job
	nothing, nothingEffort, err := l.pipeline.load(ctx, before, l.base.Key, l.sink.place, nullGroup)
	if err != nil {
		return err
	}
	bare, bareEffort, err := l.handler.load(ctx, job, l.base.Key, l.sink.place, "")
	if err != nil {
		return err
	}
	return b.with(ctx, l.base, l.sink, func(w *world) error {
		types, err := w.subscribe(ctx, loopGroup, loopHooks)
		if err != nil {
			return err
		}
		job.Types, job.Group = types, loopGroup
		one, effort, err := w.timed(ctx, job)
		if err != nil {
			return err
		}
		again, againEffort, err := l.pipeline.load(ctx, before, l.base.Key, l.sink.place, nullGroup)
		if err != nil {
			return err
		}
		l.figures[single].pair(one.Delivered, (nothing.Delivered+again.Delivered)/2)
		l.figures[single].missing(one.Missing)
		l.figures[singleEffort].pair(effort, (nothingEffort+againEffort)/2)
		job.Batch = batchSize
		many, _, err := w.timed(ctx, job)
		if err != nil {
			return err
		}
		l.figures[batch].pair(many.Delivered, one.Delivered)
		l.figures[batch].missing(many.Missing)
		if err := w.addType(ctx, kindOf(loopHooks)); err != nil {
			return err
		}
		job.Types, job.Group, job.Batch = []string{kindOf(loopHooks)}, "", 1
		in, effort, err := w.timed(ctx, job)
		if err != nil {
			return err
		}
		l.figures[taken].pair(in.PerSecond, bare.PerSecond)
		l.figures[takenEffort].pair(effort, bareEffort)
		return nil
	})
}

// timed runs a load and gives the server's processor time for each event.
func (w *world) timed(ctx context.Context, job loadJob) (r loadReport, effort float64, err error) {
	return timed(w.cmd.Process.Pid, func() (loadReport, error) { return w.load(ctx, job) })
}

func timed(pid int, fn func() (loadReport, error)) (r loadReport, effort float64, err error) {
	before, err := processorTime(pid)
	if err != nil {
		return r, 0, err
	}
	if r, err = fn(); err != nil {
		return r, 0, err
	}
	after, err := processorTime(pid)
	return r, eachOf(r.Accepted, after-before), err
}

// null is a running null pipeline.
type null struct {
	*child

	url string // of its ingest route
}

func newNull(ctx context.Context, job nullJob) (*null, error) {
	var at nullPlace
	c, err := serveHelper(ctx, "null", job, &at)
	if err != nil {
		return nil, err
	}
	return &null{c, "http://" + at.Address + "/api/v1/events"}, nil
}

func (n *null) load(ctx context.Context, job loadJob, key string, s sinkPlace, group string) (r loadReport, effort float64, err error) {
	job.URL, job.Key, job.Sink, job.Group = n.url, key, s, group
	return timed(n.cmd.Process.Pid, func() (loadReport, error) { return ask[loadReport](ctx, "load", job) })
}

func (n *null) close() { _ = n.end(time.Second) } // nothing of it is needed any more
