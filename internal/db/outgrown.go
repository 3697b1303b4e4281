package db

import (
	"context"
	"fmt"
	"time"
)

const (
	outgrownEvery = time.Second // between two looks, while something is written
	analyzeLimit  = 30 * time.Second
)

// keepPlans has Postgres look at tables anew that have grown to four times of what its
// planner knows. It keeps a statement's plan, and one made for a table that was empty
// reads through all of it, for each row that it wants: with 50,000 deliveries a
// recording took seconds, in which nothing else was recorded. Postgres' own look
// (autovacuum) comes only once a minute. A new look makes all nodes plan anew.
func (d *DB) keepPlans(ctx context.Context) {
	tick := time.NewTicker(outgrownEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if d.written.Swap(0) == 0 {
			continue
		}
		if err := d.analyzeOutgrown(ctx); err != nil && ctx.Err() == nil {
			d.log.Warn("have Postgres look at tables that have grown", "error", err)
		}
	}
}

func (d *DB) analyzeOutgrown(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, analyzeLimit)
	defer cancel()
	// An empty table counts as two pages: a few rows need no look.
	tables, err := Column[string](ctx, d, `SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = current_schema() AND c.relkind = 'r' AND pg_relation_size(c.oid) > 4 * (GREATEST(c.relpages, 0) + 2) * current_setting('block_size')::bigint`)
	if err != nil {
		return fmt.Errorf("look for tables that have grown: %w", err)
	}
	for _, table := range tables {
		// One that another node looks at already is skipped.
		if _, err := d.read.ExecContext(ctx, "ANALYZE (SKIP_LOCKED) "+table); err != nil {
			return fmt.Errorf("analyze %s: %w", table, err)
		}
	}
	return nil
}
