// Package connector is the contract between Patchboard and the systems that it
// connects: what a provider is called, how access to it is granted, and the few
// things that it can do. A folder below is one provider. A connector knows no
// database and keeps nothing: it gets a session, and gives back what it read. When
// something is done, with whose token, and where its results go, is the business
// of package integration.
package connector

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Category is the shelf of the catalog on which a provider stands.
type Category string

// The categories, in the order of the catalog. Custom is for what an administrator
// declares.
const (
	Email         Category = "Email"
	Communication Category = "Communication"
	Marketing     Category = "Marketing"
	Social        Category = "Social"
	CRM           Category = "CRM"
	Custom        Category = "Custom"
)

// Categories lists them.
var Categories = []Category{Email, Communication, Marketing, Social, CRM, Custom}

// About is what the catalog says of a provider.
type About struct {
	Slug        string // in addresses: "google-calendar"
	Name        string // for people: "Google Calendar"
	Category    Category
	Description string   // one line, on its card
	Icon        []byte   // SVG, 24 by 24
	Raises      []string // events that its records raise
	Does        []string // what follows from connecting it, a sentence each
	Console     string   // where an administrator sets the application up, at the provider
	Status      string   // the provider's own page about outages; empty: it has none
	Account     string   // where a person at the provider sees and ends grants
	// PerMinute bounds the calls of a connection, 0: not. It keeps a first load from
	// using up a quota that others share.
	PerMinute int
	// Counted: calls count against a quota of the day that the provider's other users
	// need. A connection that has just been read is not checked by one more call, and the
	// calls of each are counted: see Session.
	Counted bool
	// CallEvery is how long apart checks make their call, where the provider's quota
	// bears no more; 0: each check makes it. In between the last result stands.
	CallEvery time.Duration
	// SyncEvery is the shortest and usual time between two sync runs; 0: no bound.
	SyncEvery time.Duration
	// Everywhere: the ids of its records are the same for whoever reads them, so that
	// what another account reads is the same record.
	Everywhere bool
}

// Scope is one permission that is asked for.
type Scope struct {
	Name     string
	Why      string // for the person who is asked
	Required bool   // without it nothing works; without others, less does
}

// Provider is a system of the catalog. What else it can do it says by having the
// methods of the interfaces below.
type Provider interface {
	About() About
	Configured
	Authorizer
	Connection
	// Guide says what to do about a failure.
	Guide(f *Failure) Guidance
}

// Configured is what has settings.
type Configured interface {
	// Fields describe the settings, in the order in which they are asked for.
	Fields() []Field
	// Settings reads what an administrator chose, and fills in what was left out;
	// empty settings are those to begin with. What is unknown is refused. The error
	// says what is wrong, for people.
	Settings(raw json.RawMessage) (json.RawMessage, error)
}

// Authorizer is what is connected by OAuth.
type Authorizer interface {
	// OAuth says how access is granted.
	OAuth() OAuth
	// Scopes are the permissions that such settings need.
	Scopes(settings json.RawMessage) []Scope
	// Granted are those that a token's answer names.
	Granted(extra func(name string) any) []string
	// Unfinished says what keeps a person from coming back from the consent page: some
	// errors are shown at the provider, and nowhere else.
	Unfinished() Guidance
}

// Connection is what can be done with any grant.
type Connection interface {
	// Identify says whose account the session's token is for.
	Identify(ctx context.Context, s *Session) (Account, error)
	// Check makes one cheap call that works exactly if the connection does.
	Check(ctx context.Context, s *Session) error
	// Revoke ends the grant at the provider. One that is gone already is no error.
	Revoke(ctx context.Context, s *Session, g Grant) error
}

// Syncer is a provider whose records are read.
type Syncer interface {
	// Next reads the page after a cursor; nil is the beginning, a first load. A page
	// that was read twice says the same, so that a cut between two pages costs no
	// more than one of them.
	Next(ctx context.Context, s *Session, cursor json.RawMessage) (*Page, error)
}

// Sometimes is a Syncer that reads with some settings only.
type Sometimes interface {
	Reads(settings json.RawMessage) bool
}

// Importer is a provider whose own export files can be read, which needs no grant.
type Importer interface {
	// Import reads a file. What makes it none of the provider's is a *FileError.
	Import(file []byte) (*Import, error)
}

// Chooser is a provider of whose settings some are chosen from lists of its own.
type Chooser interface {
	// Choices are what can be chosen for a field of the settings, by its name. They
	// need a connection.
	Choices(ctx context.Context, s *Session) (map[string][]Choice, error)
}

// Hosted is a provider with several places. People choose in the settings where they
// sign in, and the token's answer says where their account is.
type Hosted interface {
	// Host is where people sign in by such settings. A grant is good there alone.
	Host(settings json.RawMessage) string
	// At are the addresses at a host, but that of the API.
	At(host string) Addresses
	// Located reads where the account is from a token's answer. The token is sent
	// there: what is not the provider's is a Failure.
	Located(extra func(name string) any) (Place, error)
}

