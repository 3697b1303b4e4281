package record

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Fields are what a record of one kind says: Contact, Email, Meeting, Campaign or
// Opportunity.
type Fields interface {
	kind() Kind
	// at is the record's own time, zero for a kind that has none.
	at() time.Time
	// check says what is wrong with fields that come over the API, and puts them in
	// the form in which they are kept.
	check(c *checker)
	// clean puts fields that come from a provider in that form, whatever they hold.
	clean()
	// words are what a search looks at.
	words() []string
	// addresses are the e-mail addresses that a filter looks at.
	addresses() []string
}

// Contact is somebody whom the organization knows.
type Contact struct {
	Email     string `json:"email,omitempty" doc:"The main e-mail address"`
	FirstName string `json:"firstName,omitempty"`
	LastName  string `json:"lastName,omitempty"`
	Company   string `json:"company,omitempty"`
	Title     string `json:"title,omitempty" doc:"What they are at their company"`
	Phone     string `json:"phone,omitempty"`
	// ProfileURL tells people apart where a source has no address of them.
	ProfileURL string   `json:"profileUrl,omitempty" doc:"Address of their public page"`
	Tags       []string `json:"tags,omitempty"`
}

// Email is one message.
type Email struct {
	MessageID string    `json:"messageId,omitempty" doc:"The Message-ID of RFC 5322, with its brackets"`
	Thread    string    `json:"thread,omitempty" doc:"The conversation that it belongs to"`
	From      string    `json:"from,omitempty" doc:"The sender's address"`
	To        []string  `json:"to,omitempty"`
	Cc        []string  `json:"cc,omitempty"`
	Subject   string    `json:"subject,omitempty"`
	Snippet   string    `json:"snippet,omitempty" doc:"The beginning of the text"`
	Text      string    `json:"text,omitempty" doc:"The text, on a single e-mail"`
	At        time.Time `json:"at,omitzero" doc:"When it was sent or came in; default: now"`
	Sent      bool      `json:"sent" required:"false" doc:"Sent by the organization; false: received"`
	Bulk      bool      `json:"bulk,omitempty" doc:"It went to many, who are not listed"`
	Campaign  string    `json:"campaign,omitempty" doc:"The campaign that it is part of: its externalId at the same source, or its id"`
	Stats     *Stats    `json:"stats,omitempty" doc:"What came of a mail to many"`
}

// Stats is what came of mails to many. What is not known is nil.
type Stats struct {
	Sent         *int `json:"sent,omitempty" minimum:"0"`
	Delivered    *int `json:"delivered,omitempty" minimum:"0"`
	Opened       *int `json:"opened,omitempty" minimum:"0"`
	Clicked      *int `json:"clicked,omitempty" minimum:"0"`
	Unsubscribed *int `json:"unsubscribed,omitempty" minimum:"0"`
}

// Meeting is one event of a calendar; of a series, one instance.
type Meeting struct {
	Calendar  string     `json:"calendar,omitempty"`
	ICalUID   string     `json:"icalUid,omitempty"`
	Series    string     `json:"series,omitempty" doc:"The series that it is one of"`
	Title     string     `json:"title,omitempty"`
	Place     string     `json:"place,omitempty"`
	Begin     time.Time  `json:"begin"`
	End       time.Time  `json:"end"`
	AllDay    bool       `json:"allDay" required:"false" doc:"Begin and end are midnights in UTC then, end exclusive"`
	Zone      string     `json:"zone,omitempty" doc:"Time zone of its calendar" example:"Europe/Berlin"`
	Organizer string     `json:"organizer,omitempty" doc:"The organizer's e-mail address"`
	Attendees []Attendee `json:"attendees,omitempty"`
	Status    Status     `json:"status" required:"false" enum:"tentative,confirmed,cancelled" doc:"Default confirmed"`
}

// Attendee is somebody who is asked to a meeting.
type Attendee struct {
	Email    string `json:"email,omitempty"`
	Name     string `json:"name,omitempty"`
	Answer   string `json:"answer,omitempty" enum:"needsAction,declined,tentative,accepted"`
	Optional bool   `json:"optional,omitempty"`
}

// Status says whether a meeting takes place.
type Status string

// The statuses.
const (
	Tentative Status = "tentative"
	Confirmed Status = "confirmed"
	Cancelled Status = "cancelled"
)

var answers = []string{"", "needsAction", "declined", "tentative", "accepted"}

// Limits of fields: characters of a text, unless another unit is said.
const (
	maxAddress    = 320
	maxName       = 255
	maxPhone      = 64
	maxTag        = 100
	maxTags       = 200 // items
	maxMessageID  = 998 // a line of RFC 5322
	maxSubject    = 998
	maxSnippet    = 1000
	maxText       = 64 << 10 // bytes
	maxRecipients = 500      // items, of To and of Cc
	maxTitle      = 1024
	maxUID        = 1024
	maxZone       = 64
	maxAttendees  = 500 // items
	maxURL        = 1024
)

func (*Contact) kind() Kind { return KindContact }
func (*Email) kind() Kind   { return KindEmail }
func (*Meeting) kind() Kind { return KindMeeting }

func (*Contact) at() time.Time   { return time.Time{} }
func (e *Email) at() time.Time   { return e.At }
func (m *Meeting) at() time.Time { return m.Begin }

func (c *Contact) words() []string {
	return append([]string{c.Email, c.FirstName, c.LastName, c.FirstName + " " + c.LastName, c.Company, c.Title, c.Phone, c.ProfileURL}, c.Tags...)
}

