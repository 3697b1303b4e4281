package integration

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/health"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
	"patchboard/internal/record"
)

// Card is a system of the catalog as an organization has it.
type Card struct {
	About       connector.About
	Reads       bool
	Notifies    bool
	Imports     bool // files of its own are read
	App         AppState
	Connection  Connection // as before the first try, if there was none
	Syncing     bool
	SyncFailure *connector.Failure // of the last run, if several in a row have failed
	Attention   *Attention         // nil: all is well
	Ends        time.Time          // of the access, where only a person can prolong it; zero: it does not
	EndsAssumed bool               // the provider did not say so of this access
	Paste       *connector.Paste   // what the settings want to be pasted; nil: people go to the consent page
	Called      time.Time          // when a check last asked the provider; the others go by what that one found
}

// Attention is what a person should look at.
type Attention struct {
	Guidance connector.Guidance
	Title    string
	Since    time.Time
	Affects  []string
	Action   Action
}

// Action is the one button beside it.
type Action string

// The actions.
const (
	ActReconnect Action = "reconnect"
	ActTest      Action = "test"
	ActSetUp     Action = "setup"
	ActWait      Action = "wait" // it passes by itself
)

// syncsFail is how many runs in a row fail before it is shown on the card, although
// the checks are good.
const syncsFail = 3

// List gives the catalog, in its order, as an organization has it.
func (s *Service) List(ctx context.Context, actor rbac.Actor) ([]Card, error) {
	rows, err := db.All(ctx, s.DB, scan, "SELECT "+columns+" FROM connections WHERE organization_id = $1", actor.OrganizationID)
	if err != nil {
		return nil, fmt.Errorf("list connections: %w", err)
	}
	own, err := db.All(ctx, s.DB, func(row db.Scanner) (a struct{ slug, id string }, err error) { return a, row.Scan(&a.slug, &a.id) },
		"SELECT slug, client_id FROM integration_apps WHERE organization_id = $1", actor.OrganizationID)
	if err != nil {
		return nil, fmt.Errorf("list applications: %w", err)
	}
	apps := map[string]AppState{}
	for slug, o := range s.Overrides {
		if o.App.ID != "" {
			apps[slug] = AppState{AppConfigured, o.App.ID}
		}
	}
	for _, a := range own {
		apps[a.slug] = AppState{AppOrganization, a.id}
	}
	cards := make([]Card, 0, len(s.Catalog))
	for _, d := range s.Catalog {
		slug := d.About().Slug
		var r *row
		if i := slices.IndexFunc(rows, func(r *row) bool { return r.Slug == slug }); i >= 0 {
			r = rows[i]
		}
		c, err := s.card(ctx, d, r, key{actor.OrganizationID, slug}, apps[slug])
		if err != nil {
			return nil, err
		}
		cards = append(cards, c)
	}
	return cards, nil
}

// card puts together what is shown of a system; r is nil where it was never connected.
func (s *Service) card(ctx context.Context, p connector.Provider, r *row, k key, app AppState) (Card, error) {
	c := Card{About: p.About(), App: app}
	_, c.Notifies = p.(connector.Notifier)
	_, c.Imports = p.(connector.Importer)
	if r == nil {
		c.Connection = Connection{OrganizationID: k.org, Slug: k.slug, State: Available, Every: s.everyOf(k.slug), Version: 1}
		var err error
		if c.Connection.Settings, err = s.usual(k.slug); err != nil {
			return c, err
		}
		c.Reads = s.reads(k.slug, c.Connection.Settings)
		c.Paste = s.paste(p, c.Connection.Settings)
		return c, nil
	}
	c.Connection = r.Connection
	c.Reads = s.reads(k.slug, r.Settings)
	c.Paste = s.paste(p, r.Settings)
	if len(r.token) > 0 {
		var err error
		if c.Ends, c.EndsAssumed, err = s.endsAt(r); err != nil {
			return c, err
		}
	}
	c.Called = r.called
	if !r.On() {
		return c, nil
	}
	c.Syncing = r.syncOwner != ""
	if r.syncFailures >= syncsFail {
		last, err := db.One(ctx, s.DB, scanRun, "SELECT "+runColumns+" FROM sync_runs WHERE organization_id = $1 AND slug = $2 AND state = 'failed' ORDER BY id DESC LIMIT 1", k.org, k.slug)
		if err = ignoreNone(err); err != nil {
			return c, fmt.Errorf("read the last failed run: %w", err)
		}
		if last != nil {
			c.SyncFailure = last.Failure
		}
	}
	c.Attention = s.attention(&c, p)
	return c, nil
}

