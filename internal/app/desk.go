package app

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"patchboard/internal/account"
	"patchboard/internal/apikey"
	"patchboard/internal/config"
	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/live"
)

// Desk is the storage with the parts that the administrative commands need. It
// may be opened beside a running server, which sees what is changed here within
// a second.
type Desk struct {
	storage

	Account *account.Service

	hub *live.Hub // tells the consoles that are open at the servers
}

// deskNode names the commands' audit heads: commands of one machine share them.
const deskNode = "command"

// OpenDesk opens the storage for a command. Without create an SQLite database
// must be there already: a mistyped directory is not a new installation.
func OpenDesk(ctx context.Context, c config.Storage, create bool, log *slog.Logger) (*Desk, error) {
	if file := filepath.Join(c.DataDir, db.FileName); c.Database.IsZero() && !create {
		if _, err := os.Stat(file); err != nil {
			return nil, fault.New(fault.NotFound, "no-database", "There is no database in "+c.DataDir,
				"Name the server's --data-dir, or its --database.").Because(err)
		}
	}
	d, err := openDatabase(ctx, c, log)
	if err != nil {
		return nil, err
	}
	k := &Desk{}
	if k.storage, err = openVault(ctx, d, c, time.Now, deskNode, log); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	k.hub = live.New(d, live.Config{Log: log})
	k.Audit.Publish = publishTo(k.hub) // it is not started: heads of what a command adds are written by Close
	k.Account = account.New(d, k.Audit, time.Now, log)
	k.Account.Publish = publishTo(k.hub)
	keys := apikey.New(apikey.Config{DB: d, Vault: k.Vault, Audit: k.Audit, Clock: time.Now, Log: log})
	k.Account.OnOrganization = keys.Issue
	return k, nil
}

// Close writes the audit heads and closes the database.
func (k *Desk) Close(ctx context.Context) error {
	k.Account.Close()
	k.hub.Close()
	return errors.Join(k.Audit.Close(ctx), k.DB.Close())
}
