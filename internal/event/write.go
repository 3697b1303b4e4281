package event

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"patchboard/internal/db"
)

var eventCols = []db.Col{
	{Name: "id", Type: db.Int}, {Name: "public_id", Type: db.Text}, {Name: "organization_id", Type: db.Text},
	{Name: "type", Type: db.Text}, {Name: "sender_id", Type: db.Text},
	{Name: "occurred_at", Type: db.Int}, {Name: "accepted_at", Type: db.Int}, {Name: "body", Type: db.Bytes},
}

// writing is one run of the transaction that stores units.
type writing struct {
	items []*item
	whole bool // one all-or-nothing unit
	now   time.Time
	fresh []*Accepted
}

func newWriting(us []*unit, now time.Time) *writing {
	w := &writing{whole: len(us) == 1 && us[0].whole, now: now}
	for _, u := range us {
		w.items = append(w.items, u.items...)
	}
	return w
}

// run stores the events that are new, and their deliveries.
func (w *writing) run(ctx context.Context, tx *db.Tx, fanOut func(context.Context, *db.Tx, []*Accepted) error) error {
	if err := w.claimKeys(ctx, tx); err != nil {
		return err
	}
	rows := make([][]any, 0, len(w.items))
	w.fresh = make([]*Accepted, 0, len(w.items))
	for _, it := range w.items {
		if it.outcome == conflicts && w.whole {
			return errRefused
		}
		if it.outcome != isFirst {
			continue
		}
		e := &it.event
		w.fresh = append(w.fresh, e)
		rows = append(rows, []any{
			int64(e.Key), e.PublicID, e.OrganizationID, e.Type, it.senderID,
			it.occurredAt, db.Micros(e.AcceptedAt), e.Body,
		})
	}
	if len(rows) == 0 {
		return nil
	}
	if err := tx.InsertMany(ctx, "events", eventCols, rows); err != nil {
		return fmt.Errorf("insert events: %w", err)
	}
	if err := fanOut(ctx, tx, w.fresh); err != nil {
		return fmt.Errorf("fan out events: %w", err)
	}
	return nil
}

// claimKeys decides every item's outcome. Keys are claimed in one order
// everywhere, so that two transactions cannot wait for each other.
func (w *writing) claimKeys(ctx context.Context, tx *db.Tx) error {
	var keyed []*item
	for _, it := range w.items {
		it.outcome = isFirst
		if it.key != "" {
			keyed = append(keyed, it)
		}
	}
	if len(keyed) == 0 {
		return nil
	}
	slices.SortStableFunc(keyed, func(a, b *item) int {
		if c := strings.Compare(a.event.OrganizationID, b.event.OrganizationID); c != 0 {
			return c
		}
		return strings.Compare(a.key, b.key)
	})
	var heads []*item // the first use of each key in this transaction
	for i, it := range keyed {
		if i == 0 || !sameKey(it, keyed[i-1]) {
			heads = append(heads, it)
		}
	}
	firsts, err := claimAll(ctx, tx, heads, w.now)
	if err != nil {
		return err
	}
	n := -1
	for i, it := range keyed {
		if i == 0 || !sameKey(it, keyed[i-1]) {
			n++
		}
		if it == heads[n] && firsts[n] == nil {
			continue
		}
		first := firsts[n]
		if first == nil {
			first = heads[n].asFirst()
		}
		it.decide(first)
	}
	return nil
}

func sameKey(a, b *item) bool {
	return a.key == b.key && a.event.OrganizationID == b.event.OrganizationID
}

// settle writes the results, after the transaction has ended.
func (w *writing) settle() {
	for _, it := range w.items {
		switch it.outcome {
		case isFirst:
			*it.result = Result{ID: it.event.PublicID, Status: StatusAccepted, Warnings: it.warnings}
		case repeats:
			*it.result = it.first.replay()
		case conflicts:
			*it.result = Result{Status: StatusRefused, Fault: conflictFault(it)}
		}
	}
}

// organizations gives each organization that has new events once.
func (w *writing) organizations() iter.Seq[string] {
	return func(yield func(string) bool) {
		var seen []string
		for _, e := range w.fresh {
			if slices.Contains(seen, e.OrganizationID) {
				continue
			}
			seen = append(seen, e.OrganizationID)
			if !yield(e.OrganizationID) {
				return
			}
		}
	}
}
