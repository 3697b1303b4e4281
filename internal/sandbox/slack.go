package sandbox

import (
	"cmp"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"patchboard/internal/id"
)

// SlackHost is where the emulated Slack takes the calls of programs, over HTTPS:
// /api/oauth.v2.access, /api/auth.test, /api/chat.postMessage and others. What a
// person opens is on the sandbox's page, below /slack.
const SlackHost = "slack.example.com"

// Slack is Slack as far as notifications need it: the page that installs an
// application, its token endpoint, and one workspace.
type Slack struct {
	ward  *ward
	oauth *oauthServer
	team  *workspace
	// rotating applications get tokens that expire, as they have chosen.
	rotating map[string]bool
}

const (
	slackLife     = 12 * time.Hour // of a token that rotates
	slackTextMost = 40_000         // characters of a message
	slackBody     = 1 << 20
	slackPage     = 100
	slackPageMost = 999
)

func newSlack(clock id.Clock) *Slack {
	return &Slack{ward: newWard(), oauth: newOAuthServer(clock), team: newWorkspace(clock), rotating: map[string]bool{}}
}

// Register makes an application known. With rotate its tokens expire after 12
// hours, and each refresh token is for one use.
func (s *Slack) Register(a App, rotate bool) {
	s.oauth.register(a)
	s.oauth.mu.Lock()
	defer s.oauth.mu.Unlock()
	s.rotating[a.ID] = rotate
}

// api serves the calls of programs. Each answer is 200, whatever it says, but for
// an outage and for one call too many.
func (s *Slack) api() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("POST /api/oauth.v2.access", s.access)
	m.HandleFunc("POST /api/auth.revoke", s.method("", s.revoke))
	m.HandleFunc("POST /api/auth.test", s.method("", s.test))
	m.HandleFunc("/api/conversations.list", s.method("channels:read", s.conversations))
	m.HandleFunc("/api/conversations.info", s.method("channels:read", s.conversation))
	m.HandleFunc("POST /api/chat.postMessage", s.method("chat:write", s.postMessage))
	return s.ward.guard(refusals{outage: refusalOf("slack", "service_unavailable503").write, limit: refusalOf("slack", "ratelimited429").write}, m)
}

// access is the token endpoint.
func (s *Slack) access(w http.ResponseWriter, r *http.Request) {
	app, ok := s.oauth.app(r.PostFormValue("client_id"))
	switch {
	case !ok || s.ward.has(WrongClient):
		refusalOf("slack", "invalid_client_id").write(w)
		return
	case app.Secret != r.PostFormValue("client_secret"):
		refusalOf("slack", "bad_client_secret").write(w)
		return
	case r.PostForm.Has("code_verifier"):
		refusalOf("slack", "pkce_not_allowed").write(w)
		return
	}
	var granted *grant
	var token string
	if r.PostFormValue("grant_type") == "refresh_token" {
		if granted, token, ok = s.oauth.renew(r.PostFormValue("refresh_token"), app.ID); !ok {
			refusalOf("slack", "invalid_refresh_token").write(w)
			return
		}
	} else if granted, token, ok = s.oauth.exchange(r.PostFormValue("code"), app.ID, r.PostFormValue("redirect_uri"), ""); !ok {
		refusalOf("slack", "invalid_code").write(w)
		return
	}
	file, set := "slack/token", values{"access_token": token, "scope": strings.Join(granted.scopes, ",")}
	if granted.rotates {
		file, set["refresh_token"] = "slack/token-rotating", granted.refresh
	}
	writeReply(w, http.StatusOK, reply(file, set))
}

// method lets a call through whose token is good and has a scope. What the call
// says is in a form, in JSON or in the query.
func (s *Slack) method(scope string, next func(w http.ResponseWriter, q url.Values, granted *grant)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q, ok := said(w, r)
		if !ok {
			refusalOf("slack", "invalid_json").write(w)
			return
		}
		token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !bearer {
			token = q.Get("token")
		}
		granted, good := s.oauth.bearer(token)
		switch {
		case token == "":
			refusalOf("slack", "not_authed").write(w)
			return
		case granted == nil:
			refusalOf("slack", "invalid_auth").write(w)
			return
		case !good:
			refusalOf("slack", "token_expired").write(w)
			return
		}
		w.Header().Set("X-Oauth-Scopes", strings.Join(granted.scopes, ","))
		w.Header().Set("X-Accepted-Oauth-Scopes", scope)
		if scope != "" && !slices.Contains(granted.scopes, scope) {
			refuse := refusalOf("slack", "missing_scope")
			refuse.Body["needed"], refuse.Body["provided"] = scope, strings.Join(granted.scopes, ",")
			refuse.write(w)
			return
		}
		q.Set("token", token)
		next(w, q, granted)
	}
}

