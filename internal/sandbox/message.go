package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"patchboard/internal/signature"
)

// Secrets gives the secrets that a message to a host and path may be signed
// with; none if no webhook has that address.
type Secrets func(ctx context.Context, host, path string) ([]signature.Secret, error)

// State is the outcome of checking a signature, in one word.
type State string

// The states. Unchecked is a message whose webhook is not known (a check before
// a webhook is saved is signed with a secret that nobody has seen yet), or one
// that is too large to keep.
const (
	Valid     State = "valid"
	Invalid   State = "invalid"
	Unsigned  State = "unsigned"
	Unchecked State = "unchecked"
)

// Verdict says whether a message's signature holds.
type Verdict struct {
	State  State
	Reason string // why it is invalid or unchecked
}

// String gives the verdict as people read it.
func (v Verdict) String() string {
	switch v.State {
	case Valid:
		return "Signature valid"
	case Unsigned:
		return "No signature"
	case Invalid:
		return "Signature invalid: " + v.Reason
	case Unchecked:
	}
	return "Signature not checked: " + v.Reason
}

const (
	reasonUnknown   = "no webhook is saved for this address"
	reasonNoSecrets = "the sandbox has not been told any secret"
	reasonTooLarge  = "the body is too large to keep"
)

// judge checks a signature against the secrets of the address.
func judge(secrets []signature.Secret, h http.Header, body []byte, at time.Time) Verdict {
	if len(h.Values(signature.HeaderSignature)) == 0 {
		return Verdict{State: Unsigned}
	}
	// What is wrong with the headers is wrong with every secret.
	err := signature.Verify(signature.Secret{}, h, body, at)
	if len(secrets) == 0 && errors.Is(err, signature.ErrNoMatch) {
		return Verdict{Unchecked, reasonUnknown}
	}
	for _, s := range secrets {
		if err = signature.Verify(s, h, body, at); err == nil {
			return Verdict{State: Valid}
		}
	}
	return Verdict{Invalid, err.Error()}
}

// Message is one request that has arrived.
type Message struct {
	Number    int64 // counts arrivals from 1
	Received  time.Time
	Host      string // lower case, without the port
	Path      string // as sent
	Query     string // as sent, without the question mark
	EventType string // the body's "type"; "" if it has none
	WebhookID string
	Arrival   int // how often a message with this webhook-id has come, this time included
	Header    http.Header
	Body      []byte // nil if too large
	Size      int64  // of the body, or as far as it was read
	Verdict   Verdict
	Answer    string // what the inbox answered, or what it did instead
}

// address is what the message was sent to, as a URL.
func (m *Message) address() string {
	if m.Query != "" {
		return "https://" + m.Host + m.Path + "?" + m.Query
	}
	return "https://" + m.Host + m.Path
}

// bytes is what the message takes in memory, about.
func (m *Message) bytes() int {
	n := len(m.Body) + 512
	for name, values := range m.Header {
		for _, v := range values {
			n += len(name) + len(v)
		}
	}
	return n
}

// newMessage takes what a request says. The path of a webhook without one is
// "/", as it is on the wire.
func newMessage(r *http.Request, body []byte, at time.Time) *Message {
	m := &Message{
		Received: at, Host: hostOf(r.Host), Path: PathOf(r.URL.EscapedPath()), Query: r.URL.RawQuery,
		Header: r.Header.Clone(), Body: body, Size: int64(len(body)), WebhookID: r.Header.Get(signature.HeaderID),
	}
	var envelope struct {
		Type string `json:"type"`
	}
	if json.Unmarshal(body, &envelope) == nil {
		m.EventType = clip(envelope.Type)
	}
	return m
}

// PathOf gives a URL's escaped path as it is sent: never empty.
func PathOf(escaped string) string {
	if escaped == "" {
		return "/"
	}
	return escaped
}

func hostOf(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		hostport = host
	}
	return strings.ToLower(strings.TrimSuffix(hostport, "."))
}

// clip keeps a stranger's word from filling the page.
func clip(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

// prettyDepth is how deep a body may be nested to be laid out: each level
// indents every line below it, and a few kilobytes of brackets would fill the
// memory with spaces.
const prettyDepth = 64

// pretty gives a body for reading: JSON with line ends, its numbers, names and
// order as they came; anything else as it is.
func pretty(body []byte) string {
	var out bytes.Buffer
	if depth(body) <= prettyDepth && json.Indent(&out, body, "", "  ") == nil {
		body = out.Bytes()
	}
	return strings.ToValidUTF8(string(body), "\uFFFD")
}

// depth counts brackets, those in strings too: too much of them is no harm.
func depth(body []byte) (deepest int) {
	open := 0
	for _, c := range body {
		switch c {
		case '{', '[':
			open++
		case '}', ']':
			open--
		}
		deepest = max(deepest, open)
	}
	return deepest
}
