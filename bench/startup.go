package main

import (
	"context"
	"errors"
)

const readyLimit = 1 // seconds

// measureStart starts servers: on nothing, which makes tables and keys first,
// and on what an earlier one has left.
func measureStart(ctx context.Context, b *bench, engine string) ([]figure, error) {
	base, err := b.base(ctx, engine)
	if err != nil {
		return nil, err
	}
	first := figure{what: "first start", engine: engine, unit: "s", floor: atMost(readyLimit)}
	later := figure{what: "later starts", engine: engine, unit: "s", floor: atMost(readyLimit)}
	memory := figure{what: "memory after the first", engine: engine, unit: "MB"}
	for range b.runs {
		p, err := b.places.fresh(ctx, engine)
		if err != nil {
			return nil, err
		}
		s, err := b.serve(ctx, p)
		if err != nil {
			return nil, errors.Join(err, p.remove(ctx))
		}
		first.add(s.ready.Seconds())
		idle, err := s.resident()
		memory.add(idle)
		s.kill()
		if err := errors.Join(err, p.remove(ctx)); err != nil {
			return nil, err
		}
	}
	err = b.restarts(ctx, base.place, &later)
	return []figure{first, later, memory}, err
}

// restarts starts servers on a place that has been used before.
func (b *bench) restarts(ctx context.Context, p *place, f *figure) error {
	for range b.runs {
		c, err := p.clone(ctx)
		if err != nil {
			return err
		}
		s, err := b.serve(ctx, c)
		if err != nil {
			return errors.Join(err, c.remove(ctx))
		}
		f.add(s.ready.Seconds())
		s.kill()
		if err := c.remove(ctx); err != nil {
			return err
		}
	}
	return nil
}
