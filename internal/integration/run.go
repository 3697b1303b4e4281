package integration

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/db"
	"patchboard/internal/health"
	"patchboard/internal/id"
	"patchboard/internal/record"
)

// RunState is how a sync run stands.
type RunState string

// The states.
const (
	Running     RunState = "running"
	Succeeded   RunState = "succeeded"
	Partial     RunState = "partial" // all that could be read; some sources could not
	RunFailed   RunState = "failed"
	Interrupted RunState = "interrupted" // cut off; a later run goes on where it was
)

// Run is one run of reading a provider.
type Run struct {
	Key     id.Key
	Why     Why
	First   bool // a load of everything; else what has changed
	State   RunState
	Started time.Time
	Ended   time.Time // zero: it goes on
	Pages   int64

	Created, Changed, Same, Removed, Skipped, Events int64

	Partial []string // sources that could not be read
	Off     []string // parts that are off, as no permission for them was granted
	Failure *connector.Failure
}

// runPrefix is that of the public ids of runs.
const runPrefix = "run"

// ID is the run's public id.
func (r *Run) ID() string { return r.Key.Public(runPrefix) }

// Read is how many records the provider gave.
func (r *Run) Read() int64 { return r.Created + r.Changed + r.Same + r.Removed + r.Skipped }

const runColumns = "id, cause, first_load, state, started_at, ended_at, pages, created, changed, same, removed, skipped, events, partial, switched_off, class, code, detail"

func scanRun(row db.Scanner) (*Run, error) {
	r := &Run{}
	var first, started, ended int64
	var partial, off string
	f := &connector.Failure{}
	if err := row.Scan(&r.Key, &r.Why, &first, &r.State, &started, &ended, &r.Pages, &r.Created, &r.Changed, &r.Same, &r.Removed, &r.Skipped, &r.Events,
		&partial, &off, &f.Class, &f.Code, &f.Detail); err != nil {
		return nil, fmt.Errorf("scan sync run: %w", err)
	}
	if err := json.Unmarshal([]byte(partial), &r.Partial); err != nil {
		return nil, fmt.Errorf("sources of a sync run: %w", err)
	}
	if err := json.Unmarshal([]byte(off), &r.Off); err != nil {
		return nil, fmt.Errorf("parts of a sync run that are off: %w", err)
	}
	r.First, r.Started, r.Ended = first == 1, db.Time(started), timeOf(ended)
	if f.Class != health.None {
		r.Failure = f
	}
	return r, nil
}

