package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// pages serves what a person opens: the page that installs an application, and
// the panel by which channels change and things break.
func (s *Slack) pages(m *http.ServeMux) {
	m.HandleFunc("GET /slack/oauth/v2/authorize", s.ask)
	m.HandleFunc("POST /slack/install", s.answer)
	m.HandleFunc("GET /slack", s.panel)
	m.HandleFunc("POST /slack/trouble", s.ward.makeTrouble("slack"))
	m.HandleFunc("POST /slack/refuse", s.ward.refuseNext("slack"))
	for name, act := range slackActs {
		m.HandleFunc("POST /slack/"+name, func(w http.ResponseWriter, r *http.Request) {
			if !act(s, r.PostFormValue("channel")) {
				http.Error(w, "There is no such channel.", http.StatusUnprocessableEntity)
				return
			}
			http.Redirect(w, r, "/slack", http.StatusSeeOther)
		})
	}
}

// slackActs are what the panel does, by the last part of its address.
var slackActs = map[string]func(s *Slack, channelID string) bool{
	"archive": func(s *Slack, channelID string) bool {
		return s.team.change(channelID, func(c *channel) { c.archived = !c.archived })
	},
	"invite": func(s *Slack, channelID string) bool {
		return s.team.change(channelID, func(c *channel) { c.member = !c.member })
	},
	"restrict": func(s *Slack, channelID string) bool {
		return s.team.change(channelID, func(c *channel) { c.restricted = !c.restricted })
	},
	"remove": func(s *Slack, _ string) bool {
		s.oauth.end(func(*grant) bool { return true })
		return true
	},
	"expire": func(s *Slack, _ string) bool {
		s.oauth.expire()
		return true
	},
}

// install is what an application asks for.
type install struct {
	App      App
	Callback string
	State    string
	Scopes   []string
	Query    string // of the request, for the form
}

// readInstall reads an authorization request. What it gives beside is the reason
// for which Slack shows an error page and never goes back to the application.
func (s *Slack) readInstall(q url.Values) (a install, wrong string) {
	app, ok := s.oauth.app(q.Get("client_id"))
	scopes := strings.FieldsFunc(q.Get("scope"), func(r rune) bool { return r == ',' })
	switch {
	case !ok:
		return a, "invalid_client_id"
	case !slices.Contains(app.Callbacks, q.Get("redirect_uri")):
		return a, "bad_redirect_uri"
	case q.Has("code_challenge"):
		return a, "pkce_not_allowed"
	case len(scopes) == 0:
		return a, "no_scopes"
	}
	return install{App: app, Callback: q.Get("redirect_uri"), State: q.Get("state"), Scopes: scopes, Query: q.Encode()}, ""
}

func (s *Slack) ask(w http.ResponseWriter, r *http.Request) {
	a, wrong := s.readInstall(r.URL.Query())
	if wrong != "" {
		render(w, http.StatusBadRequest, "slackerror.html", wrong)
		return
	}
	allowForm(w, a.Callback)
	render(w, http.StatusOK, "slackinstall.html", a)
}

func (s *Slack) answer(w http.ResponseWriter, r *http.Request) {
	q, err := url.ParseQuery(r.PostFormValue("query"))
	if err != nil {
		http.Error(w, "The request was changed on its way.", http.StatusBadRequest)
		return
	}
	a, wrong := s.readInstall(q)
	if wrong != "" {
		render(w, http.StatusBadRequest, "slackerror.html", wrong)
		return
	}
	back := s.answers(a, r.PostFormValue("choice") == "allow")
	http.Redirect(w, r, withQuery(a.Callback, back), http.StatusSeeOther)
}

// answers is what Slack goes back with.
func (s *Slack) answers(a install, allow bool) url.Values {
	back := url.Values{"state": {a.State}}
	if !allow {
		back.Set("error", "access_denied")
		return back
	}
	g := &grant{app: a.App.ID, account: "T0TEAM1", scopes: a.Scopes}
	s.oauth.mu.Lock()
	g.rotates = s.rotating[a.App.ID]
	s.oauth.mu.Unlock()
	if g.rotates {
		g.life = slackLife
	}
	back.Set("code", s.oauth.allow(g, a.Callback, "", g.rotates))
	return back
}

// slackPanel is what the panel shows.
type slackPanel struct {
	Trouble  Trouble
	Troubles []troubleLine
	Errors   []string
	Grants   []grantLine
	Channels []channelLine
}

type channelLine struct {
	ID, Name                              string
	Private, Member, Archived, Restricted bool
	Posts                                 []postLine
}

type postLine struct{ At, Text string }

func (s *Slack) panel(w http.ResponseWriter, _ *http.Request) {
	now, _ := s.ward.get()
	render(w, http.StatusOK, "slack.html", slackPanel{Trouble: now, Troubles: troubles, Errors: refusalNames("slack"), Grants: s.oauth.lines(), Channels: s.team.lines()})
}

func (s *workspace) lines() (all []channelLine) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.channels {
		line := channelLine{ID: c.id, Name: c.name, Private: c.private, Member: c.member, Archived: c.archived, Restricted: c.restricted}
		for _, p := range slices.Backward(c.posts) {
			if len(line.Posts) == panelLength {
				break
			}
			line.Posts = append(line.Posts, postLine{At: shortTime(p.at), Text: p.text})
		}
		all = append(all, line)
	}
	return all
}
