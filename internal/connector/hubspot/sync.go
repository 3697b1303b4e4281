package hubspot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/health"
)

const (
	// overlap is read again at the beginning of each window: HubSpot's index lags.
	overlap = 5 * time.Minute
	// overlapMost is how far back the last change may lie that a window overlaps with. It
	// is so much longer as clocks differ.
	overlapMost = time.Hour
	// everyDay is between two readings of what tells nobody of its changes.
	everyDay = 24 * time.Hour
	// listAgain is between two readings of all contacts: one that was merged into another,
	// or deleted for good, leaves without a trace.
	listAgain = 7 * everyDay
)

// step is what the next page is a part of.
type step string

// The steps of a run, in their order. One that was never taken is a load.
const (
	begin          step = ""
	stepList       step = "list"
	stepChanges    step = "changes"
	stepArchived   step = "archived"
	stepEmails     step = "emails"
	stepEmailsGone step = "emails_archived"
	stepCampaigns  step = "campaigns"
	stepLog        step = "log"
)

var steps = []step{stepList, stepChanges, stepArchived, stepEmails, stepEmailsGone, stepCampaigns, stepLog}

// cursor is how far one has read. Times are milliseconds, as in HubSpot's filters.
type cursor struct {
	Run   int64  `json:"run"` // when this run began
	Step  step   `json:"step,omitempty"`
	After string `json:"after,omitempty"` // token of the next page of the step; empty: its first one
	Load  string `json:"load,omitempty"`  // the step is a load; empty: it is not
	Zone  string `json:"zone,omitempty"`  // of the account

	Contacts  window    `json:"contacts"`
	Archived  archived  `json:"archived"`
	Emails    mails     `json:"emails"`
	Campaigns campaigns `json:"campaigns"`
	Log       span      `json:"log"`
}

// Next reads the next page.
func (h HubSpot) Next(ctx context.Context, s *connector.Session, raw json.RawMessage) (*connector.Page, error) {
	at := &cursor{}
	if !connector.Begins(raw) {
		if err := json.Unmarshal(raw, at); err != nil {
			return nil, fmt.Errorf("read the cursor: %w", err)
		}
	}
	r := &reader{ctx: ctx, client: h.patient(s), session: s, settings: settings(s.Settings), at: at, page: &connector.Page{}}
	if at.Step == begin {
		if err := r.start(h); err != nil {
			return nil, err
		}
	}
	r.client.zone = zoneOf(at.Zone)
	if err := r.read(); err != nil {
		return nil, err
	}
	var err error
	r.page.Cursor, err = connector.Encode(at)
	return r.page, err
}

// zoneOf gives a zone by its name; nil if this machine does not know it.
func zoneOf(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" {
		return nil
	}
	return zone
}

// reader reads one page.
type reader struct {
	ctx      context.Context //nolint:containedctx // of one call of Next
	client   *client
	session  *connector.Session
	settings Settings
	at       *cursor
	page     *connector.Page
}

// start begins a run.
func (r *reader) start(h HubSpot) error {
	d, err := h.details(r.ctx, r.client)
	if err != nil {
		return err
	}
	if err := connector.SameAccount(r.session, d.account()); err != nil {
		return err
	}
	at, now := r.at, r.session.Now.UnixMilli()
	if at.Run == 0 { // what was done before somebody connected is not told of
		at.Log = span{Until: now, Floor: now}
		at.Contacts = window{From: now - overlap.Milliseconds(), High: now}
	}
	at.Zone, at.Run, at.Step = d.Zone, now, steps[0]
	return nil
}

// read reads a page of the first step that has one, and says what follows it. A part
// that is off has none.
func (r *reader) read() error {
	for r.at.Step != begin && !r.on(r.at.Step) {
		r.at.Step = next(r.at.Step)
	}
	if r.at.Step == begin {
		return nil
	}
	done, err := r.part(r.at.Step)
	if f, ok := errors.AsType[*connector.Failure](err); ok && f.Class == health.ScopeMissing && r.gives(r.at.Step) {
		r.note(nameOf(r.at.Step) + ": HubSpot refuses to show them. " + f.Detail)
		r.at.Load, done, err = "", true, nil
	}
	if err != nil {
		return err
	}
	if r.at.Load != "" {
		r.page.Load = &connector.Load{Source: r.session.Account.ID, Kind: kindOf(r.at.Step), ID: r.at.Load, Done: done}
	}
	if done {
		r.at.Load, r.at.After, r.at.Step = "", "", next(r.at.Step)
		for r.at.Step != begin && !r.on(r.at.Step) { // so that the last page is known as such
			r.at.Step = next(r.at.Step)
		}
	}
	r.page.More = r.at.Step != begin
	return nil
}