// insertRun stores a run that begins.
func insertRun(ctx context.Context, tx *db.Tx, k key, r *Run) error {
	_, err := tx.Exec(ctx, `INSERT INTO sync_runs (organization_id, slug, `+runColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, 0, 0, 0, 0, 0, 0, '[]', '[]', '', '', '')`,
		k.org, k.slug, int64(r.Key), string(r.Why), bit(r.First), string(r.State), db.Micros(r.Started))
	if err != nil {
		return fmt.Errorf("store the run: %w", err)
	}
	return nil
}

// save writes how far a run has come.
func (r *Run) save(ctx context.Context, tx *db.Tx, k key) error {
	f := r.Failure
	if f == nil {
		f = &connector.Failure{}
	}
	partial, err := json.Marshal(append([]string{}, r.Partial...))
	if err != nil {
		return fmt.Errorf("write the sources of a run: %w", err)
	}
	off, err := json.Marshal(append([]string{}, r.Off...))
	if err != nil {
		return fmt.Errorf("write the parts of a run that are off: %w", err)
	}
	_, err = tx.Exec(ctx, `UPDATE sync_runs SET state = $4, ended_at = $5, pages = $6, created = $7, changed = $8, same = $9, removed = $10, skipped = $11, events = $12,
			partial = $13, class = $14, code = $15, detail = $16, first_load = $17, switched_off = $18
		WHERE organization_id = $1 AND slug = $2 AND id = $3`,
		k.org, k.slug, int64(r.Key), string(r.State), microsOf(r.Ended), r.Pages, r.Created, r.Changed, r.Same, r.Removed, r.Skipped, r.Events,
		string(partial), string(f.Class), cut(f.Code), cut(f.Detail), bit(r.First), string(off))
	if err != nil {
		return fmt.Errorf("store how far the run has come: %w", err)
	}
	return nil
}

// add counts a page.
func (r *Run) add(t record.Tally, page *connector.Page) {
	r.Pages++
	r.Created += int64(t.Created)
	r.Changed += int64(t.Changed)
	r.Same += int64(t.Same)
	r.Removed += int64(t.Removed)
	r.Skipped += int64(t.Skipped + page.Skipped)
	r.Events += int64(t.Events)
	r.Partial = append(r.Partial, page.Partial...)
	for _, part := range page.Off {
		if !slices.Contains(r.Off, part) {
			r.Off = append(r.Off, part)
		}
	}
	r.First = r.First || page.Load != nil
}

// batchOf turns a page into what package record takes. since bounds the events of a
// load of everything; zero: it raises none, unless all of them are asked for.
func batchOf(page *connector.Page, since time.Time, all bool) record.Batch {
	b := record.Batch{}
	if l := page.Load; l != nil {
		b.Load = &record.Load{Source: l.Source, Kind: record.Kind(l.Kind), ID: l.ID, From: l.From, To: l.To, Done: l.Done, Tag: l.Tag}
		b.EventsFrom, b.Quiet = since, since.IsZero() && !all
		if all {
			b.EventsFrom = time.Time{}
		}
	}
	for _, c := range page.Changes {
		switch {
		case c.Removed:
			b.Removed = append(b.Removed, record.Removed{Kind: kindOf(c.Kind), ExternalID: c.ID})
		case c.Contact != nil:
			in := record.ContactInput{ExternalID: c.ID, SourceVersion: c.Version, Contact: contactOf(c.Contact), Connected: c.Contact.Connected}
			if page.Load != nil {
				in.Scope = page.Load.Source
			}
			b.Contacts = append(b.Contacts, in)
		case c.Campaign != nil:
			b.Campaigns = append(b.Campaigns, record.CampaignInput{ExternalID: c.ID, SourceVersion: c.Version, Campaign: campaignOf(c.Campaign)})
		case c.Opportunity != nil:
			b.Opportunities = append(b.Opportunities, record.OpportunityInput{ExternalID: c.ID, SourceVersion: c.Version, Opportunity: record.Opportunity(*c.Opportunity)})
		case c.Engagement != nil:
			b.Engagements = append(b.Engagements, engagementOf(c.ID, c.Engagement))
		case c.Email != nil:
			b.Emails = append(b.Emails, record.EmailInput{ExternalID: c.ID, SourceVersion: c.Version, Email: emailOf(c.Email)})
		case c.Meeting != nil:
			b.Meetings = append(b.Meetings, record.MeetingInput{ExternalID: c.ID, SourceVersion: c.Version, Blank: c.Meeting.Blank, Meeting: meetingOf(c.Meeting)})
		}
	}
	return b
}

// kindOf is the kind of what is gone. Where a connector does not say, it is a mail.
func kindOf(k connector.Kind) record.Kind {
	if k == "" {
		return record.KindEmail
	}
	return record.Kind(k) // the same words
}

func contactOf(c *connector.Contact) record.Contact {
	return record.Contact{
		Email: c.Email, FirstName: c.FirstName, LastName: c.LastName, Company: c.Company, Title: c.Title, Phone: c.Phone, ProfileURL: c.Profile, Tags: c.Tags,
	}
}

func campaignOf(c *connector.Campaign) record.Campaign {
	return record.Campaign{
		Name: c.Name, Channel: c.Channel, Audience: c.Audience, Begin: c.Begin, End: c.End, State: record.CampaignState(c.State), Stats: (*record.Stats)(c.Stats),
	}
}

func engagementOf(externalID string, e *connector.Engagement) record.Engagement {
	return record.Engagement{
		ExternalID: externalID, Clicked: e.Kind == connector.Clicked, Email: e.Email, Campaign: e.Campaign, Recipient: e.Recipient,
		Subject: e.Subject, URL: e.URL, UserAgent: e.UserAgent, At: e.At,
	}
}

func emailOf(m *connector.EmailMessage) record.Email {
	return record.Email{
		MessageID: m.MessageID, Thread: m.Thread, From: m.From, To: m.To, Cc: m.Cc, Subject: m.Subject, Snippet: m.Snippet, Text: m.Text, At: m.At, Sent: m.Sent,
		Bulk: m.Bulk, Campaign: m.Campaign, Stats: (*record.Stats)(m.Stats),
	}
}

func meetingOf(m *connector.Meeting) record.Meeting {
	out := record.Meeting{
		Calendar: m.Calendar, ICalUID: m.ICalUID, Series: m.Series, Title: m.Title, Place: m.Place, Begin: m.Begin, End: m.End,
		AllDay: m.AllDay, Zone: m.Zone, Organizer: m.Organizer, Status: record.Confirmed,
	}
	switch {
	case m.Cancelled:
		out.Status = record.Cancelled
	case m.Tentative:
		out.Status = record.Tentative
	}
	for _, a := range m.Attendees {
		out.Attendees = append(out.Attendees, record.Attendee{Email: a.Email, Name: a.Name, Answer: a.Answer, Optional: a.Optional})
	}
	return out
}
