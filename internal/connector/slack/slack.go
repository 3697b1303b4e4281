// Package slack connects one Slack workspace, to which messages are posted. It
// reads nothing but the list of channels.
package slack

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	slackapi "github.com/slack-go/slack"

	"patchboard/internal/connector"
	"patchboard/internal/health"
)

//go:embed icon.svg
var icon []byte

const (
	console = "https://api.slack.com/apps"
	status  = "https://slack-status.com"
)

// Slack is the provider.
type Slack struct{}

var (
	_ connector.Chooser  = Slack{}
	_ connector.Notifier = Slack{}
)

// About is Slack's line in the catalog.
func (Slack) About() connector.About {
	return connector.About{
		Slug: "slack", Name: "Slack", Category: connector.Communication, Description: "Get notifications and updates", Icon: icon,
		Does: []string{
			"Events of this CRM are told of in channels that you choose.",
			"Nothing is read from the workspace but its list of channels.",
		},
		Console: console, Status: status, Account: "https://slack.com/apps/manage",
	}
}

// Settings are what an administrator chooses.
type Settings struct {
	Rules []connector.Rule `json:"rules"`
}

// Bounds of the rules. A section of a message takes 3,000 characters.
const (
	rulesMost   = 50
	eventsMost  = 100
	channelMost = 40
	titleMost   = 200
	textMost    = 2_000
)

// Fields are which events go where.
func (Slack) Fields() []connector.Field {
	return []connector.Field{{
		Name: "rules", Label: "Messages", Help: "Which events are told of, in which channel, and how.", Kind: connector.RulesToPost, HasChoices: true,
	}}
}

// Settings reads settings; to begin with nothing is posted.
func (Slack) Settings(raw json.RawMessage) (json.RawMessage, error) {
	s := Settings{}
	if err := connector.Decode(raw, &s); err != nil {
		return nil, fmt.Errorf("settings of Slack: %w", err)
	}
	if len(s.Rules) > rulesMost {
		return nil, fmt.Errorf("%d rules are given; %d are the most", len(s.Rules), rulesMost)
	}
	for i, r := range s.Rules {
		if err := checkRule(r); err != nil {
			return nil, fmt.Errorf("rules[%d]: %w", i, err)
		}
	}
	if s.Rules == nil {
		s.Rules = []connector.Rule{}
	}
	return connector.Encode(s)
}

