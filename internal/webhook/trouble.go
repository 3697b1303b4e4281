package webhook

import (
	"context"
	"fmt"
	"time"

	"patchboard/internal/db"
)

// Trouble is what happened to a webhook that people should hear of, or that ends
// what they heard of.
type Trouble struct {
	Webhook   *Webhook // as it is now
	What      Turn
	DisableAt time.Time // for Warned: when it will be disabled; zero otherwise
	// The streak of failures that it is about.
	Failures int64
	Since    time.Time
	Warnings int
}

// Turn is a change for the better or the worse.
type Turn string

// The turns.
const (
	Warned       Turn = "warned"         // it has failed for a day, or for three
	WasDisabled  Turn = "disabled"       // by the rule
	Recovered    Turn = "recovered"      // a delivery succeeded after a warning
	WasSwitched  Turn = "switched"       // on or off, by somebody
	AddressIsNew Turn = "address_is_new" // what was known of the old one is void
	WasDeleted   Turn = "deleted"
)

// trouble tells of a turn.
func (s *Service) trouble(ctx context.Context, tx *db.Tx, t Trouble) error {
	if err := s.OnTrouble(ctx, tx, t); err != nil {
		return fmt.Errorf("tell of a webhook's trouble: %w", err)
	}
	return nil
}
