package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"patchboard/internal/api"
	"patchboard/internal/db/dbtest"
)

func TestWhereARequestComesFrom(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, dbtest.SQLite), func(d *api.Deps) {
		d.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	})
	for _, c := range []struct {
		peer      string
		forwarded []string
		want      string
	}{
		{"192.0.2.7:1234", nil, "192.0.2.7"},
		{"192.0.2.7:1234", []string{"203.0.113.9"}, "192.0.2.7"}, // no proxy of ours: its word is not taken
		{"10.0.0.1:1", []string{"203.0.113.9"}, "203.0.113.9"},
		{"10.0.0.1:1", []string{"1.1.1.1, 203.0.113.9"}, "203.0.113.9"}, // the left one, anybody could have written
		{"10.0.0.1:1", []string{"203.0.113.9, 10.2.3.4"}, "203.0.113.9"},
		{"10.0.0.1:1", []string{"203.0.113.9", "10.2.3.4"}, "203.0.113.9"},
		{"10.0.0.1:1", []string{"10.9.9.9, 10.2.3.4"}, "10.9.9.9"},
		{"10.0.0.1:1", []string{"203.0.113.9, garbage"}, "10.0.0.1"},
		{"10.0.0.1:1", []string{""}, "10.0.0.1"},
		{"10.0.0.1:1", []string{"203.0.113.9:5555"}, "203.0.113.9"},
		{"[::ffff:10.0.0.1]:1", []string{"[2001:db8::1]:443"}, "2001:db8::1"},
		{"[fd00::1%eth0]:1", []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
	} {
		r := httptest.NewRequest(http.MethodPost, "/api/v1/session", strings.NewReader(`{"email":"who@where.example","password":"none at all"}`))
		r.Header.Set("Content-Type", "application/json")
		r.RemoteAddr = c.peer
		r.Header["X-Forwarded-For"] = c.forwarded
		w.api.ServeHTTP(httptest.NewRecorder(), r)
		logs := w.logs.String()
		if line := logs[strings.LastIndex(strings.TrimSpace(logs), "\n")+1:]; !strings.Contains(line, " address="+c.want+" ") {
			t.Errorf("%s for %q: want %s in %s", c.peer, c.forwarded, c.want, line)
		}
	}
}

func TestAKeyInAnAddressIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, dbtest.SQLite))
	masked := "sX_****" + w.org.key[7:15] + "..." + w.org.key[len(w.org.key)-8:]
	for path, status := range map[string]int{
		"webhooks?key=" + w.org.key: http.StatusBadRequest,
		"webhooks/" + w.org.key:     http.StatusBadRequest,
		"deliveries?text=" + url.QueryEscape(strings.Replace(w.org.key, "sX_", "%sX_", 1)): http.StatusBadRequest,
		"audit?text=%73%58%5f" + w.org.key[3:]:                                             http.StatusBadRequest,
		"audit?text=" + w.org.key[:19]:                                                     http.StatusBadRequest, // enough of one
		"audit?text=" + url.QueryEscape(masked):                                            http.StatusOK,
		"audit?text=sX_":                                                                   http.StatusOK,
	} {
		a := w.do(system, "GET", path, nil)
		if a.status != status || strings.Contains(a.body, "key-in-url") != (status == http.StatusBadRequest) || strings.Contains(a.body, w.org.key[3:15]) {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	if strings.Contains(w.logs.String(), w.org.key[3:15]) {
		t.Error("the key is in the log")
	}
}

func TestCookiesFitTheConnection(t *testing.T) {
	t.Parallel()
	public, err := url.Parse("https://desk.example.com")
	must(t, err)
	plain := newWorld(t, dbtest.Open(t, dbtest.SQLite))
	tls := newWorld(t, dbtest.Open(t, dbtest.SQLite), func(d *api.Deps) { d.PublicURL = public })
	for _, w := range []*world{plain, tls} {
		a := w.do(nobody, "POST", "session", map[string]any{"email": w.org.system.email, "password": w.org.system.password})
		got := a.header.Get("Set-Cookie")
		name := w.cookieName() + "="
		if w == tls {
			name = "__Host-pb_session="
		}
		if !strings.HasPrefix(got, name) || !strings.Contains(got, "HttpOnly") || !strings.Contains(got, "SameSite=Lax") || !strings.Contains(got, "Path=/") || strings.Contains(got, "Secure") != (w == tls) {
			t.Errorf("cookie: %s", got)
		}
		token, _, _ := strings.Cut(strings.TrimPrefix(got, name), ";")
		a = w.do(nobody, "DELETE", "session", nil, "Cookie", name+token)
		if cleared := a.header.Get("Set-Cookie"); a.status != http.StatusNoContent || !strings.HasPrefix(cleared, name+";") || !strings.Contains(cleared, "Max-Age=0") {
			t.Errorf("sign out: %d %s", a.status, cleared)
		}
	}
	if a := tls.do(system, "GET", "session", nil); a.status != http.StatusUnauthorized {
		t.Errorf("a plain cookie opened a session behind TLS: %d", a.status)
	}
	if a := tls.do(nobody, "GET", "session", nil, "Origin", "https://desk.example.com"); a.header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS behind TLS")
	}
	if a := tls.do(nobody, "POST", "session", map[string]any{}, "Origin", "https://desk.example.com"); a.status != http.StatusUnprocessableEntity {
		t.Errorf("the public address itself is refused as another origin: %d", a.status)
	}
}

