package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"patchboard/internal/fault"
)

const slowRequest = time.Second // a quiet route's slower calls are logged

// ServeHTTP gives every request its id, address and log line, and turns a panic
// into a 500. Routes under /api/ go to the API, others to what was mounted.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := &request{id: newRequestID(), began: time.Now(), ResponseWriter: w}
	var viaProxy bool
	q.address, viaProxy = a.proxies.client(r)
	q.secure = a.alwaysSecure || secure(r, viaProxy)
	q.req = r.WithContext(context.WithValue(r.Context(), requestKey{}, q))
	h := w.Header()
	h.Set("X-Request-Id", q.id)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	if q.secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	defer a.finish(q) //nolint:contextcheck // q carries it
	if strings.HasPrefix(r.URL.Path, prefix) {
		a.serveAPI(q)
		return
	}
	a.pages.ServeHTTP(q, q.req)
}

// serveAPI checks what holds for every API request before it is routed.
func (a *API) serveAPI(q *request) {
	h := q.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	if err := checkText(q.req.URL); err != nil {
		writeProblem(q, q.req, err)
		return
	}
	if err := a.crossOrigin.Check(q.req); err != nil {
		writeProblem(q, q.req, errCrossOrigin.Because(err))
		return
	}
	a.mux.ServeHTTP(q, q.req)
}

// finish recovers from a panic, counts and logs.
func (a *API) finish(q *request) {
	if p := recover(); p != nil { //nolint:revive // ServeHTTP defers finish itself
		if p == http.ErrAbortHandler { //nolint:errorlint,err113 // the documented value
			panic(p)
		}
		err := fmt.Errorf("panic: %v", p) //nolint:err113 // for the log
		a.log.ErrorContext(q.req.Context(), "panic while serving", slog.String("request", q.id), slog.Any("error", err), slog.String("stack", string(debug.Stack())))
		if q.wrote {
			a.record(q)
			panic(http.ErrAbortHandler) // the answer is half written: cut it off
		}
		writeProblem(q, q.req, err)
	}
	a.record(q)
}

// record counts the request and writes its line. The line has the route, never
// the path or the query as they came: either may hold what should not be kept.
//
// Routes marked quiet (event ingest, health checks) are logged at Debug unless
// they fail or are slow: a line for each of thousands of events a second says
// nothing that the counters do not, and costs as much as the middleware.
func (a *API) record(q *request) {
	if q.status == 0 {
		q.status = http.StatusOK // net/http's default for a handler that wrote nothing
	}
	took := time.Since(q.began)
	route := q.req.Pattern
	if q.actor.KeyID != "" && q.route != nil {
		a.APIKey.Count(q.actor.OrganizationID, route, q.status)
	}
	if a.Observe != nil && (q.route == nil || q.route.answer == "") { // how long a stream stayed open is no latency
		a.Observe(route, q.status, took)
	}
	level := slog.LevelInfo
	switch {
	case q.status == http.StatusServiceUnavailable:
		level = slog.LevelWarn
	case q.status >= http.StatusInternalServerError:
		level = slog.LevelError
	case q.route == nil || q.route.quiet && q.status < http.StatusBadRequest && took < slowRequest:
		level = slog.LevelDebug
	}
	ctx := q.req.Context()
	if !a.log.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 10)
	attrs = append(attrs, slog.String("request", q.id), slog.String("method", methodOf(q.req)), slog.String("route", route), slog.Int("status", q.status),
		slog.Duration("took", took), slog.Int64("bytes", q.bytes), slog.String("address", q.address))
	if id := q.actor.ID(); id != "" {
		attrs = append(attrs, slog.String("actor", id))
	}
	if q.problem != nil {
		attrs = append(attrs, slog.String("problem", strings.TrimPrefix(q.problem.Type, "/problems/")))
		if q.problem.cause != nil {
			attrs = append(attrs, slog.Any("error", q.problem.cause))
		}
	}
	a.log.LogAttrs(ctx, level, "request", attrs...)
}

// methodOf keeps made-up methods out of the log.
func methodOf(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return r.Method
	}
	return "other"
}

// adapter puts huma's operations on the mux, each behind its route's guard.
type adapter struct{ api *API }

// Handle is called by huma for each operation of the route table.
func (m adapter) Handle(op *huma.Operation, h func(huma.Context)) {
	route, ok := op.Metadata[routeKey].(*Route)
	if !ok {
		panic("an operation outside the route table: " + op.Method + " " + op.Path)
	}
	hasBody := op.RequestBody != nil
	m.api.mux.HandleFunc(op.Method+" "+op.Path, func(_ http.ResponseWriter, r *http.Request) {
		q := requestOf(r.Context())
		q.route = route
		if err := m.api.admit(q, hasBody); err != nil { //nolint:contextcheck // q carries it
			writeProblem(q, r, err)
			return
		}
		if route.direct == nil {
			h(humago.NewContext(op, r, q))
		} else if err := route.direct(m.api, q); err != nil {
			writeProblem(q, r, err)
		}
	})
}

// ServeHTTP is part of huma's contract; requests come through API.ServeHTTP.
func (m adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.api.ServeHTTP(w, r) }

