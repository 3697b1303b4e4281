package sandbox

import (
	"context"
	"crypto/x509"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"patchboard/internal/egress"
	"patchboard/internal/signature"
)

// clock is set by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Now()} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is a running sandbox and Patchboard's own way of sending to it.
type world struct {
	*Sandbox

	t      *testing.T
	clock  *clock
	client *egress.Client
	page   string // "http://127.0.0.1:port"
	secret signature.Secret
}

func start(t *testing.T) *world {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, clock: newClock(), page: "http://" + l.Addr().String(), secret: signature.NewSecret()}
	w.Sandbox, err = Start(t.Context(), Config{Dir: t.TempDir(), Page: l, Clock: w.clock.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := w.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	pool := x509.NewCertPool()
	pool.AddCert(w.Authority().Certificate())
	if w.client, err = egress.New(egress.Policy{TrustedCAs: pool, Resolve: w.Addresses(), Lost: w.Lost}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.client.Close)
	w.Trust(w.knows)
	return w
}

// knows: one webhook is saved.
func (w *world) knows(_ context.Context, host, path string) ([]signature.Secret, error) {
	if host == "api.example.com" && path == "/webhooks/contacts" {
		return []signature.Secret{w.secret}, nil
	}
	return nil, nil
}

const (
	hook = "https://api.example.com/webhooks/contacts"
	body = `{"type":"contact.created","timestamp":"2026-11-23T16:45:00Z","data":{"id":"con_1"}}`
)

func signed(s signature.Secret, id, text string, at time.Time) http.Header {
	h := http.Header{"Content-Type": {"application/json"}}
	h.Set(signature.HeaderID, id)
	h.Set(signature.HeaderTimestamp, strconv.FormatInt(at.Unix(), 10))
	h.Set(signature.HeaderSignature, string(signature.Sign(nil, []signature.Secret{s}, id, at, []byte(text))))
	return h
}

// send posts as a delivery does.
func (w *world) send(to string, h http.Header, text string, timeout time.Duration) egress.Result {
	w.t.Helper()
	u, refused := w.client.CheckURL(to)
	if refused != nil {
		w.t.Fatal(refused)
	}
	return w.client.Send(w.t.Context(), egress.Request{URL: u, Header: h, Body: []byte(text), Timeout: timeout})
}

// deliver sends a good message and wants it accepted.
func (w *world) deliver(id string) {
	w.t.Helper()
	if res := w.send(hook, signed(w.secret, id, body, w.clock.Now()), body, 0); res.Class != egress.ClassOK {
		w.t.Fatalf("not accepted: %s %s", res.Class, res.Detail)
	}
}

// get reads a page.
func (w *world) get(path string) (int, http.Header, string) {
	w.t.Helper()
	return w.do(http.MethodGet, path, nil, nil)
}

func (w *world) do(method, path string, h http.Header, form url.Values) (int, http.Header, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.page+path, strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	maps.Copy(r.Header, h)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if host := h.Get("Host"); host != "" {
		r.Host = host
	}
	resp, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(text)
}
