package record

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/rbac"
)

// Put creates a record of the API, or, where the organization has one with that
// external id already, gives it these fields in place of its own; so whatever is
// sent twice is there once. created says which it was.
func (s *Service) Put(ctx context.Context, actor rbac.Actor, externalID string, f Fields) (r *Record, created bool, err error) {
	undated := false
	if m, ok := f.(*Email); ok && m.At.IsZero() {
		m.At, undated = s.clock(), true
	}
	c := &checker{}
	externalID = strings.TrimSpace(externalID)
	c.text("externalId", externalID, maxExternalID)
	f.check(c)
	if err := c.result(f.kind()); err != nil {
		return nil, false, err
	}
	text, err := encode(f)
	if err != nil {
		return nil, false, err
	}
	src := Source{OrganizationID: actor.OrganizationID, Name: SourceAPI}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		w := s.writing(tx, src)
		if f.kind() == KindContact {
			if err := w.lockContacts(ctx); err != nil {
				return err
			}
		} else if externalID != "" {
			if err := tx.Lock(ctx, "record/"+src.OrganizationID+"/"+SourceAPI+"/"+string(f.kind())+"/"+externalID); err != nil {
				return fmt.Errorf("wait for another with the same id: %w", err)
			}
		}
		if err := w.put(ctx, f.kind(), []*entry{{externalID: externalID, fields: f, text: text, undated: undated}}); err != nil {
			return err
		}
		r, created = w.last, w.tally.Created > 0
		if f.kind() == KindContact {
			merge(r.Sources)
			created = created && len(r.Sources) == 1
		}
		return w.finish(ctx)
	})
	if err != nil {
		return nil, false, fmt.Errorf("put a %s: %w", f.kind(), err)
	}
	return r, created, nil
}

// Get gives one record.
func (s *Service) Get(ctx context.Context, actor rbac.Actor, k Kind, publicID string) (*Record, error) {
	r, err := find(ctx, s.db, actor.OrganizationID, k, publicID, "")
	switch {
	case err != nil:
		return nil, err
	case k == KindContact:
		return r, sourcesOf(ctx, s.db, r)
	}
	return r, s.relate(ctx, r)
}

// Update changes a record of the API; of a contact, what the API says of it. seen is
// the version that the caller has read; with 0 the last writer wins.
func (s *Service) Update(ctx context.Context, actor rbac.Actor, k Kind, publicID string, seen int64, patch Patch) (*Record, error) {
	var r *Record
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		if k == KindContact {
			var err error
			r, err = s.updateContact(ctx, tx, actor, publicID, seen, patch)
			return err
		}
		old, w, err := s.own(ctx, tx, actor, k, publicID)
		if err != nil {
			return err
		}
		if seen != 0 && seen != old.Version {
			return stale(old, seen)
		}
		f, err := decode(k, old.text)
		if err != nil {
			return err
		}
		patch.apply(f)
		c := &checker{}
		f.check(c)
		if err := c.result(k); err != nil {
			return err
		}
		text, err := encode(f)
		if err != nil {
			return err
		}
		p := &pending{}
		if err := w.change(ctx, p, old, &entry{externalID: old.ExternalID, fields: f, text: text}); err != nil {
			return err
		}
		r = w.last
		if err := w.store(ctx, k, p); err != nil {
			return err
		}
		return w.finish(ctx)
	})
	if err != nil {
		return nil, fmt.Errorf("change a %s: %w", k, err)
	}
	return r, nil
}

// Delete removes a record of the API. Of a contact it removes what the API says; the
// contact is gone if no other source knows it.
func (s *Service) Delete(ctx context.Context, actor rbac.Actor, k Kind, publicID string) error {
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		if k == KindContact {
			return s.deleteContact(ctx, tx, actor, publicID)
		}
		old, w, err := s.own(ctx, tx, actor, k, publicID)
		if err != nil {
			return err
		}
		if err := w.remove(ctx, k, []*Record{old}); err != nil {
			return err
		}
		return w.finish(ctx)
	})
	if err != nil {
		return fmt.Errorf("delete a %s: %w", k, err)
	}
	return nil
}

// own finds and locks a record that the API may change.
func (s *Service) own(ctx context.Context, tx *db.Tx, actor rbac.Actor, k Kind, publicID string) (*Record, *writing, error) {
	r, err := find(ctx, tx, actor.OrganizationID, k, publicID, tx.ForUpdate())
	if err != nil {
		return nil, nil, err
	}
	if r.Source != SourceAPI {
		return nil, nil, fault.New(fault.Conflict, "record-of-integration",
			fmt.Sprintf("This %s belongs to %s: the next sync would write over every change of it.", k.noun(), r.Source),
			"Change it where it comes from; the next sync brings the change here.").With("source", r.Source)
	}
	return r, s.writing(tx, Source{OrganizationID: r.OrganizationID, Name: SourceAPI}), nil
}

// stale is the answer to a version that is no longer the current one: what has
// changed since, as far as that is kept.
func stale(r *Record, seen int64) error {
	since := []Change{}
	var fields []string
	for _, c := range r.changes {
		if c.Version > seen {
			since = append(since, c)
			fields = append(fields, c.Fields...)
		}
	}
	what := "It"
	if len(fields) > 0 {
		slices.Sort(fields)
		what = "Changed: " + strings.Join(slices.Compact(fields), ", ") + ". It"
	}
	return fault.New(fault.Stale, "record-changed", fmt.Sprintf("The %s was changed after you read it. %s is now at version %d, not %d.", r.Kind.noun(), what, r.Version, seen),
		"Read it again, look at what changed, and repeat your change with the new version.").
		With("version", r.Version).With("changed", since)
}
