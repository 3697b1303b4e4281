// Package event owns what comes in: the catalog of event types, ingest with
// idempotency, and the stored events. It builds the body that every webhook
// gets and commits the event together with its deliveries; which webhooks match
// and how they are served is package delivery's, reached through FanOut.
package event

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/id"
)

// Prefix starts every public event id.
const Prefix = "evt"

// Limits of what is taken in. Each refusal names the limit that it broke.
const (
	MaxEvent      = 256 << 10 // bytes of one event's JSON
	MaxBatch      = 10 << 20  // bytes of one batch's JSON
	MaxBatchCount = 1000      // events of one batch
	MaxDepth      = 64        // nesting of data, data itself being 1
	MaxSenderID   = 255       // characters of id and Idempotency-Key

	replayWindow = 24 * time.Hour // how long an idempotency key answers
	futureLimit  = 24 * time.Hour // how far ahead occurredAt may be
)

// Input is one event as its sender gave it.
type Input struct {
	Type       string
	Data       json.RawMessage // one JSON object, the sender's bytes; not copied
	ID         string          // the sender's own id, "" for none
	OccurredAt time.Time       // the zero time for none

	refused *fault.Error // why a part of a batch cannot be taken
	item    int          // place in the batch, from 1; 0 is an event by itself
	shape   shape        // what the scanner learnt about Data
}

// Status says what became of one event.
type Status string

// The statuses. A skipped event was in order, but its all-or-nothing batch was
// refused.
const (
	StatusAccepted Status = "accepted"
	StatusReplayed Status = "replayed"
	StatusRefused  Status = "refused"
	StatusSkipped  Status = "skipped"
)

// Warning tells the sender where data differs from the type's schema.
type Warning struct {
	Path    string `json:"path"` // as in "data.items[0].email"
	Message string `json:"message"`
}

// Result is what became of one event: Fault is set when it was refused, ID when
// it was accepted, now or by the first use of its key.
type Result struct {
	ID       string
	Status   Status
	Warnings []Warning
	Fault    *fault.Error
}

// Accepted is an event about to be committed, as FanOut sees it.
type Accepted struct {
	Key            id.Key
	PublicID       string
	OrganizationID string
	Type           string
	Body           []byte // what every webhook gets, finished
	AcceptedAt     time.Time
}

// Config is what a Service is built from.
type Config struct {
	DB    *db.DB
	Keys  *id.Keys
	Clock id.Clock
	Log   *slog.Logger
	Audit *audit.Log
}

// Service takes events in and reads them. Start runs its committer, Stop ends it.
type Service struct {
	// FanOut inserts the deliveries of events in the transaction that inserts
	// the events. It may run again for the same events, as db.DB.Write says. It
	// is set before Start.
	FanOut func(ctx context.Context, tx *db.Tx, accepted []*Accepted) error
	// OnAccepted is told, after a commit, each organization that has new events.
	// It runs in the committer, and where Raise was committed, and must not block. It
	// is set before Start.
	OnAccepted func(organizationID string)
	// Publish tells open browsers, after the commit, which types have changed. It
	// is set before Start.
	Publish func(tx *db.Tx, org, topic string, ids ...string)

	db    *db.DB
	keys  *id.Keys
	clock id.Clock
	log   *slog.Logger
	audit *audit.Log
	types *registry

	queue   chan *unit
	queued  atomic.Int64 // bytes in queue
	intake  sync.RWMutex // held for reading while a unit enters the queue
	closed  bool         // under intake: no more units
	quit    chan struct{}
	running sync.WaitGroup
	turn    sync.Mutex // of who commits
	writer  *db.Writer // under turn
	unwatch func()
}

// New makes a Service that can read; Start makes it accept.
func New(c Config) *Service {
	return &Service{
		FanOut:     func(context.Context, *db.Tx, []*Accepted) error { return nil },
		OnAccepted: func(string) {},
		Publish:    func(*db.Tx, string, string, ...string) {},
		db:         c.DB, keys: c.Keys, clock: c.Clock, log: c.Log, audit: c.Audit,
		types:   newRegistry(c.DB),
		unwatch: func() {},
		queue:   make(chan *unit, queueUnits),
		quit:    make(chan struct{}),
		writer:  c.DB.Writer(),
	}
}
