package sandbox

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// approval is what an application asks a person of Salesforce for.
type approval struct {
	App       App
	Host      string
	Callback  string
	State     string
	Scopes    []string
	Challenge string
	Accounts  []string
	Account   string
	Query     string // of the request, for the form
}

// readApproval reads an authorization request. wrong is why Salesforce shows a page
// and never goes back to the application; back is why it goes back with an error.
func (s *Salesforce) readApproval(host string, q url.Values) (a approval, wrong, back string) {
	app, ok := s.oauth.app(q.Get("client_id"))
	accounts := s.at(host)
	switch {
	case !ok:
		return a, "invalid_client_id", ""
	case !slices.Contains(app.Callbacks, q.Get("redirect_uri")):
		return a, "redirect_uri_mismatch", ""
	case len(accounts) == 0:
		return a, "OAUTH_EC_APP_NOT_FOUND", ""
	}
	a = approval{
		App: app, Host: host, Callback: q.Get("redirect_uri"), State: q.Get("state"), Scopes: strings.Fields(q.Get("scope")), Challenge: q.Get("code_challenge"),
		Accounts: accounts, Account: accounts[0], Query: q.Encode(),
	}
	switch {
	case a.Challenge == "" || q.Get("code_challenge_method") != "S256":
		return a, "", "invalid_request"
	case len(a.Scopes) == 0 || slices.ContainsFunc(a.Scopes, func(scope string) bool { return scope != "api" && scope != "refresh_token" }):
		return a, "", "invalid_scope"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return a, "", s.consent
}

// loginHost is the host that a page plays.
func loginHost(r *http.Request) string { return cmp.Or(r.PathValue("host"), SalesforceLogin) }

func (s *Salesforce) ask(w http.ResponseWriter, r *http.Request) {
	a, wrong, _ := s.readApproval(loginHost(r), r.URL.Query())
	if wrong != "" {
		render(w, http.StatusBadRequest, "salesforceerror.html", wrong)
		return
	}
	allowForm(w, a.Callback)
	render(w, http.StatusOK, "salesforceapprove.html", a)
}

func (s *Salesforce) answer(w http.ResponseWriter, r *http.Request) {
	q, err := url.ParseQuery(r.PostFormValue("query"))
	if err != nil {
		http.Error(w, "The request was changed on its way.", http.StatusBadRequest)
		return
	}
	a, wrong, no := s.readApproval(cmp.Or(r.PostFormValue("host"), SalesforceLogin), q)
	if wrong != "" {
		render(w, http.StatusBadRequest, "salesforceerror.html", wrong)
		return
	}
	if account := r.PostFormValue("account"); slices.Contains(a.Accounts, account) {
		a.Account = account
	}
	http.Redirect(w, r, withQuery(a.Callback, s.answers(a, no, r.PostFormValue("choice") == "allow")), http.StatusSeeOther)
}

// answers is what Salesforce goes back with.
func (s *Salesforce) answers(a approval, no string, allow bool) url.Values {
	back := url.Values{"state": {a.State}}
	if !allow {
		no = "access_denied"
	}
	if no != "" {
		back.Set("error", no)
		back.Set("error_description", "end-user denied authorization")
		if r, ok := findRefusal("salesforce", no); ok {
			text, _ := r.Body["error_description"].(string) // it is so in the file
			back.Set("error_description", text)
		}
		return back
	}
	s.mu.Lock()
	rotates, refresh := s.rotating[a.App.ID], !s.immediate && slices.Contains(a.Scopes, "refresh_token")
	s.mu.Unlock()
	g := &grant{app: a.App.ID, account: a.Account, host: a.Host, scopes: a.Scopes, rotates: rotates, life: salesforceLife}
	back.Set("code", s.oauth.allow(g, a.Callback, a.Challenge, refresh))
	return back
}
