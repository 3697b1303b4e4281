package sandbox

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

// hubApp is an application as it meets the emulated HubSpot.
func hubApp(w *world) *oauth2.Config {
	w.HubSpot().Register(App{ID: "crm", Secret: "shh", Callbacks: []string{callback}})
	return &oauth2.Config{
		ClientID: "crm", ClientSecret: "shh", RedirectURL: callback, Scopes: []string{hubOAuth, hubContacts},
		Endpoint: oauth2.Endpoint{AuthURL: w.page + "/hubspot/oauth/authorize", TokenURL: "https://" + HubSpotHost + HubSpotToken, AuthStyle: oauth2.AuthStyleInParams},
	}
}

func optional(scopes string) oauth2.AuthCodeOption {
	return oauth2.SetAuthURLParam("optional_scope", scopes)
}

// choosesAccount plays the person at the browser; without a way back it gives the page.
func (w *world) choosesAccount(address, account, choice string) (back url.Values, page string) {
	w.t.Helper()
	_, query, _ := strings.Cut(address, "?")
	status, h, page := w.do(http.MethodPost, "/hubspot/connect", nil, url.Values{"query": {query}, "choice": {choice}, "account": {account}})
	if status != http.StatusSeeOther {
		return nil, page
	}
	to, err := url.Parse(h.Get("Location"))
	if err != nil || !strings.HasPrefix(to.String(), callback+"?") {
		w.t.Fatalf("leads to %v (%v)", to, err)
	}
	return to.Query(), ""
}

func (w *world) hubToken(c *oauth2.Config, account string) *oauth2.Token {
	w.t.Helper()
	back, page := w.choosesAccount(c.AuthCodeURL("s", optional("content marketing.email.read marketing.campaigns.read")), account, "allow")
	if page != "" {
		w.t.Fatal(page)
	}
	token, err := c.Exchange(w.ctx(), back.Get("code"))
	if err != nil {
		w.t.Fatal(err)
	}
	return token
}

// hub makes a call and gives its status, headers and body.
func (w *world) hub(token, method, path, body string) (int, http.Header, map[string]any) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, "https://"+HubSpotHost+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if strings.HasPrefix(body, "client_id") {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := w.client.HTTPClient().Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	out := map[string]any{}
	if len(text) > 0 && json.Unmarshal(text, &out) != nil {
		out["page"] = string(text)
	}
	return answer.StatusCode, answer.Header, out
}

func (w *world) pressHub(what string, form url.Values) {
	w.t.Helper()
	if status, _, page := w.do(http.MethodPost, "/hubspot/"+what, nil, form); status != http.StatusSeeOther {
		w.t.Fatalf("%s: %d %s", what, status, page)
	}
}

func TestHubSpotConnect(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := hubApp(w)
	if page := w.open(c.AuthCodeURL("s", optional("content"))); !strings.Contains(page, "Choose an account") || !strings.Contains(page, "if the account’s subscription has it") {
		t.Error(page)
	}
	token := w.hubToken(c, "62515")
	if scopes, ok := token.Extra("scopes").([]any); !ok || len(scopes) != 5 || token.ExpiresIn != 1800 || token.Extra("scope") != nil || token.Extra("hub_id") != float64(62515) {
		t.Errorf("%+v %v", token, token.Extra("scopes"))
	}
	// A plan without marketing leaves optional scopes out, and has no page for required ones.
	if scopes, ok := w.hubToken(c, "62516").Extra("scopes").([]any); !ok || len(scopes) != 2 {
		t.Errorf("%v", scopes)
	}
	needs := *c
	needs.Scopes = append(needs.Scopes, hubContent)
	if back, page := w.choosesAccount(needs.AuthCodeURL("s"), "62516", "allow"); back != nil || !strings.Contains(page, "does not have a required scope: content") {
		t.Errorf("%v %s", back, page)
	}
	if back, _ := w.choosesAccount(c.AuthCodeURL("s2"), "62515", "deny"); back.Get("error") != "access_denied" || back.Get("state") != "s2" {
		t.Errorf("%v", back)
	}
	for wrong, address := range map[string]string{
		"doesn’t match the app’s registered redirect URL": strings.Replace(c.AuthCodeURL("s"), "127.0.0.1%3A1", "evil.example", 1),
		"The client id is not known":                      strings.Replace(c.AuthCodeURL("s"), "client_id=crm", "client_id=other", 1),
		"scopes mismatch":                                 strings.Replace(c.AuthCodeURL("s"), "scope=oauth", "scope=sso", 1),
		"The code challenge is not valid":                 c.AuthCodeURL("s", oauth2.SetAuthURLParam("code_challenge", "x")),
	} {
		if page := w.open(address); !strings.Contains(page, wrong) || strings.Contains(page, "<form") {
			t.Errorf("%s: %s", wrong, page)
		}
	}
	verifier := oauth2.GenerateVerifier()
	back, _ := w.choosesAccount(c.AuthCodeURL("s", oauth2.S256ChallengeOption(verifier)), "62515", "allow")
	if _, err := c.Exchange(w.ctx(), back.Get("code"), oauth2.VerifierOption("another")); err == nil {
		t.Errorf("%v", err)
	}
	back, _ = w.choosesAccount(c.AuthCodeURL("s", oauth2.S256ChallengeOption(verifier)), "62515", "allow")
	if _, err := c.Exchange(w.ctx(), back.Get("code"), oauth2.VerifierOption(verifier)); err != nil {
		t.Error(err)
	}
}

