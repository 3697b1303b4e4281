package api_test

import (
	"net/http"
	"strings"
	"testing"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
)

// scenario is one request and what must come of it.
type scenario struct {
	name    string
	actor   string
	method  string
	path    string // "/…" as it stands, else under /api/v1/
	body    any
	headers []string // name, value, name, value…

	status  int
	has     []string // in the body
	hasNot  []string
	entries []string // actions that the audit log has more of than before
}

func run(t *testing.T, w *world, scenarios []scenario) {
	t.Helper()
	for _, s := range scenarios {
		before := map[string]int{}
		for _, action := range s.entries {
			before[action] = len(w.entries(action))
		}
		a := w.do(s.actor, s.method, s.path, s.body, s.headers...)
		name := s.name + ": " + s.method + " " + s.path
		if a.status != s.status {
			t.Errorf("%s: status %d, want %d: %s", name, a.status, s.status, a.body)
		}
		for _, text := range s.has {
			if !strings.Contains(a.body, text) {
				t.Errorf("%s: %q is missing in %s", name, text, a.body)
			}
		}
		for _, text := range s.hasNot {
			if strings.Contains(a.body, text) {
				t.Errorf("%s: %q must not be in %s", name, text, a.body)
			}
		}
		for _, action := range s.entries {
			if n := len(w.entries(action)); n != before[action]+1 {
				t.Errorf("%s: %d audit entries %s, want %d", name, n, action, before[action]+1)
			}
		}
		checkAnswer(t, name, a)
	}
}

// checkAnswer holds what is true of every answer of the API.
func checkAnswer(t *testing.T, name string, a answer) {
	t.Helper()
	if !strings.HasPrefix(a.header.Get("X-Request-Id"), "req_") {
		t.Errorf("%s: no request id", name)
	}
	if a.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%s: nosniff is missing", name)
	}
	if challenge := a.header.Get("WWW-Authenticate"); (a.status == http.StatusUnauthorized) != strings.HasPrefix(challenge, "Bearer ") {
		t.Errorf("%s: status %d with the challenge %q", name, a.status, challenge)
	}
	if a.status < http.StatusBadRequest {
		return
	}
	if ct := a.header.Get("Content-Type"); ct != "application/problem+json" {
		t.Errorf("%s: a refusal of type %q: %s", name, ct, a.body)
		return
	}
	var p struct {
		Type, Title, Detail, Fix, RequestID string
		Status                              int
	}
	a.json(t, &p)
	if p.Status != a.status || !strings.HasPrefix(p.Type, "/problems/") || p.Title == "" || p.Detail == "" || p.RequestID != a.header.Get("X-Request-Id") {
		t.Errorf("%s: an incomplete problem: %s", name, a.body)
	}
	if p.Fix == "" {
		t.Errorf("%s: a problem without a fix: %s", name, a.body)
	}
}

