// Package webhook owns the endpoints that an organization's events go to:
// their addresses, events, signing secrets, custom headers and on/off state,
// the verdict on whether an endpoint can be reached, and the rule that disables
// one that fails for long. It does not send deliveries or keep their log; that
// is package delivery, which asks this one where to (Endpoint), to whom
// (Targets) and reports how it went (Outcomes).
package webhook

import (
	"time"
)

// A Webhook is one endpoint as people see it. Its secrets are not in it.
type Webhook struct {
	Num            int64 // the key of its delivery rows
	ID             string
	OrganizationID string
	URL            string
	Description    string
	Events         []string
	Format         string
	State          State
	StateReason    string    // why it is off or disabled, "" if nobody said
	StateAt        time.Time // since when it is in this state
	StateBy        string    // who brought it there: an e-mail address, "the API key", or "Patchboard" for a rule
	HeaderNames    []string  // of the custom headers; their values are sealed
	PreviousUntil  time.Time // how long the previous secret signs too; zero if it does not
	Created        time.Time
	CreatedBy      string // rbac.Actor.ID
	Updated        time.Time
	Version        int64     // grows with every change of the above
	Deleted        time.Time // zero unless deleted
	HoldBefore     int64     // pending deliveries with a smaller key are to be held
	Health         Health
}

// Enabled reports whether deliveries are sent.
func (w *Webhook) Enabled() bool { return w.State == Active }

// HasHeaders reports whether the webhook has custom headers.
func (w *Webhook) HasHeaders() bool { return len(w.HeaderNames) > 0 }

// Health is how the endpoint has answered lately.
type Health struct {
	LastSuccess  time.Time // of a delivery, to the minute
	FirstFailure time.Time // of the deliveries since the last success; zero if none failed
	Failures     int64     // tries since then, none of which succeeded
	Warned       int       // warnings given in this streak
	Verdict      *Checked  // the last check of the address, nil if there was none
}

// Checked is a verdict with its time and occasion.
type Checked struct {
	Kind    Kind
	At      time.Time
	OK      bool
	Cause   string
	Message string
	Detail  string
}

// Kind is the occasion of a check.
type Kind string

// The occasions.
const (
	Save     Kind = "save"     // creating it, or changing its URL
	Test     Kind = "test"     // somebody pressed "test"
	Enable   Kind = "enable"   // after it was switched on
	Validate Kind = "validate" // while the URL was being typed
)

// Status is the one word for the state and health of a webhook.
type Status string

// The words. Failing is active, but the endpoint does not answer well.
const (
	StatusActive   Status = "active"
	StatusOff      Status = "off"
	StatusFailing  Status = "failing"
	StatusDisabled Status = "disabled"
)

// failingFrom is the number of failures in a row from which an active webhook
// is called failing: a single one is often only a restart.
const failingFrom = 2

// Status gives the word. An active webhook is failing when its last tries
// failed, or when the last check did and no delivery has succeeded since.
func (w *Webhook) Status() Status {
	switch w.State {
	case Off:
		return StatusOff
	case Disabled:
		return StatusDisabled
	case Active:
	}
	if !w.Health.OK() {
		return StatusFailing
	}
	return StatusActive
}

// OK reports whether nothing speaks against the endpoint: no failures in a row,
// and no failed check since the last success.
func (h *Health) OK() bool {
	if h.Failures >= failingFrom {
		return false
	}
	return h.Verdict == nil || h.Verdict.OK || h.LastSuccess.After(h.Verdict.At)
}
