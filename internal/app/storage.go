package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"

	"patchboard/internal/audit"
	"patchboard/internal/config"
	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/id"
	"patchboard/internal/live"
	"patchboard/internal/vault"
)

// storage is what everything else stands on.
type storage struct {
	DB    *db.DB
	Vault *vault.Vault
	Audit *audit.Log
}

// openDatabase opens and migrates the database.
func openDatabase(ctx context.Context, c config.Storage, log *slog.Logger) (*db.DB, error) {
	d, err := db.Open(ctx, db.Config{Dir: c.DataDir, URL: c.Database.Reveal(), Log: log})
	if err != nil && !c.Database.IsZero() {
		return nil, fmt.Errorf("%w; check --database: Postgres must run, and the database and its user must be there", err)
	}
	if err != nil {
		return nil, fmt.Errorf("%w; check --data-dir: it must be a directory that can be written to", err)
	}
	if err := d.Migrate(ctx); err != nil {
		_ = d.Close() // the first error says more
		return nil, err
	}
	return d, nil
}

// openVault opens what needs the keyset. node names this process's audit heads.
func openVault(ctx context.Context, d *db.DB, c config.Storage, clock id.Clock, node string, log *slog.Logger) (storage, error) {
	v, err := vault.Open(ctx, d, vault.Config{File: c.KeysetFile, JSON: c.Keyset.Reveal()})
	if err != nil {
		return storage{}, err
	}
	entries, err := audit.New(audit.Config{DB: d, Clock: clock, Key: v.Signer("audit"), Heads: c.AuditHeadDir, Node: node, Log: log})
	if err != nil {
		return storage{}, err
	}
	return storage{DB: d, Vault: v, Audit: entries}, nil
}

// openStorage opens the storage of a server, which on SQLite has the data
// directory for itself.
func (a *App) openStorage(ctx context.Context) error {
	c := a.config.Storage
	if c.Database.IsZero() {
		lock, err := db.LockDir(c.DataDir)
		if _, broken := errors.AsType[*fs.PathError](err); broken {
			return fault.New(fault.Invalid, "data-dir", "--data-dir (PATCHBOARD_DATA_DIR): "+err.Error(),
				"Name a directory that this user may make and write to. Example: /var/lib/patchboard.")
		}
		if err != nil {
			return err
		}
		a.onStop("lock", func(context.Context) error { return lock.Release() })
	}
	d, err := openDatabase(ctx, c, a.log)
	if err != nil {
		return err
	}
	a.onStop("database", func(context.Context) error { return d.Close() })
	if a.storage, err = openVault(ctx, d, c, a.clock, a.headName(), a.log); err != nil {
		return err
	}
	a.Live = live.New(d, live.Config{Clock: a.clock, Log: a.log})
	a.onStop("streams", func(context.Context) error { a.Live.Close(); return nil })
	a.Audit.Publish = publishTo(a.Live)
	a.Audit.Start()
	a.onStop("audit log", a.Audit.Close)
	return nil
}

// headName names this node's audit heads: the same after a restart, and another
// one for a second node of the same machine.
func (a *App) headName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "node"
	}
	_, port, err := net.SplitHostPort(a.config.Listen)
	if err != nil {
		return host
	}
	return fmt.Sprintf("%s-%s", host, port)
}

// publishTo tells open browsers what changed, after the commit.
func publishTo(hub *live.Hub) func(tx *db.Tx, org, topic string, ids ...string) {
	return func(tx *db.Tx, org, topic string, ids ...string) {
		hub.Publish(tx, org, live.Message{Topic: topic, IDs: ids})
	}
}
