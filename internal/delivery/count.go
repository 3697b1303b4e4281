package delivery

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"patchboard/internal/db"
)

// Counts is the bookkeeping of deliveries. Created = Pending + Held + Delivered
// + Failed + Discarded, for ever: what retention removes stays counted.
type Counts struct {
	Created, Pending, Held, Delivered, Failed, Discarded int64
	// Removed counts the rows that retention took, by their last state.
	RemovedDelivered, RemovedFailed, RemovedDiscarded int64
}

// Balanced reports whether nothing is missing.
func (c *Counts) Balanced() bool {
	return c.Created == c.Pending+c.Held+c.Delivered+c.Failed+c.Discarded
}

// tally collects the changes of one transaction by organization; it is written
// once, last, so that the rows it locks are locked for the commit alone.
type tally map[string]*Counts

func (t tally) of(org string) *Counts {
	c := t[org]
	if c == nil {
		c = &Counts{}
		t[org] = c
	}
	return c
}

func (c *Counts) at(s State) *int64 {
	switch s {
	case Pending:
		return &c.Pending
	case Held:
		return &c.Held
	case Delivered:
		return &c.Delivered
	case Failed:
		return &c.Failed
	case Discarded:
		return &c.Discarded
	}
	return new(int64)
}

func (t tally) created(org string, s State, n int64) {
	c := t.of(org)
	c.Created += n
	*c.at(s) += n
}

func (t tally) moved(org string, from, to State, n int64) {
	if from != to && n != 0 {
		c := t.of(org)
		*c.at(from) -= n
		*c.at(to) += n
	}
}

// write adds the changes to a shard. Shards keep writers apart: the number is
// the node's, and one of a few for the transactions that a node runs at once.
func (t tally) write(ctx context.Context, tx *db.Tx, shard int64) error {
	for _, org := range slices.Sorted(maps.Keys(t)) {
		c := t[org]
		if *c == (Counts{}) {
			continue
		}
		err := tx.ExecLater(ctx, `INSERT INTO delivery_counts (organization_id, shard, created, pending, held, delivered, failed, discarded, removed_delivered, removed_failed, removed_discarded)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
			ON CONFLICT (organization_id, shard) DO UPDATE SET created = delivery_counts.created + excluded.created, pending = delivery_counts.pending + excluded.pending,
			held = delivery_counts.held + excluded.held, delivered = delivery_counts.delivered + excluded.delivered, failed = delivery_counts.failed + excluded.failed,
			discarded = delivery_counts.discarded + excluded.discarded, removed_delivered = delivery_counts.removed_delivered + excluded.removed_delivered,
			removed_failed = delivery_counts.removed_failed + excluded.removed_failed, removed_discarded = delivery_counts.removed_discarded + excluded.removed_discarded`,
			org, shard, c.Created, c.Pending, c.Held, c.Delivered, c.Failed, c.Discarded, c.RemovedDelivered, c.RemovedFailed, c.RemovedDiscarded)
		if err != nil {
			return fmt.Errorf("count deliveries: %w", err)
		}
	}
	return nil
}

const sumColumns = `CAST(COALESCE(SUM(created), 0) AS BIGINT), CAST(COALESCE(SUM(pending), 0) AS BIGINT), CAST(COALESCE(SUM(held), 0) AS BIGINT),
	CAST(COALESCE(SUM(delivered), 0) AS BIGINT), CAST(COALESCE(SUM(failed), 0) AS BIGINT), CAST(COALESCE(SUM(discarded), 0) AS BIGINT),
	CAST(COALESCE(SUM(removed_delivered), 0) AS BIGINT), CAST(COALESCE(SUM(removed_failed), 0) AS BIGINT), CAST(COALESCE(SUM(removed_discarded), 0) AS BIGINT)`

const sumCounts = "SELECT " + sumColumns + " FROM delivery_counts"

func scanCounts(s db.Scanner) (c Counts, err error) {
	err = s.Scan(&c.Created, &c.Pending, &c.Held, &c.Delivered, &c.Failed, &c.Discarded, &c.RemovedDelivered, &c.RemovedFailed, &c.RemovedDiscarded)
	return c, err
}

// Counts gives an organization's bookkeeping; "" is all of the installation.
func (s *Service) Counts(ctx context.Context, org string) (Counts, error) {
	query, args := sumCounts, []any{}
	if org != "" {
		query, args = sumCounts+" WHERE organization_id = $1", []any{org}
	}
	c, err := db.One(ctx, s.db, scanCounts, query, args...)
	if err != nil {
		return Counts{}, fmt.Errorf("read delivery counts: %w", err)
	}
	return c, nil
}

// CountCheck compares the bookkeeping with the rows.
type CountCheck struct {
	Books Counts
	Rows  Counts // by state; Created is their sum
	OK    bool
}

// CheckCounts reads books and rows in one statement, which is one snapshot. It
// looks at every row and is for the background job, not for a request.
func (s *Service) CheckCounts(ctx context.Context) (CountCheck, error) {
	var c CountCheck
	b, r := &c.Books, &c.Rows
	err := db.Each(ctx, s.db, func(sc db.Scanner) error {
		return sc.Scan(&b.Created, &b.Pending, &b.Held, &b.Delivered, &b.Failed, &b.Discarded, &b.RemovedDelivered, &b.RemovedFailed, &b.RemovedDiscarded,
			&r.Pending, &r.Held, &r.Delivered, &r.Failed, &r.Discarded)
	}, "SELECT "+sumColumns+`, (SELECT COUNT(*) FROM deliveries WHERE state = 0), (SELECT COUNT(*) FROM deliveries WHERE state = 1),
		(SELECT COUNT(*) FROM deliveries WHERE state = 2), (SELECT COUNT(*) FROM deliveries WHERE state = 3),
		(SELECT COUNT(*) FROM deliveries WHERE state = 4) FROM delivery_counts`)
	if err != nil {
		return CountCheck{}, fmt.Errorf("check delivery counts: %w", err)
	}
	r.Created = r.Pending + r.Held + r.Delivered + r.Failed + r.Discarded
	c.OK = b.Balanced() && b.Pending == r.Pending && b.Held == r.Held && b.Delivered-b.RemovedDelivered == r.Delivered &&
		b.Failed-b.RemovedFailed == r.Failed && b.Discarded-b.RemovedDiscarded == r.Discarded
	return c, nil
}