func checkRule(r connector.Rule) error {
	switch {
	case len(r.Events) == 0:
		return errors.New("no event is chosen")
	case len(r.Events) > eventsMost:
		return fmt.Errorf("%d events are chosen; %d are the most", len(r.Events), eventsMost)
	case r.Channel == "":
		return errors.New("no channel is chosen")
	case strings.Trim(r.Channel, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "":
		return errors.New("the channel is not the id of one, as in C0SALES; names change")
	case len(r.Channel) > channelMost:
		return errors.New("the channel is too long for the id of one")
	case strings.ContainsRune(r.Title+r.Text, 0):
		return errors.New("title or text holds a NUL character")
	case strings.TrimSpace(r.Title) == "":
		return errors.New("the title is empty")
	case utf8.RuneCountInString(r.Title) > titleMost || utf8.RuneCountInString(r.Text) > textMost:
		return fmt.Errorf("the title has at most %d characters, the text %d", titleMost, textMost)
	}
	return nil
}

// Rules are those of the settings.
func (Slack) Rules(raw json.RawMessage) []connector.Rule {
	var s Settings
	_ = json.Unmarshal(raw, &s) // Settings has made it
	return s.Rules
}

// Unfinished says what keeps a person from coming back.
func (Slack) Unfinished() connector.Guidance {
	return connector.Guidance{
		Cause: "The installation at Slack was not finished. Slack shows some errors on its own pages and tells nobody else.", Who: connector.Administrator,
		Steps: []string{
			"If Slack said bad_redirect_uri: add the callback address that is shown here at Slack, OAuth & Permissions, Redirect URLs, and save.",
			"If Slack asked for approval: ask a workspace owner to approve the app, then connect again.",
			"If Slack said invalid_team_for_non_distributed_app: create the app in this workspace, or activate its public distribution.",
			"If the window was closed: connect again.",
		},
		Link: console,
	}
}

// OAuth is Slack's. A code challenge would declare the application a public
// client, for good.
//
// https://docs.slack.dev/authentication/installing-with-oauth
func (Slack) OAuth() connector.OAuth {
	return connector.OAuth{
		Addresses: connector.Addresses{
			Auth: "https://slack.com/oauth/v2/authorize", Token: "https://slack.com/api/oauth.v2.access",
			Revoke: "https://slack.com/api/auth.revoke", API: "https://slack.com",
		},
		Separator: ",", Hint: "team", Errors: classes, Ahead: 2 * time.Hour, // of 12, where tokens rotate
	}
}

// Scopes are those of the bot.
func (Slack) Scopes(json.RawMessage) []connector.Scope {
	return []connector.Scope{
		{Name: "chat:write", Why: "To post where the bot is a member.", Required: true},
		{Name: "chat:write.public", Why: "To post to public channels without joining them."},
		{Name: "channels:read", Why: "To let you choose among public channels.", Required: true},
		{Name: "groups:read", Why: "To let you choose among private channels that the bot was invited to."},
	}
}

// Granted reads a token's answer.
func (Slack) Granted(extra func(name string) any) []string {
	text, _ := extra("scope").(string) // none at all is none granted
	return connector.ScopesIn(text)
}

// Identify gives the workspace.
func (s Slack) Identify(ctx context.Context, session *connector.Session) (connector.Account, error) {
	me, _, err := s.test(ctx, session)
	if err != nil {
		return connector.Account{}, err
	}
	return connector.Account{ID: me.TeamID, Name: me.Team}, nil
}

// Check asks who the token is, of which workspace, and what it may do: each
// answer of Slack names the token's scopes.
func (s Slack) Check(ctx context.Context, session *connector.Session) error {
	me, has, err := s.test(ctx, session)
	if err != nil {
		return err
	}
	for _, scope := range s.Scopes(nil) {
		if scope.Required && has != nil && !slices.Contains(has, scope.Name) {
			return &connector.Failure{Class: health.ScopeMissing, Code: "missing_scope", Detail: "The token lacks " + scope.Name + "."}
		}
	}
	return connector.SameAccount(session, me.TeamID)
}

// test calls auth.test; has are the token's scopes, nil where the answer does not
// name them.
func (Slack) test(ctx context.Context, session *connector.Session) (me *slackapi.AuthTestResponse, has []string, err error) {
	watch := &scopeWatch{next: session.HTTP}
	me, err = client(watch, session).AuthTestContext(ctx)
	if err != nil {
		return nil, nil, failureOf(fmt.Errorf("auth.test: %w", err))
	}
	return me, watch.scopes, nil
}

// scopeWatch keeps the scopes that an answer names.
type scopeWatch struct {
	next   *http.Client
	scopes []string
}

// Do sends a request.
func (w *scopeWatch) Do(r *http.Request) (*http.Response, error) {
	answer, err := w.next.Do(r) //nolint:gosec // by the session's client, which has the address policy
	if err == nil && answer.Header.Values("X-Oauth-Scopes") != nil {
		w.scopes = append([]string{}, connector.ScopesIn(answer.Header.Get("X-Oauth-Scopes"))...)
	}
	return answer, err //nolint:wrapcheck // slack-go has asked
}

type doer interface {
	Do(r *http.Request) (*http.Response, error)
}

// client has no token of its own: the session's client sends it.
func client(with doer, session *connector.Session) *slackapi.Client {
	return slackapi.New("", slackapi.OptionHTTPClient(with), slackapi.OptionAPIURL(session.API+"/api/"))
}

// Revoke ends the token.
func (Slack) Revoke(ctx context.Context, session *connector.Session, _ connector.Grant) error {
	_, err := client(session.HTTP, session).SendAuthRevokeContext(ctx, "")
	if err == nil {
		return nil
	}
	if f, ok := errors.AsType[*connector.Failure](failureOf(fmt.Errorf("auth.revoke: %w", err))); ok && f.Class != health.TokenRevoked {
		return f
	}
	return nil // it was gone already
}

// channelsMost bounds the list.
const channelsMost = 5_000

// Choices are the channels that can be posted to. A page can be empty and have a
// next one.
func (Slack) Choices(ctx context.Context, session *connector.Session) (map[string][]connector.Choice, error) {
	kinds := []string{"public_channel"}
	if slices.Contains(session.Granted, "groups:read") {
		kinds = append(kinds, "private_channel")
	}
	api := client(session.HTTP, session)
	all := []connector.Choice{}
	for cursor := ""; len(all) < channelsMost; {
		part, next, err := api.GetConversationsContext(ctx, &slackapi.GetConversationsParameters{Types: kinds, ExcludeArchived: true, Limit: 200, Cursor: cursor})
		if err != nil {
			return nil, failureOf(fmt.Errorf("list channels: %w", err))
		}
		for _, c := range part {
			all = append(all, choice(c.ID, c.Name, c.IsPrivate, c.IsMember, slices.Contains(session.Granted, "chat:write.public")))
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	return map[string][]connector.Choice{"rules": all}, nil
}

func choice(id, name string, private, member, anywhere bool) connector.Choice {
	c := connector.Choice{Value: id, Label: "#" + name}
	switch {
	case private:
		c.Hint = "private"
	case !member && !anywhere:
		c.Hint = "the bot is not in it: type /invite there"
	}
	return c
}

// escape keeps people's data from becoming mentions or links.
var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

const lineMost = 2_900 // a section's text takes 3,000 characters

// Post posts a message. It has no key that would keep a second try from posting it
// again; its metadata hold the event's id.
func (Slack) Post(ctx context.Context, session *connector.Session, m connector.Message) (connector.Receipt, error) {
	title := escape.Replace(m.Title)
	lines := []string{"*" + title + "*"}
	for _, line := range m.Lines {
		lines = append(lines, escape.Replace(line))
	}
	text := strings.Join(lines, "\n")
	if r := []rune(text); len(r) > lineMost {
		text = string(r[:lineMost]) + "…"
	}
	api := client(session.HTTP, session)
	_, ts, err := api.PostMessageContext(ctx, m.Channel,
		slackapi.MsgOptionText(title, false), // for notifications; escaped already
		slackapi.MsgOptionBlocks(slackapi.NewSectionBlock(slackapi.NewTextBlockObject(slackapi.MarkdownType, text, false, false), nil, nil)),
		slackapi.MsgOptionDisableLinkUnfurl(), slackapi.MsgOptionDisableMediaUnfurl(),
		slackapi.MsgOptionMetadata(slackapi.SlackMetadata{EventType: "patchboard_event", EventPayload: map[string]any{"id": m.Event}}),
	)
	if said, ok := errors.AsType[slackapi.SlackErrorResponse](err); ok && tooFine[said.Err] {
		if r := []rune(text); len(r) > plainMost {
			text = string(r[:plainMost]) + "…"
		}
		_, ts, err = api.PostMessageContext(ctx, m.Channel, slackapi.MsgOptionText(text, false))
	}
	if err != nil {
		return connector.Receipt{}, failureOf(fmt.Errorf("post a message: %w", err))
	}
	return connector.Receipt{ID: ts}, nil
}

// tooFine are refusals of how a message is put together, not of what it says: the same
// as plain text may pass.
var tooFine = map[string]bool{
	"invalid_blocks": true, "invalid_blocks_format": true, "msg_blocks_too_long": true, "msg_too_long": true, "metadata_too_large": true,
	"too_many_attachments": true,
}

const plainMost = 1_000 // characters of a message that is posted after a refusal
