// Package integration owns the catalog of outside systems and an organization's
// connections to them: how one is granted (OAuth), kept (tokens, with one owner of
// each refresh), judged (checks), read (sync runs), written to (messages) and
// ended. What a provider can do is package connector's; what a failure means is
// health's; what was read goes to record. It does not own HTTP.
package integration

import (
	"encoding/json"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/health"
)

// topic is the live topic of connections; its ids are slugs.
const topic = "integrations"

// Connection is one provider of one organization.
type Connection struct {
	OrganizationID string
	Slug           string

	State       State
	StateAt     time.Time
	StateBy     string // a person's e-mail address, the key, or Patchboard for a rule
	StateReason string
	Version     int64 // of what administrators change

	Settings json.RawMessage // as the provider's Settings gave them
	Every    time.Duration   // between two sync runs

	Account     connector.Account
	Granted     []string
	ConnectedAt time.Time
	ConnectedBy string

	Health  health.State
	Code    string // the provider's own word for the last failure
	Detail  string
	Link    string
	Checked time.Time // the last check

	CheckDue time.Time // zero: never
	SyncDue  time.Time // zero: never
	LastSync time.Time // the last run that read everything there was

	Usage Usage // of the provider's quota
}

// On reports whether the connection is one: granted, paused or not.
func (c *Connection) On() bool { return c.State == Connected || c.State == Paused }

// Word is the status of a card.
type Word string

// The words of product rules section 2.
const (
	WordConnected  Word = "Connected"
	WordPaused     Word = "Paused"
	WordError      Word = "Error"
	WordReconnect  Word = "Reconnect needed"
	WordAvailable  Word = "Available"
	WordConnecting Word = "Connecting"
)

// Word says how the connection is, in one of the words.
func (c *Connection) Word() Word {
	switch {
	case c.State == Connecting:
		return WordConnecting
	case c.State == Paused:
		return WordPaused
	case c.State != Connected:
		return WordAvailable
	case c.Health.Status == health.Reauthorize:
		return WordReconnect
	case c.Health.Status == health.Failing:
		return WordError
	}
	return WordConnected
}

// failure gives the last failure, nil if the last check was good.
func (c *Connection) failure() *connector.Failure {
	if c.Health.Class == health.None {
		return nil
	}
	return &connector.Failure{Class: c.Health.Class, Code: c.Code, Detail: c.Detail, Link: c.Link}
}

// Bounds of the time between two sync runs.
const (
	everyUsual = 5 * time.Minute
	everyLeast = time.Minute // but for providers that bear less
	everyMost  = 24 * time.Hour
)
