package integration

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"patchboard/internal/fault"
	"patchboard/internal/rbac"
	"patchboard/internal/record"
)

// Candidate is a contact that may be the person of a row.
type Candidate struct{ ID, Name, Company, Title, Email string }

// Same is a person's word that a row and a contact, which was proposed for it, are the
// same person.
type Same struct {
	Line    int
	Contact string // its id
}

// compare says what an import would make of its people, part by part.
func (s *Service) compare(ctx context.Context, w *importing) ([]map[string]record.Outcome, error) {
	all := make([]map[string]record.Outcome, len(w.parts))
	for i, part := range w.parts {
		var err error
		if all[i], err = s.Records.Compare(ctx, s.DB, part.prepared); err != nil {
			return nil, wrap("compare with what is known", err)
		}
	}
	return all, nil
}

// propose finds, for the rows that nothing but a name and a company tells apart, the
// contacts that may be the same person. A row that was imported before has none: what
// it is was decided then.
func (s *Service) propose(ctx context.Context, w *importing, outcomes []map[string]record.Outcome) error {
	var rows []int
	var people []record.Contact
	for _, part := range outcomes {
		for externalID, outcome := range part {
			i, there := w.index[externalID]
			if r := &w.result.Rows[i]; there && r.Weak && outcome == record.OutcomeCreated {
				rows, people = append(rows, i), append(people, contactOf(&r.Contact))
			}
		}
	}
	found, err := s.Records.Alike(ctx, w.key.org, people)
	if err != nil {
		return wrap("look for the same people", err)
	}
	for n, i := range rows {
		for _, r := range found[n] {
			w.result.Rows[i].Alike = append(w.result.Rows[i].Alike, candidateOf(r))
		}
		if len(found[n]) > 0 {
			w.result.Proposed++
		}
	}
	return nil
}

func candidateOf(r *record.Record) Candidate {
	c, ok := r.Fields.(*record.Contact)
	if !ok {
		return Candidate{ID: r.ID}
	}
	return Candidate{r.ID, strings.TrimSpace(c.FirstName + " " + c.LastName), c.Company, c.Title, c.Email}
}

// choose takes a person's word for rows of the file. Each is held against what is
// proposed now; nothing is written if one is not.
func (s *Service) choose(ctx context.Context, actor rbac.Actor, w *importing, same []Same) error {
	if len(same) == 0 {
		return nil
	}
	outcomes, err := s.compare(ctx, w)
	if err != nil {
		return err
	}
	if err := s.propose(ctx, w, outcomes); err != nil {
		return err
	}
	at := make(map[int]*ImportedRow, len(w.result.Rows))
	for i := range w.result.Rows {
		at[w.result.Rows[i].Line] = &w.result.Rows[i]
	}
	for n, one := range same {
		r := at[one.Line]
		proposed := r != nil && slices.ContainsFunc(r.Alike, func(c Candidate) bool { return c.ID == one.Contact })
		if !proposed {
			before, err := s.isAlready(ctx, actor, w, r, one.Contact)
			if err != nil {
				return err
			}
			if !before {
				return notProposed(n, one)
			}
		}
		delete(at, one.Line) // one word a row
		for _, part := range w.parts {
			if proposed && part.prepared.Join(record.Kept(r.ID), one.Contact) {
				w.joined++
				break
			}
		}
	}
	return nil
}

func notProposed(n int, one Same) *fault.Error {
	return fault.New(fault.Invalid, "import-choice-refused", fmt.Sprintf("That the person of line %d is that contact is none of the proposals, or is said twice.", one.Line),
		"Preview the file again, and choose among the contacts that it proposes.").At(fmt.Sprintf("body.same[%d]", n), "is no proposal for this line")
}

// isAlready reports whether a row was imported as that contact before, so that the
// same request does no harm.
func (s *Service) isAlready(ctx context.Context, actor rbac.Actor, w *importing, r *ImportedRow, contact string) (bool, error) {
	if r == nil || !r.Weak || r.Skipped != "" {
		return false, nil
	}
	c, err := s.Records.Get(ctx, actor, record.KindContact, contact)
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Kind == fault.NotFound {
		return false, nil
	}
	if err != nil {
		return false, wrap("look for the contact that was chosen", err)
	}
	return slices.ContainsFunc(c.Sources, func(o *record.ContactSource) bool {
		return o.Source == w.key.slug && o.ExternalID == record.Kept(r.ID)
	}), nil
}
