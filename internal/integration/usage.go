package integration

import (
	"encoding/json"
	"fmt"
	"time"

	"patchboard/internal/connector"
)

// Usage is what is known of the quota that a connection's calls count against.
type Usage struct {
	Label       string
	Used, Limit int
	At          time.Time // when it was read; zero: the provider has said nothing
}

// usageText is what is kept of a quota: what the provider last said, and the
// connection's own calls.
type usageText struct {
	Label string          `json:"label,omitempty"`
	Used  int             `json:"used,omitempty"`
	Limit int             `json:"limit,omitempty"`
	At    time.Time       `json:"at,omitzero"`
	Spent connector.Spent `json:"spent,omitempty"`
}

// spending is what a piece of work has used, and was told of what is used.
type spending struct {
	calls int
	usage *connector.Usage // nil: nothing
}

// add takes up what a session has used. One piece of work may have several.
func (s *spending) add(session *connector.Session, before *connector.Usage) {
	s.calls += session.Calls
	if session.Usage != before {
		s.usage = session.Usage
	}
}

// spend takes up what a piece of work has used. The caller has the row locked, so that
// what checks and syncs use at one time all counts.
func (r *row) spend(s spending, now time.Time) {
	if s.calls > 0 {
		r.spent = r.spent.Add(s.calls, now)
	}
	if u := s.usage; u != nil && !u.At.Before(r.Usage.At) {
		r.Usage = Usage(*u)
	}
}

// quota is what a connector is told of it.
func (r *row) quota() *connector.Usage {
	if r.Usage.At.IsZero() {
		return nil
	}
	u := connector.Usage(r.Usage)
	return &u
}

func (r *row) readUsage(text string) error {
	if text == "" {
		return nil
	}
	var u usageText
	if err := json.Unmarshal([]byte(text), &u); err != nil {
		return fmt.Errorf("usage of a connection: %w", err)
	}
	r.Usage, r.spent = Usage{u.Label, u.Used, u.Limit, u.At}, u.Spent
	return nil
}

func (r *row) usageText() (string, error) {
	if r.Usage == (Usage{}) && len(r.spent) == 0 {
		return "", nil
	}
	text, err := json.Marshal(usageText{r.Usage.Label, r.Usage.Used, r.Usage.Limit, r.Usage.At, r.spent})
	if err != nil {
		return "", fmt.Errorf("write the usage of a connection: %w", err)
	}
	return string(text), nil
}
