// Package delivery owns the way from an accepted event to its webhooks: the
// delivery rows, the lanes that send them, the schedule of retries, the log of
// attempts, what is held, replay and retention, and the nodes that share the
// work. It does not accept events (package event) and does not know how a
// webhook is set up (package webhook).
package delivery

import (
	"context"
	"log/slog"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/egress"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
	"patchboard/internal/webhook"
)

// Prefix is that of public delivery ids. Such an id is made of the event's key
// and the webhook's number and is stored nowhere.
const Prefix = "dlv"

// A Delivery is one event for one webhook, as people see it.
type Delivery struct {
	ID          string
	EventKey    id.Key
	EventID     string
	EventType   string
	WebhookNum  int64
	WebhookID   string
	WebhookURL  string
	State       State
	Attempts    int       // tries made
	Created     time.Time // when the event was accepted
	Updated     time.Time
	NextAttempt time.Time    // when pending; zero otherwise
	LastClass   egress.Class // of the last try that failed
	LastStatus  int          // of the last try, 0 if no answer came
}

// An Attempt is one request, and what came back.
type Attempt struct {
	ID         string
	Number     int // 1 for the first; the same twice if two nodes tried at once, or the program ended during a try
	At         time.Time
	Status     int
	Timing     egress.Timing
	RemoteAddr string
	Class      egress.Class
	Detail     string
	Guidance   string
	Next       time.Time // when the next try was due then; zero for none

	// Full says that the rest is there: it needs rbac.DeliveryBodies. The values
	// of custom headers are hidden. The request's body is made again from the
	// event and the format that the webhook had then; nil if nothing was sent.
	Full           bool
	RequestHeader  map[string]string
	RequestBody    []byte
	ResponseHeader map[string][]string
	ResponseBody   []byte // the first 16 KiB
	Truncated      bool
}

// HeldNews is about deliveries that are held for a webhook.
type HeldNews struct {
	OrganizationID string
	WebhookID      string
	URL            string
	Description    string
	Deliveries     int64
	End            HeldEnd
}

// HeldEnd is what becomes of held deliveries.
type HeldEnd string

// The ends. Expiring is three days before Expired.
const (
	HeldExpiring HeldEnd = "expiring"
	HeldExpired  HeldEnd = "expired"
	HeldSent     HeldEnd = "sent"
	HeldDropped  HeldEnd = "discarded" // by somebody
)

// Config is what a Service is built from.
type Config struct {
	DB       *db.DB
	Node     *Node
	Keys     *id.Keys
	Clock    id.Clock
	Log      *slog.Logger
	Audit    *audit.Log
	Webhooks *webhook.Service
	Egress   *egress.Client
	Schedule Schedule // zero: DefaultSchedule
}

// Service has the rules of deliveries and runs the lanes. Start begins to send,
// Stop ends it.
type Service struct {
	// OnChanged is told, after a commit, the organizations whose deliveries
	// changed. It must not block. app sets it before Start.
	OnChanged func(org string)
	// OnHeld is told in its transaction of held deliveries that will soon be
	// discarded, and of their end. app sets it before Start.
	OnHeld func(ctx context.Context, tx *db.Tx, h HeldNews) error
	// OnAttempt is told of each recorded try, its class and how long it took. It
	// must not block. app sets it before Start.
	OnAttempt func(class egress.Class, took time.Duration)

	db       *db.DB
	node     *Node
	keys     *id.Keys
	clock    id.Clock
	log      *slog.Logger
	audit    *audit.Log
	webhooks *webhook.Service
	egress   *egress.Client
	schedule Schedule
	engine   *engine

	replayMost int64 // ReplayMost, less in tests
}

// New makes the service and joins it to the webhooks: what happens to pending
// deliveries when one is switched or deleted.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Schedule.Gaps == nil {
		c.Schedule = DefaultSchedule
	}
	s := &Service{
		OnChanged: func(string) {},
		OnHeld:    func(context.Context, *db.Tx, HeldNews) error { return nil },
		OnAttempt: func(egress.Class, time.Duration) {},
		db:        c.DB, node: c.Node, keys: c.Keys, clock: c.Clock, log: c.Log, audit: c.Audit,
		webhooks: c.Webhooks, egress: c.Egress, schedule: c.Schedule, replayMost: ReplayMost,
	}
	s.engine = newEngine(s)
	c.Webhooks.OnSwitchOnTx = s.onSwitchOnTx
	c.Webhooks.OnOff = s.onOff
	c.Webhooks.OnChange = s.engine.changed
	c.Webhooks.OnDelete = s.onOff
	return s
}

// program is the actor of what rules do.
func program(org string) rbac.Actor { return rbac.Actor{OrganizationID: org, Role: rbac.Program} }