func TestHubSpotTokens(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := hubApp(w)
	token := w.hubToken(c, "62515")
	type inspected struct {
		Active bool
		Hub    int64
		Use    string
	}
	ask := func(path, token string) (out inspected) {
		t.Helper()
		_, _, got := w.hub("", http.MethodPost, HubSpotToken+path, url.Values{"client_id": {"crm"}, "client_secret": {"shh"}, "token": {token}}.Encode())
		out.Active, _ = got["active"].(bool)
		out.Use, _ = got["token_use"].(string)
		if hub, ok := got["hub_id"].(float64); ok {
			out.Hub = int64(hub)
		}
		return out
	}
	if got := ask("/introspect", token.AccessToken); got != (inspected{true, 62515, "access_token"}) {
		t.Errorf("%+v", got)
	}
	if got := ask("/introspect", token.RefreshToken); got != (inspected{true, 62515, "refresh_token"}) {
		t.Errorf("%+v", got)
	}
	if status, _, got := w.hub(token.AccessToken, http.MethodGet, "/account-info/2026-03/details", ""); status != 200 || got["portalId"] != float64(62515) || got["accountType"] != "STANDARD" {
		t.Errorf("%d %v", status, got)
	}
	w.clock.add(hubLife)
	if status, _, got := w.hub(token.AccessToken, http.MethodGet, "/account-info/2026-03/details", ""); status != 401 || got["category"] != "EXPIRED_AUTHENTICATION" {
		t.Errorf("%d %v", status, got)
	}
	if got := ask("/introspect", token.AccessToken); got != (inspected{false, 0, "access_token"}) {
		t.Errorf("%+v", got)
	}
	old := oauth2.Token{RefreshToken: token.RefreshToken}
	if fresh, err := c.TokenSource(w.ctx(), &old).Token(); err != nil || fresh.RefreshToken != token.RefreshToken {
		t.Errorf("%+v (%v)", fresh, err)
	}
	ask("/revoke", token.RefreshToken)
	_, err := c.TokenSource(w.ctx(), &old).Token()
	wantGrant(t, err, "invalid_grant")
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); !ok || !strings.Contains(string(refused.Body), `"status":"BAD_REFRESH_TOKEN"`) {
		t.Error(err)
	}
	if status, _, got := w.hub(token.AccessToken, http.MethodGet, "/account-info/2026-03/details", ""); status != 401 || got["category"] != "INVALID_AUTHENTICATION" {
		t.Errorf("%d %v", status, got)
	}
}

