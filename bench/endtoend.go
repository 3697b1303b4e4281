package main

import (
	"context"
	"time"
)

const (
	loopConns   = 64
	loopBacklog = 4000 // events that may be on their way
	loopWarm    = time.Second
	loopWindow  = 4 * time.Second
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
	pipeline, endPipeline, err := newNull(ctx, nullJob{Key: base.Key, Targets: targets})
	if err != nil {
		return nil, err
	}
	defer endPipeline()
	handler, endHandler, err := newNull(ctx, nullJob{Key: base.Key})
	if err != nil {
		return nil, err
	}
	defer endHandler()

	single := figure{what: "one event a request", engine: engine, unit: "/s", beside: "null pipeline", floor: atLeast(0.5, 0.65)}
	if engine == postgres {
		single.floor = atLeast(0.4, 0.65)
	}
	batch := figure{what: "batches of 100", engine: engine, unit: "/s", beside: "one event a request", floor: atLeast(2, 0)}
	taken := figure{what: "taken in, no webhook", engine: engine, unit: "/s", beside: "bare handler"}
	for range b.runs {
		if err := b.loops(ctx, base, s, [2]string{pipeline, handler}, &single, &batch, &taken); err != nil {
			return []figure{single, batch, taken}, err
		}
	}
	return []figure{single, batch, taken}, nil
}

// loops is one run: the null pipeline, the product, the product with batches,
// the bare handler, the product's intake.
func (b *bench) loops(ctx context.Context, t *template, s *sinkClient, null [2]string, single, batch, taken *figure) error {
	job := loadJob{Types: []string{kindOf(0)}, Conns: loopConns, Warm: loopWarm, For: loopWindow, Key: t.Key, Sink: s.place, Backlog: loopBacklog}
	at := func(url, group string) loadJob {
		j := job
		j.URL, j.Group = url, group
		return j
	}
	nothing, err := ask[loadReport](ctx, "load", at(null[0], nullGroup))
	if err != nil {
		return err
	}
	bare, err := ask[loadReport](ctx, "load", at(null[1], ""))
	if err != nil {
		return err
	}
	return b.with(ctx, t, s, func(w *world) error {
		types, _, err := w.subscribe(ctx, loopGroup, loopHooks)
		if err != nil {
			return err
		}
		job.Types, job.Group = types, loopGroup
		one, err := w.load(ctx, job)
		if err != nil {
			return err
		}
		single.pair(one.Delivered, nothing.Delivered)
		single.missing(one.Missing)
		job.Batch = batchSize
		many, err := w.load(ctx, job)
		if err != nil {
			return err
		}
		batch.pair(many.Delivered, one.Delivered)
		batch.missing(many.Missing)
		if err := w.addType(ctx, kindOf(loopHooks)); err != nil {
			return err
		}
		job.Types, job.Group, job.Batch = []string{kindOf(loopHooks)}, "", 1
		in, err := w.load(ctx, job)
		if err != nil {
			return err
		}
		taken.pair(in.PerSecond, bare.PerSecond)
		return nil
	})
}

// newNull starts a null pipeline and gives its ingest address.
func newNull(ctx context.Context, job nullJob) (string, func(), error) {
	var at nullPlace
	c, err := serveHelper(ctx, "null", job, &at)
	if err != nil {
		return "", nil, err
	}
	return "http://" + at.Address + "/api/v1/events", func() { _ = c.end(time.Second) }, nil
}
