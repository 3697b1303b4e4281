package sandbox

import (
	"net/http"
	"slices"
)

// LinkedInTokens is where, on the sandbox's page, the developer portal's token
// generator is. A member makes a token for their own data there, without an
// application of anybody else.
const LinkedInTokens = "/linkedin/developers/token-generator"

// memberApp is the application of such tokens, as LinkedIn calls the company behind it.
const memberApp = "Member Data Portability (Member) Default Company"

// memberScopes are the permissions that the generator offers; the second is another
// name of the first.
var memberScopes = []string{"r_dma_portability_self_serve", "r_dma_portability_member"}

// tokenPage is the generator, and the token that it has just made.
type tokenPage struct {
	Members, Scopes       []string
	Account, Scope, Token string
	Days                  int
}

func (l *LinkedIn) tokenPage() tokenPage {
	v := tokenPage{Scopes: memberScopes, Scope: memberScopes[0], Days: int(linkedInLife / day)}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range l.members {
		v.Members = append(v.Members, m.address)
	}
	v.Account = v.Members[0]
	return v
}

func (l *LinkedIn) generator(w http.ResponseWriter, _ *http.Request) {
	render(w, http.StatusOK, "linkedintokens.html", l.tokenPage())
}

// generate makes a token. It is shown once, on the page that answers.
func (l *LinkedIn) generate(w http.ResponseWriter, r *http.Request) {
	v := l.tokenPage()
	account, scope := r.PostFormValue("account"), r.PostFormValue("scope")
	if !slices.Contains(v.Members, account) || !slices.Contains(v.Scopes, scope) {
		http.Error(w, "There is no such member, or no such permission.", http.StatusBadRequest)
		return
	}
	v.Account, v.Scope, v.Token = account, scope, l.makeToken(account, scope)
	render(w, http.StatusOK, "linkedintokens.html", v)
}

func (l *LinkedIn) makeToken(account, scope string) string {
	return l.oauth.give(&grant{app: memberApp, account: account, scopes: []string{scope}, life: linkedInLife})
}

// MakeToken makes one of the first member's, as they would on the page.
func (l *LinkedIn) MakeToken() string { return l.makeToken(l.members[0].address, memberScopes[0]) }
