package tracking

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/rbac"
)

const (
	// MaxBatch is the most items that Accept takes at once.
	MaxBatch = 100

	// oldest is how far back a browser's time is believed: as long as it may
	// keep events for a server that is away.
	oldest = time.Hour
	// sameCopy is how long a copy out of the field that the console shows when
	// its button has failed belongs to that button's click.
	sameCopy = 5 * time.Minute
)

const (
	copied = "api_key_copied"
	manual = "manual"
)

// Item is one event as a browser reports it.
type Item struct {
	Event      string
	Properties map[string]any // as encoding/json decodes them
	Timestamp  time.Time      // by the browser's clock; zero: it told none
}

var errNotPerson = fault.New(fault.Forbidden, "tracking-people-only", "Tracking events are about people at work in the console.",
	"Sign in as a person; what an API key does is counted by itself.")

// Accept stores what a person's browser reports: all of the batch, or nothing
// and a fault that names each item at fault. An item that was stored before,
// told again because the answer was lost, is not stored twice.
func (s *Service) Accept(ctx context.Context, actor rbac.Actor, batch []Item) error {
	if s.off {
		return nil
	}
	if !actor.Person() {
		return errNotPerson
	}
	now := s.clock()
	events, err := judge(actor, batch, now)
	if err != nil {
		return err
	}
	if wait := s.pace.take(actor.UserID, len(batch), now); wait > 0 {
		return errPace.After(wait)
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		for _, e := range events {
			if err := s.put(ctx, tx, actor, e, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("accept tracking events: %w", err)
	}
	return nil
}

// put stores one event of a batch.
func (s *Service) put(ctx context.Context, tx *db.Tx, actor rbac.Actor, e stored, now time.Time) error {
	if e.event == copied {
		if same, err := s.sameCopy(ctx, tx, actor, e, now); err != nil || same {
			return err
		}
	}
	return s.insert(ctx, tx, actor, e)
}

// sameCopy makes the session's last copy a manual one, if that is recent: the
// server recorded a click of the button when it gave the key out, and cannot
// know that the clipboard refused it. One copy is one event.
func (s *Service) sameCopy(ctx context.Context, tx *db.Tx, actor rbac.Actor, e stored, now time.Time) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE tracking_events SET properties = $1 WHERE num = (
		SELECT num FROM tracking_events WHERE organization_id = $2 AND event = $3 AND at >= $4 AND user_id = $5 AND session = $6
		ORDER BY at DESC, num DESC LIMIT 1)`,
		e.properties, actor.OrganizationID, copied, db.Micros(now.Add(-sameCopy)), actor.UserID, s.session(actor))
	if err != nil {
		return false, fmt.Errorf("find the copy that this one belongs to: %w", err)
	}
	return n > 0, nil
}

// judge checks a batch and makes its rows.
func judge(actor rbac.Actor, batch []Item, now time.Time) ([]stored, error) {
	if len(batch) > MaxBatch {
		return nil, fault.New(fault.Invalid, "tracking-batch-too-long", fmt.Sprintf("The batch has more than %d events.", MaxBatch),
			"Send them in several batches.").At("body.events", fmt.Sprintf("at most %d items", MaxBatch))
	}
	events, refused := make([]stored, 0, len(batch)), 0
	var wrong []fault.Field
	for i, item := range batch {
		text, fields := item.check()
		if len(fields) > 0 {
			refused++
			for _, f := range fields {
				wrong = append(wrong, fault.Field{Location: fmt.Sprintf("body.events[%d].%s", i, f.Location), Message: f.Message})
			}
			continue
		}
		events = append(events, stored{event: item.Event, properties: text, at: believed(item.Timestamp, now), digest: digest(actor, item, text)})
	}
	if refused > 0 {
		f := fault.New(fault.Invalid, "tracking-event-invalid", fmt.Sprintf("%d of %d events cannot be taken, so none was stored.", refused, len(batch)),
			"Correct what `errors` names, or leave those events out. docs/tracking.md lists every event.")
		f.Fields = wrong
		return nil, f
	}
	return events, nil
}

// check gives the item's properties as JSON, or what is wrong with the item.
func (in Item) check() (text string, wrong []fault.Field) {
	e := find(in.Event)
	switch {
	case e == nil:
		return "", []fault.Field{{Location: "event", Message: "is no event of the catalog"}}
	case e.Source == Server:
		return "", []fault.Field{{Location: "event", Message: "is recorded by the server itself when it happens; a browser does not report it"}}
	}
	text, wrong = e.check(in.Properties, Browser)
	for i := range wrong {
		wrong[i].Location = "properties" + wrong[i].Location
	}
	return text, wrong
}

// believed is the time that an event gets: the browser's if it is plausible,
// else the server's. A browser's clock may be wrong by years.
func believed(told, now time.Time) time.Time {
	if told.After(now) || told.Before(now.Add(-oldest)) {
		return now
	}
	return told
}

// digest names an event by who told it, when by their clock, and what it says.
// Nobody does the same thing twice in one instant, so an equal digest is the
// same event told again. Without a time there is none.
func digest(actor rbac.Actor, in Item, properties string) []byte {
	if in.Timestamp.IsZero() {
		return nil
	}
	told := in.Timestamp.UTC().Format(time.RFC3339Nano)
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", []string{actor.UserID, actor.SessionID, in.Event, told, properties}))
	return sum[:16]
}