// Place is where a grant of a Hosted provider is good.
type Place struct {
	Host    string `json:"host,omitempty"`    // where people sign in
	API     string `json:"api,omitempty"`     // what stands before the paths of calls
	Account string `json:"account,omitempty"` // whose grant it is, as the token's answer says
}

// Notifier is a provider that takes messages.
type Notifier interface {
	// Rules say of which events messages are posted, and where.
	Rules(settings json.RawMessage) []Rule
	// Post posts one message. A failure of the place alone is a Failure with
	// Destination set.
	Post(ctx context.Context, s *Session, m Message) (Receipt, error)
}

// FieldKind is how a setting is asked for.
type FieldKind string

// The kinds of fields, with the JSON that they hold.
const (
	Toggle      FieldKind = "toggle"  // true or false
	Number      FieldKind = "number"  // a whole number
	Many        FieldKind = "choices" // a list of values
	RulesToPost FieldKind = "rules"   // a list of Rule
	One         FieldKind = "choice"  // one value of Options
	Text        FieldKind = "text"    // a text of one line, at most Max characters
)

// Field is one setting, for people.
type Field struct {
	Name       string
	Label      string
	Help       string
	Kind       FieldKind
	Min, Max   int    // of a number
	Unit       string // of a number
	HasChoices bool   // Choices lists what there is
	Options    []Choice
	Example    string     // of a text
	Optional   bool       // a text may be empty
	When       *Condition // nil: it is always asked for
}

// Condition says that a field matters only where another one, a choice, has a value.
type Condition struct {
	Field, Value string
	Or           []string // other values that do as well
}

// Choice is one value that can be chosen.
type Choice struct {
	Value string
	Label string
	Hint  string // what else a person should know of it; empty: nothing
}

// Rule says that messages about events go to a place. Title and Text are templates.
type Rule struct {
	Events  []string `json:"events"`
	Channel string   `json:"channel"`
	Title   string   `json:"title"`
	Text    string   `json:"text"`
}

// Account is whose data a connection is about. Cursors and records belong to it.
type Account struct {
	ID   string // stable, the provider's own
	Name string // for people
}

// Grant is what the token endpoint gave.
type Grant struct {
	Access, Refresh string
	Addresses       Addresses
	App             App // some want to know it to revoke a grant
}

// Session is what a connector needs for one piece of work.
type Session struct {
	HTTP     *http.Client // sends the access token; one that was refused is refreshed once
	Plain    *http.Client // sends none
	API      string       // what stands before the paths of calls, without a slash at its end
	Account  Account      // empty before Identify
	Settings json.RawMessage
	Granted  []string
	Now      time.Time
	Place    Place // of the grant, for a provider with several
	// Renewed: the token was replaced for this call, as the one before was not taken.
	Renewed bool
	Limited time.Time // since when calls are refused as too many; zero: they are not

	// Usage is what the provider last said of a quota; nil: nothing. A connector puts
	// here what it is told, in checks and in reading.
	Usage *Usage
	// Spent are calls that were made for the connection before, and Calls those of this
	// piece of work, of a provider that is Counted; its connector counts them.
	Spent Spent
	Calls int
}

// Page is a part of what is to be read.
type Page struct {
	Changes []Change
	Skipped int             // records that were there and are none of ours
	Cursor  json.RawMessage // after this page
	More    bool            // there is another page already
	Load    *Load           // it is part of a load of everything, which raises no events
	Partial []string        // sources that could not be read, for people; the connection is well
	Off     []string        // parts that nobody granted a permission for, for people: no failure
	// Again is when to look again, where what is to be read is not there yet; 0: after
	// the usual time.
	Again time.Duration
}

// Load is one reading of all that a source has, on one page or on several. What is
// known of the source, lies within the bounds, and was on none of its pages, is gone.
type Load struct {
	Source   string // a mailbox, a calendar; of other kinds of records, the account's id
	Kind     Kind   // that it reads; empty: all that lie in Source
	ID       string // of this load, the same on all its pages
	From, To time.Time
	Done     bool // this is its last page
	// Tag marks what is gone instead of having it removed; empty: it is removed.
	Tag string
}

// Begins reports whether a cursor is the beginning.
func Begins(cursor json.RawMessage) bool { return len(cursor) == 0 || string(cursor) == "null" }

// Decode reads settings; what they do not know is an error for people.
func Decode(raw json.RawMessage, settings any) error {
	if len(raw) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(settings); err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	if d.More() {
		return errors.New("there is more than one object")
	}
	return nil
}

// Encode writes a cursor, or settings.
func Encode(v any) (json.RawMessage, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write as JSON: %w", err)
	}
	return text, nil
}

// Message is what is posted.
type Message struct {
	Channel string
	Event   string // id of the event, in the message's metadata
	Title   string
	Lines   []string
}

// Receipt is where a message can be found.
type Receipt struct{ ID string }
