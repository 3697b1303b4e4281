package record

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
)

// A person changes a contact by what the API says of it. What other sources say stays
// theirs: a field that the API empties shows theirs again.

// updateContact lets the API say something else of a contact, or something at all.
func (s *Service) updateContact(ctx context.Context, tx *db.Tx, actor rbac.Actor, publicID string, seen int64, patch Patch) (*Record, error) {
	p, q, err := s.person(ctx, tx, actor, publicID)
	if err != nil {
		return nil, err
	}
	if seen != 0 && seen != q.Version {
		return nil, stale(q.Record, seen)
	}
	var own *ContactSource // the last, of several
	for _, o := range q.Sources {
		if o.Source == SourceAPI {
			own = o
		}
	}
	c := Contact{}
	if own != nil {
		c = own.Contact
	}
	patch.apply(&c)
	others := len(q.Sources) > 1 || own == nil
	if err := checkPatched(&c, others); err != nil {
		return nil, err
	}
	text, err := encode(&c)
	if err != nil {
		return nil, err
	}
	if err := p.gather(ctx, []*entry{{fields: &c}}, nil); err != nil { // whose address it may be now
		return nil, err
	}
	p.last = q.Record
	if err := p.patch(q, own, c, text, patch); err != nil {
		return nil, err
	}
	if err := p.store(ctx); err != nil {
		return nil, err
	}
	merge(p.last.Sources)
	return p.last, p.finish(ctx)
}

// checkPatched holds a contact against the limits. Where others say who it is, the
// API need not.
func checkPatched(c *Contact, others bool) error {
	k := &checker{}
	if others {
		c.checkFields(k)
	} else {
		c.check(k)
	}
	return k.result(KindContact)
}

// patch makes the API say c of a person. own is what it has said before.
func (p *people) patch(q *person, own *ContactSource, c Contact, text string, patch Patch) error {
	empty := text == "{}"
	switch {
	case own == nil && empty:
		return nil
	case own == nil:
		return p.attach(c, &entry{fields: &c, text: text}, q)
	case empty:
		p.take([]*ContactSource{own})
		return nil
	}
	// What is said again counts as said now, where another source's has won since.
	again, err := overridden(q.Record, text, patch)
	if err != nil {
		return err
	}
	if own.text == text && len(again) == 0 {
		p.tally.Same++
		return nil
	}
	p.tally.Changed++
	return p.say(own, c, text, again...)
}

// overridden names the fields of a patch in which the contact differs from text.
func overridden(r *Record, text string, patch Patch) ([]string, error) {
	b, err := json.Marshal(patch)
	if err != nil {
		return nil, fmt.Errorf("read a change: %w", err)
	}
	var named map[string]json.RawMessage
	if err := json.Unmarshal(b, &named); err != nil {
		return nil, fmt.Errorf("read a change: %w", err)
	}
	differ, err := differing(r.text, text)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(differ, func(field string) bool { return named[field] == nil }), nil
}

// deleteContact removes what the API says of a contact.
func (s *Service) deleteContact(ctx context.Context, tx *db.Tx, actor rbac.Actor, publicID string) error {
	p, q, err := s.person(ctx, tx, actor, publicID)
	if err != nil {
		return err
	}
	var own []*ContactSource
	for _, o := range q.Sources {
		if o.Source == SourceAPI {
			own = append(own, o)
		}
	}
	if len(own) == 0 {
		return fault.New(fault.Conflict, "record-of-integration",
			fmt.Sprintf("This contact belongs to %s: the next sync would bring it back.", q.Source),
			"Delete it where it comes from; the next sync deletes it here.").With("source", q.Source)
	}
	p.take(own)
	if err := p.store(ctx); err != nil {
		return err
	}
	return p.finish(ctx)
}

// person finds and locks a contact.
func (s *Service) person(ctx context.Context, tx *db.Tx, actor rbac.Actor, publicID string) (*people, *person, error) {
	p := s.writing(tx, Source{OrganizationID: actor.OrganizationID, Name: SourceAPI}).people()
	if err := p.lockContacts(ctx); err != nil {
		return nil, nil, err
	}
	r, err := find(ctx, tx, actor.OrganizationID, KindContact, publicID, "")
	if err != nil {
		return nil, nil, err
	}
	q := p.add(r)
	return p, q, p.read(ctx, map[id.Key]bool{r.Key: true})
}