func TestSession(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		secret := w.org.system.password
		run(t, w, []scenario{
			{name: "sign in", method: "POST", path: "session", body: map[string]any{"email": " SYSTEM@one.example ", "password": secret},
				status: 201, has: []string{`"role":"system_admin"`, `"name":"Organization one"`, `"key.regenerate"`}, hasNot: []string{secret}, entries: []string{"session.signed_in"}},
			{name: "wrong password", method: "POST", path: "session", body: map[string]any{"email": w.org.system.email, "password": "hunter2hunter2"},
				status: 401, has: []string{"sign-in-refused"}, hasNot: []string{"hunter2"}},
			{name: "unknown person", method: "POST", path: "session", body: map[string]any{"email": "who@one.example", "password": secret},
				status: 401, has: []string{"sign-in-refused"}, hasNot: []string{secret}},
			{name: "no password", method: "POST", path: "session", body: map[string]any{"email": w.org.system.email},
				status: 422, has: []string{`"location":"body"`, "password"}},
			{name: "unknown field", method: "POST", path: "session", body: map[string]any{"email": w.org.system.email, "password": secret, "pasword": "topsecret1"},
				status: 422, has: []string{"body.pasword"}, hasNot: []string{secret, "topsecret1"}},
			{name: "wrong type", method: "POST", path: "session", body: map[string]any{"email": w.org.system.email, "password": 12345678},
				status: 422, has: []string{"body.password"}, hasNot: []string{"12345678", "Go "}},
			{name: "wrong case", method: "POST", path: "session", body: map[string]any{"Email": w.org.system.email, "password": secret},
				status: 422, has: []string{"body.Email"}, hasNot: []string{secret}},
			{name: "no JSON", method: "POST", path: "session", body: `{"email": "x", "password": "` + secret, status: 400, has: []string{"json-malformed"}, hasNot: []string{secret}},
			{name: "NUL", method: "POST", path: "session", body: `{"email": "x\u0000", "password": "y"}`, status: 400, has: []string{"NUL"}},
			{name: "not UTF-8", method: "POST", path: "session", body: "{\"email\": \"\xff\", \"password\": \"y\"}", status: 400, has: []string{"UTF-8"}},
			{name: "an array", method: "POST", path: "session", body: `[]`, status: 422},
			{name: "nothing", method: "POST", path: "session", body: ``, status: 400, has: []string{"body-missing"}},
			{name: "deep", method: "POST", path: "session", body: strings.Repeat("[", 1000), status: 400, has: []string{"deep"}},
			{name: "huge", method: "POST", path: "session", body: `{"email": "` + strings.Repeat("x", 100<<10) + `"}`, status: 413, has: []string{"body-too-large"}},
			{name: "a form", method: "POST", path: "session", body: "email=x", headers: []string{"Content-Type", "application/x-www-form-urlencoded"}, status: 415, has: []string{"not-json"}},
			{name: "compressed", method: "POST", path: "session", body: "x", headers: []string{"Content-Encoding", "gzip"}, status: 415},

			{name: "who am I", actor: utility, method: "GET", path: "session", status: 200, has: []string{`"role":"utility_admin"`, `"tracking":true`}, hasNot: []string{"key.regenerate", "user.manage"}},
			{name: "nobody", method: "GET", path: "session", status: 401, has: []string{"unauthenticated"}},
			{name: "the key has no session", actor: machine, method: "GET", path: "session", status: 403, has: []string{"forbidden-to-key"}},
			{name: "both", actor: machine, method: "GET", path: "webhooks", headers: []string{"Cookie", w.cookieName() + "=" + w.org.system.cookie}, status: 400, has: []string{"two-credentials"}},
			{name: "made-up cookie", method: "GET", path: "session", headers: []string{"Cookie", w.cookieName() + "=" + strings.Repeat("A", 43)}, status: 401},
			{name: "made-up key", method: "GET", path: "webhooks", headers: []string{"Authorization", "Bearer sX_" + strings.Repeat("A", 60)}, status: 401},
			{name: "another scheme", method: "GET", path: "webhooks", headers: []string{"Authorization", "Basic eDp5"}, status: 401},
			{name: "key in the address", method: "GET", path: "webhooks?key=" + w.org.key, status: 400, has: []string{"key-in-url"}, hasNot: []string{w.org.key}},
			{name: "key in the path", actor: system, method: "GET", path: "webhooks/" + w.org.key, status: 400, has: []string{"key-in-url"}, hasNot: []string{w.org.key}},
			{name: "NUL in the address", actor: system, method: "GET", path: "webhooks/%00", status: 400, has: []string{"address-invalid"}},
			{name: "bytes in the query", actor: system, method: "GET", path: "events?text=%ff", status: 400, has: []string{"address-invalid"}},
			{name: "unknown parameter", actor: system, method: "GET", path: "events?txt=a", status: 422, has: []string{"query.txt"}},
			{name: "limit", actor: system, method: "GET", path: "events?limit=201", status: 422, has: []string{"query.limit"}},
			{name: "unknown route", actor: system, method: "GET", path: "nothing", status: 404, has: []string{"route-not-found"}},
			{name: "unknown method", actor: system, method: "PUT", path: "session", status: 405, has: []string{"method-not-allowed"}},
			{name: "another site", actor: system, method: "DELETE", path: "sessions", headers: []string{"Sec-Fetch-Site", "cross-site"}, status: 403, has: []string{"cross-origin"}},
			{name: "another origin", actor: system, method: "DELETE", path: "sessions", headers: []string{"Origin", "https://evil.example"}, status: 403, has: []string{"cross-origin"}},

			{name: "confirm", actor: system, method: "POST", path: "session/confirm", body: map[string]any{"purpose": "api_key.regenerate", "password": secret}, status: 200, has: []string{`"token"`, `"expires"`}},
			{name: "confirm wrongly", actor: system, method: "POST", path: "session/confirm", body: map[string]any{"purpose": "api_key.regenerate", "password": "hunter2hunter2"}, status: 422, hasNot: []string{"hunter2"}},
			{name: "sign out", actor: utility, method: "DELETE", path: "session", status: 204, entries: []string{"session.signed_out"}},
			{name: "signed out", actor: utility, method: "GET", path: "session", status: 401},
			{name: "sign out everywhere", actor: system, method: "DELETE", path: "sessions", status: 200, has: []string{`"ended":2`}},
			{name: "signed out everywhere", actor: system, method: "GET", path: "session", status: 401},
			{name: "another organization stays", actor: foreign, method: "GET", path: "session", status: 200, has: []string{"Organization two"}},
		})
		if strings.Contains(w.logs.String(), secret) || strings.Contains(w.logs.String(), w.org.key) {
			t.Error("a secret is in the log")
		}
	})
}

func TestSetup(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := emptyWorld(t, d)
		token, needed, err := w.deps.Account.SetupToken(t.Context())
		if err != nil || !needed {
			t.Fatal(needed, err)
		}
		body := map[string]any{"token": token, "organizationName": "First", "email": "first@one.example", "password": "a very first password"}
		wrong := map[string]any{"token": strings.Repeat("A", len(token)), "organizationName": "First", "email": "first@one.example", "password": "a very first password"}
		run(t, w, []scenario{
			{name: "needed", method: "GET", path: "setup", status: 200, has: []string{`"needed":true`}},
			{name: "wrong address", method: "POST", path: "setup", body: wrong, status: 403, has: []string{"setup-token-refused"}, hasNot: []string{"a very first"}},
			{name: "from another site", method: "POST", path: "setup", body: body, headers: []string{"Sec-Fetch-Site", "cross-site"}, status: 403},
			{name: "set up", method: "POST", path: "setup", body: body, status: 201, has: []string{`"organizationId":"org_`, `"userId":"usr_`, `"apiKey":"sX_`}, hasNot: []string{token}},
			{name: "once", method: "POST", path: "setup", body: body, status: 409, has: []string{"setup-done"}},
			{name: "not needed", method: "GET", path: "setup", status: 200, has: []string{`"needed":false`}},
			{name: "sign in", method: "POST", path: "session", body: map[string]any{"email": "first@one.example", "password": "a very first password"}, status: 201, has: []string{`"name":"First"`}},
		})
	})
}
