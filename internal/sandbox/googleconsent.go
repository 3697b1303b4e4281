package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// googleAccounts are the people who can sign in.
var googleAccounts = []string{"ana@example.org", "bo@example.org"}

// consent is what an application asks a person for.
type consent struct {
	App       App
	Callback  string
	State     string
	Scopes    []googleScope
	Challenge string
	Offline   bool // access_type=offline
	Prompt    bool // prompt=consent
	Account   string

	Accounts []string
	Query    string // of the request, for the form
}

// readConsent reads an authorization request. What it gives beside is the reason
// for which Google shows an error page and never goes back to the application.
func (g *Google) readConsent(q url.Values) (c consent, wrong string) {
	app, ok := g.oauth.app(q.Get("client_id"))
	switch {
	case !ok:
		return c, "invalid_client"
	case !slices.Contains(app.Callbacks, q.Get("redirect_uri")):
		return c, "redirect_uri_mismatch"
	case q.Get("response_type") != "code":
		return c, "unsupported_response_type"
	case q.Get("code_challenge") != "" && q.Get("code_challenge_method") != "S256":
		return c, "invalid_request"
	}
	asked, ok := scopesOf(q.Get("scope"))
	if !ok {
		return c, "invalid_scope"
	}
	c = consent{
		App: app, Callback: q.Get("redirect_uri"), State: q.Get("state"), Scopes: asked, Challenge: q.Get("code_challenge"),
		Offline: q.Get("access_type") == "offline", Prompt: slices.Contains(strings.Fields(q.Get("prompt")), "consent"),
		Account: googleAccounts[0], Accounts: googleAccounts, Query: q.Encode(),
	}
	if hint := q.Get("login_hint"); slices.Contains(googleAccounts, hint) {
		c.Account = hint
	}
	return c, ""
}

// ask shows the consent page.
func (g *Google) ask(w http.ResponseWriter, r *http.Request) {
	c, wrong := g.readConsent(r.URL.Query())
	if wrong != "" {
		render(w, http.StatusBadRequest, "googleerror.html", map[string]string{"Error": wrong, "Callback": r.FormValue("redirect_uri")})
		return
	}
	allowForm(w, c.Callback)
	render(w, http.StatusOK, "googleconsent.html", c)
}

// answer takes what the person chose, and goes back to the application.
func (g *Google) answer(w http.ResponseWriter, r *http.Request) {
	q, err := url.ParseQuery(r.PostFormValue("query"))
	if err != nil {
		http.Error(w, "The request was changed on its way.", http.StatusBadRequest)
		return
	}
	c, wrong := g.readConsent(q)
	if wrong != "" {
		render(w, http.StatusBadRequest, "googleerror.html", map[string]string{"Error": wrong, "Callback": q.Get("redirect_uri")})
		return
	}
	if account := r.PostFormValue("account"); slices.Contains(googleAccounts, account) {
		c.Account = account
	}
	var scopes []string
	for _, s := range c.Scopes {
		if slices.Contains(r.PostForm["scope"], s.Name) {
			scopes = append(scopes, s.Name)
		}
	}
	back := g.answers(c, scopes, r.PostFormValue("choice") == "allow")
	http.Redirect(w, r, withQuery(c.Callback, back), http.StatusSeeOther)
}

// answers is what Google goes back with; who unticks everything allows nothing.
func (g *Google) answers(c consent, scopes []string, allow bool) url.Values {
	back := url.Values{"state": {c.State}}
	if !allow || len(scopes) == 0 {
		back.Set("error", "access_denied")
		return back
	}
	back.Set("code", g.consents(c, scopes))
	back.Set("scope", strings.Join(scopes, " "))
	return back
}
