// Package record owns the records of the CRM: contacts, campaigns, e-mails, meetings
// and opportunities, as the API and the syncs of connected systems write them. One
// person whom several of these know is one contact. It raises the events of records
// in the transaction that writes them. It knows no provider; who reads one and
// when is the business of package integration.
package record

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/event"
	"patchboard/internal/id"
)

// SourceAPI is the source of what the API writes; of the others it is the slug
// of an integration.
const SourceAPI = "api"

// topic is the live topic of all records.
const topic = "records"

// Kind is a kind of record.
type Kind string

// The kinds.
const (
	KindContact     Kind = "contact"
	KindCampaign    Kind = "campaign"
	KindEmail       Kind = "email"
	KindMeeting     Kind = "meeting"
	KindOpportunity Kind = "opportunity"
)

// Kinds are all of them, in the order in which a transaction writes them.
var Kinds = []Kind{KindContact, KindCampaign, KindEmail, KindMeeting, KindOpportunity}

func (k Kind) prefix() string {
	return map[Kind]string{KindContact: "con", KindCampaign: "cmp", KindEmail: "eml", KindMeeting: "mtg", KindOpportunity: "opp"}[k]
}

// Plural names many of them, in the API's paths and the database's tables.
func (k Kind) Plural() string {
	if k == KindOpportunity {
		return "opportunities"
	}
	return string(k) + "s"
}

// Record is one record with what is known of it.
type Record struct {
	Kind           Kind
	Key            id.Key
	ID             string // con_…, cmp_…, eml_…, mtg_…, opp_…
	OrganizationID string
	Source         string // SourceAPI, or an integration's slug; of a contact, here and below, the first that knew it
	Account        string // the provider's id of whose data it is; "" for the API
	ExternalID     string // the source's own id; "" for none
	SourceVersion  string // the provider's; "" if it has none
	Version        int64  // grows with every change of Fields
	At             time.Time
	CreatedAt      time.Time
	UpdatedAt      time.Time
	Fields         Fields
	Sources        []*ContactSource // of a contact: what each says, the oldest first
	CampaignID     string           // that a single e-mail is part of; "" if it is not known here
	ContactID      string           // whom a single opportunity is about; "" if it is not known here

	scope   string // a mailbox, a calendar
	loadID  string
	text    string // of Fields
	changes []Change
	due     time.Time // of a campaign: when its next time passes; zero: none does
	told    int64     // of a campaign: see progress.go
}

// Change is one change of a record: which fields it set.
type Change struct {
	Version int64     `json:"version"`
	At      time.Time `json:"at"`
	Fields  []string  `json:"fields"`
}

// keptChanges is how many changes a record remembers, for those who changed an
// older version.
const keptChanges = 10

// Config is what a Service is built from.
type Config struct {
	DB    *db.DB
	Keys  *id.Keys
	Event *event.Service
	Clock id.Clock
	Log   *slog.Logger
}

// Service writes and reads records.
type Service struct {
	// Publish tells open browsers, after the commit, that records have changed. It
	// is set before the first use.
	Publish func(tx *db.Tx, org, topic string, ids ...string)

	db    *db.DB
	keys  *id.Keys
	event *event.Service
	clock id.Clock
	log   *slog.Logger
}

// New makes a Service.
func New(c Config) *Service {
	return &Service{
		Publish: func(*db.Tx, string, string, ...string) {},
		db:      c.DB, keys: c.Keys, event: c.Event, clock: c.Clock, log: c.Log,
	}
}

// newFields gives the empty fields of a kind.
func newFields(k Kind) Fields {
	switch k {
	case KindContact:
		return &Contact{}
	case KindCampaign:
		return &Campaign{}
	case KindOpportunity:
		return &Opportunity{}
	case KindEmail:
		return &Email{}
	case KindMeeting:
		return &Meeting{}
	}
	panic(fmt.Sprintf("there is no kind of record %q", k))
}

// encode writes fields as they are stored; equal fields give equal text.
func encode(f Fields) (string, error) {
	text, err := json.Marshal(f)
	if err != nil {
		return "", fmt.Errorf("write a record's fields: %w", err)
	}
	return string(text), nil
}

func decode(k Kind, text string) (Fields, error) {
	f := newFields(k)
	if err := json.Unmarshal([]byte(text), f); err != nil {
		return nil, fmt.Errorf("read a %s's fields: %w", k, err)
	}
	return f, nil
}
