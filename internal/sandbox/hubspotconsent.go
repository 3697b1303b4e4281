package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// hubConnect is what an application asks for.
type hubConnect struct {
	App       App
	Callback  string
	State     string
	Required  []string
	Optional  []string
	Challenge string
	Account   string // chosen already

	Accounts []hubAccountLine
	Query    string // of the request, for the form
}

type hubAccountLine struct{ Number, Name string }

var hubScopes = []string{hubOAuth, hubContacts, hubContent, hubEmails, hubCampaigns}

// readConnect reads an authorization request. What it gives beside is the reason for
// which HubSpot shows an error page and never goes back to the application.
func (h *HubSpot) readConnect(q url.Values) (a hubConnect, wrong string) {
	app, ok := h.oauth.app(q.Get("client_id"))
	required, optional := strings.Fields(q.Get("scope")), strings.Fields(q.Get("optional_scope"))
	strange := func(s string) bool { return !slices.Contains(hubScopes, s) }
	switch {
	case !ok:
		return a, "The client id is not known."
	case !slices.Contains(app.Callbacks, q.Get("redirect_uri")):
		return a, "The redirect URL doesn’t match the app’s registered redirect URL."
	case q.Get("code_challenge") != "" && q.Get("code_challenge_method") != "S256":
		return a, "The code challenge is not valid."
	case !slices.Contains(required, hubOAuth) || slices.ContainsFunc(required, strange) || slices.ContainsFunc(optional, strange):
		return a, "The scopes don’t match those of the app: scopes mismatch."
	}
	a = hubConnect{
		App: app, Callback: q.Get("redirect_uri"), State: q.Get("state"), Required: required, Optional: optional, Challenge: q.Get("code_challenge"),
		Account: strconv.FormatInt(h.accounts[0].id, 10), Query: q.Encode(),
	}
	for _, p := range h.accounts {
		a.Accounts = append(a.Accounts, hubAccountLine{strconv.FormatInt(p.id, 10), p.name})
	}
	return a, ""
}

// lacks gives a required scope that the plan of an account does not have; empty: none.
func (h *HubSpot) lacks(a hubConnect) string {
	p, _ := h.portal(a.Account)
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(a.Required, func(s string) bool { return !slices.Contains(p.plan, s) })
	if i < 0 {
		return ""
	}
	return "This account’s subscription does not have a required scope: " + a.Required[i]
}

func (h *HubSpot) ask(w http.ResponseWriter, r *http.Request) {
	a, wrong := h.readConnect(r.URL.Query())
	if wrong != "" {
		render(w, http.StatusBadRequest, "hubspoterror.html", wrong)
		return
	}
	allowForm(w, a.Callback)
	render(w, http.StatusOK, "hubspotconnect.html", a)
}

func (h *HubSpot) answer(w http.ResponseWriter, r *http.Request) {
	q, err := url.ParseQuery(r.PostFormValue("query"))
	if err != nil {
		http.Error(w, "The request was changed on its way.", http.StatusBadRequest)
		return
	}
	a, wrong := h.readConnect(q)
	if _, there := h.portal(r.PostFormValue("account")); there && wrong == "" {
		a.Account = r.PostFormValue("account")
	}
	if wrong == "" {
		wrong = h.lacks(a)
	}
	if wrong != "" {
		render(w, http.StatusBadRequest, "hubspoterror.html", wrong)
		return
	}
	back := h.answers(a, r.PostFormValue("choice") == "allow")
	http.Redirect(w, r, withQuery(a.Callback, back), http.StatusSeeOther)
}

// answers is what HubSpot goes back with. Optional scopes that the account does not
// have are left out without a word.
func (h *HubSpot) answers(a hubConnect, allow bool) url.Values {
	back := url.Values{"state": {a.State}}
	if !allow {
		back.Set("error", "access_denied")
		return back
	}
	p, _ := h.portal(a.Account)
	p.mu.Lock()
	scopes := slices.Clone(a.Required)
	for _, s := range a.Optional {
		if slices.Contains(p.plan, s) {
			scopes = append(scopes, s)
		}
	}
	p.mu.Unlock()
	back.Set("code", h.oauth.allow(&grant{app: a.App.ID, account: a.Account, scopes: scopes, life: hubLife}, a.Callback, a.Challenge, true))
	return back
}
