package api

import (
	"context"

	"patchboard/internal/record"
)

// The five handlers of each kind of record.

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

func (a *API) campaigns(ctx context.Context, in *recordsRequest) (*recordsResponse[CampaignView], error) {
	return records(ctx, a, record.KindCampaign, listCampaigns, in, a.campaignView)
}

type putCampaignRequest struct {
	Body struct {
		ExternalID string `json:"externalId,omitempty" doc:"Your own id of it: sent again, it changes the record that has it"`
		record.Campaign
	}
}

func (a *API) putCampaign(ctx context.Context, in *putCampaignRequest) (*recordResponse[CampaignView], error) {
	return putRecord(ctx, a, in.Body.ExternalID, &in.Body.Campaign, a.campaignView)
}

func (a *API) campaign(ctx context.Context, in *ByID) (*recordResponse[CampaignView], error) {
	return getRecord(ctx, a, record.KindCampaign, in, a.campaignView)
}

type changeCampaignRequest struct {
	ByID
	Condition

	Body record.CampaignPatch
}

func (a *API) changeCampaign(ctx context.Context, in *changeCampaignRequest) (*recordResponse[CampaignView], error) {
	return changeRecord(ctx, a, record.KindCampaign, &in.ByID, &in.Condition, &in.Body, a.campaignView)
}

func (a *API) deleteCampaign(ctx context.Context, in *ByID) (*struct{}, error) {
	return nil, a.Record.Delete(ctx, actorOf(ctx), record.KindCampaign, in.ID)
}

func (a *API) opportunities(ctx context.Context, in *recordsRequest) (*recordsResponse[OpportunityView], error) {
	return records(ctx, a, record.KindOpportunity, listDeals, in, opportunityView)
}

type putOpportunityRequest struct {
	Body struct {
		ExternalID string `json:"externalId,omitempty" doc:"Your own id of it: sent again, it changes the record that has it"`
		record.Opportunity
	}
}

func (a *API) putOpportunity(ctx context.Context, in *putOpportunityRequest) (*recordResponse[OpportunityView], error) {
	return putRecord(ctx, a, in.Body.ExternalID, &in.Body.Opportunity, opportunityView)
}

func (a *API) opportunity(ctx context.Context, in *ByID) (*recordResponse[OpportunityView], error) {
	return getRecord(ctx, a, record.KindOpportunity, in, opportunityView)
}

type changeOpportunityRequest struct {
	ByID
	Condition

	Body record.OpportunityPatch
}

func (a *API) changeOpportunity(ctx context.Context, in *changeOpportunityRequest) (*recordResponse[OpportunityView], error) {
	return changeRecord(ctx, a, record.KindOpportunity, &in.ByID, &in.Condition, &in.Body, opportunityView)
}

func (a *API) deleteOpportunity(ctx context.Context, in *ByID) (*struct{}, error) {
	return nil, a.Record.Delete(ctx, actorOf(ctx), record.KindOpportunity, in.ID)
}
