package api

import (
	"context"
	"net/http"
	"time"

	"patchboard/internal/record"
)

// RecordView is what the API shows of every record.
type RecordView struct {
	ID         string    `json:"id"`
	Source     string    `json:"source" doc:"api, or the integration that it comes from; that one's records are read-only here. Of a contact the first of its sources"`
	Account    string    `json:"account,omitempty" doc:"The provider's id of whose data it is"`
	ExternalID string    `json:"externalId,omitempty" doc:"The source's own id"`
	Version    int64     `json:"version" doc:"Send it as If-Match to change what you read"`
	Created    time.Time `json:"created"`
	Updated    time.Time `json:"updated"`
}

// ContactView is a contact as the API shows it.
type ContactView struct {
	RecordView
	record.Contact

	Sources []ContactSourceView `json:"sources" doc:"What each source says of it, the oldest first"`
}

// ContactSourceView is what one source says of a contact.
type ContactSourceView struct {
	Source     string            `json:"source" doc:"api, or an integration"`
	Account    string            `json:"account,omitempty" doc:"The provider's id of whose data it is"`
	ExternalID string            `json:"externalId,omitempty" doc:"The source's own id"`
	Values     record.Contact    `json:"values"`
	Connected  *record.Connected `json:"connected,omitempty" doc:"When somebody here and the contact were connected, as the source says; a contact of several has no such date of its own"`
	Wins       []string          `json:"wins" doc:"The fields that the contact has from this source: it was the last to set them"`
	Created    time.Time         `json:"created" doc:"When the source first knew it"`
	Updated    time.Time         `json:"updated" doc:"When the source last changed it"`
}

// EmailView is an e-mail as the API shows it.
type EmailView struct {
	RecordView
	record.Email

	CampaignID string `json:"campaignId,omitempty" doc:"On a single e-mail, the campaign that it is part of, if it is known"`
}

// MeetingView is a meeting as the API shows it.
type MeetingView struct {
	RecordView
	record.Meeting
}

// CampaignView is a campaign as the API shows it. Its state is what it is now.
type CampaignView struct {
	RecordView
	record.Campaign
}

// OpportunityView is an opportunity as the API shows it.
type OpportunityView struct {
	RecordView
	record.Opportunity

	ContactID string `json:"contactId,omitempty" doc:"On a single opportunity, whom it is about, if the contact is known"`
}

func recordView(r *record.Record) RecordView {
	return RecordView{ID: r.ID, Source: r.Source, Account: r.Account, ExternalID: r.ExternalID, Version: r.Version, Created: r.CreatedAt, Updated: r.UpdatedAt}
}

func contactView(r *record.Record) ContactView {
	v := ContactView{RecordView: recordView(r)}
	if c, ok := r.Fields.(*record.Contact); ok {
		v.Contact = *c
	}
	v.Sources = make([]ContactSourceView, len(r.Sources))
	for i, s := range r.Sources {
		v.Sources[i] = ContactSourceView{
			Source: s.Source, Account: s.Account, ExternalID: s.ExternalID, Values: s.Contact, Connected: s.Connected, Wins: append([]string{}, s.Wins...),
			Created: s.CreatedAt, Updated: s.UpdatedAt,
		}
	}
	return v
}

func (a *API) campaignView(r *record.Record) CampaignView {
	v := CampaignView{RecordView: recordView(r)}
	if c, ok := r.Fields.(*record.Campaign); ok {
		v.Campaign = *c
		v.State = c.StateAt(a.Clock())
	}
	return v
}

func opportunityView(r *record.Record) OpportunityView {
	v := OpportunityView{RecordView: recordView(r), ContactID: r.ContactID}
	if o, ok := r.Fields.(*record.Opportunity); ok {
		v.Opportunity = *o
	}
	return v
}

func emailView(r *record.Record) EmailView {
	v := EmailView{RecordView: recordView(r), CampaignID: r.CampaignID}
	if e, ok := r.Fields.(*record.Email); ok {
		v.Email = *e
	}
	return v
}

// emailLine is an e-mail in a list: a page of texts would be many megabytes.
func emailLine(r *record.Record) EmailView {
	v := emailView(r)
	v.Text = ""
	return v
}

