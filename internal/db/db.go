// Package db is the only place that knows which database runs. It opens
// SQLite or Postgres, runs transactions (group commit on SQLite), bulk writes,
// migrations and notifications between nodes, and sorts errors by kind. The
// SQL itself stands beside the code that needs it, in one portable text.
package db

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// FileName is the SQLite database inside the data directory.
const FileName = "patchboard.db"

// Config says where the data are. An empty URL means SQLite in Dir.
type Config struct {
	Dir string // data directory, for SQLite
	URL string // postgres://…, for Postgres
	Log *slog.Logger

	// MaxPages bounds the SQLite file, in pages of 4 KiB; 0 is no bound. Tests
	// use it to fill the disk.
	MaxPages int
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	log    *slog.Logger
	engine engine
	write  *sql.DB // SQLite: one connection; Postgres: a pool that plans for keys
	read   *sql.DB // SQLite: several read-only connections; Postgres: a pool
	url    string  // Postgres only
	dir    string  // SQLite only

	group *group // SQLite only: the single writer
	// SQLite only: statements of the readers, by their text.
	readMu    sync.RWMutex
	readStmts map[string]*sql.Stmt
	bus       *bus
	written   atomic.Int64 // Postgres only: rows of bulk writes since keepPlans looked

	stop    context.CancelFunc
	stopped sync.WaitGroup
}

type engine int

const (
	onSQLite engine = iota
	onPostgres
)

// Open opens the database and starts what serves it; Close ends both. It does
// not migrate.
func Open(ctx context.Context, c Config) (*DB, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	d := &DB{log: c.Log, url: c.URL, dir: c.Dir, bus: newBus(), readStmts: map[string]*sql.Stmt{}}
	var err error
	if c.URL == "" {
		err = d.openSQLite(ctx, c)
	} else {
		err = d.openPostgres(ctx, c)
	}
	if err != nil {
		return nil, err
	}
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	d.stop = stop
	if d.engine == onSQLite {
		d.stopped.Go(func() { d.group.run(run) })
	} else {
		d.stopped.Go(func() { d.listen(run) })
		d.stopped.Go(func() { d.sendNotes(run) })
		d.stopped.Go(func() { d.keepPlans(run) })
	}
	return d, nil
}

// Close ends the writer and the listener and closes every connection. Writes
// that were queued before it are finished.
func (d *DB) Close() error {
	d.stop()
	d.stopped.Wait()
	err := d.read.Close()
	if d.write != d.read {
		if werr := d.write.Close(); err == nil {
			err = werr
		}
	}
	if err != nil {
		return fmt.Errorf("close database: %w", err)
	}
	return nil
}

// Name gives the engine's name for people: "SQLite" or "Postgres".
func (d *DB) Name() string {
	if d.engine == onSQLite {
		return "SQLite"
	}
	return "Postgres"
}

// Shared reports whether other nodes may use this database at the same time.
// SQLite belongs to one server process (see LockDir); commands beside it only
// read and make small changes.
func (d *DB) Shared() bool { return d.engine == onPostgres }

// Write runs fn in one transaction and returns after its commit.
//
// On SQLite all callers of one moment share one commit (group commit), each
// within its own savepoint, so that the error of one is its own. On Postgres
// each call is a transaction.
//
// fn may run more than once: after a serialization failure, a deadlock, or when
// the shared transaction was lost. It must do nothing but SQL and set results
// that a second run overwrites. The transaction goes on when ctx ends after it
// began.
func (d *DB) Write(ctx context.Context, fn func(tx *Tx) error) error { return d.run(ctx, delay{}, fn) }

// run is Write; what may be late goes along with others on SQLite.
func (d *DB) run(ctx context.Context, late delay, fn func(tx *Tx) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	var tx *Tx
	var err error
	if d.engine == onSQLite {
		tx, err = d.group.write(ctx, late, fn)
	} else {
		tx, err = d.writePostgres(ctx, fn)
	}
	if err != nil {
		return err
	}
	tx.committed()
	return nil
}

// Conn runs fn with the SQL handle that background jobs (River) use on SQLite:
// the single writer. Only package job may call it.
func (d *DB) Conn() *sql.DB { return d.write }

// URL gives the Postgres address, empty on SQLite. Only package job and Migrate
// use it, for pools of their own.
func (d *DB) URL() string { return d.url }

// Ping reports whether the database answers.
func (d *DB) Ping(ctx context.Context) error {
	_, err := Value[int64](ctx, d, "SELECT 1")
	return err
}

// Micros is a time as the database keeps it: microseconds since the Unix epoch;
// 0 is the zero time.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Time reads what Micros wrote, in UTC.
func Time(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}
