package record

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/event"
)

// writing is one run of a transaction that writes records of one source.
type writing struct {
	*Service
	tx    *db.Tx
	src   Source
	now   time.Time
	load  *Load
	from  time.Time // no events for what is older
	quiet bool

	tally  Tally
	counts map[Kind]int64
	ids    []string // of what was written
	events []event.Input
	last   *Record // what the last entry has become
}

func (s *Service) writing(tx *db.Tx, src Source) *writing {
	return &writing{Service: s, tx: tx, src: src, now: stored(s.clock()), counts: map[Kind]int64{}}
}

// lock keeps other writers of the source out until the commit.
func (w *writing) lock(ctx context.Context) error {
	if err := w.tx.Lock(ctx, "record/"+w.src.OrganizationID+"/"+w.src.Name); err != nil {
		return fmt.Errorf("wait for other writers: %w", err)
	}
	return nil
}

// pending is the rows that put is about to write.
type pending struct{ fresh, changed, marked [][]any }

// marks are the columns that are set when a source names a record again.
var marks = []db.Col{{Name: "scope", Type: db.Text}, {Name: "source_version", Type: db.Text}, {Name: "load_id", Type: db.Text}}

// put creates or changes the records of one kind. No external id comes twice.
func (w *writing) put(ctx context.Context, k Kind, entries []*entry) error {
	if len(entries) == 0 {
		return nil
	}
	var ids []string
	for _, e := range entries {
		if e.externalID != "" {
			ids = append(ids, e.externalID)
		}
	}
	if k == KindContact {
		return w.putContacts(ctx, entries, ids)
	}
	known, err := named(ctx, w.tx, w.src, k, ids)
	if err != nil {
		return err
	}
	p := &pending{}
	for _, e := range entries {
		old := known[e.externalID]
		switch {
		case old != nil:
			err = w.change(ctx, p, old, e)
		case e.blank: // cancelled, and never known
			w.tally.Same++
		default:
			err = w.create(ctx, p, k, e)
		}
		if err != nil {
			return err
		}
	}
	return w.store(ctx, k, p)
}

func (w *writing) store(ctx context.Context, k Kind, p *pending) error {
	if err := w.tx.InsertMany(ctx, k.Plural(), insertCols(k), p.fresh); err != nil {
		return fmt.Errorf("create %s: %w", k.Plural(), err)
	}
	if _, err := w.tx.UpdateMany(ctx, db.Update{Table: k.Plural(), Keys: []db.Col{idCol}, Set: mutable(k)}, p.changed); err != nil {
		return fmt.Errorf("change %s: %w", k.Plural(), err)
	}
	if _, err := w.tx.UpdateMany(ctx, db.Update{Table: k.Plural(), Keys: []db.Col{idCol}, Set: marks}, p.marked); err != nil {
		return fmt.Errorf("mark %s: %w", k.Plural(), err)
	}
	return nil
}

func (w *writing) create(ctx context.Context, p *pending, k Kind, e *entry) error {
	key := w.keys.Next()
	r := &Record{
		Kind: k, Key: key, ID: key.Public(k.prefix()), OrganizationID: w.src.OrganizationID, Source: w.src.Name, Account: w.src.Account,
		ExternalID: e.externalID, SourceVersion: e.sourceVersion, Version: 1, At: e.fields.at(), CreatedAt: w.now, UpdatedAt: w.now,
		Fields: e.fields, scope: e.scope, text: e.text,
	}
	if r.At.IsZero() {
		r.At = w.now
	}
	if w.load != nil {
		r.loadID = w.load.ID
	}
	if err := w.progress(r); err != nil {
		return err
	}
	row, err := r.insertRow()
	if err != nil {
		return err
	}
	p.fresh = append(p.fresh, row)
	w.tally.Created++
	w.counts[k]++
	w.ids = append(w.ids, r.ID)
	w.last = r
	return w.tellCreated(ctx, r)
}

func (w *writing) change(ctx context.Context, p *pending, old *Record, e *entry) error {
	next := *old
	next.SourceVersion, next.scope = e.sourceVersion, e.scope
	next.Fields, next.text = e.fields, e.text
	if err := next.keep(old, e); err != nil {
		return err
	}
	if w.load != nil {
		next.loadID = w.load.ID
	}
	w.last = &next
	if next.text == old.text {
		w.tally.Same++
		if next.SourceVersion != old.SourceVersion || next.scope != old.scope || next.loadID != old.loadID {
			p.marked = append(p.marked, []any{int64(old.Key), next.scope, next.SourceVersion, next.loadID})
		}
		return nil
	}
	fields, err := differing(old.text, next.text)
	if err != nil {
		return err
	}
	next.changed(w.now, fields)
	if err := w.progress(&next); err != nil {
		return err
	}
	row, err := next.updateRow()
	if err != nil {
		return err
	}
	p.changed = append(p.changed, row)
	w.tally.Changed++
	w.ids = append(w.ids, next.ID)
	return w.tellChanged(ctx, old, &next, fields)
}

