package connector

import "time"

// Change is one record as it is now, or that it is gone. Exactly one of the records
// is set, unless it is gone.
type Change struct {
	ID      string // the provider's own, within the account
	Kind    Kind
	Version string // changes when the record does; empty: unknown
	Removed bool
	Email   *EmailMessage
	Meeting *Meeting

	Contact     *Contact
	Campaign    *Campaign
	Opportunity *Opportunity
	Engagement  *Engagement
}

// Kind is a kind of record.
type Kind string

// The kinds.
const (
	KindContact     Kind = "contact"
	KindEmail       Kind = "email"
	KindMeeting     Kind = "meeting"
	KindCampaign    Kind = "campaign"
	KindOpportunity Kind = "opportunity"
	// KindEngagement is no record: it is told of once, and only its id is kept.
	KindEngagement Kind = "engagement"
)

// EmailMessage is one message.
type EmailMessage struct {
	MessageID string // of RFC 5322, with its brackets; empty: it has none
	Thread    string
	From      string
	To        []string
	Cc        []string
	Subject   string
	Snippet   string
	Text      string // only where the settings ask for bodies
	At        time.Time
	Sent      bool // by the account's owner
	// Of a mail to many, as marketing sends it. To is empty then.
	Bulk     bool
	Campaign string // the provider's id of the campaign that it is part of
	Stats    *Stats
}

// Meeting is one event of a calendar; of a series, one instance.
type Meeting struct {
	Calendar   string
	ICalUID    string
	Series     string // empty: it is none
	Title      string
	Place      string
	Begin, End time.Time
	AllDay     bool   // Begin and End are midnights in UTC then, End exclusive
	Zone       string // of its calendar
	Organizer  string
	Attendees  []Attendee
	Tentative  bool
	Cancelled  bool
	// Blank: the provider says no more than that it is cancelled; what is known of
	// it stays.
	Blank bool
}

// Attendee is somebody who is asked to a meeting.
type Attendee struct {
	Email, Name string
	Answer      string // needsAction, declined, tentative or accepted
	Optional    bool
}

// Contact is a person whom the account knows.
type Contact struct {
	Email     string
	FirstName string
	LastName  string
	Company   string
	Title     string // what they are there
	Phone     string
	Profile   string // address of their public page
	Connected string // when somebody here and they were connected: a date as 2024-03-15, or the provider's own words
	Tags      []string
}

// Campaign is something that is sent or shown to many people over some time.
type Campaign struct {
	Name       string
	Channel    string // email, sms, social, ads, event or other
	Audience   int    // people it is meant for; 0: unknown
	Begin, End time.Time
	// State is what the provider says; empty: the times alone tell.
	State CampaignState
	Stats *Stats
}

// CampaignState is how far a campaign is.
type CampaignState string

// The states.
const (
	CampaignPlanned   CampaignState = "planned"
	CampaignRunning   CampaignState = "running"
	CampaignCompleted CampaignState = "completed"
	CampaignCancelled CampaignState = "cancelled"
)

// Stats is what came of mails to many. What is not known is nil.
type Stats struct{ Sent, Delivered, Opened, Clicked, Unsubscribed *int }

// Opportunity is a deal that may be closed.
type Opportunity struct {
	Name        string
	Company     string
	Stage       string
	Amount      string // decimal, as the provider writes it: "1250.50"; empty: unknown
	Currency    string // ISO 4217; empty: unknown
	CloseDate   string // 2026-12-31; empty: unknown
	Probability *int   // percent
	Closed, Won bool
	Contact     string // the provider's id of the person it is about; empty: unknown
}

// Engagement is what somebody did with a mail that was sent to many.
type Engagement struct {
	Kind      EngagementKind
	Email     string // the provider's id of the mail's record; empty: unknown
	Campaign  string // of the campaign's; empty: unknown
	Recipient string // e-mail address
	Subject   string
	URL       string // that was followed
	UserAgent string
	At        time.Time
}

// EngagementKind says what it is.
type EngagementKind string

// The kinds of engagement.
const (
	Opened  EngagementKind = "opened"
	Clicked EngagementKind = "clicked"
)
