package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// pages serves what a person opens: the page that asks for consent, and the panel by
// which connections change, exports are made and things break.
func (l *LinkedIn) pages(m *http.ServeMux) {
	m.HandleFunc("GET /linkedin/oauth/v2/authorization", l.ask)
	m.HandleFunc("POST /linkedin/consent", l.answer)
	m.HandleFunc("GET /linkedin", l.panel)
	m.HandleFunc("GET "+LinkedInTokens, l.generator)
	m.HandleFunc("POST "+LinkedInTokens, l.generate)
	m.HandleFunc("GET /linkedin/export/{shape}", l.export)
	m.HandleFunc("POST /linkedin/trouble", l.ward.makeTrouble("linkedin"))
	m.HandleFunc("POST /linkedin/refuse", l.ward.refuseNext("linkedin"))
	for name, act := range linkedInActs {
		m.HandleFunc("POST /linkedin/"+name, func(w http.ResponseWriter, r *http.Request) {
			l.mu.Lock()
			act(l, l.members[0], r)
			l.mu.Unlock()
			http.Redirect(w, r, "/linkedin", http.StatusSeeOther)
		})
	}
}

// linkedInActs are what the panel does, by the last part of its address. The caller
// holds mu.
var linkedInActs = map[string]func(l *LinkedIn, m *member, r *http.Request){
	"expire":  func(l *LinkedIn, _ *member, _ *http.Request) { l.oauth.expire() },
	"remove":  func(l *LinkedIn, _ *member, _ *http.Request) { l.oauth.end(func(*grant) bool { return true }) },
	"ready":   func(_ *LinkedIn, m *member, _ *http.Request) { m.ready = !m.ready },
	"region":  func(_ *LinkedIn, m *member, _ *http.Request) { m.region = !m.region },
	"product": func(l *LinkedIn, _ *member, r *http.Request) { l.toggle(r.PostFormValue("product")) },
	"meet": func(l *LinkedIn, m *member, _ *http.Request) {
		next := acquaintances(len(m.known) + 1)
		one := next[len(m.known)]
		one.on = l.oauth.clock()
		m.known = append(m.known, one)
	},
	"promote": func(_ *LinkedIn, m *member, _ *http.Request) {
		if len(m.known) > 0 {
			m.known[0].position, m.known[0].company = "Chief Executive Officer", "Northwind Holding"
		}
	},
	"part": func(_ *LinkedIn, m *member, _ *http.Request) {
		if len(m.known) > 0 {
			m.known = m.known[:len(m.known)-1]
		}
	},
}

func (l *LinkedIn) toggle(product string) {
	if has, there := l.products[product]; there {
		l.products[product] = !has
	}
}

// permit is what an application asks a member for.
type permit struct {
	App      App
	Callback string
	State    string
	Scopes   []string
	Refused  string // the error that it gets at once
	Members  []string
	Query    string // of the request, for the form
}

// readPermit reads an authorization request. What it gives beside is the reason for
// which LinkedIn shows an error page and never goes back to the application.
func (l *LinkedIn) readPermit(q url.Values) (p permit, wrong string) {
	app, ok := l.oauth.app(q.Get("client_id"))
	switch {
	case !ok:
		return p, "The passed in client_id is invalid"
	case !slices.Contains(app.Callbacks, q.Get("redirect_uri")):
		return p, "The redirect_uri does not match the registered value"
	case q.Has("code_challenge"):
		return p, "Not allowed to use PKCE with this client"
	}
	p = permit{App: app, Callback: q.Get("redirect_uri"), State: q.Get("state"), Scopes: strings.Fields(q.Get("scope")), Query: q.Encode()}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range l.members {
		p.Members = append(p.Members, m.address)
	}
	for _, s := range p.Scopes {
		product, there := linkedInScopes[s]
		switch {
		case !there && p.Refused == "":
			p.Refused = "invalid_scope_error"
		case !l.products[product] && p.Refused == "":
			p.Refused = "unauthorized_scope_error"
		}
	}
	if len(p.Scopes) == 0 {
		p.Refused = "invalid_scope_error"
	}
	return p, ""
}

func (l *LinkedIn) ask(w http.ResponseWriter, r *http.Request) {
	p, wrong := l.readPermit(r.URL.Query())
	switch {
	case wrong != "":
		render(w, http.StatusBadRequest, "linkedinerror.html", wrong)
	case p.Refused != "":
		http.Redirect(w, r, withQuery(p.Callback, l.answers(p, "", "allow")), http.StatusSeeOther)
	default:
		allowForm(w, p.Callback)
		render(w, http.StatusOK, "linkedinconsent.html", p)
	}
}

func (l *LinkedIn) answer(w http.ResponseWriter, r *http.Request) {
	q, err := url.ParseQuery(r.PostFormValue("query"))
	if err != nil {
		http.Error(w, "The request was changed on its way.", http.StatusBadRequest)
		return
	}
	p, wrong := l.readPermit(q)
	if wrong != "" {
		render(w, http.StatusBadRequest, "linkedinerror.html", wrong)
		return
	}
	http.Redirect(w, r, withQuery(p.Callback, l.answers(p, r.PostFormValue("account"), r.PostFormValue("choice"))), http.StatusSeeOther)
}

// answers is what LinkedIn goes back with.
func (l *LinkedIn) answers(p permit, account, choice string) url.Values {
	back := url.Values{"state": {p.State}}
	no := p.Refused
	says := map[string]string{
		"unauthorized_scope_error": "Scope \"" + strings.Join(p.Scopes, " ") + "\" is not authorized for your application",
		"invalid_scope_error":      "The requested permission scope is not valid",
		"user_cancelled_login":     "The user cancelled LinkedIn login",
		"user_cancelled_authorize": "The user cancelled the authorization",
	}
	if no == "" && choice != "allow" {
		no = "user_cancelled_authorize"
		if choice == "leave" {
			no = "user_cancelled_login"
		}
	}
	if no != "" {
		back.Set("error", no)
		back.Set("error_description", says[no])
		return back
	}
	if !slices.Contains(p.Members, account) {
		account = p.Members[0]
	}
	back.Set("code", l.oauth.allow(&grant{app: p.App.ID, account: account, scopes: p.Scopes, life: linkedInLife}, p.Callback, "", false))
	return back
}

// linkedInPanel is what the panel shows.
type linkedInPanel struct {
	Trouble       Trouble
	Troubles      []troubleLine
	Errors        []string
	Grants        []grantLine
	Products      []productLine
	Exports       []exportLine
	Ready, Region bool
	Known         int
	People        []string
}

type productLine struct {
	Name string
	Has  bool
}

type exportLine struct{ Shape, Label string }

func (l *LinkedIn) panel(w http.ResponseWriter, _ *http.Request) {
	now, _ := l.ward.get()
	v := linkedInPanel{Trouble: now, Troubles: troubles, Errors: refusalNames("linkedin"), Grants: l.oauth.lines()}
	for _, e := range exports {
		v.Exports = append(v.Exports, exportLine{e.Shape, e.Label})
	}
	l.mu.Lock()
	m := l.members[0]
	v.Ready, v.Region, v.Known = m.ready, m.region, len(m.known)
	for _, name := range []string{signInProduct, portabilityProduct} {
		v.Products = append(v.Products, productLine{name, l.products[name]})
	}
	for _, a := range slices.Backward(m.known) {
		if len(v.People) == panelLength {
			break
		}
		v.People = append(v.People, a.first+" "+a.last+", "+a.position+" at "+a.company)
	}
	l.mu.Unlock()
	render(w, http.StatusOK, "linkedin.html", v)
}
