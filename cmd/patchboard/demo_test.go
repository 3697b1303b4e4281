package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"patchboard/internal/fault"
	"patchboard/internal/rbac"
	"patchboard/internal/webhook"
)

const demoWait = 20 * time.Second

// startTestDemo starts the demo as its command does. The stop is what Ctrl-C
// does, and wants the demo to end in order.
func startTestDemo(t *testing.T, dir string, fresh bool) (d *demo, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var terminal bytes.Buffer
	d, err := startDemo(ctx, demoCommand{DataDir: dir, Listen: "localhost:0", Fresh: fresh}, &terminal)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- d.wait(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("stop: %v", err)
		}
		if terminal.Len() > 0 {
			t.Errorf("the terminal got: %s", &terminal)
		}
	}
	t.Cleanup(stop)
	return d, stop
}

var curlLine = regexp.MustCompile(`curl -sS (\S+) -H '([^']+)' -H '([^']+)' -d '([^']+)'`)

// runCurl sends what the printed line says.
func runCurl(t *testing.T, welcome string) string {
	t.Helper()
	part := curlLine.FindStringSubmatch(welcome)
	if part == nil {
		t.Fatalf("no curl line in:\n%s", welcome)
	}
	req, err := http.NewRequest(http.MethodPost, part[1], strings.NewReader(part[4]))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range part[2:4] {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	status, body := answer(t, req)
	var accepted struct {
		ID       string `json:"id"`
		Warnings []any  `json:"warnings"`
	}
	if err := json.Unmarshal([]byte(body), &accepted); err != nil || status != http.StatusAccepted || len(accepted.Warnings) > 0 {
		t.Fatalf("%d %s", status, body)
	}
	return accepted.ID
}

func answer(t *testing.T, req *http.Request) (int, string) {
	t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

type arrived struct {
	URL       string `json:"url"`
	EventType string `json:"eventType"`
	WebhookID string `json:"webhookId"`
	Signature string `json:"signature"`
	Verdict   string `json:"verdict"`
	Answer    string `json:"answer"`
	Body      string `json:"body"`
}

// await waits until the inbox has a message as wanted; the inbox's stream tells
// when to look again.
func await(t *testing.T, d *demo, what string, want func(arrived) bool) arrived {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), demoWait)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.page+"/stream", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	for buf := make([]byte, 1024); ; {
		var list struct {
			Messages []arrived `json:"messages"`
		}
		get, err := http.NewRequestWithContext(ctx, http.MethodGet, d.page+"/messages.json", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if _, body := answer(t, get); json.Unmarshal([]byte(body), &list) != nil {
			t.Fatal(body)
		}
		if i := slices.IndexFunc(list.Messages, want); i >= 0 {
			return list.Messages[i]
		}
		if _, err := stream.Body.Read(buf); err != nil {
			t.Fatalf("%s has not come: %v; there is %+v", what, err, list.Messages)
		}
	}
}

func signIn(t *testing.T, d *demo, a demoAccount) string {
	t.Helper()
	body, err := json.Marshal(map[string]string{"email": a.Email, "password": a.Password})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, d.server.URL()+"/api/v1/session", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	status, text := answer(t, req)
	if status != http.StatusCreated {
		t.Fatalf("sign in as %s: %d %s", a.Email, status, text)
	}
	return text
}

// What a new user does: start it, run the line, look into the inbox.
func TestDemo(t *testing.T) {
	t.Parallel()
	d, _ := startTestDemo(t, filepath.Join(t.TempDir(), ".demo"), false)
	welcome := d.welcome()
	check := await(t, d, "the check of the webhook", func(m arrived) bool { return m.EventType == "webhook.test" })
	if check.Verdict != "Signature valid" || check.URL != demoURL {
		t.Errorf("the check of the webhook: %+v", check)
	}
	id := runCurl(t, welcome)
	m := await(t, d, "the event", func(m arrived) bool { return m.WebhookID == id })
	if m.Signature != "valid" || m.Verdict != "Signature valid" || m.URL != demoURL || m.EventType != "contact.created" || !strings.Contains(m.Body, `"firstName": "Ada"`) {
		t.Errorf("%+v", m)
	}
	if len(d.accounts) != 2 || d.accounts[0].Role != rbac.SystemAdmin || d.accounts[1].Role != rbac.UtilityAdmin {
		t.Fatalf("%v", d.accounts)
	}
	for _, a := range d.accounts {
		if !strings.Contains(welcome, a.Email) || !strings.Contains(welcome, a.Password) || !strings.Contains(welcome, roleNames[a.Role]) {
			t.Errorf("the welcome lacks %v", a.Email)
		}
		if got := signIn(t, d, a); !strings.Contains(got, string(a.Role)) {
			t.Errorf("%s: %s", a.Email, got)
		}
	}
	for _, want := range []string{d.server.URL(), d.page, demoURL} {
		if !strings.Contains(welcome, want) {
			t.Errorf("the welcome lacks %s", want)
		}
	}
}

// The brief's own address can be typed as it stands, and its check is judged as
// soon as the webhook is saved.
func TestDemoWebhookOfOnesOwn(t *testing.T) {
	t.Parallel()
	d, _ := startTestDemo(t, t.TempDir(), false)
	req, err := http.NewRequest(http.MethodPost, d.server.URL()+"/api/v1/webhooks", strings.NewReader(`{"url": "https://your-api.com/webhooks/contacts", "events": ["contact.deleted"]}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+d.apiKey)
	if status, body := answer(t, req); status != http.StatusCreated {
		t.Fatalf("%d %s", status, body)
	}
	await(t, d, "its check, judged", func(m arrived) bool {
		return m.URL == "https://your-api.com/webhooks/contacts" && m.Signature == "valid"
	})
}

// A failing receiver is tried again.
func TestDemoRetries(t *testing.T) {
	t.Parallel()
	d, _ := startTestDemo(t, t.TempDir(), false)
	res, err := http.PostForm(d.page+"/behaviour", url.Values{"behaviour": {"fail"}})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	id := runCurl(t, d.welcome())
	await(t, d, "the first try", func(m arrived) bool { return m.WebhookID == id && m.Answer == "Answered 500" })
	await(t, d, "the second try", func(m arrived) bool { return m.WebhookID == id && m.Answer == "Answered 200" })
}

func TestDemoAgainAndAnew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, stop := startTestDemo(t, dir, false)
	stop()

	second, stop := startTestDemo(t, dir, false)
	if !slices.Equal(second.accounts, first.accounts) || second.webhook != first.webhook || second.apiKey != first.apiKey {
		t.Errorf("after a restart: %v %v", second.accounts, second.webhook)
	}
	signIn(t, second, second.accounts[1])
	id := runCurl(t, second.welcome())
	await(t, second, "the event after a restart", func(m arrived) bool { return m.WebhookID == id && m.Signature == "valid" })
	// What somebody made of it stays.
	off := false
	program := rbac.Actor{Role: rbac.Program}
	all, err := second.server.Account.Organizations(t.Context())
	if err != nil || len(all) != 1 || all[0].Name != demoOrganization {
		t.Fatalf("%v %v", all, err)
	}
	program.OrganizationID = all[0].ID
	if _, err := second.server.Webhook.Update(t.Context(), program, second.webhook.ID, webhook.Patch{Enabled: &off}); err != nil {
		t.Fatal(err)
	}
	stop()

	// Passwords that are lost are made anew.
	if err := os.WriteFile(filepath.Join(dir, demoMark), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	third, stop := startTestDemo(t, dir, false)
	if third.webhook.State != webhook.Off || !strings.Contains(third.welcome(), "-X PATCH") {
		t.Errorf("the webhook that was switched off is %s", third.webhook.State)
	}
	for i, a := range third.accounts {
		if a.Password == second.accounts[i].Password {
			t.Errorf("%s: a password that was lost is there", a.Email)
		}
		signIn(t, third, a)
	}
	stop()

	anew, stop := startTestDemo(t, dir, true)
	if anew.webhook.ID == first.webhook.ID || anew.apiKey == first.apiKey || anew.accounts[0] == first.accounts[0] {
		t.Error("--fresh keeps what was there")
	}
	signIn(t, anew, anew.accounts[0])
	stop()
}

func TestDemoKeepsSecretsToItself(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), ".demo")
	d, stop := startTestDemo(t, dir, false)
	runCurl(t, d.welcome())
	stop()
	for _, name := range []string{demoMark, "sandbox-ca.pem", "demo.log"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info, err)
		}
	}
	log, err := os.ReadFile(filepath.Join(dir, "demo.log"))
	if err != nil || len(log) == 0 {
		t.Fatalf("log: %v", err)
	}
	for _, secret := range []string{d.apiKey, d.accounts[0].Password, d.accounts[1].Password} {
		if bytes.Contains(log, []byte(secret)) {
			t.Error("the log has a secret")
		}
	}
}

// Nobody's installation is seeded or deleted.
func TestDemoFolderOfAnother(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "patchboard.db")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, fresh := range []bool{false, true} {
		_, err := startDemo(t.Context(), demoCommand{DataDir: dir, Listen: "localhost:0", Fresh: fresh}, io.Discard)
		if f, ok := errors.AsType[*fault.Error](err); !ok || f.Type != "demo-folder" {
			t.Errorf("fresh %t: %v", fresh, err)
		}
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "mine" {
		t.Errorf("%q %v", text, err)
	}
}

func TestDemoRunsOnceAFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d, _ := startTestDemo(t, dir, false)
	for _, fresh := range []bool{false, true} {
		_, err := startDemo(t.Context(), demoCommand{DataDir: dir, Listen: "localhost:0", Fresh: fresh}, io.Discard)
		if err == nil || !strings.Contains(err.Error(), "another Patchboard server") {
			t.Errorf("fresh %t: %v", fresh, err)
		}
	}
	signIn(t, d, d.accounts[0])
}

func TestDemoTakesTheNextPort(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	got, err := freePort(t.Context(), taken.Addr().String())
	if err != nil || got <= port || got > port+portsTried {
		t.Errorf("instead of %d: %d, %v", port, got, err)
	}
	if got, err := freePort(t.Context(), "localhost:0"); err != nil || got != 0 {
		t.Errorf("any port: %d, %v", got, err)
	}
	if _, err := freePort(t.Context(), "192.0.2.1:8480"); err == nil {
		t.Error("another machine's address is taken")
	}
}

func TestDemoCommandLine(t *testing.T) {
	t.Parallel()
	_, err := startDemo(t.Context(), demoCommand{DataDir: t.TempDir(), Listen: "nonsense"}, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "listen") {
		t.Errorf("%v", err)
	}
	// Ctrl-C before anything is there.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	if err := (&demoCommand{DataDir: t.TempDir(), Listen: "localhost:0"}).Run(ctx, console{nil, &out, io.Discard}); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("%v\n%s", err, &out)
	}
}
