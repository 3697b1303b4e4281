package sandbox

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

const banner = "<strong>Sandbox:</strong> nothing here leaves this machine"

func TestPages(t *testing.T) {
	t.Parallel()
	w := start(t)
	_, _, empty := w.get("/")
	if !strings.Contains(empty, `<p id="empty">Nothing here.`) {
		t.Error("an empty inbox does not say so")
	}
	w.deliver("evt_1")
	w.deliver("evt_2")
	for path, want := range map[string]int{"/": 200, "/messages/1": 200, "/?before=2": 200, "/messages/9": 404, "/messages/x": 404} {
		status, h, text := w.get(path)
		if status != want || !strings.Contains(text, banner) {
			t.Errorf("%s: %d, banner %t", path, status, strings.Contains(text, banner))
		}
		if got := h.Get("Content-Security-Policy"); got != pagePolicy {
			t.Errorf("%s: policy %q", path, got)
		}
	}
	_, _, list := w.get("/")
	if a, b := strings.Index(list, `id="m2"`), strings.Index(list, `id="m1"`); a < 0 || b < a {
		t.Errorf("not newest first: %d, %d", a, b)
	}
	for _, want := range []string{"contact.created", "evt_2", "Signature valid", "api.example.com/webhooks/contacts", "Answered 200", "webhook-signature", "&#34;id&#34;: &#34;con_1&#34;"} {
		if !strings.Contains(list, want) {
			t.Errorf("the list lacks %q", want)
		}
	}
	for _, name := range []string{"/inbox.css", "/inbox.js", "/icon.svg"} {
		if status, _, text := w.get(name); status != 200 || text == "" {
			t.Errorf("%s: %d", name, status)
		}
	}
}

func TestPageShowsStrangersTextAsText(t *testing.T) {
	t.Parallel()
	w := start(t)
	evil := `{"type":"<script>alert(1)</script>","data":"</pre><script>alert(2)</script>"}`
	h := signed(w.secret, `"><script>alert(3)</script>`, evil, w.clock.Now())
	h.Set("X-Evil", "<script>alert(4)</script>")
	w.send("https://api.example.com/%3Cscript%3E?a=%22%3E%3Cscript%3E", h, evil, 0)
	for _, path := range []string{"/", "/messages/1"} {
		if _, _, text := w.get(path); strings.Contains(text, "<script>alert") || !strings.Contains(text, "alert(4)") {
			t.Errorf("%s: a message's text became part of the page", path)
		}
	}
}

func TestPageOfManyAndLarge(t *testing.T) {
	t.Parallel()
	w := start(t)
	large := `{"type":"a","data":"` + strings.Repeat("x", maxBody-22) + `"}`
	w.send(hook, signed(w.secret, "evt_large", large, w.clock.Now()), large, 0)
	if _, _, text := w.get("/"); len(text) > 3*shownBody || !strings.Contains(text, "The whole message") {
		t.Errorf("the list has all %d bytes", len(text))
	}
	if _, _, text := w.get("/messages/1"); len(text) < maxBody {
		t.Errorf("the message's page has %d bytes", len(text))
	}
	for i := range 2 * pageLength {
		w.deliver(fmt.Sprintf("evt_%d", i))
	}
	seen := 0
	for path := "/"; path != ""; {
		_, _, text := w.get(path)
		seen += strings.Count(text, "<li id=")
		_, rest, more := strings.Cut(text, `<a href="/?before=`)
		path = ""
		if number, _, _ := strings.Cut(rest, `"`); more {
			path = "/?before=" + number
		}
	}
	if seen != 2*pageLength+1 {
		t.Errorf("paging shows %d messages", seen)
	}
}