// Browsers send a cookie to every port of its host.
func TestServersOnTwoPortsOfAHostKeepTheirSessions(t *testing.T) {
	t.Parallel()
	public := func(address string) func(*api.Deps) {
		u, err := url.Parse(address)
		must(t, err)
		return func(d *api.Deps) { d.PublicURL = u }
	}
	for _, c := range []struct{ public, host, want string }{
		{"", "localhost:8480", "pb_session_8480"},
		{"", "localhost:8481", "pb_session_8481"},
		{"", "[::1]:8480", "pb_session_8480"},
		{"", "localhost", "pb_session"},
		{"", "localhost:80", "pb_session"},
		{"", "localhost:a;b=c", "pb_session"},
		{"http://desk.example.com:8480", "10.0.0.1:9999", "pb_session_8480"},
		{"https://desk.example.com:8443", "10.0.0.1:9999", "__Host-pb_session_8443"},
		{"https://desk.example.com:443", "10.0.0.1:9999", "__Host-pb_session"},
	} {
		var opts []func(*api.Deps)
		if c.public != "" {
			opts = append(opts, public(c.public))
		}
		w := newWorld(t, dbtest.Open(t, dbtest.SQLite), opts...)
		in := map[string]any{"email": w.org.system.email, "password": w.org.system.password}
		got := w.do(nobody, "POST", "session", in, "Host", c.host).header.Get("Set-Cookie")
		name, rest, _ := strings.Cut(got, "=")
		if name != c.want {
			t.Errorf("%s at %q: %s", c.host, c.public, got)
		}
		token, _, _ := strings.Cut(rest, ";")
		both := "pb_session_1=of-another; " + name + "=" + token
		if a := w.do(nobody, "GET", "session", nil, "Host", c.host, "Cookie", both); a.status != http.StatusOK {
			t.Errorf("%s at %q: the session is not found: %d", c.host, c.public, a.status)
		}
	}
}

// The same person may come by another node's port; another installation's
// cookies are in nobody's way.
func TestASessionOpensEveryNode(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, dbtest.SQLite))
	token := w.org.system.cookie
	for cookies, want := range map[string]int{
		"pb_session=" + token:                             http.StatusOK,
		"pb_session_1=" + token:                           http.StatusOK,
		"other=x; pb_session_1=" + token:                  http.StatusOK,
		"pb_session_1=x; pb_session_2=" + token:           http.StatusUnauthorized, // which is it?
		"pb_session_1=x; " + w.cookieName() + "=" + token: http.StatusOK,
		"__Host-pb_session_1=" + token:                    http.StatusUnauthorized, // over plain http no browser sends it
		"pb_sessions=" + token:                            http.StatusUnauthorized,
	} {
		if a := w.do(nobody, "GET", "session", nil, "Cookie", cookies); a.status != want {
			t.Errorf("%s: %d, want %d", cookies, a.status, want)
		}
	}
	in := map[string]any{"email": w.org.system.email, "password": w.org.system.password}
	if a := w.do(nobody, "POST", "session", in, "Cookie", "pb_session_1="+token); a.status >= http.StatusBadRequest {
		t.Fatal(a.status, a.body)
	}
	if a := w.do(nobody, "GET", "session", nil, "Cookie", "pb_session_1="+token); a.status != http.StatusOK {
		t.Errorf("a sign-in here ended the session there: %d", a.status)
	}
}

func TestAPanicIsA500(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, dbtest.SQLite), func(d *api.Deps) {
		d.Mount = map[string]http.Handler{"/boom": http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("sX_secret") })}
	})
	a := w.do(nobody, "GET", "/boom", nil)
	checkAnswer(t, "panic", a)
	if a.status != http.StatusInternalServerError || strings.Contains(a.body, "sX_secret") || !strings.Contains(a.body, "internal") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if !strings.Contains(w.logs.String(), "panic while serving") {
		t.Error("the panic is not in the log")
	}
}