func meetingView(r *record.Record) MeetingView {
	v := MeetingView{RecordView: recordView(r)}
	if m, ok := r.Fields.(*record.Meeting); ok {
		v.Meeting = *m
	}
	return v
}

type recordsRequest struct {
	Paging
	Span

	Source     string `query:"source" maxLength:"100" doc:"api, or an integration's slug"`
	ExternalID string `query:"externalId" maxLength:"320"`
	Email      string `query:"email" maxLength:"320" doc:"An e-mail address, whole: a contact's, or anybody's who takes part"`
	Q          string `query:"q" maxLength:"200" doc:"Part of what the record says, in any case. One page looks at 5,000 records at most, see searchedTo"`
}

// RecordPage is a page of records.
type RecordPage[W any] struct {
	Page[W]

	SearchedTo *time.Time `json:"searchedTo,omitempty" doc:"How far back a filter has looked; next goes on from there"`
}

type recordsResponse[W any] struct{ Body RecordPage[W] }

// records answers a list of one kind.
func records[W any](ctx context.Context, a *API, k record.Kind, of list, in *recordsRequest, wire func(*record.Record) W) (*recordsResponse[W], error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	position, err := of.position(in.Cursor)
	if err != nil {
		return nil, err
	}
	p, err := a.Record.List(ctx, actorOf(ctx), k, record.Filter{
		Source: in.Source, ExternalID: in.ExternalID, Email: in.Email, Text: in.Q, Since: in.Since, Until: in.Until, Cursor: position, Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	return &recordsResponse[W]{Body: RecordPage[W]{Page: pageOf(p.Items, of.cursor(p.Next), wire), SearchedTo: ago(p.SearchedTo)}}, nil
}

type recordResponse[W any] struct {
	Status   int
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     W
}

func oneRecord[W any](r *record.Record, wire func(*record.Record) W) *recordResponse[W] {
	return &recordResponse[W]{Status: http.StatusOK, ETag: etag(r.Version), Body: wire(r)}
}

// recordAgain is when a record is not new.
const recordAgain = "There was one with this externalId; it has these fields now, in place of its own"

func putRecord[W any](ctx context.Context, a *API, externalID string, f record.Fields, wire func(*record.Record) W) (*recordResponse[W], error) {
	r, created, err := a.Record.Put(ctx, actorOf(ctx), externalID, f)
	if err != nil {
		return nil, err
	}
	out := oneRecord(r, wire)
	if created {
		out.Status, out.Location = http.StatusCreated, prefix+"v1/"+r.Kind.Plural()+"/"+r.ID
	}
	return out, nil
}

func getRecord[W any](ctx context.Context, a *API, k record.Kind, in *ByID, wire func(*record.Record) W) (*recordResponse[W], error) {
	r, err := a.Record.Get(ctx, actorOf(ctx), k, in.ID)
	if err != nil {
		return nil, err
	}
	return oneRecord(r, wire), nil
}

func changeRecord[W any](ctx context.Context, a *API, k record.Kind, in *ByID, m *Condition, p record.Patch, wire func(*record.Record) W) (*recordResponse[W], error) {
	version, err := m.version()
	if err != nil {
		return nil, err
	}
	r, err := a.Record.Update(ctx, actorOf(ctx), k, in.ID, version, p)
	if err != nil {
		return nil, err
	}
	return oneRecord(r, wire), nil
}

type recordCountsResponse struct {
	Body struct {
		Counts []SourceCountView `json:"counts"`
	}
}

// SourceCountView is how many records of a kind a source has.
type SourceCountView struct {
	Kind   string `json:"kind" enum:"contact,campaign,email,meeting,opportunity"`
	Source string `json:"source" doc:"api, or an integration"`
	Count  int64  `json:"count" doc:"A contact of two sources counts for both"`
}

func (a *API) recordCounts(ctx context.Context, _ *struct{}) (*recordCountsResponse, error) {
	all, err := a.Record.Counted(ctx, actorOf(ctx).OrganizationID)
	if err != nil {
		return nil, err
	}
	out := &recordCountsResponse{}
	out.Body.Counts = make([]SourceCountView, len(all))
	for i, c := range all {
		out.Body.Counts[i] = SourceCountView{string(c.Kind), c.Source, c.Count}
	}
	return out, nil
}