func TestHubSpotContacts(t *testing.T) {
	t.Parallel()
	w := start(t)
	token := w.hubToken(hubApp(w), "62515").AccessToken
	w.pressHub("add", url.Values{"count": {"10100"}})
	const list = "/crm/objects/2026-03/contacts"
	status, h, got := w.hub(token, http.MethodGet, list+"?limit=100&properties=email,phone", "")
	results, _ := got["results"].([]any)
	first, _ := results[0].(map[string]any)
	properties, _ := first["properties"].(map[string]any)
	if status != 200 || len(results) != 100 || h.Get("X-Hubspot-Ratelimit-Remaining") != "109" || properties["phone"] != nil || properties["firstname"] != nil || properties["email"] == nil {
		t.Errorf("%d %v %v", status, h, first)
	}
	search := func(after string, limit int) (int, http.Header, map[string]any) {
		t.Helper()
		return w.hub(token, http.MethodPost, list+"/search", `{"filterGroups":[{"filters":[{"propertyName":"lastmodifieddate","operator":"GTE","value":"1"}]}],
			"sorts":[{"propertyName":"hs_object_id","direction":"DESCENDING"}],"properties":["email"],"limit":`+strconv.Itoa(limit)+`,"after":"`+after+`"}`)
	}
	status, h, got = search("9800", 200)
	if results, _ = got["results"].([]any); status != 200 || len(results) != 200 || got["total"] != float64(10100) || h.Get("X-Hubspot-Ratelimit-Max") != "" {
		t.Errorf("%d %v", status, h)
	}
	if status, _, got = search("9801", 200); status != 400 || got["category"] != "VALIDATION_ERROR" || !strings.Contains(got["message"].(string), "10000") {
		t.Errorf("%d %v", status, got)
	}
	for what, body := range map[string]string{
		"too long": `{"after":"` + strings.Repeat("0", hubSearchBody) + `"}`, "no JSON": `{`, "too many": `{"limit":201}`,
		"a filter that there is not": `{"filterGroups":[{"filters":[{"propertyName":"email","operator":"LIKE","value":"1"}]}]}`,
	} {
		w.clock.add(time.Second)
		if status, _, got := w.hub(token, http.MethodPost, list+"/search", body); status != 400 {
			t.Errorf("%s: %d %v", what, status, got)
		}
	}
	w.clock.add(time.Second)
	for range hubSearches {
		if status, _, _ := search("0", 1); status != 200 {
			t.Fatal(status)
		}
	}
	if status, _, got := search("0", 1); status != 429 || got["policyName"] != "SECONDLY" {
		t.Errorf("%d %v", status, got)
	}
	w.clock.add(hubInterval)
	for range hubCalls {
		if status, _, _ := w.hub(token, http.MethodGet, list+"?limit=1", ""); status != 200 {
			t.Fatal(status)
		}
	}
	if status, h, got := w.hub(token, http.MethodGet, list, ""); status != 429 || got["policyName"] != "TEN_SECONDLY_ROLLING" || h.Get("X-Hubspot-Ratelimit-Remaining") != "0" {
		t.Errorf("%d %v", status, got)
	}
	w.clock.add(hubInterval)
	id, _ := first["id"].(string)
	w.pressHub("delete", url.Values{"id": {id}})
	_, _, got = w.hub(token, http.MethodGet, list+"?archived=true", "")
	if results, _ = got["results"].([]any); len(results) != 1 || got["paging"] != nil {
		t.Errorf("%v", got)
	}
	if status, _, _ := w.hub(token, http.MethodGet, list+"?limit=101", ""); status != 400 {
		t.Error(status)
	}
	if status, _, got := w.hub(token, http.MethodGet, "/crm/objects/2020-01/contacts", ""); status != 404 || got["category"] != nil {
		t.Errorf("%d %v", status, got)
	}
}

func TestHubSpotMarketing(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := hubApp(w)
	token := w.hubToken(c, "62515").AccessToken
	w.Seed()
	count := func(path string) int {
		t.Helper()
		status, _, got := w.hub(token, http.MethodGet, path, "")
		for _, name := range []string{"results", "events"} {
			if all, ok := got[name].([]any); ok {
				return len(all)
			}
		}
		t.Fatalf("%s: %d %v", path, status, got)
		return 0
	}
	if n := count("/marketing/emails/2026-03?limit=50"); n != len(hubNews)+1 {
		t.Errorf("%d e-mails", n)
	}
	if n := count("/marketing/campaigns/2026-03?limit=2"); n != 2 {
		t.Errorf("%d campaigns on the first page", n)
	}
	w.pressHub("newsletter", url.Values{"subject": {"Hello"}})
	mail := url.Values{"email": {w.HubSpot().LastEmail("62515")}}
	w.pressHub("open", mail)
	w.pressHub("bot", mail)
	w.pressHub("click", mail)
	w.clock.add(time.Minute)
	const log = "/email/public/v1/events?limit=1000&startTimestamp=1&eventType="
	if opens, people, clicks := count(log+"OPEN"), count(log+"OPEN&excludeFilteredEvents=true"), count(log+"CLICK"); opens != 2 || people != 1 || clicks != 1 {
		t.Errorf("%d opens, %d of people, %d clicks", opens, people, clicks)
	}
	if n := count(log + "SENT"); n != hubLogged {
		t.Errorf("%d lines of sending", n)
	}
	if page := w.open("/hubspot"); !strings.Contains(page, "Hello: 140 sent, 1 opened, 1 clicked") || !strings.Contains(page, "Contacts (140)") {
		t.Error(page)
	}
	shop := w.hubToken(c, "62516").AccessToken
	for _, path := range []string{"/marketing/emails/2026-03", "/marketing/campaigns/2026-03", "/email/public/v1/events"} {
		if status, _, got := w.hub(shop, http.MethodGet, path, ""); status != 403 || got["category"] != "MISSING_SCOPES" {
			t.Errorf("%s: %d %v", path, status, got)
		}
	}
	w.pressHub("refuse", url.Values{"error": {"html502"}})
	if status, h, got := w.hub(token, http.MethodGet, "/account-info/2026-03/details", ""); status != 502 || !strings.HasPrefix(h.Get("Content-Type"), "text/html") || got["page"] == nil {
		t.Errorf("%d %v", status, got)
	}
	for what, form := range map[string]url.Values{"change": {"id": {"1"}}, "open": {"email": {"1"}}, "complete": {"campaign": {"x"}}, "trouble": {"trouble": {"flood"}}, "add": {"account": {"1"}}} {
		if status, _, _ := w.do(http.MethodPost, "/hubspot/"+what, nil, form); status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", what, status)
		}
	}
}
