package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"patchboard/internal/db"
	"patchboard/internal/fault"
)

// Problem is the body of every refusal: problem details (RFC 9457) with a fix,
// the request's id, the inputs at fault and, for some types, further members.
type Problem struct { //nolint:errname // the name of the schema that clients see
	Type      string         `json:"type" doc:"Names the kind of problem; stable" format:"uri-reference" example:"/problems/webhook-not-found"`
	Title     string         `json:"title" doc:"The kind of problem in words" example:"Webhook not found"`
	Status    int            `json:"status" doc:"The HTTP status" example:"404"`
	Detail    string         `json:"detail" doc:"What went wrong, for a person"`
	Fix       string         `json:"fix,omitempty" doc:"What to do next, for a person"`
	RequestID string         `json:"requestId,omitempty" doc:"Names this request in the server's log"`
	Errors    []ProblemField `json:"errors,omitempty" doc:"The inputs at fault"`

	_ struct{} `json:"-" additionalProperties:"true"`

	extra  map[string]any
	header http.Header
	cause  error
}

// ProblemField is one input at fault. It never carries the value, which may be
// a password.
type ProblemField struct {
	Location string `json:"location" doc:"Where, as in body.events[2] or query.since"`
	Message  string `json:"message" doc:"What is wrong with it"`
}

// statusOf is the one place where a kind of error becomes an HTTP status.
var statusOf = map[fault.Kind]int{ //nolint:gochecknoglobals // a constant table
	fault.Malformed:       http.StatusBadRequest,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Forbidden:       http.StatusForbidden,
	fault.NotFound:        http.StatusNotFound,
	fault.Conflict:        http.StatusConflict,
	fault.Stale:           http.StatusPreconditionFailed,
	fault.TooLarge:        http.StatusRequestEntityTooLarge,
	fault.Invalid:         http.StatusUnprocessableEntity,
	fault.RateLimited:     http.StatusTooManyRequests,
	fault.Internal:        http.StatusInternalServerError,
	fault.Unavailable:     http.StatusServiceUnavailable,
}

var errUnavailable = fault.New(fault.Unavailable, "database-unavailable",
	"The database does not answer at the moment, so nothing was changed.",
	"Try again in a few seconds.").After(5 * time.Second)

// faultOf gives the fault in err. A database that is away is no bug of ours.
func faultOf(err error) *fault.Error {
	f := fault.From(err)
	if f.Kind == fault.Internal && db.IsUnavailable(err) {
		return errUnavailable.Because(err)
	}
	return f
}

// problemOf turns any error into a problem document.
func problemOf(ctx context.Context, err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		c := *p
		c.RequestID = requestOf(ctx).id
		return &c
	}
	f := faultOf(err)
	if f.Kind == fault.Internal && errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return problemOf(ctx, errGone) // nobody's fault, and nobody reads it
	}
	status, ok := statusOf[f.Kind]
	if !ok {
		status = http.StatusInternalServerError
	}
	p = newProblem(ctx, status, f.Type, f.Message, f.Fix)
	p.extra, p.cause = f.Extra, f.Err
	for _, at := range f.Fields {
		p.Errors = append(p.Errors, ProblemField(at))
	}
	if f.RetryAfter > 0 {
		seconds := strconv.Itoa(int(math.Ceil(f.RetryAfter.Seconds())))
		p.header = http.Header{"Retry-After": {seconds}}
	}
	if status == http.StatusUnauthorized { // must name a way in: RFC 9110, 15.5.2
		p.header = http.Header{"Www-Authenticate": {`Bearer realm="Patchboard"`}}
	}
	return p
}

func newProblem(ctx context.Context, status int, slug, detail, fix string) *Problem {
	return &Problem{
		Type: "/problems/" + slug, Title: titleOf(slug), Status: status, Detail: detail, Fix: fix,
		RequestID: requestOf(ctx).id,
	}
}

