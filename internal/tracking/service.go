// Package tracking owns behaviour tracking: the catalog of events with a schema
// for each, and their storage. They say what people do in the console and how
// long it takes them, never what their data are: no secret, no URL, no text
// that somebody typed. They stay in this installation's database until their
// retention ends, and an operator can switch all of it off.
//
// Only people are tracked. Each event has a user_id, and each question of the
// catalog is about administrators at work; what the API key does is in the
// audit log and in the key's usage. So the same change is recorded when a
// person makes it and is not when a program does.
//
// What the server sees happen (Record) it writes down itself, in the
// transaction of the change; a browser (Accept) reports only what nobody else
// can see. What the numbers mean is package insight's.
package tracking

import (
	"context"
	"encoding/hex"
	"fmt"
	"log/slog"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
	"patchboard/internal/vault"
)

// Config is what a Service is built from.
type Config struct {
	DB    *db.DB
	Vault *vault.Vault
	Clock id.Clock
	Log   *slog.Logger
	Off   bool // nothing is stored
}

// Service checks and stores events. It is safe for concurrent use.
type Service struct {
	db    *db.DB
	vault *vault.Vault
	clock id.Clock
	log   *slog.Logger
	off   bool
	pace  pace
}

// New makes the service.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{db: c.DB, vault: c.Vault, clock: c.Clock, log: c.Log, off: c.Off, pace: pace{by: map[string]int{}}}
}

// On reports whether events are stored.
func (s *Service) On() bool { return !s.off }

// stored is one event as its row has it.
type stored struct {
	event      string
	properties string // JSON
	at         time.Time
	digest     []byte // nil: not told by a browser's clock, see digest
}

const insertSQL = `INSERT INTO tracking_events (organization_id, at, event, user_id, role, session, properties, digest)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (organization_id, digest) DO NOTHING`

// insert stores an event, unless the organization has one of that digest.
func (s *Service) insert(ctx context.Context, tx *db.Tx, actor rbac.Actor, e stored) error {
	var digest any
	if e.digest != nil {
		digest = e.digest
	}
	_, err := tx.Exec(ctx, insertSQL, actor.OrganizationID, db.Micros(e.at), e.event, actor.UserID, string(actor.Role), s.session(actor), e.properties, digest)
	if err != nil {
		return fmt.Errorf("store a tracking event: %w", err)
	}
	return nil
}

// session names the actor's session for this purpose alone: it joins the events
// of one sitting, and leads nobody to the session itself.
func (s *Service) session(actor rbac.Actor) string {
	if actor.SessionID == "" {
		return ""
	}
	sum := s.vault.Hash("tracking-session", []byte(actor.SessionID))
	return hex.EncodeToString(sum[:16])
}

// Record stores a fact of the server's own in the transaction of the change.
// Acts of programs are not recorded. Properties that break the schema are a
// defect of ours: they are logged and left out, and the person's change goes on.
func (s *Service) Record(ctx context.Context, tx *db.Tx, actor rbac.Actor, event string, properties map[string]any) error {
	if s.off || !actor.Person() {
		return nil
	}
	e := find(event)
	if e == nil || e.Source == Browser {
		s.log.ErrorContext(ctx, "a fact that is no server event was not recorded", slog.String("event", event))
		return nil
	}
	text, wrong := e.check(properties, Server)
	if len(wrong) > 0 {
		s.log.ErrorContext(ctx, "a fact that breaks its schema was not recorded", slog.String("event", event), slog.Any("wrong", wrong))
		return nil
	}
	return s.insert(ctx, tx, actor, stored{event: event, properties: text, at: s.clock()})
}

// Retain removes events from before the time, at most limit, and gives their
// number; the caller goes on while that is not 0.
func (s *Service) Retain(ctx context.Context, before time.Time, limit int) (int64, error) {
	var removed int64
	err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
		removed, err = tx.Exec(ctx, `DELETE FROM tracking_events WHERE num IN (SELECT num FROM tracking_events WHERE at < $1 ORDER BY at LIMIT $2)`,
			db.Micros(before), limit)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("remove old tracking events: %w", err)
	}
	return removed, nil
}
