// Package alert owns what people are told without having asked: one alert a
// problem of one subject, who is told of it and where (the console, e-mail,
// Slack, an operational webhook), and the sending. A change and its alert
// commit together (Raise, Close); what is to be sent lies in an outbox of the
// same transaction and leaves after it. When something is a problem is decided
// by the nouns that raise alerts, not here.
package alert

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/egress"
	"patchboard/internal/id"
	"patchboard/internal/vault"
)

const (
	// Topic is the live topic that says an organization's alerts changed.
	Topic = "alerts"

	prefix  = "alr"
	channel = "alerts" // of notifications: there is something to send
)

// Subject is what an alert is about.
type Subject struct {
	Type string // "integration", "webhook", "api_key"
	ID   string
	Name string // as people call it; "" keeps the name that an open alert has
}

// New describes a problem, or a piece of news.
type New struct {
	OrganizationID string
	Kind           Kind
	Subject        Subject
	Problem        string   // names it within the subject; "" is the kind's name
	Title          string   // "" is the kind's own
	Cause          string   // what happened, in a sentence or two
	Steps          []string // what to do, a sentence each
	Link           string   // the page of the console that helps, as "/settings/…"; "" is the kind's own
	Replaces       []string // problems of the same subject whose place this one takes
}

// Closing says that problems are over.
type Closing struct {
	OrganizationID string
	Kind           Kind // a recovery
	Subject        Subject
	Problems       []string // of the subject; those that are not open are passed over
	Title          string   // "" is the kind's own
	Cause          string   // what ended it
}

// An Alert is one problem as people see it.
type Alert struct {
	ID       string
	Kind     Kind
	Severity Severity
	Subject  Subject
	Title    string
	Detail   string
	Steps    []string
	Link     string
	Opened   time.Time
	Closed   time.Time // zero while it lasts
	Closing  Text      // what was said at its end
	Read     bool
	Told     []Told
}

// Text is a headline and what stands under it.
type Text struct{ Title, Detail string }

// Told is one message about an alert, and what became of it.
type Told struct {
	Phase    Phase
	Channel  Channel
	To       string // an address or a channel's name; "" where the reader may not know
	State    SendState
	Attempts int
	Error    string // of the last try; "" where the reader may not know
	At       time.Time
}

// Channel is a way to tell people, beside the console.
type Channel string

// The channels.
const (
	Email   Channel = "email"
	Slack   Channel = "slack"
	Webhook Channel = "webhook"
)

// Phase is what a message tells of.
type Phase string

// The phases.
const (
	PhaseOpened Phase = "opened"
	PhaseClosed Phase = "closed"
	PhaseTest   Phase = "test"
)

// SendState is how far a message has come.
type SendState string

// The states of a message.
const (
	Pending SendState = "pending"
	Sent    SendState = "sent"
	Failed  SendState = "failed" // for good
)

// Mail is the operator's mail server. The zero Mail is none.
type Mail struct {
	Address  string // HOST:PORT
	User     string // "" sends without signing in
	Password vault.Secret
	From     string // an address, or "Name <address>"
	TLS      TLSMode
}

// TLSMode is how the way to the mail server is kept secret.
type TLSMode string

// The modes: an ordinary connection that must turn to TLS, TLS from the start,
// and none.
const (
	StartTLS  TLSMode = "starttls"
	DirectTLS TLSMode = "tls"
	NoTLS     TLSMode = "none"
)

// Config is what a Service is built from.
type Config struct {
	DB     *db.DB
	Vault  *vault.Vault
	Audit  *audit.Log
	Egress *egress.Client
	Clock  id.Clock
	Log    *slog.Logger
	Mail   Mail
	URL    string // where people reach the console, without a slash at its end
}

// Service has the rules of alerts and sends them. It is safe for concurrent use.
type Service struct {
	// Slack hands a message to the organization's Slack connection, in the
	// transaction of the alert; false says that there is none. app sets it before
	// Start; not set, Slack is not connected.
	Slack func(ctx context.Context, tx *db.Tx, org string, m SlackMessage) (bool, error)
	// Publish tells open browsers after the commit; app sets it before Start.
	Publish func(tx *db.Tx, org, topic string, ids ...string)

	db     *db.DB
	vault  *vault.Vault
	audit  *audit.Log
	egress *egress.Client
	clock  id.Clock
	log    *slog.Logger
	url    string
	mail   *mailer // nil: no mail server

	wake        map[Channel]chan struct{}
	unsubscribe func()
	stop        context.CancelFunc // no new work
	cut         context.CancelFunc // what is on its way, too
	running     sync.WaitGroup
}

// SlackMessage is an alert for Slack, as plain text.
type SlackMessage struct {
	AlertID  string
	Phase    Phase
	Severity Severity
	Channel  string // as the organization set it; "" leaves it to the connection
	Title    string
	Text     string
	Link     string // a complete address
}

// NewService makes the service; Start has it send.
func NewService(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{
		Slack:   func(context.Context, *db.Tx, string, SlackMessage) (bool, error) { return false, nil },
		Publish: func(*db.Tx, string, string, ...string) {},
		db:      c.DB, vault: c.Vault, audit: c.Audit, egress: c.Egress, clock: c.Clock, log: c.Log, url: c.URL,
		wake: map[Channel]chan struct{}{},
	}
	if c.Mail.Address != "" {
		s.mail = &mailer{Mail: c.Mail, egress: c.Egress, timeout: mailTimeout}
	}
	for _, ch := range sending {
		s.wake[ch] = make(chan struct{}, 1)
	}
	return s
}

// now is the time of one operation, to the microsecond that the database keeps.
func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }
