package record

import (
	"context"
	"errors"
	"fmt"

	"patchboard/internal/db"
	"patchboard/internal/id"
)

// related gives the id of the record that another one names: by the id that its
// source has of it, or by ours. "" means that it is not known here.
func related(ctx context.Context, q db.Queryer, src Source, k Kind, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	query := "SELECT public_id FROM " + k.Plural() + " WHERE ref = $1"
	if k == KindContact {
		query = "SELECT c.public_id FROM contact_sources s JOIN contacts c ON c.id = s.contact_id WHERE s.ref = $1"
	}
	found, err := db.Value[string](ctx, q, query, refOf(src, name))
	if errors.Is(err, db.ErrNoRows) {
		key, kerr := id.ParseKey(k.prefix(), name)
		if kerr != nil {
			return "", nil //nolint:nilerr // it is no id of ours
		}
		found, err = db.Value[string](ctx, q, "SELECT public_id FROM "+k.Plural()+" WHERE id = $1 AND organization_id = $2 AND public_id = $3", int64(key), src.OrganizationID, name)
	}
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return "", fmt.Errorf("look for a %s that a record names: %w", k, err)
	}
	return found, nil
}

// relate reads which records a single one names.
func (s *Service) relate(ctx context.Context, r *Record) (err error) {
	src := Source{r.OrganizationID, r.Source, r.Account}
	switch f := r.Fields.(type) {
	case *Email:
		r.CampaignID, err = related(ctx, s.db, src, KindCampaign, f.Campaign)
	case *Opportunity:
		r.ContactID, err = related(ctx, s.db, src, KindContact, f.Contact)
	}
	return err
}

// SourceCount is how many records of a kind a source has. A contact of two sources
// counts for both.
type SourceCount struct {
	Kind   Kind
	Source string
	Count  int64
}

// Counted says how many records of each kind each source has, from counts that are
// kept.
func (s *Service) Counted(ctx context.Context, org string) ([]SourceCount, error) {
	all, err := db.All(ctx, s.db, func(row db.Scanner) (c SourceCount, err error) { return c, row.Scan(&c.Kind, &c.Source, &c.Count) },
		"SELECT kind, source, count FROM record_counts WHERE organization_id = $1 AND count > 0 ORDER BY kind, source", org)
	if err != nil {
		return nil, fmt.Errorf("count records: %w", err)
	}
	return all, nil
}