// said reads what a call says. Values of JSON that are no text stay JSON.
func said(w http.ResponseWriter, r *http.Request) (url.Values, bool) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "application/json" {
		return r.Form, r.ParseForm() == nil || r.Form != nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, slackBody))
	var members map[string]json.RawMessage
	if err != nil || json.Unmarshal(body, &members) != nil {
		return nil, false
	}
	q := url.Values{}
	for name, v := range members {
		var text string
		if json.Unmarshal(v, &text) != nil {
			text = string(v)
		}
		q.Set(name, text)
	}
	return q, true
}

func (s *Slack) revoke(w http.ResponseWriter, q url.Values, _ *grant) {
	dry := q.Get("test") != "" && q.Get("test") != "0"
	revoked := !dry && s.oauth.revoke(q.Get("token"))
	writeReply(w, http.StatusOK, reply("slack/revoke", values{"revoked": revoked}))
}

func (s *Slack) test(w http.ResponseWriter, _ url.Values, _ *grant) {
	writeReply(w, http.StatusOK, reply("slack/auth-test", nil))
}

// conversations lists channels. A page can hold fewer than were asked for, and
// have a next one: archived channels are left out after the page was cut.
func (s *Slack) conversations(w http.ResponseWriter, q url.Values, granted *grant) {
	s.team.mu.Lock()
	defer s.team.mu.Unlock()
	types := strings.Split(cmp.Or(q.Get("types"), "public_channel"), ",")
	private := slices.Contains(types, "private_channel") && slices.Contains(granted.scopes, "groups:read")
	var all []*channel
	for _, c := range s.team.channels {
		if c.private && c.member && private || !c.private && slices.Contains(types, "public_channel") {
			all = append(all, c)
		}
	}
	part, next, ok := pageOf(all, q.Get("cursor"), q.Get("limit"), slackPage, slackPageMost)
	if !ok {
		refusalOf("slack", "invalid_arguments").write(w)
		return
	}
	items := []any{}
	for _, c := range part {
		if !c.archived || q.Get("exclude_archived") != "true" {
			items = append(items, c.wire())
		}
	}
	writeReply(w, http.StatusOK, reply("slack/channels", values{"channels": items, "response_metadata.next_cursor": next}))
}

func (c *channel) wire() map[string]any {
	return reply("slack/channel", values{
		"id": c.id, "name": c.name, "is_private": c.private, "is_archived": c.archived, "is_member": c.member,
	})
}

func (s *Slack) conversation(w http.ResponseWriter, q url.Values, _ *grant) {
	s.team.mu.Lock()
	defer s.team.mu.Unlock()
	c := s.team.find(q.Get("channel"))
	if c == nil {
		refusalOf("slack", "channel_not_found").write(w)
		return
	}
	writeReply(w, http.StatusOK, reply("slack/channel-info", values{"channel": c.wire()}))
}

func (s *Slack) postMessage(w http.ResponseWriter, q url.Values, granted *grant) {
	s.team.mu.Lock()
	defer s.team.mu.Unlock()
	c, text := s.team.find(q.Get("channel")), q.Get("text")
	no := ""
	switch {
	case text == "" && q.Get("blocks") == "":
		no = "no_text"
	case len([]rune(text)) > slackTextMost:
		no = "msg_too_long"
	case q.Get("blocks") != "" && !json.Valid([]byte(q.Get("blocks"))):
		no = "invalid_blocks"
	case c == nil:
		no = "channel_not_found"
	case c.archived:
		no = "is_archived"
	case !c.member && !slices.Contains(granted.scopes, "chat:write.public"):
		no = "not_in_channel"
	case c.restricted:
		no = "restricted_action"
	case !s.team.take(c):
		refuse := refusalOf("slack", "ratelimited429")
		refuse.Header["Retry-After"] = strconv.Itoa(1)
		refuse.write(w)
		return
	}
	if no != "" {
		refusalOf("slack", no).write(w)
		return
	}
	ts := s.team.post(c, shownText(text, q.Get("blocks")))
	writeReply(w, http.StatusOK, reply("slack/message", values{"channel": c.id, "ts": ts, "message.ts": ts, "message.text": text}))
}

// shownText is what people see of a message: its sections or, without any, its text,
// which is for notifications otherwise.
func shownText(text, blocks string) string {
	var sections []struct {
		Text struct {
			Text string `json:"text"`
		} `json:"text"`
	}
	if json.Unmarshal([]byte(blocks), &sections) != nil || len(sections) == 0 {
		return text
	}
	var all []string
	for _, section := range sections {
		all = append(all, section.Text.Text)
	}
	return strings.Join(all, "\n")
}
