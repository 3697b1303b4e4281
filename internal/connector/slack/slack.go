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

// About is Slack's line in the catalog.
func (Slack) About() connector.About {
	return connector.About{
		Slug: "slack", Name: "Slack", Category: connector.Communication, Description: "Get notifications and updates", Icon: icon,
		Console: console, Status: status,
	}
}

// Settings has none of its own: which event goes to which channel is a route.
func (Slack) Settings(raw json.RawMessage) (json.RawMessage, error) {
	if len(raw) > 0 && string(raw) != "{}" {
		return nil, errors.New("there are no settings of Slack")
	}
	return json.RawMessage("{}"), nil
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
		Separator: ",", Hint: "team",
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

// Channels lists those that can be posted to. A page can be empty and have a next
// one.
func (Slack) Channels(ctx context.Context, session *connector.Session) ([]connector.Channel, error) {
	kinds := []string{"public_channel"}
	if slices.Contains(session.Granted, "groups:read") {
		kinds = append(kinds, "private_channel")
	}
	api := client(session.HTTP, session)
	var all []connector.Channel
	for cursor := ""; len(all) < channelsMost; {
		part, next, err := api.GetConversationsContext(ctx, &slackapi.GetConversationsParameters{Types: kinds, ExcludeArchived: true, Limit: 200, Cursor: cursor})
		if err != nil {
			return nil, failureOf(fmt.Errorf("list channels: %w", err))
		}
		for _, c := range part {
			all = append(all, connector.Channel{ID: c.ID, Name: c.Name, Private: c.IsPrivate, Member: c.IsMember})
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	return all, nil
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
	_, ts, err := client(session.HTTP, session).PostMessageContext(ctx, m.Channel,
		slackapi.MsgOptionText(title, false), // for notifications; escaped already
		slackapi.MsgOptionBlocks(slackapi.NewSectionBlock(slackapi.NewTextBlockObject(slackapi.MarkdownType, text, false, false), nil, nil)),
		slackapi.MsgOptionDisableLinkUnfurl(), slackapi.MsgOptionDisableMediaUnfurl(),
		slackapi.MsgOptionMetadata(slackapi.SlackMetadata{EventType: "patchboard_event", EventPayload: map[string]any{"id": m.Event}}),
	)
	if err != nil {
		return connector.Receipt{}, failureOf(fmt.Errorf("post a message: %w", err))
	}
	return connector.Receipt{ID: ts}, nil
}
