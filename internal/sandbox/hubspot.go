package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"patchboard/internal/id"
)

// HubSpotHost is where the emulated HubSpot takes the calls of programs, over HTTPS:
// /oauth/2026-03/token, /account-info/2026-03/details, /crm/objects/2026-03/contacts,
// /marketing/emails/2026-03, /email/public/v1/events and others. What a person opens is
// on the sandbox's page, below /hubspot.
const HubSpotHost = "hubspot.example.com"

const (
	hubVersion = "2026-03"
	// HubSpotToken is the path of its token endpoint; revoke and introspect are below.
	HubSpotToken = "/oauth/" + hubVersion + "/token"

	hubLife = 30 * time.Minute // of an access token

	hubCalls    = 110 // in hubInterval, for an account
	hubInterval = 10 * time.Second
	hubSearches = 5 // in a second, for an account
)

// The scopes that HubSpot has, as far as they are needed here.
const (
	hubOAuth     = "oauth"
	hubContacts  = "crm.objects.contacts.read"
	hubContent   = "content"
	hubEmails    = "marketing.email.read"
	hubCampaigns = "marketing.campaigns.read"
)

// HubSpot is HubSpot as far as its marketing data needs it: the page that connects an
// application, its token endpoint, and the accounts of one company.
type HubSpot struct {
	ward     *ward
	oauth    *oauthServer
	clock    id.Clock
	accounts []*portal
}

func newHubSpot(clock id.Clock) *HubSpot {
	all := []string{hubOAuth, hubContacts, hubContent, hubEmails, hubCampaigns}
	return &HubSpot{ward: newWard(), oauth: newOAuthServer(clock), clock: clock, accounts: []*portal{
		newPortal(62515, "Acme, Marketing Hub Professional", "STANDARD", all, clock),
		newPortal(62516, "Acme Shop, free", "STANDARD", []string{hubOAuth, hubContacts}, clock),
		newPortal(62517, "Acme developers", "APP_DEVELOPER", []string{hubOAuth, hubContacts}, clock),
	}}
}

// Register makes an application known, whose people can then be asked to connect it.
func (h *HubSpot) Register(a App) { h.oauth.register(a) }

// portal gives an account by its number; ok is false if there is none.
func (h *HubSpot) portal(number string) (p *portal, ok bool) {
	i := slices.IndexFunc(h.accounts, func(p *portal) bool { return strconv.FormatInt(p.id, 10) == number })
	if i < 0 {
		return nil, false
	}
	return h.accounts[i], true
}

// api serves the calls of programs.
func (h *HubSpot) api() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("POST "+HubSpotToken, h.token)
	m.HandleFunc("POST "+HubSpotToken+"/introspect", h.introspect)
	m.HandleFunc("POST "+HubSpotToken+"/revoke", h.revoke)
	m.HandleFunc("GET /account-info/"+hubVersion+"/details", h.call(nil, (*portal).details))
	m.HandleFunc("GET /crm/objects/"+hubVersion+"/contacts", h.call([]string{hubContacts}, (*portal).listContacts))
	m.HandleFunc("POST /crm/objects/"+hubVersion+"/contacts/search", h.call([]string{hubContacts}, (*portal).search))
	m.HandleFunc("GET /marketing/emails/"+hubVersion, h.call([]string{hubContent, hubEmails}, (*portal).listEmails))
	m.HandleFunc("GET /marketing/campaigns/"+hubVersion, h.call([]string{hubCampaigns}, (*portal).listCampaigns))
	m.HandleFunc("GET /email/public/v1/events", h.call([]string{hubContent}, (*portal).listEvents))
	m.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { refusalOf("hubspot", "retired404").write(w) })
	return h.ward.guard(refusals{outage: refusalOf("hubspot", "error503").write, limit: refusalOf("hubspot", "TEN_SECONDLY_ROLLING429").write}, m)
}

// call lets a call through whose token is good, has one of the scopes (none: any will
// do), and whose account has not been called too often. What a plan does not have any
// more, a token does not open either.
func (h *HubSpot) call(scopes []string, next func(p *portal, w http.ResponseWriter, r *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		granted, good := h.oauth.bearer(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		switch {
		case granted == nil:
			refusalOf("hubspot", "INVALID_AUTHENTICATION").write(w)
			return
		case !good:
			refusalOf("hubspot", "EXPIRED_AUTHENTICATION").write(w)
			return
		}
		p, _ := h.portal(granted.account)
		p.mu.Lock()
		defer p.mu.Unlock()
		search := strings.HasSuffix(r.URL.Path, "/search")
		if policy := p.count(w, search); policy != "" {
			refusalOf("hubspot", policy).write(w)
			return
		}
		if len(scopes) > 0 && !slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(granted.scopes, s) && slices.Contains(p.plan, s) }) {
			refuse := refusalOf("hubspot", "MISSING_SCOPES")
			refuse.Body["errors"] = []any{map[string]any{
				"message": "One or more of the following scopes are required.", "context": map[string]any{"requiredGranularScopes": scopes},
			}}
			refuse.write(w)
			return
		}
		next(p, w, r)
	}
}

