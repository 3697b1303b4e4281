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
	Source     string    `json:"source" doc:"api, or the integration that it comes from; that one's records are read-only here"`
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
}

// EmailView is an e-mail as the API shows it.
type EmailView struct {
	RecordView
	record.Email
}

// MeetingView is a meeting as the API shows it.
type MeetingView struct {
	RecordView
	record.Meeting
}

func recordView(r *record.Record) RecordView {
	return RecordView{ID: r.ID, Source: r.Source, Account: r.Account, ExternalID: r.ExternalID, Version: r.Version, Created: r.CreatedAt, Updated: r.UpdatedAt}
}

func contactView(r *record.Record) ContactView {
	v := ContactView{RecordView: recordView(r)}
	if c, ok := r.Fields.(*record.Contact); ok {
		v.Contact = *c
	}
	return v
}

func emailView(r *record.Record) EmailView {
	v := EmailView{RecordView: recordView(r)}
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
		out.Status, out.Location = http.StatusCreated, prefix+"v1/"+string(r.Kind)+"s/"+r.ID
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

func (a *API) contacts(ctx context.Context, in *recordsRequest) (*recordsResponse[ContactView], error) {
	return records(ctx, a, record.KindContact, listContacts, in, contactView)
}

type putContactRequest struct {
	Body struct {
		ExternalID string `json:"externalId,omitempty" doc:"Your own id of it: sent again, it changes the record that has it"`
		record.Contact
	}
}

func (a *API) putContact(ctx context.Context, in *putContactRequest) (*recordResponse[ContactView], error) {
	return putRecord(ctx, a, in.Body.ExternalID, &in.Body.Contact, contactView)
}

func (a *API) contact(ctx context.Context, in *ByID) (*recordResponse[ContactView], error) {
	return getRecord(ctx, a, record.KindContact, in, contactView)
}

type changeContactRequest struct {
	ByID
	Condition

	Body record.ContactPatch
}

func (a *API) changeContact(ctx context.Context, in *changeContactRequest) (*recordResponse[ContactView], error) {
	return changeRecord(ctx, a, record.KindContact, &in.ByID, &in.Condition, &in.Body, contactView)
}

func (a *API) deleteContact(ctx context.Context, in *ByID) (*struct{}, error) {
	return nil, a.Record.Delete(ctx, actorOf(ctx), record.KindContact, in.ID)
}

func (a *API) emails(ctx context.Context, in *recordsRequest) (*recordsResponse[EmailView], error) {
	return records(ctx, a, record.KindEmail, listEmails, in, emailLine)
}

type putEmailRequest struct {
	Body struct {
		ExternalID string `json:"externalId,omitempty" doc:"Your own id of it: sent again, it changes the record that has it"`
		record.Email
	}
}

func (a *API) putEmail(ctx context.Context, in *putEmailRequest) (*recordResponse[EmailView], error) {
	return putRecord(ctx, a, in.Body.ExternalID, &in.Body.Email, emailView)
}

func (a *API) email(ctx context.Context, in *ByID) (*recordResponse[EmailView], error) {
	return getRecord(ctx, a, record.KindEmail, in, emailView)
}

type changeEmailRequest struct {
	ByID
	Condition

	Body record.EmailPatch
}

func (a *API) changeEmail(ctx context.Context, in *changeEmailRequest) (*recordResponse[EmailView], error) {
	return changeRecord(ctx, a, record.KindEmail, &in.ByID, &in.Condition, &in.Body, emailView)
}

func (a *API) deleteEmail(ctx context.Context, in *ByID) (*struct{}, error) {
	return nil, a.Record.Delete(ctx, actorOf(ctx), record.KindEmail, in.ID)
}

func (a *API) meetings(ctx context.Context, in *recordsRequest) (*recordsResponse[MeetingView], error) {
	return records(ctx, a, record.KindMeeting, listMeetings, in, meetingView)
}

type putMeetingRequest struct {
	Body struct {
		ExternalID string `json:"externalId,omitempty" doc:"Your own id of it: sent again, it changes the record that has it"`
		record.Meeting
	}
}

func (a *API) putMeeting(ctx context.Context, in *putMeetingRequest) (*recordResponse[MeetingView], error) {
	return putRecord(ctx, a, in.Body.ExternalID, &in.Body.Meeting, meetingView)
}

func (a *API) meeting(ctx context.Context, in *ByID) (*recordResponse[MeetingView], error) {
	return getRecord(ctx, a, record.KindMeeting, in, meetingView)
}

type changeMeetingRequest struct {
	ByID
	Condition

	Body record.MeetingPatch
}

func (a *API) changeMeeting(ctx context.Context, in *changeMeetingRequest) (*recordResponse[MeetingView], error) {
	return changeRecord(ctx, a, record.KindMeeting, &in.ByID, &in.Condition, &in.Body, meetingView)
}

func (a *API) deleteMeeting(ctx context.Context, in *ByID) (*struct{}, error) {
	return nil, a.Record.Delete(ctx, actorOf(ctx), record.KindMeeting, in.ID)
}
