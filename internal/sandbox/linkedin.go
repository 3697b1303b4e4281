package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"patchboard/internal/id"
)

// LinkedInHost is where the emulated LinkedIn takes the calls of programs, over
// HTTPS: /oauth/v2/accessToken, /v2/userinfo and /rest/…. What a person opens is on
// the sandbox's page, below /linkedin.
const LinkedInHost = "linkedin.example.com"

// LinkedIn is LinkedIn as far as its two ways of connecting need it: the page that
// asks for consent, its token endpoint, who somebody is, and the snapshot of a
// member's connections, for those to whom the law gives it.
type LinkedIn struct {
	ward  *ward
	oauth *oauthServer

	mu sync.Mutex
	// products are those that the application has; a scope of another one has the
	// whole request refused.
	products map[string]bool
	members  []*member
}

// member is one person, with the people whom they know.
type member struct {
	id, first, last, address string
	region                   bool // in the EU, the EEA or Switzerland
	ready                    bool // the snapshot is there; it takes a while after consent
	known                    []acquaintance
}

// The products of applications, and their scopes.
const (
	signInProduct      = "Sign In with LinkedIn using OpenID Connect"
	portabilityProduct = "Member Data Portability API"

	linkedInLife    = 60 * day
	snapshotPages   = 3
	linkedInVersion = "202312"
)

var linkedInScopes = map[string]string{
	"openid": signInProduct, "profile": signInProduct, "email": signInProduct,
	"r_dma_portability_3rd_party": portabilityProduct, "r_dma_portability_self_serve": portabilityProduct, "r_dma_portability_member": portabilityProduct,
}

func newLinkedIn(clock id.Clock) *LinkedIn {
	return &LinkedIn{
		ward: newWard(), oauth: newOAuthServer(clock), products: map[string]bool{signInProduct: true, portabilityProduct: true},
		members: []*member{
			{id: "782bbtaQ", first: "Ana", last: "Verdi", address: "ana@example.org", region: true, ready: true, known: acquaintances(120)},
			{id: "91kKim0r", first: "Kim", last: "Lee", address: "kim@example.com", known: acquaintances(12)},
		},
	}
}

// Register makes an application known, with both products.
func (l *LinkedIn) Register(a App) { l.oauth.register(a) }

// member gives one by the address; nil: nobody.
func (l *LinkedIn) member(address string) *member {
	i := slices.IndexFunc(l.members, func(m *member) bool { return m.address == address })
	if i < 0 {
		return nil
	}
	return l.members[i]
}

// api serves the calls of programs.
func (l *LinkedIn) api() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("POST /oauth/v2/accessToken", l.token)
	m.HandleFunc("POST /oauth/v2/revoke", l.revoke)
	m.HandleFunc("GET /v2/userinfo", l.allowed("profile", l.userinfo))
	m.HandleFunc("GET /rest/memberAuthorizations", l.allowed("r_dma_", versioned(l.authorizations)))
	m.HandleFunc("GET /rest/memberSnapshotData", l.allowed("r_dma_", versioned(l.snapshot)))
	return l.ward.guard(refusals{outage: refusalOf("linkedin", "unavailable503").write, limit: refusalOf("linkedin", "throttled").write}, m)
}

// token is the token endpoint. Ordinary applications get no refresh token.
func (l *LinkedIn) token(w http.ResponseWriter, r *http.Request) {
	app, ok := l.oauth.app(r.PostFormValue("client_id"))
	switch {
	case !ok:
		refusalOf("linkedin", "invalid_client_id").write(w)
		return
	case app.Secret != r.PostFormValue("client_secret") || l.ward.has(WrongClient):
		refusalOf("linkedin", "invalid_client").write(w)
		return
	case r.PostFormValue("grant_type") != "authorization_code":
		refusalOf("linkedin", "invalid_grant").write(w)
		return
	}
	granted, access, ok := l.oauth.exchange(r.PostFormValue("code"), app.ID, r.PostFormValue("redirect_uri"), r.PostFormValue("code_verifier"))
	if !ok {
		refusalOf("linkedin", "authorization_code").write(w)
		return
	}
	writeReply(w, http.StatusOK, reply("linkedin/token", values{
		"access_token": access, "scope": strings.Join(granted.scopes, ","), "expires_in": int(linkedInLife / time.Second),
	}))
}

