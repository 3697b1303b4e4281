package record

import (
	"context"

	"patchboard/internal/db"
)

// Outcome is what a batch makes, or would make, of a record.
type Outcome string

// The outcomes.
const (
	OutcomeCreated Outcome = "created"
	OutcomeChanged Outcome = "changed"
	OutcomeSame    Outcome = "same"
)

// Compare says what Apply would make of what the source says of contacts, by the ids
// that Kept gives, and writes nothing. In the transaction of Apply it is what Apply
// does; read by a DB nobody waits for it, and others may write meanwhile.
func (s *Service) Compare(ctx context.Context, q db.Finder, p *Prepared) (map[string]Outcome, error) {
	entries := p.entries[KindContact]
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = e.externalID
	}
	known, err := namedSources(ctx, q, p.src, ids)
	if err != nil {
		return nil, err
	}
	out := make(map[string]Outcome, len(entries))
	for _, e := range entries {
		switch old := known[e.externalID]; {
		case old == nil && e.of != "":
			out[e.externalID] = OutcomeChanged // the contact that it was put to
		case old == nil:
			out[e.externalID] = OutcomeCreated
		case old.text != e.text:
			out[e.externalID] = OutcomeChanged
		default:
			out[e.externalID] = OutcomeSame
		}
	}
	return out, nil
}

// Kept gives an external id as it is kept: one that is long ends in its hash.
func Kept(externalID string) string { return indexed(externalID) }
