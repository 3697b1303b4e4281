package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"patchboard/internal/id"
)

// SalesforceLogin, SalesforceTest and SalesforceDomain are where the emulated
// Salesforce lets people sign in, over HTTPS, below /services/oauth2; what a person
// opens is on the sandbox's page, below /salesforce. Addresses of its organizations
// end in SalesforceSuffix.
const (
	SalesforceLogin  = "login.salesforce.example.com"
	SalesforceTest   = "test.salesforce.example.com"
	SalesforceSuffix = ".my.salesforce.example.com"
	SalesforceDomain = "acme" + SalesforceSuffix
	salesforceMoved  = "acme2" + SalesforceSuffix
)

const (
	salesforceLife = 2 * time.Hour // of a session, as an organization's settings begin with
	// approvalsMost is how many grants a user may have given to one application; one
	// more ends the oldest.
	approvalsMost = 5
)

// Salesforce is Salesforce as far as its connector needs it: where people sign in,
// and three organizations with their contacts, accounts and opportunities.
type Salesforce struct {
	ward  *ward
	oauth *oauthServer
	clock id.Clock
	users []salesforceUser

	mu        sync.Mutex
	rotating  map[string]bool // applications whose refresh tokens are for one use
	immediate bool            // refresh tokens are not given at all
	consent   string          // the refusal with which people come back; empty: none
}

// salesforceUser is somebody who can sign in, at which hosts, and where they work.
type salesforceUser struct {
	name  string
	id    string
	hosts []string
	org   *salesforceOrg
}

func newSalesforce(clock id.Clock) *Salesforce {
	acme := newSalesforceOrg(clock, "00D5g000000AbCdEAK", "Acme", SalesforceDomain)
	north := newSalesforceOrg(clock, "00D5g000000NoRtEAK", "Northwind", "northwind"+SalesforceSuffix)
	uat := newSalesforceOrg(clock, "00D8d000000UaTsEAK", "Acme (sandbox)", "acme-uat"+SalesforceSuffix)
	return &Salesforce{
		ward: newWard(), oauth: newOAuthServer(clock), clock: clock, rotating: map[string]bool{},
		users: []salesforceUser{
			{"ana@example.org", "0055g000001XyZaAAK", []string{SalesforceLogin, SalesforceDomain, salesforceMoved}, acme},
			{"bo@example.org", "0055g000001BoBoAAK", []string{SalesforceLogin, "northwind" + SalesforceSuffix}, north},
			{"ana@example.org.uat", "0058d000001XyZaAAK", []string{SalesforceTest, "acme-uat" + SalesforceSuffix}, uat},
		},
	}
}

// hosts are the names that lead to the emulator.
func (s *Salesforce) hosts() []string {
	all := []string{SalesforceLogin, SalesforceTest, salesforceMoved}
	for _, u := range s.users {
		all = append(all, u.org.usual)
	}
	return all
}

// Register makes an application known. With rotate each refresh token is for one use.
func (s *Salesforce) Register(a App, rotate bool) {
	s.oauth.register(a)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rotating[a.ID] = rotate
}

// user gives a user by name.
func (s *Salesforce) user(name string) *salesforceUser {
	i := slices.IndexFunc(s.users, func(u salesforceUser) bool { return u.name == name })
	if i < 0 {
		return nil
	}
	return &s.users[i]
}

// at gives those who can sign in at a host.
func (s *Salesforce) at(host string) (all []string) {
	for _, u := range s.users {
		if slices.Contains(u.hosts, host) {
			all = append(all, u.name)
		}
	}
	return all
}

// gone reports a host of an organization that was deleted.
func (s *Salesforce) gone(host string) bool {
	return slices.ContainsFunc(s.users, func(u salesforceUser) bool { return u.org.usual == host && u.org.is(&u.org.deleted) })
}

// api serves the calls of programs.
func (s *Salesforce) api() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("POST /services/oauth2/token", s.token)
	m.HandleFunc("POST /services/oauth2/revoke", s.revoke)
	m.HandleFunc("GET /services/data/{$}", s.versions)
	s.rest(m)
	limited := refusalOf("salesforce", "REQUEST_LIMIT_EXCEEDED_concurrent")
	return s.ward.guard(refusals{outage: refusalOf("salesforce", "maintenance").write, limit: limited.write}, m)
}

// calledHost is the host that a call was made to.
func calledHost(r *http.Request) string {
	host := strings.ToLower(r.Host)
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return host
}