func (l *LinkedIn) revoke(w http.ResponseWriter, r *http.Request) {
	app, ok := l.oauth.app(r.PostFormValue("client_id"))
	switch {
	case !ok || app.Secret != r.PostFormValue("client_secret"):
		refusalOf("linkedin", "invalid_client").write(w)
	case !l.oauth.revoke(r.PostFormValue("token")):
		refusalOf("linkedin", "INVALID_ACCESS_TOKEN").write(w)
	default:
		w.WriteHeader(http.StatusOK)
	}
}

// allowed lets a call through whose token is good and has a scope that begins so.
func (l *LinkedIn) allowed(scope string, next func(w http.ResponseWriter, r *http.Request, m *member)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		granted, good := l.oauth.bearer(token)
		l.mu.Lock()
		defer l.mu.Unlock()
		switch {
		case token == "":
			refusalOf("linkedin", "EMPTY_ACCESS_TOKEN").write(w)
		case granted == nil:
			refusalOf("linkedin", "REVOKED_ACCESS_TOKEN").write(w)
		case !good:
			refusalOf("linkedin", "EXPIRED_ACCESS_TOKEN").write(w)
		case !slices.ContainsFunc(granted.scopes, func(s string) bool { return strings.HasPrefix(s, scope) && l.products[linkedInScopes[s]] }):
			refusalOf("linkedin", "ACCESS_DENIED").write(w)
		default:
			next(w, r, l.member(granted.account))
		}
	}
}

// versioned refuses calls that name no version, or one that there is not.
func versioned(next func(w http.ResponseWriter, r *http.Request, m *member)) func(w http.ResponseWriter, r *http.Request, m *member) {
	return func(w http.ResponseWriter, r *http.Request, m *member) {
		switch r.Header.Get("LinkedIn-Version") {
		case "":
			refusalOf("linkedin", "VERSION_MISSING").write(w)
		case linkedInVersion:
			next(w, r, m)
		default:
			refusalOf("linkedin", "NONEXISTENT_VERSION").write(w)
		}
	}
}

func (*LinkedIn) userinfo(w http.ResponseWriter, _ *http.Request, m *member) {
	writeReply(w, http.StatusOK, reply("linkedin/userinfo", values{
		"sub": m.id, "name": m.first + " " + m.last, "given_name": m.first, "family_name": m.last, "email": m.address,
	}))
}

// authorizations are empty for a member who is not in the region.
func (*LinkedIn) authorizations(w http.ResponseWriter, r *http.Request, m *member) {
	set := values{}
	if !m.region {
		set["elements"] = []any{}
	}
	if r.URL.Query().Get("q") != "memberAndApplication" {
		http.Error(w, "no such finder", http.StatusBadRequest)
		return
	}
	writeReply(w, http.StatusOK, reply("linkedin/authorizations", set))
}

// snapshot gives a page; start counts pages. There is a link to the next one on each,
// also on the last: what is behind that is the same 404 as where there is nothing yet.
func (*LinkedIn) snapshot(w http.ResponseWriter, r *http.Request, m *member) {
	q := r.URL.Query()
	start := atoi(q.Get("start"))
	if !m.region || !m.ready || q.Get("domain") != "CONNECTIONS" || start < 0 || start >= snapshotPages || len(m.known) == 0 {
		refusalOf("linkedin", "no_data").write(w)
		return
	}
	size := (len(m.known) + snapshotPages - 1) / snapshotPages
	rows := []any{}
	for _, a := range m.known[min(start*size, len(m.known)):min((start+1)*size, len(m.known))] {
		rows = append(rows, reply("linkedin/connection", values{
			"First Name": a.first, "Last Name": a.last, "URL": a.url, "Email Address": a.email, "Company": a.company, "Position": a.position, "Connected On": a.on.Format("02 Jan 2006"),
		}))
	}
	writeReply(w, http.StatusOK, reply("linkedin/snapshot", values{
		"paging.start": start, "paging.total": snapshotPages,
		"paging.links": []any{map[string]any{"type": "application/json", "rel": "next", "href": "/rest/memberSnapshotData?count=10&domain=CONNECTIONS&q=criteria&start=" + strconv.Itoa(start+1)}},
		"elements":     []any{map[string]any{"snapshotDomain": "CONNECTIONS", "snapshotData": rows}},
	}))
}
