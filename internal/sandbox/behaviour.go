package sandbox

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Behaviour is how the inbox answers a message.
type Behaviour string

// The behaviours.
const (
	Accept   Behaviour = "accept"
	Fail     Behaviour = "fail"
	Limit    Behaviour = "limit"
	Hang     Behaviour = "hang"
	Drip     Behaviour = "drip"
	Redirect Behaviour = "redirect"
	Break    Behaviour = "break"
	Gone     Behaviour = "gone"
)

const (
	retryAfter = 30 // seconds, of Limit
	// longestAnswer ends what would go on for ever. No sender waits that long.
	longestAnswer = time.Minute
	dripEvery     = time.Second
)

// behaviours is the panel, in its order.
var behaviours = []struct {
	Behaviour Behaviour
	Label     string // of its button
	Answer    string // what it did, beside the message
	Says      string // what to expect of it
}{
	{Accept, "200 OK", "Answered 200", "All is well."},
	{Fail, "500", "Answered 500", "Patchboard tries again: after 5 seconds, then 5 minutes, then longer."},
	{Limit, "429", "Answered 429, Retry-After 30 s", "Asks to be left alone for 30 seconds; the next try comes no earlier."},
	{Hang, "Hang", "Took it and did not answer", "Reads the message and never answers; Patchboard gives up after its time-out and tries again."},
	{Drip, "Slow drip", "Answered a byte a second", "Answers 200 and sends a byte a second; Patchboard does not wait for the end."},
	{Redirect, "Redirect", "Answered 307 to /redirected", "Sends the message elsewhere; Patchboard does not follow, and counts it as failed."},
	{Break, "Break off", "Broke off within the answer", "Closes the connection in the middle of the answer."},
	{Gone, "410 Gone", "Answered 410", "Says that nobody lives here any more; Patchboard disables the webhook at once."},
}

func known(b Behaviour) bool {
	for _, one := range behaviours {
		if one.Behaviour == b {
			return true
		}
	}
	return false
}

func (b Behaviour) answer() string {
	for _, one := range behaviours {
		if one.Behaviour == b {
			return one.Answer
		}
	}
	return ""
}

// plan is the behaviour of the next messages.
type plan struct {
	Behaviour Behaviour
	Once      bool // back to Accept after one message
}

func (p *plan) next() Behaviour {
	b := p.Behaviour
	if p.Once {
		*p = plan{Behaviour: Accept}
	}
	return b
}

// perform answers a request. Waiting ends with the request, with calm, and
// after longestAnswer.
func (b Behaviour) perform(w http.ResponseWriter, r *http.Request, calm <-chan struct{}) {
	ctx, cancel := context.WithTimeout(r.Context(), longestAnswer)
	defer cancel()
	switch b {
	case Accept:
		say(w, http.StatusOK, "ok\n")
	case Fail:
		say(w, http.StatusInternalServerError, "The sandbox was told to fail.\n")
	case Limit:
		w.Header().Set("Retry-After", fmt.Sprint(retryAfter))
		say(w, http.StatusTooManyRequests, "The sandbox was told to ask for patience.\n")
	case Hang:
		select {
		case <-ctx.Done():
		case <-calm:
		}
		panic(http.ErrAbortHandler) // closes the connection without an answer
	case Drip:
		drip(ctx, w, calm)
	case Redirect:
		w.Header().Set("Location", "/redirected")
		say(w, http.StatusTemporaryRedirect, "The sandbox was told to redirect.\n")
	case Break:
		breakOff(w)
	case Gone:
		say(w, http.StatusGone, "The sandbox was told to be gone.\n")
	}
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text) // the sender may be gone
}

func drip(ctx context.Context, w http.ResponseWriter, calm <-chan struct{}) {
	say(w, http.StatusOK, "")
	out := http.NewResponseController(w)
	tick := time.NewTicker(dripEvery)
	defer tick.Stop()
	for {
		_, err := io.WriteString(w, ".")
		if err != nil || out.Flush() != nil {
			return // the sender has gone
		}
		select {
		case <-ctx.Done():
			panic(http.ErrAbortHandler)
		case <-calm:
			return
		case <-tick.C:
		}
	}
}

// breakOff promises more than it sends.
func breakOff(w http.ResponseWriter) {
	w.Header().Set("Content-Length", "1000")
	say(w, http.StatusOK, "The sandbox was told to brea")
	if err := http.NewResponseController(w).Flush(); err != nil {
		return // the sender has gone
	}
	panic(http.ErrAbortHandler)
}
