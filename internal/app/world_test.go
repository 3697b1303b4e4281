package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"patchboard/internal/account"
	"patchboard/internal/app"
	"patchboard/internal/config"
	"patchboard/internal/db/dbtest"
)

const password = "correct horse battery staple"

// settings are those of a serve on a fresh database.
func settings(t *testing.T, e dbtest.Engine) app.Config {
	t.Helper()
	c := app.Config{Serve: config.Default(), Version: "test", Logger: slog.New(slog.NewTextHandler(&testWriter{t: t}, nil))}
	fresh := dbtest.Fresh(t, e)
	c.DataDir, c.Database = fresh.Dir, config.NewSecret(fresh.URL)
	if c.DataDir == "" {
		c.DataDir = t.TempDir() // keyset and heads
	}
	c.Listen = "127.0.0.1:0"
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	return c
}

// start runs the program until the test's end.
func start(t *testing.T, c app.Config) *app.App {
	t.Helper()
	a, err := app.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, a) })
	return a
}

func stop(t *testing.T, a *app.App) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := a.Close(ctx); err != nil {
		t.Error(err)
	}
}

// organization makes one and gives its API key.
func organization(t *testing.T, a *app.App) (id, key string) {
	t.Helper()
	o, _, key, err := a.Account.CreateOrganization(t.Context(), account.NewOrganization{Name: "Acme", Email: "ada@example.com", Password: password})
	if err != nil {
		t.Fatal(err)
	}
	return o.ID, key
}

// call makes a request with the key (or none) and gives status and body.
func call(t *testing.T, a *app.App, method, path, key, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+a.Addr().String()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

func field(t *testing.T, body, name string) string {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	s, _ := m[name].(string)
	return s
}

// receiver is a webhook's other end, over TLS.
type receiver struct {
	*httptest.Server

	got  chan *http.Request
	hold chan struct{} // closed: answers come
	// status of the answers; 0: 200
	status atomic.Int64
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{got: make(chan *http.Request, 100), hold: make(chan struct{})}
	close(r.hold)
	r.Server = httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
		r.got <- req
		<-r.hold
		if status := r.status.Load(); status != 0 {
			rw.WriteHeader(int(status))
		}
	}))
	t.Cleanup(r.Close)
	return r
}

// admit opens the way to the receiver in the settings.
func (r *receiver) admit(t *testing.T, c *app.Config) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: r.Certificate().Raw})
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	c.AllowNetwork = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	c.TrustedCA = []string{file}
}

func (r *receiver) next(t *testing.T) *http.Request {
	t.Helper()
	select {
	case req := <-r.got:
		return req
	case <-time.After(10 * time.Second):
		t.Fatal("nothing arrived")
		return nil
	}
}

// eventually asks until the answer is yes.
func eventually(t *testing.T, what string, ask func() bool) {
	t.Helper()
	limit := time.After(15 * time.Second)
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for !ask() {
		select {
		case <-again.C:
		case <-limit:
			t.Fatalf("not within 15 s: %s", what)
		}
	}
}

// listening reports whether somebody accepts connections.
func listening(addr net.Addr) bool {
	c, err := net.DialTimeout("tcp", addr.String(), time.Second)
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}

// testWriter sends log lines to the test's log as long as it runs.
type testWriter struct {
	mu sync.Mutex
	t  *testing.T
}

func (w *testWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.t.Log(string(bytes.TrimSpace(b)))
	return len(b), nil
}

// buffer is what the program prints.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// each runs a test on both engines.
func each(t *testing.T, test func(t *testing.T, e dbtest.Engine)) {
	t.Helper()
	for _, e := range dbtest.Engines {
		t.Run(string(e), func(t *testing.T) {
			t.Parallel()
			test(t, e)
		})
	}
}
