package vault

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/fault"
)

const (
	checkRow  = "vault_check/1/sealed"
	rootBytes = 32
)

// check is the one row that ties a database to its keyset: the sealed root
// secret, and the fingerprint of the key that sealed it.
type check struct {
	sealed      []byte
	fingerprint string
}

func readCheck(ctx context.Context, q db.Queryer) (check, error) {
	row, err := db.One(ctx, q, func(s db.Scanner) (check, error) {
		var c check
		err := s.Scan(&c.sealed, &c.fingerprint)
		return c, err
	}, `SELECT sealed, fingerprint FROM vault_check WHERE id = 1`)
	if err != nil {
		return check{}, fmt.Errorf("read the keyset's check row: %w", err)
	}
	return row, nil
}

// requireEmpty refuses a database that has lost its check row: making a new
// keyset there would leave every sealed value shut for good. An organization is
// the first thing that is ever written, so none means that nothing is sealed.
func requireEmpty(ctx context.Context, q db.Queryer) error {
	_, err := db.Value[int64](ctx, q, `SELECT 1 FROM organizations LIMIT 1`)
	if errors.Is(err, db.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for organizations: %w", err)
	}
	return fault.New(fault.Conflict, "keyset-check-missing",
		"This database has organizations, but the row that names its keyset (table vault_check) is gone.",
		"Restore the database from a backup, whole; a table alone is not enough.")
}

// claim writes the check row unless there is one.
func claim(ctx context.Context, d *db.DB, k *keys) error {
	root := make([]byte, rootBytes)
	_, _ = rand.Read(root) // never fails since Go 1.24
	sealed, err := k.aead.Encrypt(root, []byte(checkRow))
	if err != nil {
		return fmt.Errorf("seal the check row: %w", err)
	}
	now := db.Micros(time.Now())
	err = d.Write(ctx, func(tx *db.Tx) error {
		if err := requireEmpty(ctx, tx); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO vault_check (id, sealed, fingerprint, created_at) VALUES (1, $1, $2, $3)
			ON CONFLICT (id) DO NOTHING`, sealed, k.primary(), now)
		return err
	})
	if err != nil {
		return fmt.Errorf("write the keyset's check row: %w", err)
	}
	return nil
}

// open proves that a keyset is the one of the check row.
func open(k *keys, row check) (*Vault, error) {
	root, err := k.aead.Decrypt(row.sealed, []byte(checkRow))
	if err != nil {
		return nil, errWrong(k, row.fingerprint).Because(err)
	}
	if len(root) != rootBytes {
		return nil, fmt.Errorf("open the keyset's check row: %d bytes, not %d", len(root), rootBytes)
	}
	return &Vault{aead: k.aead, root: root}, nil
}

const howToShare = "Copy the keyset file from the node or the backup that belongs to this database (its keyset.json) " +
	"to %s and run chmod 600 on it, or set PATCHBOARD_KEYSET to the file's content. " +
	"Without that keyset the stored secrets cannot be opened by anyone."

func errMissing(file, want string) *fault.Error {
	return fault.New(fault.Conflict, "keyset-missing",
		fmt.Sprintf("This database is sealed with the keyset %s, and there is none in %s.", want, file),
		fmt.Sprintf(howToShare, quoted(file)))
}

func errWrong(k *keys, want string) *fault.Error {
	return fault.New(fault.Conflict, "keyset-wrong",
		fmt.Sprintf("The keyset in %s (%s) is not the one that this database is sealed with (%s).", k.from, k.names(), want),
		fmt.Sprintf(howToShare, "the place of this one"))
}

func errLostRace(from, want string) *fault.Error {
	return fault.New(fault.Conflict, "keyset-other-node",
		fmt.Sprintf("Another node has just set up this database with its own keyset (%s); the one in %s was not used.", want, from),
		fmt.Sprintf(howToShare, from)+" Then start this node again.")
}
