package api_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"patchboard/internal/db/dbtest"
	"patchboard/internal/event"
)

// A single event is served without huma and a batch with it: whoever sends
// either must not see which.
func TestAnEventIsRefusedAsABatchIs(t *testing.T) { //nolint:tparallel // see its subtests
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, dbtest.SQLite))
	huge := func(limit int) string { return `{"x":"` + strings.Repeat("x", limit) + `"}` }
	cases := []struct {
		name                 string
		one, many, query, as string
		headers              []string
		status               int
		problem              string
	}{
		{name: "nothing", status: 400, problem: "body-missing"},
		{name: "too much", one: huge(event.MaxEvent), many: huge(event.MaxBatch), status: 413, problem: "body-too-large"},
		{name: "no JSON", one: "{}", many: "{}", headers: []string{"Content-Type", "text/plain"}, status: 415, problem: "not-json"},
		{name: "compressed", one: "{}", many: "{}", headers: []string{"Content-Encoding", "gzip"}, status: 415, problem: "encoding-unsupported"},
		{name: "cut short", one: `{"type":"contac`, many: `{"events":[{"ty`, status: 400, problem: "json-malformed"},
		{name: "a query", one: "{}", many: "{}", query: "?dryRun=1", status: 422, problem: "input-invalid"},
		{name: "nobody", one: "{}", many: "{}", as: nobody, status: 401, problem: "unauthenticated"},
		{name: "a wish for XML", one: `{"type":"x.y","data":{}}`, many: `{"events":[{"type":"x.y","data":{}}]}`, headers: []string{"Accept", "application/xml"}, status: 422},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { //nolint:paralleltest // the harness reports to the outer test
			as := c.as
			if as == "" {
				as = machine
			}
			one := w.do(as, http.MethodPost, "events"+c.query, c.one, c.headers...)
			many := w.do(as, http.MethodPost, "events/batch"+c.query, c.many, c.headers...)
			if one.status != c.status || many.status != c.status {
				t.Fatalf("one: %d %s\nmany: %d %s", one.status, one.body, many.status, many.body)
			}
			if a, b := one.header.Get("Content-Type"), many.header.Get("Content-Type"); a != b || a != "application/problem+json" {
				t.Errorf("content types %q and %q", a, b)
			}
			if c.problem == "" {
				return
			}
			var p, q struct {
				Type   string
				Errors []struct{ Location, Message string }
			}
			one.json(t, &p)
			many.json(t, &q)
			if p.Type != "/problems/"+c.problem || q.Type != p.Type || fmt.Sprint(p.Errors) != fmt.Sprint(q.Errors) {
				t.Errorf("one: %s\nmany: %s", one.body, many.body)
			}
		})
	}
}

// A body that ends before it said it would is told so, and nothing is taken.
func TestAnEventThatIsCutOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, dbtest.SQLite))
	c, err := net.Dial("tcp", strings.TrimPrefix(w.server.URL, "http://"))
	must(t, err)
	defer func() { _ = c.Close() }()
	_, err = fmt.Fprintf(c, "POST /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"type\":\"contact.created\",", w.org.key)
	must(t, err)
	must(t, c.(*net.TCPConn).CloseWrite())
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	must(t, err)
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("status %d", resp.StatusCode)
	}
}