func (e *Email) words() []string {
	return slices.Concat([]string{e.From, e.Subject, e.Snippet, e.Text}, e.To, e.Cc)
}

func (m *Meeting) words() []string {
	all := []string{m.Title, m.Place, m.Organizer}
	for _, a := range m.Attendees {
		all = append(all, a.Email, a.Name)
	}
	return all
}

func (c *Contact) addresses() []string { return []string{c.Email} }
func (e *Email) addresses() []string   { return slices.Concat([]string{e.From}, e.To, e.Cc) }

func (m *Meeting) addresses() []string {
	all := []string{m.Organizer}
	for _, a := range m.Attendees {
		all = append(all, a.Email)
	}
	return all
}

// differing names the fields in which two texts of encode differ, in order.
func differing(before, after string) ([]string, error) {
	var a, b map[string]json.RawMessage
	if err := cmp.Or(json.Unmarshal([]byte(before), &a), json.Unmarshal([]byte(after), &b)); err != nil {
		return nil, fmt.Errorf("compare two versions: %w", err)
	}
	var names []string
	for name, value := range b {
		if string(a[name]) != string(value) {
			names = append(names, name)
		}
	}
	for name := range maps.Keys(a) {
		if _, ok := b[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// A ContactPatch sets those fields of a contact that are not nil.
type ContactPatch struct {
	Email      *string   `json:"email,omitempty" doc:"An empty text removes it, as of every field"`
	FirstName  *string   `json:"firstName,omitempty"`
	LastName   *string   `json:"lastName,omitempty"`
	Company    *string   `json:"company,omitempty"`
	Title      *string   `json:"title,omitempty"`
	Phone      *string   `json:"phone,omitempty"`
	ProfileURL *string   `json:"profileUrl,omitempty"`
	Tags       *[]string `json:"tags,omitempty" doc:"Replaces them all"`
}

// An EmailPatch sets those fields of an e-mail that are not nil.
type EmailPatch struct {
	MessageID *string    `json:"messageId,omitempty"`
	Thread    *string    `json:"thread,omitempty"`
	From      *string    `json:"from,omitempty"`
	To        *[]string  `json:"to,omitempty"`
	Cc        *[]string  `json:"cc,omitempty"`
	Subject   *string    `json:"subject,omitempty"`
	Snippet   *string    `json:"snippet,omitempty"`
	Text      *string    `json:"text,omitempty"`
	At        *time.Time `json:"at,omitempty"`
	Sent      *bool      `json:"sent,omitempty"`
	Bulk      *bool      `json:"bulk,omitempty"`
	Campaign  *string    `json:"campaign,omitempty"`
	Stats     *Stats     `json:"stats,omitempty" doc:"Replaces them all"`
}

// A MeetingPatch sets those fields of a meeting that are not nil.
type MeetingPatch struct {
	Calendar  *string     `json:"calendar,omitempty"`
	ICalUID   *string     `json:"icalUid,omitempty"`
	Series    *string     `json:"series,omitempty"`
	Title     *string     `json:"title,omitempty"`
	Place     *string     `json:"place,omitempty"`
	Begin     *time.Time  `json:"begin,omitempty"`
	End       *time.Time  `json:"end,omitempty"`
	AllDay    *bool       `json:"allDay,omitempty"`
	Zone      *string     `json:"zone,omitempty"`
	Organizer *string     `json:"organizer,omitempty"`
	Attendees *[]Attendee `json:"attendees,omitempty" doc:"Replaces them all"`
	Status    *Status     `json:"status,omitempty" enum:"tentative,confirmed,cancelled"`
}

// Patch is a change of some fields: *ContactPatch, *EmailPatch, *MeetingPatch,
// *CampaignPatch or *OpportunityPatch.
type Patch interface{ apply(f Fields) }

func (p *ContactPatch) apply(f Fields) {
	if c, ok := f.(*Contact); ok {
		set(&c.Email, p.Email)
		set(&c.FirstName, p.FirstName)
		set(&c.LastName, p.LastName)
		set(&c.Company, p.Company)
		set(&c.Title, p.Title)
		set(&c.Phone, p.Phone)
		set(&c.ProfileURL, p.ProfileURL)
		set(&c.Tags, p.Tags)
	}
}

func (p *EmailPatch) apply(f Fields) {
	if e, ok := f.(*Email); ok {
		set(&e.MessageID, p.MessageID)
		set(&e.Thread, p.Thread)
		set(&e.From, p.From)
		set(&e.To, p.To)
		set(&e.Cc, p.Cc)
		set(&e.Subject, p.Subject)
		set(&e.Snippet, p.Snippet)
		set(&e.Text, p.Text)
		set(&e.At, p.At)
		set(&e.Sent, p.Sent)
		set(&e.Bulk, p.Bulk)
		set(&e.Campaign, p.Campaign)
		if p.Stats != nil {
			e.Stats = p.Stats
		}
	}
}

func (p *MeetingPatch) apply(f Fields) {
	if m, ok := f.(*Meeting); ok {
		set(&m.Calendar, p.Calendar)
		set(&m.ICalUID, p.ICalUID)
		set(&m.Series, p.Series)
		set(&m.Title, p.Title)
		set(&m.Place, p.Place)
		set(&m.Begin, p.Begin)
		set(&m.End, p.End)
		set(&m.AllDay, p.AllDay)
		set(&m.Zone, p.Zone)
		set(&m.Organizer, p.Organizer)
		set(&m.Attendees, p.Attendees)
		set(&m.Status, p.Status)
	}
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}
