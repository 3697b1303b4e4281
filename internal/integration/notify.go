package integration

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"patchboard/internal/audit"
	"patchboard/internal/connector"
	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
)

// Happened is an event that was accepted.
type Happened struct {
	Key            id.Key
	OrganizationID string
	Type           string
	Body           []byte // as webhooks get it
}

// Wanted reports whether messages of an organization are to be posted at all: on the
// way of every event.
func (s *Service) Wanted(ctx context.Context, tx *db.Tx, org string) (bool, error) {
	all, err := s.rules.of(ctx, tx, org)
	return len(all) > 0, err
}

// Announce stores the messages about events, in the transaction that stores the
// events.
func (s *Service) Announce(ctx context.Context, tx *db.Tx, events []Happened) error {
	var rows [][]any
	now := db.Micros(s.clock())
	for _, e := range events {
		all, err := s.rules.of(ctx, tx, e.OrganizationID)
		if err != nil {
			return err
		}
		for _, r := range all {
			if slices.Contains(r.Events, e.Type) {
				rows = append(rows, []any{int64(s.Keys.Next()), e.OrganizationID, r.slug, r.Channel, int64(e.Key), e.Type, r.title.render(e.Body), r.text.render(e.Body),
					int64(0), int64(0), now, int64(0), ""})
			}
		}
	}
	return s.queue(ctx, tx, rows)
}

var messageCols = []db.Col{
	{Name: "id", Type: db.Int}, {Name: "organization_id", Type: db.Text}, {Name: "slug", Type: db.Text}, {Name: "channel", Type: db.Text},
	{Name: "event_id", Type: db.Int}, {Name: "event_type", Type: db.Text}, {Name: "title", Type: db.Text}, {Name: "body", Type: db.Text},
	{Name: "state", Type: db.Int}, {Name: "attempts", Type: db.Int}, {Name: "next_at", Type: db.Int}, {Name: "ended_at", Type: db.Int}, {Name: "code", Type: db.Text},
}

func (s *Service) queue(ctx context.Context, tx *db.Tx, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	if err := tx.InsertMany(ctx, "notifications", messageCols, rows); err != nil {
		return fmt.Errorf("store messages: %w", err)
	}
	tx.AfterCommit(s.wakePosts)
	return nil
}

// PostLater stores a message of Patchboard's own for a channel of a notifier, "" for
// the one that its first rule names, and reports whether there is somebody to post it:
// the notifier is connected, and a channel is known.
func (s *Service) PostLater(ctx context.Context, tx *db.Tx, org, slug, channel, title, text string) (bool, error) {
	r, err := find(ctx, tx, key{org, slug}, "")
	if err != nil || r.State != Connected {
		return false, ignoreNone(err)
	}
	n, ok := s.byName[slug].(connector.Notifier)
	if !ok {
		return false, nil
	}
	if rules := n.Rules(r.Settings); channel == "" && len(rules) > 0 {
		channel = rules[0].Channel
	}
	if channel == "" {
		return false, nil
	}
	return true, s.queue(ctx, tx, [][]any{{int64(s.Keys.Next()), org, slug, channel, int64(0), "", title, text, int64(0), int64(0), db.Micros(s.clock()), int64(0), ""}})
}

// dropMessages gives up what waits, as nobody will post it.
func (s *Service) dropMessages(ctx context.Context, tx *db.Tx, k key, why string) error {
	_, err := tx.Exec(ctx, "UPDATE notifications SET state = $3, ended_at = $4, code = $5 WHERE organization_id = $1 AND slug = $2 AND state = 0",
		k.org, k.slug, int64(messageFailed), db.Micros(s.clock()), why)
	if err != nil {
		return fmt.Errorf("give up waiting messages: %w", err)
	}
	return nil
}