// attention says what a person should look at, and which one thing to do.
func (s *Service) attention(c *Card, p connector.Provider) *Attention {
	h, f := c.Connection.Health, c.Connection.failure()
	switch {
	case f != nil && (h.Status == health.Failing || h.Status == health.Reauthorize || health.RuleOf(h.Class).AdminActs):
	case c.SyncFailure != nil && f == nil:
		f = c.SyncFailure
		h = health.State{Class: f.Class, Since: latest(c.Connection.ConnectedAt, c.Connection.LastSync), Status: health.Failing}
	default:
		return nil
	}
	a := &Attention{Guidance: p.Guide(f), Since: h.Since, Title: c.About.Name + " does not work"}
	if h.Class == health.TokenExpiring { // it works
		a.Title, a.Action = c.About.Name+" has to be connected again soon", ActReconnect
		return a
	}
	switch {
	case h.Status == health.Reauthorize:
		a.Title, a.Action = c.About.Name+" needs to be connected again", ActReconnect
	case h.Class == health.MisconfiguredApp && c.Paste == nil:
		a.Title, a.Action = c.About.Name+" is not set up right", ActSetUp
	case a.Guidance.Who == connector.Nobody:
		a.Action = ActWait
	default:
		a.Action = ActTest
	}
	if c.SyncFailure != nil && c.Connection.Health.Class == health.None {
		a.Title = c.About.Name + " cannot be read"
	}
	if c.Reads {
		a.Affects = append(a.Affects, "Nothing new is read; what was read stays.")
	}
	for _, e := range c.About.Raises {
		a.Affects = append(a.Affects, "No "+e+" is raised for what happens there until then.")
	}
	if c.Notifies {
		a.Affects = append(a.Affects, "Messages wait, and are posted when it works again.")
	}
	return a
}

// Detail is a system with all that is shown on its page.
type Detail struct {
	Card

	Scopes     []ScopeState
	Fields     []connector.Field
	Callback   string
	CheckEvery time.Duration // between two checks
	Attempt    *Attempt      // the last one, if it is of interest still
	Last       *Run          // the last run that has ended
	Running    *Run          // the one that goes on
	Records    record.Counts
	Places     []PlaceState
}

// ScopeState is a permission, and whether it was granted.
type ScopeState struct {
	connector.Scope

	Granted *bool // nil: nothing is granted yet
}

// PlaceState is a channel that takes no messages.
type PlaceState struct {
	Channel  string
	Code     string
	Since    time.Time
	Guidance connector.Guidance
}

// attemptShown is how long the end of an attempt is of interest.
const attemptShown = 24 * time.Hour

// Get gives a system of the catalog as an organization has it.
func (s *Service) Get(ctx context.Context, actor rbac.Actor, slug string) (*Detail, error) {
	p, err := s.provider(slug)
	if err != nil {
		return nil, err
	}
	k := key{actor.OrganizationID, slug}
	r, err := find(ctx, s.DB, k, "")
	if err = ignoreNone(err); err != nil {
		return nil, fmt.Errorf("read the connection: %w", err)
	}
	app, source, err := s.app(ctx, s.DB, k)
	if err != nil {
		return nil, err
	}
	out := &Detail{Callback: s.Callback, CheckEvery: s.CheckEvery}
	if out.Card, err = s.card(ctx, p, r, k, AppState{source, app.ID}); err != nil {
		return nil, err
	}
	if out.Connection.Health.Dead {
		out.CheckEvery = deadEvery
	}
	out.Fields = p.Fields()
	for _, scope := range p.Scopes(out.Connection.Settings) {
		state := ScopeState{Scope: scope}
		if out.Connection.On() {
			has := slices.Contains(out.Connection.Granted, scope.Name)
			state.Granted = &has
		}
		out.Scopes = append(out.Scopes, state)
	}
	return out, s.more(ctx, k, p, out)
}

