package db

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// pipeline sends the statements of a Postgres transaction. One whose result
// nobody waits for is kept, and goes along with the next that somebody does, or
// with the commit: a round trip costs both sides more than most statements do.
// The server runs them in order, each after the one before has ended, and none
// after one that failed.
type pipeline struct {
	conn *pgx.Conn
	ctx  context.Context //nolint:containedctx // the transaction's, see writePostgres
	kept *pgx.Batch
}

func newPipeline(ctx context.Context, conn *pgx.Conn) *pipeline {
	p := &pipeline{conn: conn, ctx: ctx, kept: &pgx.Batch{}}
	p.later("BEGIN")
	return p
}

func (p *pipeline) later(query string, args ...any) { p.kept.Queue(query, args...) }

// send sends what is kept, and then query, whose results the caller reads.
func (p *pipeline) send(query string, args ...any) (pgx.BatchResults, error) {
	p.later(query, args...)
	b := p.kept
	p.kept = &pgx.Batch{}
	results := p.conn.SendBatch(p.ctx, b)
	for _, q := range b.QueuedQueries[:b.Len()-1] {
		if _, err := results.Exec(); err != nil {
			_ = results.Close() // it says the same
			return nil, fmt.Errorf("%s: %w", firstWords(q.SQL), err)
		}
	}
	return results, nil
}

func (p *pipeline) exec(query string, args ...any) (pgconn.CommandTag, error) {
	results, err := p.send(query, args...)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	tag, err := results.Exec()
	if cerr := results.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return tag, fmt.Errorf("%s: %w", firstWords(query), err)
	}
	return tag, nil
}

func (p *pipeline) query(query string, args ...any) (Rows, error) {
	results, err := p.send(query, args...)
	if err != nil {
		return nil, err
	}
	rows, err := results.Query()
	if err != nil {
		_ = results.Close() // it says the same
		return nil, fmt.Errorf("%s: %w", firstWords(query), err)
	}
	return &pipelineRows{rows, results}, nil
}

// idle reports whether nothing was sent yet, nor has to be.
func (p *pipeline) idle() bool { return p.kept.Len() == 1 && p.conn.PgConn().TxStatus() == 'I' }

var errRolledBack = errors.New("the transaction had failed before, and was rolled back")

func (p *pipeline) commit() error {
	if p.idle() {
		return nil
	}
	tag, err := p.exec("COMMIT")
	if err == nil && tag.String() == "ROLLBACK" {
		err = errRolledBack
	}
	return err
}

func (p *pipeline) rollback() error {
	if p.conn.IsClosed() || p.conn.PgConn().TxStatus() == 'I' {
		return nil
	}
	if _, err := p.conn.Exec(p.ctx, "ROLLBACK"); err != nil {
		return fmt.Errorf("roll back: %w", err)
	}
	return nil
}

// pipelineRows are the rows of a pipeline's last statement.
type pipelineRows struct {
	pgx.Rows

	results pgx.BatchResults
}

func (r *pipelineRows) Close() error {
	r.Rows.Close()
	if err := r.results.Close(); err != nil {
		return fmt.Errorf("end the statements: %w", err)
	}
	return nil
}
