package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrNoRows says that a query for one row found none.
var ErrNoRows = errors.New("no such row")

// Queryer runs queries: a DB (its reader pool) or a Tx.
type Queryer interface {
	QueryRows(ctx context.Context, query string, args ...any) (Rows, error)
}

// Finder is what FindMany reads by: a Tx, or a DB (its reader pool).
type Finder interface {
	Queryer
	on() engine
}

func (d *DB) on() engine  { return d.engine }
func (tx *Tx) on() engine { return tx.d.engine }

// Rows are the rows of a query; *sql.Rows are some.
type Rows interface {
	Scanner
	Next() bool
	Err() error
	Close() error
}

// Scanner reads the columns of the current row.
type Scanner interface{ Scan(dest ...any) error }

// QueryRows runs a query on a reader; All, One, Each and Value close the rows.
func (d *DB) QueryRows(ctx context.Context, query string, args ...any) (Rows, error) {
	var rows *sql.Rows
	var err error
	if st := d.prepared(ctx, query); st != nil {
		rows, err = st.QueryContext(ctx, args...) //nolint:rowserrcheck // the caller does
	} else {
		rows, err = d.read.QueryContext(ctx, query, args...) //nolint:rowserrcheck // the caller does
	}
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	return rows, nil
}

// prepared keeps a statement for each text of a query on SQLite, where the
// driver would prepare it anew each time; nil where there is none. pgx keeps its
// own.
func (d *DB) prepared(ctx context.Context, query string) *sql.Stmt {
	if d.engine != onSQLite {
		return nil
	}
	d.readMu.RLock()
	st, full := d.readStmts[query], len(d.readStmts) >= stmtsMost
	d.readMu.RUnlock()
	if st != nil || full {
		return st
	}
	d.readMu.Lock()
	defer d.readMu.Unlock()
	if st := d.readStmts[query]; st != nil {
		return st
	}
	st, err := d.read.PrepareContext(context.WithoutCancel(ctx), query)
	if err != nil {
		return nil // the caller's own try tells why
	}
	d.readStmts[query] = st
	return st
}

// Each calls visit for every row, and stops at its first error.
func Each(ctx context.Context, q Queryer, visit func(s Scanner) error, query string, args ...any) (err error) {
	rows, err := q.QueryRows(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := rows.Close(); err == nil && cerr != nil {
			err = fmt.Errorf("close rows: %w", cerr)
		}
	}()
	for rows.Next() {
		if err := visit(rows); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read rows: %w", err)
	}
	return nil
}

// All reads every row; no rows give an empty, non-nil slice.
func All[T any](ctx context.Context, q Queryer, scan func(s Scanner) (T, error), query string, args ...any) ([]T, error) {
	all := []T{}
	err := Each(ctx, q, func(s Scanner) error {
		v, err := scan(s)
		if err != nil {
			return err
		}
		all = append(all, v)
		return nil
	}, query, args...)
	if err != nil {
		return nil, err
	}
	return all, nil
}

// One reads the first row; none is ErrNoRows.
func One[T any](ctx context.Context, q Queryer, scan func(s Scanner) (T, error), query string, args ...any) (T, error) {
	var found bool
	var v T
	err := Each(ctx, q, func(s Scanner) error {
		if found {
			return nil
		}
		found = true
		var err error
		v, err = scan(s)
		return err
	}, query, args...)
	if err == nil && !found {
		err = ErrNoRows
	}
	return v, err
}

// Value reads one column of one row; no row is ErrNoRows.
func Value[T any](ctx context.Context, q Queryer, query string, args ...any) (T, error) {
	return One(ctx, q, func(s Scanner) (T, error) {
		var v T
		err := s.Scan(&v)
		return v, err
	}, query, args...)
}

// Column reads one column of every row.
func Column[T any](ctx context.Context, q Queryer, query string, args ...any) ([]T, error) {
	return All(ctx, q, func(s Scanner) (T, error) {
		var v T
		err := s.Scan(&v)
		return v, err
	}, query, args...)
}

// In writes "column IN ($from, …)" for n arguments; n of 0 is never true.
func In(column string, n, from int) string {
	if n == 0 {
		return "1 = 0"
	}
	var b strings.Builder
	b.WriteString(column)
	b.WriteString(" IN (")
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(from + i))
	}
	b.WriteByte(')')
	return b.String()
}