// more reads what only a page shows.
func (s *Service) more(ctx context.Context, k key, p connector.Provider, out *Detail) error {
	a, err := db.One(ctx, s.DB, scanAttempt, "SELECT "+attemptColumns+" FROM connection_attempts WHERE organization_id = $1 AND slug = $2 ORDER BY started_at DESC LIMIT 1", k.org, k.slug)
	if err = ignoreNone(err); err != nil {
		return fmt.Errorf("read the last attempt: %w", err)
	}
	if a != nil && a.Status != AttemptSucceeded && s.clock().Sub(a.Started) < attemptShown {
		out.Attempt = &a.Attempt
	}
	if out.Running, err = running(ctx, s.DB, k); err != nil {
		return err
	}
	out.Last, err = db.One(ctx, s.DB, scanRun, "SELECT "+runColumns+" FROM sync_runs WHERE organization_id = $1 AND slug = $2 AND state <> 'running' ORDER BY id DESC LIMIT 1", k.org, k.slug)
	if err = ignoreNone(err); err != nil {
		return fmt.Errorf("read the last run: %w", err)
	}
	if out.Records, err = s.Records.Count(ctx, k.org, k.slug); err != nil {
		return fmt.Errorf("count the records: %w", err)
	}
	out.Places, err = db.All(ctx, s.DB, func(row db.Scanner) (PlaceState, error) {
		var c PlaceState
		var since int64
		if err := row.Scan(&c.Channel, &c.Code, &since); err != nil {
			return c, fmt.Errorf("scan a channel: %w", err)
		}
		c.Since = db.Time(since)
		c.Guidance = p.Guide(&connector.Failure{Destination: true, Code: c.Code})
		return c, nil
	}, "SELECT channel, code, since FROM notification_channels WHERE organization_id = $1 AND slug = $2 AND code <> '' ORDER BY channel LIMIT 100", k.org, k.slug)
	return wrap("read the channels", err)
}

// Guide says what to do about a failure of a provider; of an attempt that nobody came
// back from, what the provider may have shown.
func (s *Service) Guide(slug string, f *connector.Failure) connector.Guidance {
	p, err := s.provider(slug)
	if err != nil || f == nil {
		return connector.Guidance{}
	}
	switch f.Code {
	case string(AttemptLeft):
		return p.Unfinished()
	case codeNotTaken, codeNotTried:
		return pasteAgain(p, f.Code)
	}
	return p.Guide(f)
}

// Choices are what can be chosen for the settings of a connection.
func (s *Service) Choices(ctx context.Context, actor rbac.Actor, slug string) (map[string][]connector.Choice, error) {
	p, err := s.provider(slug)
	if err != nil {
		return nil, err
	}
	r, err := s.on(ctx, key{actor.OrganizationID, slug})
	if err != nil {
		return nil, err
	}
	chooser, ok := p.(connector.Chooser)
	if !ok {
		return map[string][]connector.Choice{}, nil
	}
	limited, cancel := context.WithTimeout(ctx, checkLimit)
	defer cancel()
	var all map[string][]connector.Choice
	err = s.with(limited, r, p, func(session *connector.Session) (err error) {
		all, err = chooser.Choices(limited, session)
		return err
	})
	if err != nil {
		return nil, s.unread(p, err)
	}
	return all, nil
}

// unread is the fault of a provider that did not answer as it should.
func (s *Service) unread(p connector.Provider, err error) error {
	if errors.Is(err, errOff) {
		return errOff
	}
	f := failureOf(connector.FailureOf(err))
	g := p.Guide(f)
	fix := "Test the connection on the integration's page."
	if len(g.Steps) > 0 {
		fix = g.Steps[0]
	}
	return fault.New(fault.Unavailable, "integration-does-not-answer", g.Cause, fix).With("class", string(f.Class)).Because(err)
}

