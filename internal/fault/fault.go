// Package fault is the one error type that crosses package borders: a kind, a
// sentence that is safe to show, what to do next, and the operator's cause.
// It knows neither HTTP nor JSON; package api turns a fault into a problem
// document (RFC 9457).
package fault

import (
	"errors"
	"maps"
	"time"
)

// Kind classes an error by what the caller can do about it. Package api maps
// each kind to one HTTP status.
type Kind string

// The kinds, with the status that package api answers for each.
const (
	Malformed       Kind = "malformed"       // 400: cannot be read at all
	Unauthenticated Kind = "unauthenticated" // 401: who are you
	Forbidden       Kind = "forbidden"       // 403: you may not
	NotFound        Kind = "not_found"       // 404: no such thing for you
	Conflict        Kind = "conflict"        // 409: the state does not allow it
	Stale           Kind = "stale"           // 412: changed since you read it
	TooLarge        Kind = "too_large"       // 413: over a size limit
	Invalid         Kind = "invalid"         // 422: readable, but breaks a rule
	RateLimited     Kind = "rate_limited"    // 429: later, see RetryAfter
	Internal        Kind = "internal"        // 500: ours, see the log
	Unavailable     Kind = "unavailable"     // 503: later, see RetryAfter
)

// Field names one part of the input that breaks a rule.
type Field struct {
	Location string // as in "body.events[2].type" or "query.since"
	Message  string // what is wrong with it, without the value
}

// Error is the error that services return. Message and Fix are shown to
// people; Err is for the log only.
type Error struct {
	Kind       Kind
	Type       string         // stable slug, "webhook-not-found"
	Message    string         // one sentence, safe to show
	Fix        string         // what to do next, safe to show
	RetryAfter time.Duration  // for RateLimited and Unavailable
	Fields     []Field        // the inputs at fault, if any
	Extra      map[string]any // further members of the problem document
	Err        error          // the operator's cause, never shown
}

// New makes an error of a kind; slug is stable, message and fix are for people.
func New(kind Kind, slug, message, fix string) *Error {
	return &Error{Kind: kind, Type: slug, Message: message, Fix: fix}
}

// Error joins the safe message and the cause, for the log.
func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

// Unwrap gives the operator's cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is a fault with the same type slug, so that a
// package can keep its faults as variables and compare with errors.Is.
func (e *Error) Is(target error) bool {
	var t *Error
	return errors.As(target, &t) && t.Type == e.Type
}

// Because returns a copy of e with the operator's cause.
func (e *Error) Because(err error) *Error {
	c := *e
	c.Err = err
	return &c
}

// With returns a copy of e with one more member for the problem document.
func (e *Error) With(name string, value any) *Error {
	c := *e
	c.Extra = maps.Clone(e.Extra)
	if c.Extra == nil {
		c.Extra = map[string]any{}
	}
	c.Extra[name] = value
	return &c
}

// At returns a copy of e with one more field at fault.
func (e *Error) At(location, message string) *Error {
	c := *e
	c.Fields = append(append([]Field(nil), e.Fields...), Field{location, message})
	return &c
}

// After returns a copy of e that says when to try again.
func (e *Error) After(d time.Duration) *Error {
	c := *e
	c.RetryAfter = d
	return &c
}

// From gives the fault in err's chain, or an Internal fault that wraps err.
func From(err error) *Error {
	if f, ok := errors.AsType[*Error](err); ok {
		return f
	}
	return &Error{
		Kind: Internal, Type: "internal", Err: err,
		Message: "Something went wrong on our side.",
		Fix:     "Try again. If it goes on, give the request id to whoever runs this server.",
	}
}

// KindOf gives the kind of err; an error that is no fault is Internal.
func KindOf(err error) Kind { return From(err).Kind }
