package api_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/live"
)

// listener reads a stream of server-sent events.
type listener struct {
	t     *testing.T
	lines *bufio.Scanner
	close func()
	last  string                        // the last event's id
	again func(lastID string) *listener // connects as before
}

func (w *world) listen(t *testing.T, actor, lastID string) *listener {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.server.URL+"/api/v1/stream", nil)
	must(t, err)
	w.as(actor, r)
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	resp, err := http.DefaultClient.Do(r)
	must(t, err)
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" || resp.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("stream: %d %v", resp.StatusCode, resp.Header)
	}
	l := &listener{
		t: t, lines: bufio.NewScanner(resp.Body), close: func() { cancel(); _ = resp.Body.Close() },
		again: func(lastID string) *listener { return w.listen(t, actor, lastID) },
	}
	t.Cleanup(l.close)
	return l
}

// next gives the fields of the next event; ok is false at the stream's end.
func (l *listener) next() (event map[string]string, ok bool) {
	event = map[string]string{}
	for l.lines.Scan() {
		if l.lines.Text() == "" {
			if event["id"] != "" {
				l.last = event["id"]
			}
			return event, true
		}
		name, value, _ := strings.Cut(l.lines.Text(), ": ")
		event[name] = value
	}
	return nil, false
}

// until reads up to an event whose data have the text. A stream may end without
// a reason of its reader's (another process wrote to the database); a browser
// then connects again, and so does this.
func (l *listener) until(text string) map[string]string {
	l.t.Helper()
	for {
		e, ok := l.next()
		if !ok {
			if err := l.lines.Err(); err != nil {
				l.t.Fatalf("the stream broke before %q: %v", text, err)
			}
			*l = *l.again(l.last)
			continue
		}
		if strings.Contains(e["data"], text) || e["event"] == text {
			return e
		}
	}
}

func TestStream(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		if a := w.do(machine, "GET", "stream", nil); a.status != http.StatusForbidden {
			t.Errorf("the key opened a stream: %d", a.status)
		}
		l, other := w.listen(t, utility, ""), w.listen(t, foreign, "")
		position := l.until("ready")["id"]
		other.until("ready")
		made := w.do(system, "POST", "webhooks", map[string]any{"url": w.sink.URL, "events": []string{"contact.created"}})
		var hook struct{ ID string }
		made.json(t, &hook)
		if e := l.until("webhooks"); !strings.Contains(e["data"], hook.ID) || e["id"] == "" {
			t.Errorf("a new webhook: %v", e)
		}
		for _, change := range []struct{ method, path string }{{"POST", "event-types"}, {"PATCH", "event-types/invoice.paid"}} {
			body := map[string]any{"description": "An invoice was paid."}
			if change.method == "POST" {
				body["type"] = "invoice.paid"
			}
			if a := w.do(system, change.method, change.path, body); a.status >= 300 {
				t.Fatalf("%s %s: %d %s", change.method, change.path, a.status, a.body)
			}
			if e := l.until("eventTypes"); !strings.Contains(e["data"], "invoice.paid") {
				t.Errorf("%s %s: %v", change.method, change.path, e)
			}
		}
		w.do(utility, "POST", "api-key/copy", map[string]any{"copyMethod": "button"})
		l.until("audit")
		w.do(system, "PATCH", "users/"+w.org.system.id, map[string]any{"password": "an even longer password"}) // "users" is not for utility

		again := w.listen(t, utility, position)
		again.until(hook.ID)
		w.listen(t, utility, "elsewhere-1").until("resync")

		w.deps.Live.PublishNow(w.other.id, live.Message{Topic: "deliveries", IDs: []string{"dlv_1"}})
		if e := other.until("topic"); e["data"] != `{"topic":"deliveries","ids":["dlv_1"]}` {
			t.Errorf("another organization hears %v", e)
		}

		w.do(system, "PATCH", "users/"+w.org.worker.id, map[string]any{"role": "system_admin"})
		for {
			e, ok := l.next()
			if !ok {
				break // the role changed: the stream ends
			}
			if strings.Contains(e["data"], "users") {
				t.Errorf("a utility administrator hears of users: %v", e)
			}
		}
		sys := w.listen(t, utility, "") // the same session, with its new role
		sys.until("ready")
		w.do(utility, "DELETE", "sessions", nil)
		for ok := true; ok; {
			_, ok = sys.next()
		}
	})
}

func TestASessionHasAFewStreams(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, dbtest.SQLite))
	open := func() *http.Response {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		t.Cleanup(cancel)
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.server.URL+"/api/v1/stream", nil)
		must(t, err)
		w.as(utility, r)
		resp, err := http.DefaultClient.Do(r)
		must(t, err)
		t.Cleanup(func() { _ = resp.Body.Close() })
		return resp
	}
	n, resp := 0, open()
	for ; resp.StatusCode == http.StatusOK; n++ {
		if n > 100 {
			t.Fatal("no end of streams")
		}
		resp = open()
	}
	b, err := io.ReadAll(resp.Body)
	must(t, err)
	refused := answer{resp.StatusCode, resp.Header, string(b)}
	checkAnswer(t, "the refusal", refused)
	// More than 32 only if some have ended meanwhile, see listener.until.
	if n < 32 || refused.status != http.StatusTooManyRequests || refused.header.Get("Retry-After") == "" || !strings.Contains(refused.body, "too-many-streams-of-session") {
		t.Errorf("after %d: %+v", n, refused)
	}
	w.listen(t, system, "").until("ready")
}
