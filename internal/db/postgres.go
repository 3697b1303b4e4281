package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	postgresConns = 12               // for transactions, and as many for reading
	retries       = 5                // runs of a transaction that collided
	writeLimit    = 20 * time.Second // a transaction's longest life
	connectLimit  = 3 * time.Second

	// A transaction here does nothing but SQL. One that is idle for this long
	// belongs to a process that stands still, and Postgres ends it: its locks
	// would hold up every other node.
	idleLimit = 5 * time.Second
)

func (d *DB) openPostgres(ctx context.Context, c Config) error {
	pc, err := pgx.ParseConfig(c.URL)
	if err != nil {
		return errors.New("open Postgres: the address cannot be read (its text is not shown, as it may hold a password)")
	}
	if pc.ConnectTimeout == 0 {
		pc.ConnectTimeout = connectLimit
	}
	if pc.RuntimeParams["application_name"] == "" {
		pc.RuntimeParams["application_name"] = "patchboard"
	}
	if pc.RuntimeParams["idle_in_transaction_session_timeout"] == "" {
		pc.RuntimeParams["idle_in_transaction_session_timeout"] = strconv.FormatInt(idleLimit.Milliseconds(), 10)
	}
	byKey := pc.Copy()
	for _, way := range []string{"enable_seqscan", "enable_hashjoin", "enable_mergejoin"} {
		byKey.RuntimeParams[way] = "off"
	}
	d.engine, d.write, d.read = onPostgres, openPool(byKey), openPool(pc)
	if err := d.write.PingContext(ctx); err != nil {
		return errors.Join(fmt.Errorf("open Postgres: %w", err), d.write.Close(), d.read.Close())
	}
	return nil
}

// openPool makes one of the two pools. Transactions find rows by their keys, and
// theirs plans for nothing else: Postgres keeps a statement's plan, and one made
// while a table was nearly empty would read all of it for ever after.
func openPool(c *pgx.ConnConfig) *sql.DB {
	h := stdlib.OpenDB(*c)
	h.SetMaxOpenConns(postgresConns)
	h.SetMaxIdleConns(postgresConns)
	h.SetConnMaxIdleTime(5 * time.Minute)
	return h
}

// writePostgres runs fn in a transaction of its own, again if it collided. A
// request that ends does not end the transaction: a cancelled statement would
// cost the connection.
func (d *DB) writePostgres(ctx context.Context, fn func(tx *Tx) error) (*Tx, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeLimit)
	defer cancel()
	for try := 1; ; try++ {
		tx, err := d.attemptPostgres(ctx, fn)
		if err == nil {
			d.written.Add(int64(tx.rows))
			return tx, nil
		}
		if try == retries || !isRetryable(err) {
			return nil, err
		}
	}
}

func (d *DB) attemptPostgres(ctx context.Context, fn func(tx *Tx) error) (tx *Tx, err error) {
	conn, err := d.write.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	defer func() {
		if cerr := conn.Close(); cerr != nil && !errors.Is(cerr, sql.ErrConnDone) && err == nil {
			d.log.Warn("give a connection back", "error", cerr)
		}
	}()
	err = conn.Raw(func(driver any) error { // which ends the connection at a panic, and so the transaction
		tx = &Tx{d: d, pipe: newPipeline(ctx, driver.(*stdlib.Conn).Conn())} //nolint:forcetypeassert // openPool's own driver
		err := fn(tx)
		if err == nil {
			err = tx.pipe.commit()
		}
		if err != nil {
			if rerr := tx.pipe.rollback(); rerr != nil {
				d.log.Debug("roll back", "error", rerr)
			}
		}
		return err
	})
	if err != nil {
		return nil, err //nolint:wrapcheck // it is fn's, or has its statement's name
	}
	return tx, nil
}