// Page is a page of a list, newest first.
type Page[T any] struct {
	Items []T
	Next  string // where the next page begins; empty: there is none
}

const pageMost = 200

var errCursor = fault.New(fault.Invalid, "cursor-invalid", "The cursor is not one of this list.", "Begin with the first page.").At("query.cursor", "is not a cursor of this list")

// Runs lists sync runs.
func (s *Service) Runs(ctx context.Context, actor rbac.Actor, slug, cursor string, limit int) (Page[*Run], error) {
	if _, err := s.provider(slug); err != nil {
		return Page[*Run]{}, err
	}
	before := int64(1<<63 - 1)
	if cursor != "" {
		k, err := id.ParseKey(runPrefix, cursor)
		if err != nil {
			return Page[*Run]{}, errCursor
		}
		before = int64(k)
	}
	limit = min(max(limit, 1), pageMost)
	all, err := db.All(ctx, s.DB, scanRun, "SELECT "+runColumns+" FROM sync_runs WHERE organization_id = $1 AND slug = $2 AND id < $3 ORDER BY id DESC LIMIT $4",
		actor.OrganizationID, slug, before, limit+1)
	if err != nil {
		return Page[*Run]{}, fmt.Errorf("list sync runs: %w", err)
	}
	out := Page[*Run]{Items: all}
	if len(all) > limit {
		out.Items, out.Next = all[:limit], all[limit-1].ID()
	}
	return out, nil
}

// Message is one message as its log shows it.
type Message struct {
	Key       id.Key
	Event     id.Key // 0: Patchboard's own
	EventType string
	Channel   string
	Title     string
	State     string // waiting, posted, failed, collapsed
	Attempts  int64
	Next      time.Time // zero: it is not tried again
	Ended     time.Time
	Code      string
}

const messagePrefix = "msg"

// ID is the message's public id.
func (m *Message) ID() string { return m.Key.Public(messagePrefix) }

// EventID is the event's public id; empty without one.
func (m *Message) EventID() string {
	if m.Event == 0 {
		return ""
	}
	return m.Event.Public("evt")
}

var messageWords = []string{"waiting", "posted", "failed", "collapsed"}

// Messages lists messages.
func (s *Service) Messages(ctx context.Context, actor rbac.Actor, slug, cursor string, limit int) (Page[*Message], error) {
	if _, err := s.provider(slug); err != nil {
		return Page[*Message]{}, err
	}
	before := int64(1<<63 - 1)
	if cursor != "" {
		k, err := id.ParseKey(messagePrefix, cursor)
		if err != nil {
			return Page[*Message]{}, errCursor
		}
		before = int64(k)
	}
	limit = min(max(limit, 1), pageMost)
	all, err := db.All(ctx, s.DB, func(row db.Scanner) (*Message, error) {
		m := &Message{}
		var state, next, ended int64
		if err := row.Scan(&m.Key, &m.Event, &m.EventType, &m.Channel, &m.Title, &state, &m.Attempts, &next, &ended, &m.Code); err != nil {
			return nil, fmt.Errorf("scan a message: %w", err)
		}
		m.State, m.Ended = messageWords[state], timeOf(ended)
		if messageState(state) == messageWaiting {
			m.Next = db.Time(next)
		}
		return m, nil
	}, "SELECT id, event_id, event_type, channel, title, state, attempts, next_at, ended_at, code FROM notifications WHERE organization_id = $1 AND slug = $2 AND id < $3 ORDER BY id DESC LIMIT $4",
		actor.OrganizationID, slug, before, limit+1)
	if err != nil {
		return Page[*Message]{}, fmt.Errorf("list messages: %w", err)
	}
	out := Page[*Message]{Items: all}
	if len(all) > limit {
		out.Items, out.Next = all[:limit], all[limit-1].ID()
	}
	return out, nil
}
