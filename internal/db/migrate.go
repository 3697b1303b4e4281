package db

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"golang.org/x/sys/unix"
)

//go:embed migrations
var migrations embed.FS

// Migrations gives the embedded migration files of this database's engine.
func (d *DB) Migrations() (fs.FS, error) {
	dir := "migrations/postgres"
	if d.engine == onSQLite {
		dir = "migrations/sqlite"
	}
	sub, err := fs.Sub(migrations, dir)
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	return sub, nil
}

// migrationLock is the key of the advisory lock under which Postgres migrates.
const migrationLock = 0x7061746368 // "patch"

// Migrate brings the schema to this program's version, forward only, ours and
// River's under one lock. A database of a newer program is refused.
func (d *DB) Migrate(ctx context.Context) error {
	if d.engine == onSQLite {
		l, err := lockFile(filepath.Join(d.dir, "migrate.lock"), unix.LOCK_EX)
		if err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		return errors.Join(d.migrate(ctx), l.Release())
	}
	conn, err := pgx.Connect(ctx, d.url)
	if err != nil {
		return fmt.Errorf("migrate: connect: %w", err)
	}
	_, err = conn.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(migrationLock))
	if err == nil {
		err = d.migrate(ctx)
	}
	return errors.Join(err, conn.Close(ctx)) // the lock ends with its session
}

func (d *DB) migrate(ctx context.Context) error {
	files, err := d.Migrations()
	if err != nil {
		return err
	}
	dialect := goose.DialectPostgres
	if d.engine == onSQLite {
		dialect = goose.DialectSQLite3
	}
	p, err := goose.NewProvider(dialect, d.write, files)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	have, err := p.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	sources := p.ListSources()
	if want := sources[len(sources)-1].Version; have > want {
		return fmt.Errorf("this database has schema version %d and this program knows up to %d: it was used by a newer Patchboard; "+
			"start that version, or restore a backup made before", have, want)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return d.migrateRiver(ctx)
}

func (d *DB) migrateRiver(ctx context.Context) error {
	if d.engine == onSQLite {
		return riverUp(ctx, riversqlite.New(d.write))
	}
	pool, err := pgxpool.New(ctx, d.url)
	if err != nil {
		return fmt.Errorf("migrate River: connect: %w", err)
	}
	defer pool.Close()
	return riverUp(ctx, riverpgxv5.New(pool))
}

func riverUp[T any](ctx context.Context, driver riverdriver.Driver[T]) error {
	m, err := rivermigrate.New(driver, nil)
	if err != nil {
		return fmt.Errorf("migrate River: %w", err)
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate River: %w", err)
	}
	return nil
}

// MigrationFiles gives the embedded migrations of both engines.
func MigrationFiles() fs.FS { return migrations }
