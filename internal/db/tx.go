package db

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Tx is one caller's share of a transaction. It is used by one goroutine.
type Tx struct {
	d     *DB
	pipe  *pipeline  // on Postgres
	sql   *sql.Tx    // on SQLite
	stmts *stmtCache // on SQLite

	rows  int // of bulk writes so far
	after []func()
	notes []note
}

// Exec runs a statement and gives the number of rows that it changed.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	if tx.pipe != nil {
		tag, err := tx.pipe.exec(query, args...)
		return tag.RowsAffected(), err
	}
	st, err := tx.stmts.get(ctx, tx, query)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", firstWords(query), err)
	}
	res, err := st.ExecContext(context.WithoutCancel(ctx), args...)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", firstWords(query), err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("rows affected: %w", err)
	}
	return n, nil
}

// ExecLater runs a statement of which nobody needs to know more than that it
// worked. On Postgres it is sent together with the next statement that gives
// something, or with the commit, and its error may be theirs.
func (tx *Tx) ExecLater(ctx context.Context, query string, args ...any) error {
	if tx.pipe != nil {
		tx.pipe.later(query, args...)
		return nil
	}
	_, err := tx.Exec(ctx, query, args...)
	return err
}

// QueryRows runs a query inside the transaction.
func (tx *Tx) QueryRows(ctx context.Context, query string, args ...any) (Rows, error) {
	if tx.pipe != nil {
		return tx.pipe.query(query, args...)
	}
	st, err := tx.stmts.get(ctx, tx, query)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", firstWords(query), err)
	}
	rows, err := st.QueryContext(context.WithoutCancel(ctx), args...) //nolint:sqlclosecheck,rowserrcheck // the caller does
	if err != nil {
		return nil, fmt.Errorf("%s: %w", firstWords(query), err)
	}
	return rows, nil
}

// AfterCommit has fn run once the change is durable, before Write returns, in
// the goroutine that called Write. It does not run when the caller's part was
// rolled back.
func (tx *Tx) AfterCommit(fn func()) { tx.after = append(tx.after, fn) }

// Notify tells the subscribers of a channel after the commit: those of this
// node before Write returns, those of other nodes within some milliseconds.
// The payload has at most 4,000 bytes.
func (tx *Tx) Notify(channel, payload string) {
	n := note{channel, payload}
	if !slices.Contains(tx.notes, n) {
		tx.notes = append(tx.notes, n)
	}
}

// Now reads the database's clock, which all nodes share.
func (tx *Tx) Now(ctx context.Context) (time.Time, error) { return tx.d.now(ctx, tx) }

// Now reads the database's clock, which all nodes share.
func (d *DB) Now(ctx context.Context) (time.Time, error) { return d.now(ctx, d) }

func (d *DB) now(ctx context.Context, q Queryer) (time.Time, error) {
	text := "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)"
	if d.engine == onSQLite {
		text = "SELECT CAST(unixepoch('subsec') * 1000000 AS INTEGER)"
	}
	us, err := Value[int64](ctx, q, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("read the database's clock: %w", err)
	}
	return Time(us), nil
}

// ForUpdate is the suffix that locks the selected rows until the commit. SQLite
// has one writer and needs none.
func (tx *Tx) ForUpdate() string { return tx.onPostgres(" FOR UPDATE") }

// ForShare is the suffix that keeps the selected rows unchanged until the commit.
func (tx *Tx) ForShare() string { return tx.onPostgres(" FOR SHARE") }

// SkipLocked is the suffix that locks the selected rows and passes over those
// that another transaction holds.
func (tx *Tx) SkipLocked() string { return tx.onPostgres(" FOR UPDATE SKIP LOCKED") }

// Lock takes the lock of a name until the transaction ends; LockShared shares it
// with other sharers. They are granted in order, which row locks on Postgres
// are not: there, new sharers pass those who wait to change the row. SQLite has
// one writer and needs none. Who takes several takes them in the order of their
// names. On Postgres what the transaction reads after it is as new as the lock.
func (tx *Tx) Lock(ctx context.Context, name string) error {
	return tx.advisory(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", name)
}

// LockShared is described at Lock.
func (tx *Tx) LockShared(ctx context.Context, name string) error {
	return tx.advisory(ctx, "SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 0))", name)
}

func (tx *Tx) advisory(ctx context.Context, query, name string) error {
	if tx.d.engine == onSQLite {
		return nil
	}
	return tx.ExecLater(ctx, query, name)
}

func (tx *Tx) onPostgres(s string) string {
	if tx.d.engine == onPostgres {
		return s
	}
	return ""
}

func (tx *Tx) committed() {
	for _, fn := range tx.after {
		fn()
	}
	tx.d.publish(tx.notes)
}

func firstWords(query string) string {
	f := strings.Fields(query)
	return strings.Join(f[:min(len(f), 4)], " ")
}