func TestMessagesJSON(t *testing.T) {
	t.Parallel()
	w := start(t)
	read := func() (list []wireMessage) {
		var got wireMessages
		_, _, text := w.get("/messages.json")
		if err := json.Unmarshal([]byte(text), &got); err != nil || got.Messages == nil {
			t.Fatalf("%v: %s", err, text)
		}
		return got.Messages
	}
	if got := read(); len(got) != 0 {
		t.Errorf("%v", got)
	}
	w.deliver("evt_1")
	m := read()[0]
	if m.Number != 1 || m.URL != hook || m.EventType != "contact.created" || m.WebhookID != "evt_1" || m.Signature != Valid ||
		m.Verdict != "Signature valid" || m.Body != body || m.Size != int64(len(body)) || len(m.Headers["Webhook-Signature"]) != 1 {
		t.Errorf("%+v", m)
	}
}

func TestPanel(t *testing.T) {
	t.Parallel()
	w := start(t)
	for _, c := range []struct {
		form   url.Values
		status int
		want   plan
	}{
		{url.Values{"behaviour": {"fail"}}, 303, plan{Fail, true}},
		{url.Values{"behaviour": {"fail"}, "times": {"all"}}, 303, plan{Fail, false}},
		{url.Values{"behaviour": {"explode"}}, 400, plan{Fail, false}},
		{url.Values{}, 400, plan{Fail, false}},
		{url.Values{"behaviour": {"accept"}, "times": {"once"}}, 303, plan{Accept, false}},
	} {
		status, _, _ := w.do(http.MethodPost, "/behaviour", nil, c.form)
		if got, _ := w.inbox.state(); status != c.status || got != c.want {
			t.Errorf("%v: %d, %v", c.form, status, got)
		}
	}
	w.do(http.MethodPost, "/behaviour", nil, url.Values{"behaviour": {"gone"}, "times": {"all"}})
	if _, _, text := w.get("/"); !strings.Contains(text, `value="gone" title="Says that nobody lives here any more; Patchboard disables the webhook at once." aria-pressed="true"`) ||
		!strings.Contains(text, "<strong>410 Gone</strong> for every message") {
		t.Error("the panel does not show what is set")
	}
	w.Calm()
	w.deliver("evt_1")
	if status, _, _ := w.do(http.MethodPost, "/clear", nil, url.Values{}); status != 303 || len(w.inbox.list()) != 0 {
		t.Errorf("emptying: %d, %d messages", status, len(w.inbox.list()))
	}
}

// Other sites may not steer the inbox, nor read it under a name of their own.
func TestPageIsForItsOwnOrigin(t *testing.T) {
	t.Parallel()
	w := start(t)
	fail := url.Values{"behaviour": {"fail"}}
	for name, h := range map[string]http.Header{
		"cross-site":   {"Sec-Fetch-Site": {"cross-site"}},
		"other origin": {"Origin": {"https://evil.test"}},
	} {
		if status, _, _ := w.do(http.MethodPost, "/behaviour", h, fail); status != http.StatusForbidden {
			t.Errorf("%s: %d", name, status)
		}
	}
	if got, _ := w.inbox.state(); got.Behaviour != Accept {
		t.Errorf("steered to %s", got.Behaviour)
	}
	for host, want := range map[string]int{"evil.test": 421, "evil.test:80": 421, "localhost:8481": 200, "LOCALHOST": 200, "[::1]:8481": 200, "127.0.0.1": 200, "127.0.0.1.evil.test": 421} {
		if status, _, _ := w.do(http.MethodGet, "/messages.json", http.Header{"Host": {host}}, nil); status != want {
			t.Errorf("%s: %d", host, status)
		}
	}
}

func TestStream(t *testing.T) {
	t.Parallel()
	w := start(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.page+"/stream", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	told := func() bool {
		for lines.Scan() {
			if lines.Text() == "data: changed" {
				return true
			}
		}
		return false
	}
	if !told() {
		t.Fatal("an opened stream does not have the page read itself")
	}
	for i := range 3 {
		w.deliver(fmt.Sprintf("evt_%d", i))
		if !told() {
			t.Fatal("the stream does not tell of a message")
		}
	}
}