func TestStreamsHaveNoHead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, dbtest.SQLite))
	for _, path := range []string{"stream", "audit/export?format=csv"} {
		if a := w.do(system, "HEAD", path, nil); a.status != http.StatusMethodNotAllowed {
			t.Errorf("HEAD %s: %d", path, a.status)
		}
	}
	if a := w.do(system, "HEAD", "webhooks", nil); a.status != http.StatusOK || a.body != "" {
		t.Errorf("HEAD webhooks: %d %q", a.status, a.body)
	}
	if n := len(w.entries("audit.exported")); n != 0 {
		t.Error("an export was recorded")
	}
}

func TestOddRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, dbtest.SQLite))
	form := `{"url":"https://example.com/","reach":false}`
	for _, c := range []struct {
		method, path, contentType, body string
		status                          int
		has                             string
	}{
		{"POST", "webhooks/validate", "APPLICATION/JSON", form, 200, `"ok":true`},
		{"POST", "webhooks/validate", "application/json;charset=UTF-8", form, 200, `"ok":true`},
		{"POST", "webhooks/validate", "text/json", form, 415, "not-json"},
		{"POST", "webhooks/validate", "application/json", `{"url":"https://a.example/","url":"https://b.example/"}`, 400, "has a name twice in one object"},
		{"POST", "/api/v1//webhooks/validate", "application/json", form, 404, "route-not-found"},
		{"POST", "/api/v1/events/../webhooks/validate", "application/json", form, 404, "route-not-found"},
		{"GET", "/api/v1/webhooks/%2e%2e/session", "", "", 404, "route-not-found"},
		{"GET", "/api/v1/webhooks/", "", "", 404, "route-not-found"},
		{"GET", "events?since=yesterday", "", "", 422, "must be a time such as 2026-11-23T16:45:00Z"},
		{"GET", "events?since=2026-11-02T00:00:00Z&until=2026-11-01T00:00:00Z", "", "", 422, "time-window-invalid"},
		{"GET", "deliveries?since=2026-11-02T00:00:00Z&until=2026-11-01T00:00:00Z", "", "", 422, "time-window-invalid"},
		{"GET", "webhooks/wh_x/deliveries?since=2026-11-02T00:00:00Z&until=2026-11-01T00:00:00Z", "", "", 422, "time-window-invalid"},
		{"GET", "users?cursor=x", "", "", 422, "cursor-invalid"},
		{"GET", "audit?cursor=x", "", "", 422, "cursor-invalid"},
		{"GET", "deliveries?cursor=x", "", "", 422, "cursor-invalid"},
		{"GET", "events?cursor=-x", "", "", 422, "cursor-invalid"},
	} {
		var body any
		if c.body != "" {
			body = c.body
		}
		a := w.do(system, c.method, c.path, body, "Content-Type", c.contentType)
		checkAnswer(t, c.method+" "+c.path, a)
		if a.status != c.status || !strings.Contains(a.body, c.has) {
			t.Errorf("%s %s as %s: %d %s", c.method, c.path, c.contentType, a.status, a.body)
		}
	}
}

// words are what a verdict says to a person.
type words struct {
	Message string `json:"message"`
	Cause   string `json:"cause"`
	Detail  string `json:"detail"`
}

func TestASaveIsRefusedInTheWordsOfValidate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, dbtest.SQLite))
	for address, message := range map[string]string{"http://example.com/": "Invalid webhook URL format", "https://127.0.0.1/": "Webhook endpoint unreachable"} {
		var verdict, refusal words
		must(t, json.Unmarshal([]byte(w.do(system, "POST", "webhooks/validate", map[string]any{"url": address, "reach": true}).body), &verdict))
		a := w.do(system, "POST", "webhooks", map[string]any{"url": address, "events": []string{"contact.created"}})
		must(t, json.Unmarshal([]byte(a.body), &refusal))
		if a.status != http.StatusUnprocessableEntity || verdict.Message != message || verdict != refusal || refusal.Cause == "" || refusal.Detail == "" {
			t.Errorf("%s: saved: %d %+v, validated: %+v", address, a.status, refusal, verdict)
		}
	}
	a := w.do(system, "POST", "webhooks", map[string]any{"url": "https://nowhere.invalid/", "events": []string{"contact.created"}, "enabled": false})
	var made struct {
		Verdict words `json:"verdict"`
	}
	must(t, json.Unmarshal([]byte(a.body), &made))
	if a.status != http.StatusCreated || !strings.Contains(made.Verdict.Detail, "does not resolve") {
		t.Errorf("saved switched off: %d %s", a.status, a.body)
	}
}
