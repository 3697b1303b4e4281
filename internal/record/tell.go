package record

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/event"
)

// The data of events, as the catalog's schemas have them. What is not known of a
// contact is null, so that a receiver sees which field was emptied.

type contactData struct {
	ID        string     `json:"id"`
	Email     *string    `json:"email"`
	FirstName *string    `json:"firstName"`
	LastName  *string    `json:"lastName"`
	Company   *string    `json:"company"`
	Title     *string    `json:"title"`
	Phone     *string    `json:"phone"`
	Profile   *string    `json:"profileUrl"`
	Tags      []string   `json:"tags"`
	Source    string     `json:"source"`
	Changed   []string   `json:"changed,omitempty"`
	CreatedAt *time.Time `json:"createdAt,omitempty"`
	UpdatedAt *time.Time `json:"updatedAt,omitempty"`
}

type contactDeletedData struct {
	ID        string    `json:"id"`
	Email     *string   `json:"email"`
	DeletedAt time.Time `json:"deletedAt"`
}

type emailSentData struct {
	ID        string    `json:"id"`
	ContactID string    `json:"contactId,omitempty"`
	Campaign  string    `json:"campaignId,omitempty"`
	To        string    `json:"to,omitempty"`
	Subject   string    `json:"subject"`
	SentAt    time.Time `json:"sentAt"`
}

func contactOf(r *Record, c *Contact) contactData {
	d := contactData{
		ID: r.ID, Email: known(c.Email), FirstName: known(c.FirstName), LastName: known(c.LastName), Company: known(c.Company), Title: known(c.Title),
		Phone: known(c.Phone), Profile: known(c.ProfileURL), Tags: c.Tags, Source: r.Source,
	}
	if d.Tags == nil {
		d.Tags = []string{}
	}
	return d
}

func known(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func (w *writing) tellCreated(ctx context.Context, r *Record) error {
	switch f := r.Fields.(type) {
	case *Contact:
		d := contactOf(r, f)
		d.CreatedAt = &w.now
		return w.tell("contact.created", d, w.now)
	case *Email:
		if f.Sent {
			return w.tellSent(ctx, r, f)
		}
	}
	return nil
}

func (w *writing) tellChanged(ctx context.Context, old, r *Record, fields []string) error {
	switch f := r.Fields.(type) {
	case *Contact:
		d := contactOf(r, f)
		d.Changed, d.UpdatedAt = fields, &w.now
		return w.tell("contact.updated", d, w.now)
	case *Email:
		if before, ok := old.Fields.(*Email); ok && f.Sent && !before.Sent {
			return w.tellSent(ctx, r, f)
		}
	}
	return nil
}

func (w *writing) tellDeleted(r *Record) error {
	c, ok := r.Fields.(*Contact)
	if !ok {
		return nil
	}
	return w.tell("contact.deleted", contactDeletedData{ID: r.ID, Email: known(c.Email), DeletedAt: w.now}, w.now)
}

// tellSent tells of a sent mail. One to many is none: what it does to each of them
// is told of by their engagements. Of its recipients the event names the first, and
// the contact that has this address, if there is one.
func (w *writing) tellSent(ctx context.Context, r *Record, e *Email) error {
	if e.Bulk || !w.tells(e.At) {
		return nil
	}
	d := emailSentData{ID: r.ID, Subject: e.Subject, SentAt: e.At}
	for _, to := range e.To {
		if isAddress(to) {
			d.To = to
			break
		}
	}
	if d.To != "" {
		contact, err := db.Value[string](ctx, w.tx, "SELECT public_id FROM contacts WHERE organization_id = $1 AND email = $2 ORDER BY at, id LIMIT 1",
			w.src.OrganizationID, folded(d.To))
		if err != nil && !errors.Is(err, db.ErrNoRows) {
			return fmt.Errorf("look for a recipient: %w", err)
		}
		d.ContactID = contact
	}
	var err error
	if d.Campaign, err = related(ctx, w.tx, w.src, KindCampaign, e.Campaign); err != nil {
		return err
	}
	return w.tell("email.sent", d, e.At)
}

// tells reports whether events of a time are wanted.
func (w *writing) tells(at time.Time) bool { return !w.quiet && !at.Before(w.from) }

func (w *writing) tell(typ string, data any, at time.Time) error {
	if !w.tells(at) {
		return nil
	}
	text, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("write the data of %s: %w", typ, err)
	}
	if at.After(w.now) { // a clock that is ahead of ours
		at = w.now
	}
	w.tally.Events++
	w.events = append(w.events, event.Input{Type: typ, Data: text, OccurredAt: at})
	return nil
}
