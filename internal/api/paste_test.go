package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"patchboard/internal/connector"
	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/integration"
)

// linkedIn answers the call that proves a token; it takes one alone.
func (w *world) linkedIn(token string) {
	w.t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		answer := `{"elements":[{"regulatedAt":1795420800000,"memberComplianceScopes":["DMA"]}]}`
		switch {
		case r.Header.Get("Authorization") != "Bearer "+token:
			rw.WriteHeader(http.StatusUnauthorized)
			answer = `{"status":401,"serviceErrorCode":65600,"code":"INVALID_ACCESS_TOKEN","message":"Invalid access token: ` + r.Header.Get("Authorization") + `"}` // no reason to say it again
		case r.URL.Path != "/rest/memberAuthorizations":
			rw.WriteHeader(http.StatusNotFound)
			answer = `{"status":404,"message":"No data found for this domain and memberId"}`
		}
		_, _ = rw.Write([]byte(answer)) // the program may be gone
	}))
	server.StartTLS()
	w.t.Cleanup(server.Close)
	w.sink.authorities.AddCert(server.Certificate())
	w.deps.Integration.Overrides = map[string]integration.Override{"linkedin": {Addresses: connector.Addresses{API: server.URL, Made: "https://portal.example.com/tokens"}}}
}

// A token is given by both roles of people, tried, and never said again. No application
// is needed for it.
func TestPasteToken(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		const token = "AQXdSP_W41_UPs5ioT_t8HESyODB4FqbkJ8LrV_5mff4gPODzOYR"
		w.linkedIn(token)
		own := map[string]string{"mode": "token"}
		give := func(text string) map[string]any { return map[string]any{"token": text, "settings": own} }
		const to, never = "integrations/linkedin/token", "ioT_t8HESy"
		run(t, w, []scenario{
			{name: "what it takes", actor: utility, method: "POST", path: "integrations/linkedin/scopes", body: map[string]any{"settings": own}, status: 200,
				has: []string{`"scopes":[]`, `"label":"Access token"`, `"url":"https://portal.example.com/tokens"`, `"lifeDays":60`}},
			{name: "signing in needs an application", actor: utility, method: "GET", path: "integrations/linkedin", status: 200, has: []string{`"configured":false`}, hasNot: []string{`"lifeDays"`}},
			{name: "nobody", actor: nobody, method: "POST", path: to, body: give(token), status: 401, hasNot: []string{never}},
			{name: "the key", actor: machine, method: "POST", path: to, body: give(token), status: 403, has: []string{"integration-needs-person"}, hasNot: []string{never}},
			{name: "empty", actor: utility, method: "POST", path: to, body: give(""), status: 422, has: []string{"integration-token-invalid", "body.token", "is empty"}},
			{name: "a line break", actor: utility, method: "POST", path: to, body: give(token + "\n"), status: 422, has: []string{"line break"}, hasNot: []string{never}},
			{name: "NUL", actor: utility, method: "POST", path: to, body: give(token + "\x00"), status: 400, has: []string{"holds a NUL character"}, hasNot: []string{never}},
			{name: "a control character", actor: utility, method: "POST", path: to, body: give(token + "\x01"), status: 422, has: []string{"control character"}, hasNot: []string{never}},
			{name: "not ASCII", actor: utility, method: "POST", path: to, body: give(token + "é"), status: 422, has: []string{"ASCII"}, hasNot: []string{never}},
			{name: "huge", actor: utility, method: "POST", path: to, body: give(strings.Repeat(token, 200)), status: 422, has: []string{"longer than 8192"}, hasNot: []string{never}},
			{name: "larger than the body may be", actor: utility, method: "POST", path: to, body: give(strings.Repeat(token, 10_000)), status: 413, hasNot: []string{never}},
			{name: "no text", actor: utility, method: "POST", path: to, body: `{"token":["` + token + `"]}`, status: 422, hasNot: []string{never}},
			{name: "no token", actor: utility, method: "POST", path: to, body: map[string]any{"settings": own}, status: 422},
			{name: "with the settings of a sign-in", actor: utility, method: "POST", path: to, body: map[string]any{"token": token}, status: 409, has: []string{"integration-takes-no-token"}, hasNot: []string{never}},
			{name: "at Gmail", actor: utility, method: "POST", path: "integrations/gmail/token", body: map[string]any{"token": token}, status: 409, has: []string{"integration-takes-no-token"}},
			{name: "nowhere", actor: utility, method: "POST", path: "integrations/moon/token", body: map[string]any{"token": token}, status: 404},
			{name: "to the consent page", actor: utility, method: "POST", path: "integrations/linkedin/connect", body: map[string]any{"settings": own}, status: 409, has: []string{"integration-takes-token"}},
			{name: "one that is not taken", actor: utility, method: "POST", path: to, body: give(token + "x"), status: 200,
				has: []string{`"status":"failed"`, `"code":"token_not_taken"`, "does not take this token"}, hasNot: []string{never}, entries: []string{"integration.connect_failed"}},
			{name: "by the utility administrator", actor: utility, method: "POST", path: to, body: give(token), status: 200,
				has: []string{`"status":"succeeded"`, `"account":"A LinkedIn member"`}, hasNot: []string{never}, entries: []string{"integration.connected"}},
			{name: "it is connected", actor: utility, method: "GET", path: "integrations/linkedin", status: 200,
				has: []string{`"configured":true`, `"accessEndsAssumed":true`, `"accessEnds":"`, `"lifeDays":60`, `"or":["token"]`}, hasNot: []string{never}},
			{name: "again, by a system administrator", actor: system, method: "POST", path: to, body: map[string]any{"token": token}, status: 200, has: []string{`"status":"succeeded"`}, entries: []string{"integration.connected"}},
			{name: "elsewhere", actor: foreign, method: "GET", path: "integrations/linkedin", status: 200, has: []string{`"Available"`}, hasNot: []string{"A LinkedIn member"}},
			{name: "disconnected", actor: utility, method: "DELETE", path: "integrations/linkedin/connection", status: 200, has: []string{`"revoked":false`, "cannot be revoked from here"}, hasNot: []string{never}, entries: []string{"integration.disconnected"}},
			{name: "the audit log", actor: system, method: "GET", path: "audit", status: 200, has: []string{"integration.connected"}, hasNot: []string{never}},
		})
		if strings.Contains(w.logs.String(), never) {
			t.Error("the token is in the log")
		}
	})
}
