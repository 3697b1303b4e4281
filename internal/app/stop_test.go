package app_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"patchboard/internal/account"
	"patchboard/internal/app"
	"patchboard/internal/db/dbtest"
)

// gate is a page that answers when it is told to.
type gate struct{ came, open chan struct{} }

func newGate() gate { return gate{make(chan struct{}), make(chan struct{})} }

func (g gate) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	close(g.came)
	<-g.open
	_, _ = io.WriteString(w, "whole answer")
}

func TestStopWaitsForRequestsAndTakesNoNewOnes(t *testing.T) {
	t.Parallel()
	g := newGate()
	c := settings(t, dbtest.SQLite)
	c.Mount = map[string]http.Handler{"GET /gate": g}
	c.MetricsListen = "127.0.0.1:0"
	a := start(t, c)

	answer := make(chan string, 1)
	go func() {
		_, body := call(t, a, "GET", "/gate", "", "")
		answer <- body
	}()
	<-g.came
	closed := make(chan error, 1)
	go func() { closed <- a.Close(context.Background()) }()
	eventually(t, "refuse connections", func() bool { return !listening(a.Addr()) })

	status, body := getFrom(t, "http://"+a.MetricsAddr().String()+"/readyz")
	if status != http.StatusServiceUnavailable || !strings.Contains(body, "stopping") {
		t.Error("readyz while stopping:", status, body)
	}
	select {
	case err := <-closed:
		t.Fatal("stopped in the middle of a request:", err)
	default:
	}
	close(g.open)
	if got := <-answer; got != "whole answer" {
		t.Errorf("the request got %q", got)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if err := a.Close(context.Background()); err != nil {
		t.Error("a second Close:", err)
	}
}

func TestStopWaitsForAnAttemptOnItsWay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e dbtest.Engine) {
		r := newReceiver(t)
		c := settings(t, e)
		r.admit(t, &c)
		a := start(t, c)
		org, key := organization(t, a)
		if status, body := call(t, a, "POST", "/api/v1/webhooks", key, `{"url": "`+r.URL+`", "events": ["contact.created"]}`); status != http.StatusCreated {
			t.Fatal(status, body)
		}
		r.next(t)
		r.hold = make(chan struct{})
		if status, body := call(t, a, "POST", "/api/v1/events", key, `{"type": "contact.created", "data": {}}`); status != http.StatusAccepted {
			t.Fatal(status, body)
		}
		r.next(t)
		closed := make(chan error, 1)
		go func() { closed <- a.Close(context.Background()) }()
		eventually(t, "refuse connections", func() bool { return !listening(a.Addr()) })
		close(r.hold)
		if err := <-closed; err != nil {
			t.Fatal(err)
		}
		again := start(t, c)
		counts, err := again.Delivery.Counts(t.Context(), org)
		if err != nil || counts.Delivered != 1 || counts.Pending != 0 {
			t.Errorf("%+v, %v: the attempt's success was not recorded", counts, err)
		}
	})
}

func TestStopCutsOffWhatDoesNotEnd(t *testing.T) {
	t.Parallel()
	g := newGate()
	c := settings(t, dbtest.SQLite)
	c.Mount = map[string]http.Handler{"GET /gate": g}
	a := start(t, c)
	broken := make(chan error, 1)
	go func() {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://"+a.Addr().String()+"/gate", nil)
		if err == nil {
			var res *http.Response
			if res, err = http.DefaultClient.Do(req); err == nil {
				res.Body.Close()
			}
		}
		broken <- err
	}()
	<-g.came
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // the patience is over
	if err := a.Close(ctx); err != nil {
		t.Error(err)
	}
	if err := <-broken; err == nil {
		t.Error("the request was answered")
	}
	close(g.open)
	start(t, c) // all was written and given back
}

func TestStopEndsStreams(t *testing.T) {
	t.Parallel()
	a := start(t, settings(t, dbtest.SQLite))
	organization(t, a)
	s, _, err := a.Account.SignIn(t.Context(), account.SignIn{Email: "ada@example.com", Password: password, Address: "192.0.2.1"})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+a.Addr().String()+"/api/v1/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.AddCookie(&http.Cookie{Name: "pb_session", Value: s.Token})
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatal(res.Status)
	}
	began := time.Now()
	stop(t, a)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the stop took %s: it waited for the stream", took)
	}
	if _, err := io.ReadAll(res.Body); err != nil {
		t.Error("the stream did not end well:", err)
	}
}

// Whatever the server is at when it is told to stop, that is no error.
func TestACleanStopLogsNoError(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e dbtest.Engine) {
		r := newReceiver(t)
		c := settings(t, e)
		r.admit(t, &c)
		c.JobTick = time.Second
		log := &buffer{}
		c.Logger = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelError}))
		a := start(t, c)
		_, key := organization(t, a)
		if status, body := call(t, a, "POST", "/api/v1/webhooks", key, `{"url": "`+r.URL+`/hook", "events": ["contact.created"]}`); status != http.StatusCreated {
			t.Fatal(status, body)
		}
		stop(t, a)
		for range 5 {
			a := start(t, c) // all its work is due, and its stop comes before, in or after it
			if status, body := call(t, a, "POST", "/api/v1/events", key, `{"type": "contact.created", "data": {}}`); status != http.StatusAccepted {
				t.Fatal(status, body)
			}
			stop(t, a)
		}
		if log.String() != "" {
			t.Errorf("logged:\n%s", log)
		}
	})
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	c := settings(t, dbtest.SQLite)
	a, err := app.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- a.Run(ctx) }()
	cancel()
	if err := <-ran; err != nil {
		t.Error(err)
	}
}
