package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"patchboard/internal/fault"
)

// Page is one page of a list.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty" doc:"The cursor of the next page; missing on the last"`
}

// pageOf turns a noun's page into the wire's; an empty one is [], never null.
func pageOf[T, W any](items []T, next string, wire func(T) W) Page[W] {
	p := Page[W]{Items: make([]W, 0, len(items)), Next: next}
	for _, item := range items {
		p.Items = append(p.Items, wire(item))
	}
	return p
}

// Paging is the part of a list's query that all lists share.
type Paging struct {
	Cursor string `query:"cursor" maxLength:"500" doc:"The next value of the page before; leave it out for the first page"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Items on a page"`
}

// Span is the time window of a list's query.
type Span struct {
	Since time.Time `query:"since" doc:"From this time on (RFC 3339)"`
	Until time.Time `query:"until" doc:"Before this time (RFC 3339)"`
}

// check refuses a window that ends before it starts: an empty list would look
// as if nothing had happened.
func (s Span) check() error {
	if s.Since.IsZero() || s.Until.IsZero() || !s.Until.Before(s.Since) {
		return nil
	}
	return fault.New(fault.Invalid, "time-window-invalid", "The time window ends before it starts.",
		"Give a since that is earlier than until, both as 2026-01-31T00:00:00Z.").At("query.since", "must be before until")
}

// ByID is the request of a route that names one thing and sends nothing.
type ByID struct {
	ID string `path:"id" maxLength:"64"`
}

// Condition is the condition of a change.
type Condition struct {
	IfMatch string `header:"If-Match" maxLength:"40" doc:"The version that was read; a stale one answers 412. Without it the last writer wins"`
}

var errIfMatch = fault.New(fault.Malformed, "if-match-invalid", "The If-Match header is not a version.",
	`Send the version that you read, as in If-Match: "3".`).At("header.If-Match", "is not a version")

// version reads the condition: the version that the caller read, 0 for none.
func (m Condition) version() (int64, error) {
	// A proxy that compresses makes the ETag weak; the version is the same.
	v := strings.TrimPrefix(strings.TrimSpace(m.IfMatch), "W/")
	if v == "" || v == "*" {
		return 0, nil
	}
	if n := len(v); n > 2 && v[0] == '"' && v[n-1] == '"' {
		v = v[1 : n-1]
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < 1 {
		return 0, errIfMatch
	}
	return n, nil
}

// etag writes a version as the ETag header of an answer.
func etag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// ago gives nil for the zero time, so that it is left out of an answer.
func ago(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// maxNesting bounds the depth of JSON that is decoded by reflection.
const maxNesting = 64

// The refusals of unmarshal become messages of the field "body".
var (
	errNotUTF8 = errors.New("is not valid UTF-8")
	errNUL     = errors.New("holds a NUL character")
	errDeep    = errors.New("is nested too deep")
	errTwice   = errors.New("has a name twice in one object")
)

// unmarshal is the JSON decoder of every route but event ingest. It refuses
// what no text column can hold, and what only exists to hurt.
func unmarshal(data []byte, v any) error {
	if !utf8.Valid(data) {
		return errNotUTF8
	}
	depth, text := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case text && c == '\\':
			if strings.HasPrefix(string(data[i+1:min(i+6, len(data))]), "u0000") {
				return errNUL
			}
			i++
		case c == '"':
			text = !text
		case text:
		case c == '{' || c == '[':
			if depth++; depth > maxNesting {
				return errDeep
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	if err := checkNames(data); err != nil {
		return err
	}
	return json.Unmarshal(data, v) //nolint:wrapcheck // huma shows it as the body's fault
}

// checkNames refuses an object that has a name twice: of two values the decoder
// takes one, and whoever looked at the request before may have read the other.
// What is no JSON at all is left to the decoder, which says where.
func checkNames(data []byte) error {
	type object struct {
		names map[string]bool // nil: an array
		name  bool            // a name comes next
	}
	var open []object
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	for {
		t, err := d.Token()
		if err != nil {
			return nil //nolint:nilerr // the end, or what the decoder refuses
		}
		if c, ok := t.(json.Delim); ok && (c == '}' || c == ']') {
			open = open[:len(open)-1]
			continue
		}
		if n := len(open); n > 0 && open[n-1].names != nil {
			in := &open[n-1]
			if name, ok := t.(string); ok && in.name {
				if in.names[name] {
					return errTwice
				}
				in.names[name] = true
			}
			in.name = !in.name
		}
		switch t {
		case json.Delim('{'):
			open = append(open, object{names: map[string]bool{}, name: true})
		case json.Delim('['):
			open = append(open, object{})
		}
	}
}

// readBody reads the body of a route that is served directly and has no query,
// within its limit. It refuses as huma does.
func readBody(q *request) ([]byte, error) {
	ctx, limit := q.req.Context(), q.route.limit
	if q.req.URL.RawQuery != "" {
		var unknown []error
		for _, name := range slices.Sorted(maps.Keys(q.req.URL.Query())) {
			unknown = append(unknown, &huma.ErrorDetail{Location: "query." + name, Message: "unknown query parameter"})
		}
		return nil, humaProblem(ctx, http.StatusUnprocessableEntity, "", unknown)
	}
	var b bytes.Buffer
	if n := q.req.ContentLength; n > 0 {
		b.Grow(int(min(n, limit)) + bytes.MinRead) // room to see the end
	}
	n, err := b.ReadFrom(io.LimitReader(q.req.Body, limit+1))
	var timed net.Error
	switch {
	case n > limit:
		return nil, tooLarge(limit)
	case errors.As(err, &timed) && timed.Timeout():
		return nil, humaProblem(ctx, http.StatusRequestTimeout, "", nil)
	case err != nil:
		return nil, humaProblem(ctx, http.StatusInternalServerError, unreadable, nil)
	case n == 0:
		return nil, humaProblem(ctx, http.StatusBadRequest, required, nil)
	}
	return b.Bytes(), nil
}

// writeJSON answers a route that is served directly.
func writeJSON(q *request, status int, v any) error {
	b, err := plainJSON(v)
	if err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	q.Header().Set("Content-Type", "application/json")
	q.WriteHeader(status)
	_, _ = q.Write(append(b, '\n')) // the client may be gone
	return nil
}
