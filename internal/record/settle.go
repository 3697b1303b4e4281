package record

import (
	"context"
	"fmt"

	"patchboard/internal/db"
	"patchboard/internal/id"
)

// store merges the contacts that were touched anew, tells of them, and writes them
// with what their sources say.
func (p *people) store(ctx context.Context) error {
	var fresh, changed, gone [][]any
	for _, q := range p.touched {
		p.ids = append(p.ids, q.ID)
		var row []any
		var err error
		switch {
		case len(q.Sources) == 0 && q.fresh:
			continue
		case len(q.Sources) == 0:
			gone = append(gone, []any{int64(q.Key)})
			err = p.tellDeleted(q.Record)
		case q.fresh:
			row, err = p.create(ctx, q)
			fresh = append(fresh, row)
		default:
			if row, err = p.change(ctx, q); row != nil {
				changed = append(changed, row)
			}
		}
		if err != nil {
			return err
		}
	}
	table := KindContact.Plural()
	if err := p.tx.InsertMany(ctx, table, contactInsert, fresh); err != nil {
		return fmt.Errorf("create contacts: %w", err)
	}
	if _, err := p.tx.UpdateMany(ctx, db.Update{Table: table, Keys: []db.Col{idCol}, Set: contactMutable}, changed); err != nil {
		return fmt.Errorf("change contacts: %w", err)
	}
	if err := p.storeSources(ctx); err != nil {
		return err
	}
	if err := p.tx.DeleteMany(ctx, table, []db.Col{idCol}, gone); err != nil {
		return fmt.Errorf("delete contacts: %w", err)
	}
	return nil
}

// create gives the row of a contact that is new.
func (p *people) create(ctx context.Context, q *person) ([]any, error) {
	merged := merge(q.Sources)
	q.Fields = &merged
	q.first()
	var err error
	if len(q.Sources) == 1 && len(q.Sources[0].stamps) == 0 && q.Sources[0].Connected == nil {
		q.text = q.Sources[0].text // the same, and written already
	} else if q.text, err = encode(q.Fields); err != nil {
		return nil, err
	}
	if err := p.tellCreated(ctx, q.Record); err != nil {
		return nil, err
	}
	return q.contactInsert()
}

// change gives the row of a contact that has really changed; nil if it has not.
func (p *people) change(ctx context.Context, q *person) ([]any, error) {
	old := *q.Record
	merged := merge(q.Sources)
	q.first()
	text, err := encode(&merged)
	if err != nil || text == old.text {
		return nil, err
	}
	fields, err := differing(old.text, text)
	if err != nil {
		return nil, err
	}
	q.Fields, q.text = &merged, text
	q.changed(p.now, fields)
	if err := p.tellChanged(ctx, &old, q.Record, fields); err != nil {
		return nil, err
	}
	return q.contactMutableRow()
}

func (r *Record) contactMutableRow() ([]any, error) {
	rest, err := r.contactMutable()
	return append([]any{int64(r.Key)}, rest...), err
}

func (p *people) storeSources(ctx context.Context) error {
	var fresh, changed, marked, gone [][]any
	org := p.src.OrganizationID
	made := make(map[*ContactSource]bool, len(p.made))
	for _, s := range p.made {
		made[s] = true
		row, err := s.insertRow(org, p.byKey[s.contact])
		if err != nil {
			return err
		}
		fresh = append(fresh, row)
	}
	for _, s := range p.changed {
		if made[s] {
			continue
		}
		row, err := s.mutable(org, p.byKey[s.contact])
		if err != nil {
			return err
		}
		changed = append(changed, append([]any{int64(s.Key)}, row...))
	}
	for _, s := range p.marked {
		marked = append(marked, []any{int64(s.Key), s.scope, s.SourceVersion, s.loadID})
	}
	for _, s := range p.gone {
		gone = append(gone, []any{int64(s.Key)})
	}
	if err := p.tx.InsertMany(ctx, sourceTable, sourceInsert, fresh); err != nil {
		return fmt.Errorf("store what sources say of contacts: %w", err)
	}
	if _, err := p.tx.UpdateMany(ctx, db.Update{Table: sourceTable, Keys: []db.Col{idCol}, Set: sourceMutable}, changed); err != nil {
		return fmt.Errorf("change what sources say of contacts: %w", err)
	}
	if _, err := p.tx.UpdateMany(ctx, db.Update{Table: sourceTable, Keys: []db.Col{idCol}, Set: marks}, marked); err != nil {
		return fmt.Errorf("mark what sources say of contacts: %w", err)
	}
	if err := p.tx.DeleteMany(ctx, sourceTable, []db.Col{idCol}, gone); err != nil {
		return fmt.Errorf("delete what sources say of contacts: %w", err)
	}
	return nil
}

// removeSources removes what sources say, and their contacts if nobody else says
// anything of them.
func (w *writing) removeSources(ctx context.Context, gone []*ContactSource) error {
	p := w.people()
	keys := map[id.Key]bool{}
	for _, s := range gone {
		keys[s.contact] = true
	}
	if err := p.read(ctx, keys); err != nil {
		return err
	}
	p.take(gone)
	return p.store(ctx)
}

func (w *writing) removeNamedContacts(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	found, err := w.people().named(ctx, ids)
	if err != nil {
		return err
	}
	gone := make([]*ContactSource, 0, len(found))
	for _, externalID := range ids {
		if s := found[externalID]; s != nil {
			gone = append(gone, s)
		}
	}
	return w.removeSources(ctx, gone)
}

// sweepContacts removes what the source says of contacts that the load which ends did
// not name.
func (w *writing) sweepContacts(ctx context.Context, from, to int64) error {
	for {
		gone, err := db.All(ctx, w.tx, scanSource, "SELECT "+sourceColumns+" FROM "+sourceTable+` WHERE organization_id = $1 AND source = $2 AND at >= $3 AND at < $4
			AND account = $5 AND scope = $6 AND load_id <> $7 ORDER BY at, contact_id LIMIT $8`,
			w.src.OrganizationID, w.src.Name, from, to, w.src.Account, w.load.Source, w.load.ID, sweepStep)
		if err != nil {
			return fmt.Errorf("look for contacts that a load did not name: %w", err)
		}
		if w.load.Tag != "" {
			err = w.tagSources(ctx, gone)
		} else {
			err = w.removeSources(ctx, gone)
		}
		if err != nil || len(gone) < sweepStep {
			return err
		}
	}
}

// forgetContacts removes what a source says, at most sweepStep of it.
func (w *writing) forgetContacts(ctx context.Context) error {
	gone, err := db.All(ctx, w.tx, scanSource, "SELECT "+sourceColumns+" FROM "+sourceTable+" WHERE organization_id = $1 AND source = $2 ORDER BY at, contact_id LIMIT $3",
		w.src.OrganizationID, w.src.Name, sweepStep)
	if err != nil {
		return fmt.Errorf("look for contacts that are to be forgotten: %w", err)
	}
	return w.removeSources(ctx, gone)
}