// token is the token endpoint. A grant is good at the host alone where it was given.
func (s *Salesforce) token(w http.ResponseWriter, r *http.Request) {
	app, ok := s.oauth.app(r.PostFormValue("client_id"))
	switch {
	case !ok:
		refusalOf("salesforce", "invalid_client_id").write(w)
		return
	case app.Secret != r.PostFormValue("client_secret") || s.ward.has(WrongClient):
		refusalOf("salesforce", "invalid_client").write(w)
		return
	}
	switch r.PostFormValue("grant_type") {
	case "authorization_code":
		granted, access, ok := s.oauth.exchange(r.PostFormValue("code"), app.ID, r.PostFormValue("redirect_uri"), r.PostFormValue("code_verifier"))
		if !ok || granted.host != calledHost(r) {
			refusalOf("salesforce", "invalid_grant_code").write(w)
			return
		}
		s.oauth.crowdOut(granted, approvalsMost)
		s.issued(w, app, granted, access, granted.refresh)
	case "refresh_token":
		before, known := s.oauth.of(r.PostFormValue("refresh_token"))
		if !known || before.host != calledHost(r) {
			refusalOf("salesforce", "invalid_grant").write(w)
			return
		}
		granted, access, ok := s.oauth.renew(r.PostFormValue("refresh_token"), app.ID)
		if !ok {
			refusalOf("salesforce", "invalid_grant").write(w)
			return
		}
		refresh := ""
		if granted.rotates {
			refresh = granted.refresh
		}
		s.issued(w, app, granted, access, refresh)
	default:
		refusalOf("salesforce", "unsupported_grant_type").write(w)
	}
}

// crowdOut ends the oldest grants of the account and application of a new one, beyond
// as many as there may be.
func (o *oauthServer) crowdOut(g *grant, most int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var same []*grant
	for _, other := range o.grants {
		if other.app == g.app && other.account == g.account {
			same = append(same, other)
		}
	}
	if over := len(same) - most; over > 0 {
		o.grants = slices.DeleteFunc(o.grants, func(other *grant) bool { return slices.Contains(same[:over], other) })
	}
}

// issued answers with a token. How long it lasts is not said.
func (s *Salesforce) issued(w http.ResponseWriter, app App, granted *grant, access, refresh string) {
	u := s.user(granted.account)
	identity, at := "https://"+granted.host+"/id/"+u.org.id+"/"+u.id, strconv.FormatInt(s.clock().UnixMilli(), 10)
	h := hmac.New(sha256.New, []byte(app.Secret))
	h.Write([]byte(identity + at))
	set := values{
		"access_token": access, "instance_url": "https://" + u.org.host(), "id": identity, "issued_at": at,
		"signature": base64.StdEncoding.EncodeToString(h.Sum(nil)), "scope": strings.Join(granted.scopes, " "), "refresh_token": nil,
	}
	if refresh != "" {
		set["refresh_token"] = refresh
	}
	writeReply(w, http.StatusOK, reply("salesforce/token", set))
}

// revoke ends a grant; an access token ends alone.
func (s *Salesforce) revoke(w http.ResponseWriter, r *http.Request) {
	token := r.PostFormValue("token")
	granted, known := s.oauth.of(token)
	switch {
	case !known || granted.host != calledHost(r):
		refusalOf("salesforce", "invalid_token").write(w)
	case granted.refresh == token:
		s.oauth.revoke(token)
		w.WriteHeader(http.StatusOK)
	default:
		s.oauth.mu.Lock()
		delete(granted.access, token)
		s.oauth.mu.Unlock()
		w.WriteHeader(http.StatusOK)
	}
}

// versions lists those of the API, without asking for a token.
func (s *Salesforce) versions(w http.ResponseWriter, r *http.Request) {
	all := readReply[[]map[string]any]("salesforce/versions")
	newer := slices.ContainsFunc(s.users, func(u salesforceUser) bool { return u.org.host() == calledHost(r) && u.org.is(&u.org.newer) })
	if newer {
		all = slices.DeleteFunc(all, func(v map[string]any) bool { return v["version"] == "66.0" })
	}
	writeReply(w, http.StatusOK, all)
}

// allowed lets a call of the REST API through, to the organization of whoever gave the
// token. Each counts for the day.
func (s *Salesforce) allowed(next func(w http.ResponseWriter, r *http.Request, o *salesforceOrg)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		granted, good := s.oauth.bearer(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		if !good {
			refusalOf("salesforce", "INVALID_SESSION_ID").write(w)
			return
		}
		o := s.user(granted.account).org
		w.Header().Set("Date", s.clock().UTC().Format(http.TimeFormat))
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.instance() != calledHost(r) {
			w.Header().Set("Location", "https://"+o.instance()+r.URL.RequestURI())
			w.WriteHeader(http.StatusMovedPermanently)
			return
		}
		if o.disabled {
			refusalOf("salesforce", "API_DISABLED_FOR_ORG").write(w)
			return
		}
		o.used++
		w.Header().Set("Sforce-Limit-Info", "api-usage="+strconv.Itoa(min(o.used, o.most))+"/"+strconv.Itoa(o.most))
		if o.used > o.most {
			refusalOf("salesforce", "REQUEST_LIMIT_EXCEEDED").write(w)
			return
		}
		next(w, r, o)
	}
}