// admit lets a request through to its handler: who makes it, whether that role
// may, and whether the body is of a kind and size that the route takes.
func (a *API) admit(q *request, hasBody bool) error {
	if q.req.Method == http.MethodHead && q.route.answer != "" {
		return errMethod // a stream has no head to look at, and an export is an entry
	}
	if err := a.authorize(q); err != nil {
		return err
	}
	if !hasBody {
		return nil
	}
	if err := checkBodyHead(q.req, q.route); err != nil {
		return err
	}
	q.req.Body = &timedBody{q.req.Body, q}
	return nil
}

// checkBodyHead refuses by the headers what need not be read.
func checkBodyHead(r *http.Request, route *Route) error {
	if r.ContentLength == 0 && r.Header.Get("Content-Type") == "" {
		return nil // no body: huma says whether one is needed
	}
	if route.file {
		kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if err != nil || !slices.Contains(fileTypes, kind) {
			return errNotFile
		}
		if r.ContentLength == 0 { // huma would ask for JSON
			return errEmptyFile
		}
	} else if ct := r.Header.Get("Content-Type"); ct != "application/json" {
		kind, _, err := mime.ParseMediaType(ct)
		if err != nil || kind != "application/json" {
			return errNotJSON
		}
		r.Header.Set("Content-Type", kind) // huma compares letter by letter
	}
	if e := r.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return errEncoded
	}
	if r.ContentLength > route.limit {
		return tooLarge(route.limit)
	}
	return nil
}

// timedBody ends the deadline that NewServer gives a body when it is there: one
// that stayed would end the handler's context in the middle of longer work.
type timedBody struct {
	io.ReadCloser
	q *request
}

func (b *timedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		_ = huma.SetReadDeadline(b.q.ResponseWriter, time.Time{}) // best effort: a test's recorder has no connection
	}
	return n, err //nolint:wrapcheck // an io.Reader's own contract
}

// checkText refuses addresses with bytes that no text column takes, with empty
// parts or dots for parts, and with keys in them: addresses end up in logs and
// histories.
func checkText(u *url.URL) error {
	if bad(u.Path) {
		return errNotText
	}
	if path.Clean(u.Path) != strings.TrimSuffix(u.Path, "/") {
		return errNoRoute // else the mux would redirect, and a body would be sent twice
	}
	query, err := url.QueryUnescape(u.RawQuery)
	if err != nil || bad(query) {
		return errNotText
	}
	if keyLike.MatchString(u.Path) || keyLike.MatchString(query) {
		return errKeyInURL
	}
	return nil
}

// keyLike is what an API key looks like, or enough of one; a masked one, which
// people look for in lists, is not.
var keyLike = regexp.MustCompile(`sX_[0-9A-Za-z_]{16}`)

func bad(s string) bool { return strings.IndexByte(s, 0) >= 0 || !utf8.ValidString(s) }

// The adapter's own refusals.
var (
	errCrossOrigin = fault.New(fault.Forbidden, "cross-origin", "A page of another site asked for this change.",
		"Use Patchboard's own console, or call the API from a server with the API key. If the address is right, check --public-url and the proxy's Host header.")
	errNotJSON = &Problem{Status: http.StatusUnsupportedMediaType, Type: "/problems/not-json", Title: "Not JSON",
		Detail: "This operation takes JSON.", Fix: "Send the header Content-Type: application/json."}
	errNotFile = &Problem{Status: http.StatusUnsupportedMediaType, Type: "/problems/not-a-file", Title: "Not a file",
		Detail: "This operation takes a file.", Fix: "Send it with the header Content-Type: text/csv, application/zip or application/octet-stream, or in a form (multipart/form-data)."}
	errEncoded = &Problem{Status: http.StatusUnsupportedMediaType, Type: "/problems/encoding-unsupported", Title: "Encoding unsupported",
		Detail: "Compressed bodies are not taken.", Fix: "Send the body without Content-Encoding."}
	errNotText = fault.New(fault.Malformed, "address-invalid", "The address holds bytes that are no text.",
		"Encode text as UTF-8, percent-encoded, without NUL.")
	errKeyInURL = fault.New(fault.Malformed, "key-in-url", "An API key must not be in an address: addresses are kept in logs and histories.",
		"Send it in the header Authorization: Bearer …, and regenerate this one if it is real.")
	errGone = &Problem{Status: 499, Type: "/problems/client-gone", Title: "Client gone",
		Detail: "The client closed the connection before the answer.", Fix: "Send the request again, if it was meant."}
	errNoRoute = fault.New(fault.NotFound, "route-not-found", "There is no such address in this API.",
		"See /docs for every operation.")
	errMethod = &Problem{Status: http.StatusMethodNotAllowed, Type: "/problems/method-not-allowed", Title: "Method not allowed",
		Detail: "This address does not take that method.", Fix: "Use one that the Allow header names; /docs describes every operation."}
)

// muxFault gives the problem for what ServeMux refuses by itself; nil for its
// redirects.
func muxFault(status int) error {
	switch status {
	case http.StatusNotFound:
		return errNoRoute
	case http.StatusMethodNotAllowed:
		return errMethod
	}
	return nil
}

func tooLarge(limit int64) error {
	return fault.New(fault.TooLarge, "body-too-large", fmt.Sprintf("This operation takes a body of at most %d KiB.", limit>>10), "Send less at once.")
}
