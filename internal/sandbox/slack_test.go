package sandbox

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"golang.org/x/oauth2"
)

const slackScopes = "chat:write,chat:write.public,channels:read,groups:read"

// slackApp is an application as it meets the emulated Slack. Scopes are one text,
// as golang.org/x/oauth2 would put spaces between them.
func slackApp(w *world, rotate bool) *oauth2.Config {
	w.Slack().Register(App{ID: "crm", Secret: "shh", Callbacks: []string{callback}}, rotate)
	return &oauth2.Config{
		ClientID: "crm", ClientSecret: "shh", RedirectURL: callback, Scopes: []string{slackScopes},
		Endpoint: oauth2.Endpoint{AuthURL: w.page + "/slack/oauth/v2/authorize", TokenURL: "https://" + SlackHost + "/api/oauth.v2.access", AuthStyle: oauth2.AuthStyleInParams},
	}
}

// installs plays the person at the browser, and gives the query with which Slack
// goes back.
func (w *world) installs(address, choice string) url.Values {
	w.t.Helper()
	if page := w.open(address); !strings.Contains(page, "requesting permission") {
		w.t.Fatalf("no page that installs: %s", page)
	}
	_, query, _ := strings.Cut(address, "?")
	status, h, _ := w.do(http.MethodPost, "/slack/install", nil, url.Values{"query": {query}, "choice": {choice}})
	back, err := url.Parse(h.Get("Location"))
	if err != nil || !strings.HasPrefix(back.String(), callback+"?") {
		w.t.Fatalf("%d leads to %v (%v)", status, back, err)
	}
	return back.Query()
}

func (w *world) installed(c *oauth2.Config) *oauth2.Token {
	w.t.Helper()
	token, err := c.Exchange(w.ctx(), w.installs(c.AuthCodeURL("s1"), "allow").Get("code"))
	if err != nil {
		w.t.Fatal(err)
	}
	return token
}

func (w *world) slackClient(token string) *slack.Client {
	return slack.New(token, slack.OptionAPIURL("https://"+SlackHost+"/api/"), slack.OptionHTTPClient(w.client.HTTPClient()))
}

func wantSlack(t *testing.T, err error, code string) {
	t.Helper()
	if err == nil || err.Error() != code {
		t.Errorf("%v, want %s", err, code)
	}
}

func TestSlackInstall(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := slackApp(w, false)
	token := w.installed(c)
	if !token.Expiry.IsZero() || token.RefreshToken != "" || token.Extra("scope") != slackScopes {
		t.Errorf("%+v", token)
	}
	if team, ok := token.Extra("team").(map[string]any); !ok || team["id"] != "T0TEAM1" {
		t.Errorf("%v", token.Extra("team"))
	}
	if back := w.installs(c.AuthCodeURL("s2"), "deny"); back.Get("error") != "access_denied" || back.Get("state") != "s2" {
		t.Errorf("%v", back)
	}
	code := w.installs(c.AuthCodeURL("s"), "allow").Get("code")
	if _, err := c.Exchange(w.ctx(), code); err != nil {
		t.Error(err)
	}
	_, err := c.Exchange(w.ctx(), code)
	wantGrant(t, err, "invalid_code")
	stranger := *c
	stranger.ClientSecret = "guess"
	_, err = stranger.Exchange(w.ctx(), "code")
	wantGrant(t, err, "bad_client_secret")
	_, err = c.Exchange(w.ctx(), "code", oauth2.VerifierOption(oauth2.GenerateVerifier()))
	wantGrant(t, err, "pkce_not_allowed")
	for wrong, address := range map[string]string{
		"bad_redirect_uri":  strings.Replace(c.AuthCodeURL("s"), "127.0.0.1%3A1", "evil.example", 1),
		"invalid_client_id": strings.Replace(c.AuthCodeURL("s"), "client_id=crm", "client_id=other", 1),
		"pkce_not_allowed":  c.AuthCodeURL("s", oauth2.S256ChallengeOption("v")),
		"no_scopes":         strings.Replace(c.AuthCodeURL("s"), url.QueryEscape(slackScopes), "", 1),
	} {
		if page := w.open(address); !strings.Contains(page, wrong) || strings.Contains(page, "<form") {
			t.Errorf("%s: %s", wrong, page)
		}
	}
}

func TestSlackRotation(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := slackApp(w, true)
	token := w.installed(c)
	if left := time.Until(token.Expiry); left < 11*time.Hour || token.RefreshToken == "" {
		t.Fatalf("%+v", token)
	}
	w.clock.add(slackLife)
	_, err := w.slackClient(token.AccessToken).AuthTest()
	wantSlack(t, err, "token_expired")
	old := oauth2.Token{RefreshToken: token.RefreshToken}
	fresh, err := c.TokenSource(w.ctx(), &old).Token()
	if err != nil || fresh.RefreshToken == token.RefreshToken {
		t.Fatalf("%+v (%v)", fresh, err)
	}
	if _, err := w.slackClient(fresh.AccessToken).AuthTest(); err != nil {
		t.Error(err)
	}
	_, err = c.TokenSource(w.ctx(), &old).Token() // for one use
	wantGrant(t, err, "invalid_refresh_token")
	if done, err := w.slackClient(fresh.AccessToken).SendAuthRevoke(""); err != nil || !done.Revoked {
		t.Errorf("%+v (%v)", done, err)
	}
	_, err = w.slackClient(fresh.AccessToken).AuthTest()
	wantSlack(t, err, "invalid_auth")
}