// next is the step after one; begin after the last.
func next(s step) step {
	if i := slices.Index(steps, s); i >= 0 && i+1 < len(steps) {
		return steps[i+1]
	}
	return begin
}

// gives has a part that is refused be none, and reports whether it can be: without
// contacts a connection is not well. When it is allowed again, it is read as a load, so
// that what was there before is not told of as if it were new.
func (r *reader) gives(s step) bool {
	switch s {
	case stepEmails, stepEmailsGone:
		r.at.Emails.All, r.at.Step = 0, stepEmailsGone
	case stepCampaigns:
		r.at.Campaigns.Read = 0
	case stepLog:
	case begin, stepList, stepChanges, stepArchived:
		return false
	}
	return true
}

// load makes the step a load.
func (r *reader) load() { r.at.Load = string(r.at.Step) + "/" + strconv.FormatInt(r.at.Run, 10) }

func kindOf(s step) connector.Kind {
	switch s {
	case stepEmails:
		return connector.KindEmail
	case stepCampaigns:
		return connector.KindCampaign
	case begin, stepList, stepChanges, stepArchived, stepEmailsGone, stepLog:
	}
	return connector.KindContact
}

func (r *reader) may(scope string) bool { return slices.Contains(r.session.Granted, scope) }

func (r *reader) mayEmails() bool { return r.may(scopeContent) || r.may(scopeEmails) }

// on reports whether a part is wanted and was granted; one that was not is noted.
func (r *reader) on(s step) bool {
	switch s {
	case stepList:
		return r.settings.Contacts && (r.at.Load != "" || r.at.Contacts.Listed == 0 || r.at.Run-r.at.Contacts.Listed >= listAgain.Milliseconds())
	case stepChanges, stepArchived:
		return r.settings.Contacts
	case stepEmails, stepEmailsGone:
		return r.settings.Emails && r.allowed(s, r.mayEmails(), scopeContent)
	case stepCampaigns:
		return r.settings.Campaigns && r.allowed(s, r.may(scopeCampaigns), scopeCampaigns)
	case stepLog:
		return r.settings.Engagements
	case begin:
	}
	return false
}

// tiers are what an account has to subscribe to for a part.
var tiers = map[step]string{
	stepEmails: "a Marketing Hub tier that has marketing e-mails", stepEmailsGone: "a Marketing Hub tier that has marketing e-mails",
	stepCampaigns: "Marketing Hub Professional or higher",
}

func (r *reader) allowed(s step, yes bool, scope string) bool {
	if !yes {
		r.off(nameOf(s) + ": the permission " + scope + " was not granted, so this part is off. It needs " + tiers[s] + ".")
	}
	return yes
}

// off adds a part that is off, once.
func (r *reader) off(text string) {
	if !slices.Contains(r.page.Off, text) {
		r.page.Off = append(r.page.Off, text)
	}
}

// note adds what could not be read, once.
func (r *reader) note(text string) {
	if !slices.Contains(r.page.Partial, text) {
		r.page.Partial = append(r.page.Partial, text)
	}
}

// part reads a page of a step; done is that it was the last one.
func (r *reader) part(s step) (done bool, err error) {
	switch s {
	case stepList:
		return r.list()
	case stepChanges:
		return r.changes()
	case stepArchived:
		return r.archived()
	case stepEmails:
		return r.emails()
	case stepEmailsGone:
		return r.emailsGone()
	case stepCampaigns:
		return r.campaigns()
	case stepLog:
		return r.log()
	case begin:
	}
	return true, nil
}

func nameOf(s step) string {
	switch s {
	case stepEmails, stepEmailsGone:
		return "Marketing e-mails"
	case stepCampaigns:
		return "Campaigns"
	case stepLog:
		return "Opens and clicks"
	case begin, stepList, stepChanges, stepArchived:
	}
	return "Contacts"
}
