package sandbox

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// The panel shows a company's customers, and each of its buttons does something.
func TestSalesforcePanel(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.Seed()
	w.Seed() // once more changes nothing
	status, _, page := w.get("/salesforce")
	for _, shown := range []string{"Contacts (32)", "Opportunities (8)", "Decision Maker: ", "Óptica del Sur", "acme.my.salesforce.example.com", "Bad TLS", "REQUEST_LIMIT_EXCEEDED"} {
		if !strings.Contains(page, shown) {
			t.Errorf("the panel does not show %s", shown)
		}
	}
	if status != http.StatusOK {
		t.Errorf("%d", status)
	}
	first := w.sales.users[0].org.rows["Opportunity"][0].id
	for _, c := range []struct {
		button string
		form   url.Values
		status int
	}{
		{"contact", url.Values{"last": {"Rossi"}, "company": {"Acme"}, "count": {"3"}}, http.StatusSeeOther},
		{"opportunity", url.Values{"name": {"Deal"}, "amount": {"12.50"}}, http.StatusSeeOther},
		{"role", url.Values{"opportunity": {first}, "contact": {w.sales.users[0].org.rows["Contact"][0].id}, "primary": {"yes"}}, http.StatusSeeOther},
		{"role", url.Values{"opportunity": {first}, "contact": {"003"}}, http.StatusUnprocessableEntity},
		{"primary", url.Values{"id": {w.sales.users[0].org.rows["OpportunityContactRole"][0].id}}, http.StatusSeeOther},
		{"primary", url.Values{"id": {"00K"}}, http.StatusUnprocessableEntity},
		{"close", url.Values{"id": {first}, "won": {"no"}}, http.StatusSeeOther},
		{"close", url.Values{"id": {"006"}}, http.StatusUnprocessableEntity},
		{"delete", url.Values{"object": {"Opportunity"}, "id": {first}}, http.StatusSeeOther},
		{"delete", url.Values{"object": {"Opportunity"}, "id": {first}}, http.StatusUnprocessableEntity},
		{"rename", url.Values{"id": {"001"}}, http.StatusUnprocessableEntity},
		{"contact", url.Values{"account": {"nobody"}}, http.StatusUnprocessableEntity},
		{"refuse", url.Values{"error": {"none"}}, http.StatusUnprocessableEntity},
		{"trouble", url.Values{"trouble": {"none"}}, http.StatusUnprocessableEntity},
	} {
		if status, _, page := w.do(http.MethodPost, "/salesforce/"+c.button, nil, c.form); status != c.status {
			t.Errorf("%s %v: %d %s", c.button, c.form, status, page)
		}
	}
	if _, _, page := w.get("/salesforce?account=ana@example.org.uat"); !strings.Contains(page, "Acme (sandbox)") {
		t.Error("the organization of another user is not shown")
	}
}

// What cannot go back to an application is shown on a page.
func TestSalesforceApproval(t *testing.T) {
	t.Parallel()
	w := start(t)
	const back = "http://127.0.0.1:1/callback"
	w.Salesforce().Register(App{ID: "crm", Secret: "shh", Callbacks: []string{back}}, false)
	good := url.Values{
		"client_id": {"crm"}, "redirect_uri": {back}, "response_type": {"code"}, "scope": {"api refresh_token"}, "state": {"s"},
		"code_challenge": {"x"}, "code_challenge_method": {"S256"},
	}
	with := func(name, value string) url.Values {
		q := maps.Clone(good)
		q.Set(name, value)
		return q
	}
	for _, c := range []struct {
		q     url.Values
		host  string
		wrong string
		no    string
	}{
		{good, SalesforceLogin, "", ""},
		{good, SalesforceDomain, "", ""},
		{good, "other.my.salesforce.example.com", "OAUTH_EC_APP_NOT_FOUND", ""},
		{with("client_id", "other"), SalesforceLogin, "invalid_client_id", ""},
		{with("redirect_uri", back+"/"), SalesforceLogin, "redirect_uri_mismatch", ""},
		{with("code_challenge", ""), SalesforceLogin, "", "invalid_request"},
		{with("code_challenge_method", "plain"), SalesforceLogin, "", "invalid_request"},
		{with("scope", "api web"), SalesforceLogin, "", "invalid_scope"},
		{with("scope", ""), SalesforceLogin, "", "invalid_scope"},
	} {
		if _, wrong, no := w.sales.readApproval(c.host, c.q); wrong != c.wrong || no != c.no {
			t.Errorf("%v at %s: %q %q", c.q, c.host, wrong, no)
		}
	}
	if status, _, page := w.get("/salesforce/services/oauth2/authorize?" + with("client_id", "other").Encode()); status != http.StatusBadRequest || !strings.Contains(page, "invalid_client_id") {
		t.Errorf("%d %s", status, page)
	}
}

func TestSOQL(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.Seed()
	o := w.sales.users[0].org
	for text, no := range map[string]string{
		"SELECT Id FROM Contact": "",
		"SELECT COUNT() FROM Contact WHERE SystemModstamp >= 2020-01-01T00:00:00Z":                                  "",
		"SELECT Id, Account.Name FROM Contact WHERE AccountId IN ('001','002') ORDER BY SystemModstamp, Id LIMIT 3": "",
		"SELECT Id FORM Contact":         "MALFORMED_QUERY",
		"":                               "MALFORMED_QUERY",
		"SELECT Nothing FROM Contact":    "INVALID_FIELD",
		"SELECT Owner.Name FROM Contact": "INVALID_FIELD",
		"SELECT Id FROM Nothing":         "INVALID_TYPE",
		"SELECT CurrencyIsoCode FROM Opportunity": "INVALID_FIELD", // not a multi-currency organization
	} {
		q, refused := o.parseSOQL(text)
		got := ""
		if refused != nil {
			got, _ = refused.List[0].(map[string]any)["errorCode"].(string)
		}
		if got != no {
			t.Errorf("%s: %q, want %q (%+v)", text, got, no, q)
		}
	}
	q, _ := o.parseSOQL("SELECT Id FROM Contact")
	if n := len(o.find(q, false)); n != 32 {
		t.Errorf("%d contacts", n)
	}
	o.made = 1000
	if n := len(o.find(q, false)); n != 1032 {
		t.Errorf("%d contacts", n)
	}
}