// titleOf writes a slug as words: one slug, one title.
func titleOf(slug string) string {
	if slug == "" {
		return "Problem"
	}
	words := strings.Split(slug, "-")
	for i, w := range words {
		if capitals, ok := acronyms[w]; ok {
			words[i] = capitals
		} else if i == 0 {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, " ")
}

// acronyms are the words of slugs that people write in capitals.
var acronyms = map[string]string{"api": "API", "id": "ID", "json": "JSON", "url": "URL", "utf8": "UTF-8"} //nolint:gochecknoglobals // a constant table

// Error is the problem's detail.
func (p *Problem) Error() string { return p.Detail }

// Unwrap gives the operator's cause, which is logged and never shown.
func (p *Problem) Unwrap() error { return p.cause }

// GetStatus and the two below are what huma asks of an error.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders gives the headers that belong to the problem.
func (p *Problem) GetHeaders() http.Header { return p.header }

// ContentType is that of RFC 9457.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// MarshalJSON writes the extra members beside the standard ones, which they
// cannot replace.
func (p *Problem) MarshalJSON() ([]byte, error) {
	type plain Problem // without this method
	b, err := plainJSON((*plain)(p))
	if err != nil || len(p.extra) == 0 {
		return b, err
	}
	var out bytes.Buffer
	out.Write(b[:len(b)-1])
	for _, name := range slices.Sorted(maps.Keys(p.extra)) {
		if slices.Contains(members, name) {
			continue
		}
		value, err := plainJSON(map[string]any{name: p.extra[name]})
		if err != nil {
			return nil, err
		}
		out.WriteByte(',')
		out.Write(value[1 : len(value)-1])
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// members are the names that a problem's extra members cannot have.
var members = []string{"type", "title", "status", "detail", "fix", "requestId", "errors"} //nolint:gochecknoglobals // a constant list

// plainJSON marshals without the escapes that only HTML needs.
func plainJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err //nolint:wrapcheck // the caller says what it was
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// writeProblem answers outside huma: middleware, unknown routes, panics.
func writeProblem(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(r.Context(), err)
	requestOf(r.Context()).note(p)
	b, merr := p.MarshalJSON()
	if merr != nil {
		b = []byte(`{"type":"/problems/internal","title":"Internal","status":500}`)
	}
	h := w.Header()
	maps.Copy(h, p.header)
	h.Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(append(b, '\n')) // the client may be gone
	}
}

// What huma says of two refusals that have no status of their own.
const (
	unreadable = "cannot read request body"
	required   = "request body is required"
)

// humaProblem is what huma makes its own refusals with: input that cannot be
// read or breaks the schema. huma's details carry the values; ours do not.
func humaProblem(ctx context.Context, status int, message string, errs []error) *Problem {
	slug, detail, fix := "input-invalid", "The request breaks the rules of this operation.",
		"Correct what `errors` names; /docs describes every operation."
	switch {
	case status == http.StatusInternalServerError && message == unreadable:
		status, slug, detail, fix = http.StatusBadRequest, "body-unreadable", "The request's body could not be read to its end.", "Send the request again."
	case status == http.StatusRequestTimeout:
		slug, detail, fix = "body-timeout", "The request's body took too long to arrive.", "Send the request again."
	case status == http.StatusRequestEntityTooLarge:
		slug, detail, fix = "body-too-large", "The request's body is larger than this operation takes.", "Send less at once."
	case status == http.StatusBadRequest && message == required:
		slug, detail, fix = "body-missing", "This operation needs a JSON body.", "Send the body that /docs describes."
	case status == http.StatusBadRequest:
		slug, detail = "json-malformed", "The body is not JSON that can be used."
	case status >= http.StatusInternalServerError || status == 0:
		return problemOf(ctx, errors.Join(errs...))
	}
	p := newProblem(ctx, status, slug, detail, fix)
	for _, err := range errs {
		if err == nil {
			continue
		}
		var d huma.ErrorDetailer
		if errors.As(err, &d) {
			e := d.ErrorDetail()
			p.Errors = append(p.Errors, ProblemField{Location: e.Location, Message: safeMessage(e.Message)})
		}
	}
	return p
}

// safeMessage drops what decoders say about Go types, layouts and values.
func safeMessage(m string) string {
	if strings.HasPrefix(m, "invalid date/time") {
		return "must be a time such as 2026-11-23T16:45:00Z"
	}
	if strings.HasPrefix(m, "json: ") || strings.HasPrefix(m, "invalid value: ") {
		return "has the wrong type"
	}
	return m
}