func TestSlackChannels(t *testing.T) {
	t.Parallel()
	w := start(t)
	s := w.slackClient(w.installed(slackApp(w, false)).AccessToken)
	me, err := s.AuthTest()
	if err != nil || me.TeamID != "T0TEAM1" || me.BotID != "B0BOT1" {
		t.Errorf("%+v (%v)", me, err)
	}
	var names []string
	cursor := ""
	for pages := 0; ; pages++ {
		part, next, err := s.GetConversations(&slack.GetConversationsParameters{Types: []string{"public_channel", "private_channel"}, ExcludeArchived: true, Limit: 2, Cursor: cursor})
		if err != nil || pages > 2 {
			t.Fatal(pages, err)
		}
		for _, c := range part {
			names = append(names, c.Name)
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	if !slices.Equal(names, []string{"general", "sales", "deals"}) { // no private one without the bot, no archived one
		t.Errorf("%v", names)
	}
	if c, err := s.GetConversationInfo(&slack.GetConversationInfoInput{ChannelID: "C0OLD"}); err != nil || !c.IsArchived {
		t.Errorf("%+v (%v)", c, err)
	}
	_, err = s.GetConversationInfo(&slack.GetConversationInfoInput{ChannelID: "C0BOARD"})
	wantSlack(t, err, "channel_not_found")
}

func TestSlackPosts(t *testing.T) {
	t.Parallel()
	w := start(t)
	s := w.slackClient(w.installed(slackApp(w, false)).AccessToken)
	say := func(channelID, text string) error {
		_, _, err := s.PostMessage(channelID, slack.MsgOptionText(text, false))
		return err
	}
	if id, ts, err := s.PostMessage("C0SALES", slack.MsgOptionText("Contact created: <b>Bo</b>", false)); err != nil || id != "C0SALES" || !strings.HasSuffix(ts, ".000001") {
		t.Errorf("%s %s (%v)", id, ts, err)
	}
	if page := w.open("/slack"); !strings.Contains(page, "Contact created: &lt;b&gt;Bo") {
		t.Error(page)
	}
	if err := say("C0GENERAL", "a public channel without the bot"); err != nil {
		t.Error(err)
	}
	wantSlack(t, say("C0SALES", ""), "no_text")
	wantSlack(t, say("C0SALES", strings.Repeat("é", slackTextMost+1)), "msg_too_long")
	wantSlack(t, say("C0BOARD", "Hello"), "channel_not_found")
	wantSlack(t, say("C0OLD", "Hello"), "is_archived")
	w.pressSlack("restrict", url.Values{"channel": {"C0DEALS"}})
	wantSlack(t, say("C0DEALS", "Hello"), "restricted_action")
	w.pressSlack("invite", url.Values{"channel": {"C0BOARD"}})
	if err := say("C0BOARD", "Hello"); err != nil {
		t.Error(err)
	}

	for range postBurst - 1 {
		if err := say("C0SALES", "more"); err != nil {
			t.Fatal(err)
		}
	}
	limited, ok := errors.AsType[*slack.RateLimitedError](say("C0SALES", "one too many"))
	if !ok || limited.RetryAfter != time.Second {
		t.Errorf("%v", limited)
	}
	w.clock.add(time.Second)
	if err := say("C0SALES", "a second later"); err != nil {
		t.Error(err)
	}
}

func TestSlackScopes(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := slackApp(w, false)
	c.Scopes = []string{"chat:write"}
	s := w.slackClient(w.installed(c).AccessToken)
	_, _, err := s.GetConversations(&slack.GetConversationsParameters{})
	wantSlack(t, err, "missing_scope")
	_, _, err = s.PostMessage("C0GENERAL", slack.MsgOptionText("Hello", false))
	wantSlack(t, err, "not_in_channel")
	_, err = w.slackClient("xoxb-guess").AuthTest()
	wantSlack(t, err, "invalid_auth")
}

func TestSlackTroubles(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := slackApp(w, false)
	s := w.slackClient(w.installed(c).AccessToken)
	w.pressSlack("trouble", url.Values{"trouble": {string(RateLimit)}})
	_, err := s.AuthTest()
	if limited, ok := errors.AsType[*slack.RateLimitedError](err); !ok || limited.RetryAfter != 30*time.Second {
		t.Errorf("%v", err)
	}
	w.pressSlack("trouble", url.Values{"trouble": {string(Outage)}})
	if _, err = s.AuthTest(); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("%v", err)
	}
	w.pressSlack("trouble", url.Values{"trouble": {string(WrongClient)}})
	_, err = c.Exchange(w.ctx(), "code")
	wantGrant(t, err, "invalid_client_id")
	w.pressSlack("trouble", url.Values{"trouble": {""}})
	if _, err = s.AuthTest(); err != nil {
		t.Error(err)
	}
	w.pressSlack("expire", nil)
	_, err = s.AuthTest()
	wantSlack(t, err, "token_expired")
	w.pressSlack("remove", nil)
	_, err = s.AuthTest()
	wantSlack(t, err, "invalid_auth")
	for what, form := range map[string]url.Values{"archive": {"channel": {"C0NONE"}}, "trouble": {"trouble": {"flood"}}} {
		if status, _, _ := w.do(http.MethodPost, "/slack/"+what, nil, form); status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", what, status)
		}
	}
}

// pressSlack presses a button of the panel.
func (w *world) pressSlack(what string, form url.Values) {
	w.t.Helper()
	if status, _, _ := w.do(http.MethodPost, "/slack/"+what, nil, form); status != http.StatusSeeOther {
		w.t.Fatalf("%s: %d", what, status)
	}
}
