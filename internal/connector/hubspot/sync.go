package hubspot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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
	// loadAgain is between two readings of everything: a contact that was merged into
	// another, or deleted for good, leaves without a trace.
	loadAgain = 7 * everyDay
)

// step is what the next page is a part of.
type step string

// The steps. A load of everything takes those of loadSteps first.
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

var (
	loadSteps = []step{stepList, stepEmails, stepCampaigns}
	runSteps  = []step{stepChanges, stepArchived, stepEmails, stepEmailsGone, stepCampaigns, stepLog}
	restSteps = []step{stepChanges, stepArchived, stepLog} // of the run of a load
)

// cursor is how far one has read. Times are milliseconds, as in HubSpot's filters.
type cursor struct {
	Step   step   `json:"step,omitempty"`
	After  string `json:"after,omitempty"` // token of the next page of the step; empty: its first one
	Load   string `json:"load,omitempty"`  // of a load of everything; empty: changes are read
	Rest   bool   `json:"rest,omitempty"`  // what is left of the run after a load
	Run    int64  `json:"run,omitempty"`   // when this run began
	Loaded int64  `json:"loaded"`          // when the last load began
	Zone   string `json:"zone,omitempty"`  // of the account

	Contacts window   `json:"contacts"`
	Archived archived `json:"archived"`
	Emails   mails    `json:"emails"`
	Listed   int64    `json:"listed,omitempty"` // when campaigns were read
	Known    []string `json:"known,omitempty"`  // campaigns, as of the last reading of all of them
	Met      []string `json:"met,omitempty"`    // campaigns, on this one
	Log      span     `json:"log"`
}

// Next reads the next page.
func (h HubSpot) Next(ctx context.Context, s *connector.Session, raw json.RawMessage) (*connector.Page, error) {
	at := &cursor{}
	if !connector.Begins(raw) {
		if err := json.Unmarshal(raw, at); err != nil {
			return nil, fmt.Errorf("read the cursor: %w", err)
		}
	}
	r := &reader{ctx: ctx, client: h.patient(s), settings: settings(s.Settings), granted: s.Granted, at: at, page: &connector.Page{}}
	if at.Step == begin {
		if err := r.start(h, s); err != nil {
			return nil, err
		}
	}
	r.client.zone = zoneOf(at.Zone)
	steps := runSteps
	switch {
	case at.Load != "":
		steps = loadSteps
	case at.Rest:
		steps = restSteps
	}
	if err := r.read(steps); err != nil {
		return nil, err
	}
	r.settle(s, steps)
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
	settings Settings
	granted  []string
	at       *cursor
	page     *connector.Page
}

// start begins a run, and a load where one is due.
func (r *reader) start(h HubSpot, s *connector.Session) error {
	d, err := h.details(r.ctx, r.client)
	if err != nil {
		return err
	}
	if err := connector.SameAccount(s, d.account()); err != nil {
		return err
	}
	at, now := r.at, s.Now.UnixMilli()
	at.Zone, at.Run, at.Rest = d.Zone, now, false
	if at.Loaded == 0 || now-at.Loaded >= loadAgain.Milliseconds() || r.fresh() {
		if at.Loaded == 0 { // what was done before somebody connected is not told of
			at.Log = span{Until: now, Floor: now}
		}
		at.Load, at.Loaded = s.Now.UTC().Format(time.RFC3339Nano), now
		at.Contacts = window{From: now - overlap.Milliseconds(), High: now}
		at.Step = loadSteps[0]
		return nil
	}
	at.Step = runSteps[0]
	return nil
}

// fresh reports whether a part can be read that never was: what was there before is not
// told of as if it were new.
func (r *reader) fresh() bool {
	return r.settings.Emails && r.mayEmails() && r.at.Emails.All == 0 || r.settings.Campaigns && r.may(scopeCampaigns) && r.at.Listed == 0
}

// read reads a page of the first step that has one. A part that is off has none.
func (r *reader) read(steps []step) error {
	for i := max(slices.Index(steps, r.at.Step), 0); i < len(steps); i++ {
		r.at.Step = steps[i]
		on, done := r.on(steps[i]), true
		if on {
			var err error
			done, err = r.part(steps[i])
			if f, ok := errors.AsType[*connector.Failure](err); ok && f.Class == health.ScopeMissing && !ofContacts(steps[i]) {
				r.note(nameOf(steps[i]) + ": HubSpot refuses to show them. " + f.Detail) // the subscription has it no more
				done, err = true, nil
			}
			if err != nil {
				return err
			}
		}
		if done {
			r.at.After, r.at.Step = "", next(steps, i)
		}
		if on {
			return nil
		}
	}
	return nil
}

// next is the step after one; begin after the last.
func next(steps []step, i int) step {
	if i+1 < len(steps) {
		return steps[i+1]
	}
	return begin
}

// settle says what follows the page: more of the run, the rest of a load's run, or the
// end.
func (r *reader) settle(s *connector.Session, steps []step) {
	at := r.at
	for at.Step != begin && !r.on(at.Step) { // so that the last page is known as such
		at.Step = next(steps, slices.Index(steps, at.Step))
	}
	r.page.More = at.Step != begin
	if at.Load == "" {
		return
	}
	done := at.Step == begin
	r.page.Load = &connector.Load{Source: s.Account.ID, ID: at.Load, Done: done && !r.keeps()}
	if done {
		at.Load, at.Rest, at.Step, r.page.More = "", true, restSteps[0], true
	}
}

// keeps reports whether something was read earlier of a part that cannot be read now: it
// stays, although the load has not met it.
func (r *reader) keeps() bool {
	return r.settings.Emails && !r.mayEmails() && r.at.Emails.High > 0 || r.settings.Campaigns && !r.may(scopeCampaigns) && len(r.at.Known) > 0
}

func (r *reader) may(scope string) bool { return slices.Contains(r.granted, scope) }

func (r *reader) mayEmails() bool { return r.may(scopeContent) || r.may(scopeEmails) }

// on reports whether a part is wanted and was granted; one that was not is noted.
func (r *reader) on(s step) bool {
	switch s {
	case stepList, stepChanges, stepArchived:
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

func (r *reader) allowed(s step, yes bool, scope string) bool {
	if !yes {
		r.note(nameOf(s) + ": the permission " + scope + " was not granted, so this part is off. The account’s subscription may not have it.")
	}
	return yes
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

func ofContacts(s step) bool { return s == stepList || s == stepChanges || s == stepArchived }

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