// releaseMessages makes what waits due at once, as it can be posted again.
func (s *Service) releaseMessages(ctx context.Context, tx *db.Tx, k key) error {
	tx.AfterCommit(s.wakePosts)
	if _, err := tx.Exec(ctx, "UPDATE notification_channels SET next_at = 0 WHERE organization_id = $1 AND slug = $2 AND next_at > 0", k.org, k.slug); err != nil {
		return fmt.Errorf("open the channels: %w", err)
	}
	now := db.Micros(s.clock())
	if _, err := tx.Exec(ctx, "UPDATE notifications SET next_at = $3 WHERE organization_id = $1 AND slug = $2 AND state = 0 AND next_at > $3", k.org, k.slug, now); err != nil {
		return fmt.Errorf("release what waits: %w", err)
	}
	return nil
}

// Rendered is a message as it would be posted.
type Rendered struct{ Title, Text string }

// Preview fills a rule's templates from an example of an event.
func (s *Service) Preview(ctx context.Context, actor rbac.Actor, slug string, rule connector.Rule, eventType string) (*Rendered, error) {
	if _, _, err := s.notifier(slug); err != nil {
		return nil, err
	}
	title, err := parse(rule.Title)
	if err != nil {
		return nil, badTemplate("body.rule.title", "title", err)
	}
	text, err := parse(rule.Text)
	if err != nil {
		return nil, badTemplate("body.rule.text", "text", err)
	}
	body, err := s.SampleBody(ctx, actor.OrganizationID, eventType, nil, s.clock())
	if err != nil {
		return nil, fmt.Errorf("make an example of %s: %w", eventType, err)
	}
	return &Rendered{Title: title.render(body), Text: text.render(body)}, nil
}

func badTemplate(at, name string, err error) error {
	return fault.New(fault.Invalid, "template-invalid", "The "+name+" "+err.Error()+".", "Name fields of the event as in {{data.email}}.").At(at, err.Error())
}

func (s *Service) notifier(slug string) (connector.Provider, connector.Notifier, error) {
	p, err := s.provider(slug)
	if err != nil {
		return nil, nil, err
	}
	n, ok := p.(connector.Notifier)
	if !ok {
		return nil, nil, fault.New(fault.Conflict, "integration-takes-no-messages", p.About().Name+" takes no messages.", "Choose an integration that does.")
	}
	return p, n, nil
}

// Post posts an example of a rule's message now, for the person who asks.
func (s *Service) Post(ctx context.Context, actor rbac.Actor, slug string, rule connector.Rule, eventType string) (*connector.Failure, error) {
	p, n, err := s.notifier(slug)
	if err != nil {
		return nil, err
	}
	message, err := s.Preview(ctx, actor, slug, rule, eventType)
	if err != nil {
		return nil, err
	}
	k := key{actor.OrganizationID, slug}
	r, err := s.on(ctx, k)
	if err != nil {
		return nil, err
	}
	if len(rule.Events) == 0 {
		rule.Events = []string{eventType}
	}
	settings, err := json.Marshal(map[string]any{"rules": []connector.Rule{rule}})
	if err != nil {
		return nil, fmt.Errorf("write the rule: %w", err)
	}
	if _, err := s.checkSettings(ctx, k.org, p, settings); err != nil {
		return nil, err
	}
	named := slices.ContainsFunc(n.Rules(r.Settings), func(own connector.Rule) bool { return own.Channel == rule.Channel })
	limited, cancel := context.WithTimeout(ctx, checkLimit)
	defer cancel()
	posted := s.with(limited, r, p, func(session *connector.Session) error {
		_, err := n.Post(limited, session, connector.Message{Channel: rule.Channel, Title: "Test: " + message.Title, Lines: lines(message.Text)})
		return err
	})
	var f *connector.Failure
	if posted != nil {
		f = failureOf(connector.FailureOf(posted))
	}
	ctx = context.WithoutCancel(ctx)
	return f, wrap("record the test", s.DB.Write(ctx, func(tx *db.Tx) error {
		if named { // of another one nobody needs to hear afterwards
			if err := s.noteChannel(ctx, tx, k, rule.Channel, f); err != nil {
				return err
			}
		}
		e := target(p, audit.IntegrationMessageTested)
		e.Detail = map[string]string{"channel": rule.Channel}
		if f != nil {
			e.Result = audit.Failed
		}
		return s.Audit.Append(ctx, tx, actor, e)
	}))
}

