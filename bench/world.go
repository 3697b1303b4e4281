package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// template is a place whose server has stopped, and who the bench is there.
// Every run begins with a clone of one.
type template struct {
	*place
	account
}

// world is a server on a clone of a template, and the sink that it sends to.
type world struct {
	*server
	*client

	place *place
	sink  *sinkClient
}

// base gives the template of an engine with an organization and nothing else,
// made once.
func (b *bench) base(ctx context.Context, engine string) (*template, error) {
	if t := b.bases[engine]; t != nil {
		return t, nil
	}
	p, err := b.places.fresh(ctx, engine)
	if err != nil {
		return nil, err
	}
	key, err := b.createOrganization(ctx, p)
	if err != nil {
		return nil, err
	}
	s, err := b.serve(ctx, p)
	if err != nil {
		return nil, err
	}
	cookie, err := newClient(s.url(), account{}).signIn(ctx)
	if err := errors.Join(err, s.stop(ctx, nil)); err != nil {
		return nil, err
	}
	t := &template{p, account{key, cookie}}
	b.bases[engine] = t
	return t, p.settle(ctx)
}

// open starts a server on a clone.
func (b *bench) open(ctx context.Context, t *template, s *sinkClient) (*world, error) {
	p, err := t.clone(ctx)
	if err != nil {
		return nil, err
	}
	srv, err := b.serve(ctx, p)
	if err != nil {
		return nil, errors.Join(err, p.remove(ctx))
	}
	return &world{srv, newClient(srv.url(), t.account), p, s}, nil
}

// with runs fn in a world of its own, which is gone afterwards. Nothing of it is
// needed any more, so that the server is not asked to finish its work.
func (b *bench) with(ctx context.Context, t *template, s *sinkClient, fn func(w *world) error) error {
	w, err := b.open(ctx, t, s)
	if err != nil {
		return err
	}
	err = fn(w)
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, tail(logFile(w.place)))
	}
	w.kill()
	return errors.Join(err, w.place.remove(ctx))
}

// keep stops the server in order and makes a template of its place. The sink
// releases a group, so that what was held there ends.
func (b *bench) keep(ctx context.Context, w *world, release string) (*template, error) {
	err := w.stop(ctx, func() error { return w.sink.tell(ctx, "release", release) })
	if err := errors.Join(err, w.place.settle(ctx)); err != nil {
		return nil, errors.Join(err, w.place.remove(ctx))
	}
	return &template{w.place, w.account}, nil
}

// kindOf names the i-th type of event; each has its own webhook, so that the
// sender decides where an event goes.
func kindOf(i int) string { return fmt.Sprintf("bench.contact%d", i) }

// subscribe registers types and makes a webhook for each.
func (w *world) subscribe(ctx context.Context, group string, n int) (types []string, err error) {
	types = make([]string, n)
	for i := range n {
		types[i] = kindOf(i)
		if err := w.addType(ctx, types[i]); err != nil {
			return nil, err
		}
		if _, err := w.addWebhook(ctx, w.sink.url(group, i), types[i]); err != nil {
			return nil, err
		}
	}
	return types, w.sink.tell(ctx, "reset", group)
}

// each runs fn for 0 to n-1, some at once, until one fails.
func each(ctx context.Context, n int, fn func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range setUpConns {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				if err := fn(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	workers.Wait()
	return context.Cause(ctx) //nolint:wrapcheck // fn's own, or that of the caller
}

// load runs a generator against the world.
func (w *world) load(ctx context.Context, job loadJob) (loadReport, error) {
	job.URL, job.Key, job.Sink = w.base+"/api/v1/events", w.Key, w.sink.place
	return ask[loadReport](ctx, "load", job)
}

// preload fills the world with events that are not delivered yet: the group
// holds its answers from now on.
func (w *world) preload(ctx context.Context, group string, types []string, events int64) error {
	if err := w.sink.tell(ctx, "hold", group); err != nil {
		return err
	}
	_, err := w.load(ctx, loadJob{Types: types, Conns: 8, Batch: 200, Total: events})
	return err
}

// newSink starts a sink.
func (b *bench) newSink(ctx context.Context) (*sinkClient, func(), error) {
	var at sinkPlace
	c, err := serveHelper(ctx, "sink", nil, &at)
	if err != nil {
		return nil, nil, err
	}
	return newSinkClient(at), func() { _ = c.end(time.Second) }, nil
}