// token is the token endpoint. It reads the body alone.
func (h *HubSpot) token(w http.ResponseWriter, r *http.Request) {
	app, refused := h.client(r)
	if refused != "" {
		refusalOf("hubspot", refused).write(w)
		return
	}
	var granted *grant
	var access string
	var ok bool
	switch r.PostFormValue("grant_type") {
	case "authorization_code":
		if !slices.Contains(app.Callbacks, r.PostFormValue("redirect_uri")) {
			refusalOf("hubspot", "BAD_REDIRECT_URI").write(w)
			return
		}
		if granted, access, ok = h.oauth.exchange(r.PostFormValue("code"), app.ID, r.PostFormValue("redirect_uri"), r.PostFormValue("code_verifier")); !ok {
			refusalOf("hubspot", "BAD_AUTH_CODE").write(w)
			return
		}
	case "refresh_token":
		if granted, access, ok = h.oauth.renew(r.PostFormValue("refresh_token"), app.ID); !ok {
			refusalOf("hubspot", "BAD_REFRESH_TOKEN").write(w)
			return
		}
	default:
		refusalOf("hubspot", "unsupported_grant_type").write(w)
		return
	}
	writeReply(w, http.StatusOK, reply("hubspot/token", values{
		"access_token": access, "refresh_token": granted.refresh, "hub_id": numberOf(granted.account), "scopes": granted.scopes,
	}))
}

// client gives the application of a call to the token endpoint, or the name of why not.
func (h *HubSpot) client(r *http.Request) (app App, refused string) {
	app, ok := h.oauth.app(r.PostFormValue("client_id"))
	switch {
	case !ok || h.ward.has(WrongClient):
		return app, "BAD_CLIENT_ID"
	case app.Secret != r.PostFormValue("client_secret"):
		return app, "BAD_CLIENT_SECRET"
	}
	return app, ""
}

func numberOf(account string) int64 {
	n, err := strconv.ParseInt(account, 10, 64)
	if err != nil {
		panic(err) // accounts are numbered
	}
	return n
}

func (h *HubSpot) introspect(w http.ResponseWriter, r *http.Request) {
	app, refused := h.client(r)
	if refused != "" {
		refusalOf("hubspot", refused).write(w)
		return
	}
	text := r.PostFormValue("token")
	granted, known := h.oauth.of(text)
	_, good := h.oauth.bearer(text)
	refresh := known && granted.refresh == text
	if !known || granted.app != app.ID || !good && !refresh {
		writeReply(w, http.StatusOK, reply("hubspot/introspect-inactive", nil))
		return
	}
	set := values{"hub_id": numberOf(granted.account), "client_id": app.ID, "scopes": granted.scopes}
	if refresh {
		set["token_use"], set["expires_in"] = "refresh_token", nil
	}
	writeReply(w, http.StatusOK, reply("hubspot/introspect", set))
}

// revoke ends a grant. One that is not known is no error (RFC 7009).
func (h *HubSpot) revoke(w http.ResponseWriter, r *http.Request) {
	if _, refused := h.client(r); refused != "" {
		refusalOf("hubspot", refused).write(w)
		return
	}
	h.oauth.revoke(r.PostFormValue("token"))
	w.WriteHeader(http.StatusNoContent)
}

// Contacts are what an account has now, for tests: the e-mail address, title and time of
// change by id.
func (h *HubSpot) Contacts(account string) map[string]string {
	p, ok := h.portal(account)
	if !ok {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	all := map[string]string{}
	for _, c := range p.living() {
		all[strconv.FormatInt(c.id, 10)] = c.properties["email"] + " " + c.properties["jobtitle"] + " " + strconv.FormatInt(c.modified.UnixMilli(), 10)
	}
	return all
}

// Campaigns are the ids of an account's campaigns, for tests.
func (h *HubSpot) Campaigns(account string) (all []string) {
	p, ok := h.portal(account)
	if !ok {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.campaigns {
		all = append(all, c.guid)
	}
	return all
}

// LastEmail is the id of the marketing e-mail that was made last, for tests.
func (h *HubSpot) LastEmail(account string) string {
	p, ok := h.portal(account)
	if !ok {
		return ""
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.emails) == 0 {
		return ""
	}
	return strconv.FormatInt(p.emails[len(p.emails)-1].id, 10)
}
