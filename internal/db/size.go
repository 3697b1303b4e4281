package db

import (
	"context"
	"fmt"
	"math"
)

// Size gives the bytes that the data take up. What is free for reuse inside
// the files does not count: a limit on the size is met by deleting, although
// the files themselves may stay as large.
func (d *DB) Size(ctx context.Context) (int64, error) {
	if d.engine == onSQLite {
		n, err := Value[int64](ctx, d, "SELECT (p.page_count - f.freelist_count) * s.page_size FROM pragma_page_count p, pragma_freelist_count f, pragma_page_size s")
		if err != nil {
			return 0, fmt.Errorf("read the size of the database: %w", err)
		}
		return n, nil
	}
	return d.sizePostgres(ctx)
}

// table is a table of Postgres by its catalog figures.
type table struct {
	name  string // quoted
	width string // an expression: the stored size of a row's columns
	pages int64  // of the heap
	data  int64  // bytes of heap and TOAST, free space included
	total int64  // with its indexes
}

const (
	sampledFrom = 4 << 20 // bytes from which a table is sampled
	samplePages = 512
	rowHeader   = 28 // bytes
)

// sizePostgres looks into large tables: Postgres does not say without an
// extension how much of a table is free, and after deletions nearly all may be.
func (d *DB) sizePostgres(ctx context.Context) (int64, error) {
	tables, err := All(ctx, d, func(s Scanner) (t table, err error) {
		return t, s.Scan(&t.name, &t.width, &t.pages, &t.data, &t.total)
	}, `SELECT quote_ident(c.relname),
			(SELECT string_agg('COALESCE(pg_column_size(' || quote_ident(a.attname) || '), 0)', ' + ') FROM pg_attribute a
				WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
			pg_relation_size(c.oid) / current_setting('block_size')::bigint, pg_table_size(c.oid), pg_total_relation_size(c.oid)
		FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace ORDER BY c.relname`)
	if err != nil {
		return 0, fmt.Errorf("read the size of the database: %w", err)
	}
	sum := int64(0)
	for _, t := range tables {
		used := t.total
		if t.total >= sampledFrom {
			if used, err = d.sample(ctx, t); err != nil {
				return 0, err
			}
		}
		sum += used
	}
	return sum, nil
}

// sample estimates the used part of a table, indexes in proportion, from some
// of its pages. It reads no value that is stored outside its row.
func (d *DB) sample(ctx context.Context, t table) (int64, error) {
	percent := min(100, 100*float64(samplePages)/float64(max(t.pages, 1)))
	q := fmt.Sprintf("SELECT CAST(COALESCE(SUM(%d + %s), 0) AS BIGINT) FROM %s TABLESAMPLE SYSTEM (%f)", rowHeader, t.width, t.name, percent)
	sampled, err := Value[int64](ctx, d, q)
	if err != nil {
		return 0, fmt.Errorf("read the size of table %s: %w", t.name, err)
	}
	used := min(float64(sampled)*100/percent, float64(t.data))
	return int64(used / float64(t.data) * float64(t.total)), nil
}

const (
	vacuumPages = 512 // in one transaction, so that other writers wait for some milliseconds only
	vacuumKeep  = 8   // this part of the file may be free: new rows fill it soon
)

// Vacuum gives free pages back to the file system, on SQLite; Postgres does
// what it needs by itself. It ends when few are left or ctx ends.
func (d *DB) Vacuum(ctx context.Context) error {
	if d.engine != onSQLite {
		return nil
	}
	last := int64(math.MaxInt64)
	for {
		free, surplus, err := d.freePages(ctx)
		if err != nil {
			return fmt.Errorf("vacuum: %w", err)
		}
		if surplus <= 0 || free >= last { // the second: others free as fast
			return nil
		}
		last = free
		err = d.Write(ctx, func(tx *Tx) error {
			return Each(ctx, tx, func(Scanner) error { return nil }, fmt.Sprintf("PRAGMA incremental_vacuum(%d)", min(surplus, vacuumPages)))
		})
		if err != nil {
			return fmt.Errorf("vacuum: %w", err)
		}
	}
}

// freePages gives the number of free pages, and how many of them are too many.
func (d *DB) freePages(ctx context.Context) (free, surplus int64, err error) {
	_, err = One(ctx, d, func(s Scanner) (struct{}, error) {
		var all int64
		err := s.Scan(&free, &all)
		surplus = free - all/vacuumKeep
		return struct{}{}, err
	}, "SELECT f.freelist_count, p.page_count FROM pragma_freelist_count f, pragma_page_count p")
	return free, surplus, err
}
