package api

import (
	"context"
	"crypto/rand"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"patchboard/internal/rbac"
)

// request is what the adapter knows of one request. It belongs to the
// goroutine that serves it, and is reached through the context.
type request struct {
	http.ResponseWriter // the response as it is written

	id      string
	began   time.Time
	address string
	secure  bool // came over TLS, here or at a trusted proxy
	actor   rbac.Actor
	token   string // of the session, "" without one
	route   *Route // nil outside the API's routes
	problem *Problem

	req    *http.Request
	wrote  bool
	status int
	bytes  int64
	mute   bool // ServeMux's own text is dropped, a problem document was written
}

type requestKey struct{}

var nobody = &request{} //nolint:gochecknoglobals // for contexts outside a request

// requestOf gives the request of a context.
func requestOf(ctx context.Context) *request {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r
	}
	return nobody
}

// actorOf gives who makes the request.
func actorOf(ctx context.Context) rbac.Actor { return requestOf(ctx).actor }

// note keeps the first problem for the log line.
func (r *request) note(p *Problem) {
	if r != nobody && r.problem == nil {
		r.problem = p
	}
}

// WriteHeader also replaces ServeMux's plain text for unknown routes and
// methods with a problem document.
func (r *request) WriteHeader(status int) {
	if r.wrote {
		return
	}
	if r.route == nil && r.req.Pattern == "" && !r.mute && strings.HasPrefix(r.req.URL.Path, prefix) {
		if err := muxFault(status); err != nil {
			r.mute = true
			h := r.Header()
			h.Del("Content-Length")
			writeProblem(answer{r}, r.req, err)
			return
		}
	}
	r.send(status)
}

func (r *request) send(status int) {
	if status >= http.StatusOK { // 1xx may be followed by another
		r.wrote, r.status = true, status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write counts the bytes and drops what a muted handler still says.
func (r *request) Write(b []byte) (int, error) {
	if r.mute {
		return len(b), nil
	}
	if !r.wrote {
		r.WriteHeader(http.StatusOK)
	}
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err //nolint:wrapcheck // net/http's own contract
}

// Unwrap lets http.ResponseController reach the connection.
func (r *request) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// answer writes past the muting, for the problem that replaces ServeMux's text.
type answer struct{ *request }

func (a answer) WriteHeader(status int) { a.send(status) }

func (a answer) Write(b []byte) (int, error) {
	n, err := a.ResponseWriter.Write(b)
	a.bytes += int64(n)
	return n, err //nolint:wrapcheck // net/http's own contract
}

// Request ids are unique to this run of this process, and cheap.
var (
	requestRun   = strings.ToLower(rand.Text()[:12]) //nolint:gochecknoglobals // one a process
	requestCount atomic.Uint64                       //nolint:gochecknoglobals // one a process
)

func newRequestID() string {
	return "req_" + requestRun + "_" + strconv.FormatUint(requestCount.Add(1), 36)
}
