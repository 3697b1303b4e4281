package event

import (
	"context"
	"fmt"
	"time"

	"patchboard/internal/db"
)

// Raise stores events that Patchboard itself has to tell of, with their
// deliveries, in the transaction that makes what they tell of: both are there
// after the commit, or neither. It does in it what the committer does for events
// of senders. Only types of the catalog can be raised. No organization can
// change these, so their schemas are known, nothing has to be looked up, and
// data that differ from them are a mistake of the program: it is logged, and the
// event is stored all the same, for the change that it tells of has happened.
func (s *Service) Raise(ctx context.Context, tx *db.Tx, org string, inputs []Input) error {
	if len(inputs) == 0 {
		return nil
	}
	now := s.clock().Truncate(time.Microsecond)
	p := preparation{Service: s, org: org, types: s.types.catalog, reloaded: true}
	w := &writing{items: make([]*item, len(inputs)), now: now}
	for i := range inputs {
		in := inputs[i]
		k := p.types.byName[in.Type]
		if k == nil {
			return fmt.Errorf("raise an event: %q is no type of the catalog", in.Type)
		}
		if p.checkInput(&in, now); in.refused != nil {
			return fmt.Errorf("raise %s: %w", in.Type, in.refused)
		}
		if ws := p.check(ctx, k, &in); len(ws) > 0 {
			s.log.ErrorContext(ctx, "an event of Patchboard's own differs from its schema", "organization", org, "type", in.Type, "warnings", ws)
		}
		w.items[i] = &item{}
		p.build(w.items[i], k, &in, now)
	}
	if err := w.run(ctx, tx, s.FanOut); err != nil {
		return err
	}
	tx.AfterCommit(func() {
		for org := range w.organizations() {
			s.OnAccepted(org)
		}
	})
	return nil
}
