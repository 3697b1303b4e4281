package record

import (
	"context"
	"fmt"

	"patchboard/internal/db"
)

// Counts is how many records there are.
type Counts struct{ Contacts, Campaigns, Emails, Meetings, Opportunities int64 }

// Count says how many records a source has, from counts that are kept.
func (s *Service) Count(ctx context.Context, org, source string) (Counts, error) {
	var c Counts
	err := db.Each(ctx, s.db, func(row db.Scanner) error {
		var k Kind
		var n int64
		if err := row.Scan(&k, &n); err != nil {
			return fmt.Errorf("scan a count: %w", err)
		}
		switch k {
		case KindContact:
			c.Contacts = n
		case KindCampaign:
			c.Campaigns = n
		case KindEmail:
			c.Emails = n
		case KindMeeting:
			c.Meetings = n
		case KindOpportunity:
			c.Opportunities = n
		}
		return nil
	}, "SELECT kind, count FROM record_counts WHERE organization_id = $1 AND source = $2", org, source)
	if err != nil {
		return Counts{}, fmt.Errorf("count records: %w", err)
	}
	return c, nil
}

// Forget deletes records of a source, at most sweepStep of them, and gives how
// many. Whoever wants all gone calls it in one transaction after the other until
// none was left. It raises contact.deleted for contacts that no other source knows.
func (s *Service) Forget(ctx context.Context, tx *db.Tx, org, source string) (int, error) {
	w := s.writing(tx, Source{OrganizationID: org, Name: source})
	if err := w.lock(ctx); err != nil {
		return 0, err
	}
	if err := w.lockContacts(ctx); err != nil {
		return 0, err
	}
	for _, k := range Kinds {
		if k == KindContact {
			if err := w.forgetContacts(ctx); err != nil {
				return 0, err
			}
			if w.tally.Removed >= sweepStep {
				break
			}
			continue
		}
		gone, err := db.All(ctx, tx, scan(k), "SELECT "+columns(k)+" FROM "+k.Plural()+" WHERE organization_id = $1 AND source = $2 ORDER BY at, id LIMIT $3",
			org, source, sweepStep-w.tally.Removed)
		if err != nil {
			return 0, fmt.Errorf("look for what is to be forgotten: %w", err)
		}
		if err := w.remove(ctx, k, gone); err != nil {
			return 0, err
		}
		if w.tally.Removed >= sweepStep {
			break
		}
	}
	return w.tally.Removed, w.finish(ctx)
}