// changed counts a change and remembers it.
func (r *Record) changed(now time.Time, fields []string) {
	r.Version++
	r.UpdatedAt = now
	r.At = r.Fields.at()
	if r.At.IsZero() {
		r.At = r.CreatedAt
	}
	r.changes = append(slices.Clone(r.changes), Change{Version: r.Version, At: now, Fields: fields})
	if n := len(r.changes) - keptChanges; n > 0 {
		r.changes = r.changes[n:]
	}
}

// keep takes from the old record what the entry does not say.
func (r *Record) keep(old *Record, e *entry) (err error) {
	switch f := old.Fields.(type) {
	case *Meeting:
		if !e.blank {
			return nil
		}
		m := *f
		m.Status = Cancelled
		r.Fields, r.scope = &m, old.scope
	case *Email:
		said, ok := e.fields.(*Email)
		if !e.undated || !ok {
			return nil
		}
		m := *said
		m.At = f.At
		r.Fields = &m
	default:
		return nil
	}
	r.text, err = encode(r.Fields)
	return err
}

// remove deletes records, of any kind but contacts.
func (w *writing) remove(ctx context.Context, k Kind, gone []*Record) error {
	keys := make([][]any, len(gone))
	for i, r := range gone {
		keys[i] = []any{int64(r.Key)}
		w.ids = append(w.ids, r.ID)
	}
	if err := w.tx.DeleteMany(ctx, k.Plural(), []db.Col{idCol}, keys); err != nil {
		return fmt.Errorf("delete %s: %w", k.Plural(), err)
	}
	w.tally.Removed += len(gone)
	w.counts[k] -= int64(len(gone))
	return nil
}

func (w *writing) removeNamed(ctx context.Context, k Kind, ids []string) error {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	if k == KindContact {
		return w.removeNamedContacts(ctx, ids)
	}
	found, err := named(ctx, w.tx, w.src, k, ids)
	if err != nil {
		return err
	}
	gone := make([]*Record, 0, len(found))
	for _, externalID := range ids {
		if r := found[externalID]; r != nil {
			gone = append(gone, r)
		}
	}
	return w.remove(ctx, k, gone)
}

// sweepStep is how many records a sweep, or Forget, has in memory.
const sweepStep = 500

// sweep removes what the load that ends did not name.
func (w *writing) sweep(ctx context.Context) error {
	from, to := db.Micros(stored(w.load.From)), int64(1)<<62
	if !w.load.To.IsZero() {
		to = db.Micros(stored(w.load.To))
	}
	for _, k := range Kinds {
		if w.load.Kind != "" && w.load.Kind != k {
			continue
		}
		if k == KindContact {
			if err := w.sweepContacts(ctx, from, to); err != nil {
				return err
			}
			continue
		}
		for {
			gone, err := db.All(ctx, w.tx, scan(k), "SELECT "+columns(k)+" FROM "+k.Plural()+` WHERE organization_id = $1 AND source = $2 AND at >= $3 AND at < $4
				AND account = $5 AND scope = $6 AND load_id <> $7 ORDER BY at, id LIMIT $8`,
				w.src.OrganizationID, w.src.Name, from, to, w.src.Account, w.load.Source, w.load.ID, sweepStep)
			if err != nil {
				return fmt.Errorf("look for what a load did not name: %w", err)
			}
			if err := w.remove(ctx, k, gone); err != nil {
				return err
			}
			if len(gone) < sweepStep {
				break
			}
		}
	}
	return nil
}

// finish writes what goes along with the records: events, counts, and what open
// browsers are told. It comes last, as it locks what other writers need.
func (w *writing) finish(ctx context.Context) error {
	if err := w.event.Raise(ctx, w.tx, w.src.OrganizationID, w.events); err != nil {
		return fmt.Errorf("tell of records: %w", err)
	}
	for _, k := range slices.Sorted(maps.Keys(w.counts)) {
		if w.counts[k] == 0 {
			continue
		}
		err := w.tx.ExecLater(ctx, `INSERT INTO record_counts (organization_id, source, kind, count) VALUES ($1, $2, $3, $4)
			ON CONFLICT (organization_id, source, kind) DO UPDATE SET count = record_counts.count + excluded.count`,
			w.src.OrganizationID, w.src.Name, string(k), w.counts[k])
		if err != nil {
			return fmt.Errorf("count records: %w", err)
		}
	}
	if len(w.ids) > 0 {
		w.Publish(w.tx, w.src.OrganizationID, topic, w.ids...)
	}
	return nil
}
