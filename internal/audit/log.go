package audit

import (
	"context"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"

	"patchboard/internal/db"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
)

// Topic is the live topic that says a log has grown.
const Topic = "audit"

// Config is what a Log is built from.
type Config struct {
	DB    *db.DB
	Clock id.Clock
	Key   ed25519.PrivateKey // signs the heads; from the vault, the same on every node
	Heads string             // directory of the signed heads, outside the database
	Node  string             // this node's name, part of its heads' file names
	Log   *slog.Logger
}

// Log is the audit log of every organization of an installation. It is safe for
// concurrent use.
type Log struct {
	// Publish tells open browsers after the commit; app sets it before Start.
	Publish func(tx *db.Tx, org, topic string, ids ...string)

	db      *db.DB
	clock   id.Clock
	log     *slog.Logger
	sealKey []byte
	heads   *heads
}

// New makes the log. Start has it write signed heads as it grows.
func New(c Config) (*Log, error) {
	if len(c.Key) != ed25519.PrivateKeySize {
		return nil, errors.New("audit: no key to sign heads with")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	key, err := hkdf.Key(sha256.New, c.Key.Seed(), nil, "patchboard audit entry seal 1", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("audit: derive the seal key: %w", err)
	}
	h, err := newHeads(c)
	if err != nil {
		return nil, err
	}
	l := &Log{db: c.DB, clock: c.Clock, log: c.Log, sealKey: key, heads: h}
	h.accepted = l.acceptances
	return l, nil
}

// Start begins to write signed heads in the background, until Close.
func (l *Log) Start() { l.heads.start() }

// Close appends the denials that are still being counted, writes the last heads
// and stops. It is called while the database is still open.
func (l *Log) Close(ctx context.Context) error {
	err := l.flushDenials(ctx, l.clock(), true)
	return errors.Join(err, l.heads.close(ctx))
}

// Append adds an entry to the log of the actor's organization (none: the
// installation's own), in the transaction of the change that it tells of. From
// then to the commit no other transaction can append to that log, so it belongs
// at the end of the transaction.
func (l *Log) Append(ctx context.Context, tx *db.Tx, actor rbac.Actor, e Entry) error {
	r, err := newRecord(actor, e, l.clock())
	if err != nil {
		return err
	}
	return l.append(ctx, tx, r)
}

// The head row is the lock that makes the sequence gapless: on Postgres it is
// held until the commit, and a rolled back transaction takes its number back.
const takeSeq = `INSERT INTO audit_logs (organization_id, size) VALUES ($1, 1)
	ON CONFLICT (organization_id) DO UPDATE SET size = audit_logs.size + 1 RETURNING size`

const insertEntry = `INSERT INTO audit_entries (` + entryColumns + `, area, seal)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)`

func (l *Log) append(ctx context.Context, tx *db.Tx, r *Record) error {
	var err error
	if r.Seq, err = db.Value[int64](ctx, tx, takeSeq, r.Organization); err != nil {
		return fmt.Errorf("append audit entry: take a number: %w", err)
	}
	text := canonical(r)
	hashes, err := tlog.StoredHashesForRecordHash(r.Seq-1, tlog.RecordHash(text), storedHashes(ctx, tx, r.Organization))
	if err != nil {
		return errTampered.Because(fmt.Errorf("append audit entry: %w", err))
	}
	_, err = tx.Exec(ctx, insertEntry, append(r.values(), areaOf(r.Action), l.seal(text))...)
	if db.IsUnique(err) {
		return errTampered.Because(fmt.Errorf("append audit entry: %w", err))
	} else if err != nil {
		return fmt.Errorf("append audit entry: %w", err)
	}
	if err := insertHashes(ctx, tx, r.Organization, r.Seq, hashes); err != nil {
		return err
	}
	org := r.Organization
	tx.AfterCommit(func() { l.heads.touch(org) })
	if l.Publish != nil {
		l.Publish(tx, org, Topic, strconv.FormatInt(r.Seq, 10))
	}
	return nil
}

// VerifierKey is the public key of the signed heads, as golang.org/x/mod/sumdb/note
// writes it: what an outsider needs to check a head.
func (l *Log) VerifierKey() string { return l.heads.dir.public }