func lines(text string) []string {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// rules are what is to be told of, in memory for as long as nobody changes it.
type rules struct {
	service     *Service
	unsubscribe func()

	mu      sync.RWMutex
	byOrg   map[string][]rule
	changes int64 // of any organization: what was read before one is not kept after it
}

// rule is a rule that is ready to be used.
type rule struct {
	connector.Rule

	slug        string
	title, text template
}

const (
	rulesChannel = "integration_rules"
	rulesOrgs    = 10_000 // organizations that are remembered
)

func newRules(s *Service) *rules {
	r := &rules{service: s, byOrg: map[string][]rule{}}
	r.unsubscribe = s.DB.Subscribe(rulesChannel, r.drop)
	return r
}

func (r *rules) close() { r.unsubscribe() }

func (*rules) tell(tx *db.Tx, org string) { tx.Notify(rulesChannel, org) }

func (r *rules) drop(org string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes++
	if org == "" {
		clear(r.byOrg)
		return
	}
	delete(r.byOrg, org)
}

// of gives an organization's rules. What is not in memory is read in the caller's
// transaction, which holds what another connection might wait for.
func (r *rules) of(ctx context.Context, tx *db.Tx, org string) ([]rule, error) {
	if r.service.DB.Current() {
		r.mu.RLock()
		known, ok := r.byOrg[org]
		r.mu.RUnlock()
		if ok {
			return known, nil
		}
	}
	r.mu.RLock()
	before := r.changes
	r.mu.RUnlock()
	all, err := r.read(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	// Only what is committed is kept: within a shared commit, this may be another
	// caller's that is lost with it.
	tx.AfterCommit(func() { r.keep(org, all, before) })
	return all, nil
}

// keep remembers rules that were read when there had been as many changes.
func (r *rules) keep(org string, all []rule, changes int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.changes != changes {
		return
	}
	if len(r.byOrg) >= rulesOrgs {
		clear(r.byOrg)
	}
	r.byOrg[org] = all
}

func (r *rules) read(ctx context.Context, tx *db.Tx, org string) ([]rule, error) {
	type stored struct{ slug, settings string }
	found, err := db.All(ctx, tx, func(row db.Scanner) (c stored, err error) { return c, row.Scan(&c.slug, &c.settings) },
		"SELECT slug, settings FROM connections WHERE organization_id = $1 AND state = 'connected'", org)
	if err != nil {
		return nil, fmt.Errorf("read the rules: %w", err)
	}
	all := []rule{}
	for _, c := range found {
		n, ok := r.service.byName[c.slug].(connector.Notifier)
		if !ok {
			continue
		}
		for _, one := range n.Rules(json.RawMessage(c.settings)) {
			title, err := parse(one.Title)
			if err != nil {
				return nil, fmt.Errorf("title of a rule of %s: %w", c.slug, err)
			}
			text, err := parse(one.Text)
			if err != nil {
				return nil, fmt.Errorf("text of a rule of %s: %w", c.slug, err)
			}
			all = append(all, rule{Rule: one, slug: c.slug, title: title, text: text})
		}
	}
	return all, nil
}

// LastKey is the newest key of a message; keys that are made after it are larger.
func LastKey(ctx context.Context, q db.Queryer) (id.Key, error) {
	k, err := db.Value[int64](ctx, q, "SELECT COALESCE(MAX(id), 0) FROM notifications")
	return id.Key(k), wrap("read the newest message", err)
}
