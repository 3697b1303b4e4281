// Package audit owns the audit log: append-only entries in one Merkle log an
// organization, the signed heads that are kept outside the database, and the
// queries, exports and verification of them. It does not decide what is worth
// an entry; the nouns do. docs/audit-log.md is its contract with outsiders.
package audit

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/rbac"
)

// Entry is what a noun says about one action; who, when and from where come
// from the actor and the clock.
type Entry struct {
	Action     string // one of the constants, "api_key.regenerated"
	TargetType string // "webhook"
	TargetID   string // "wh_…"
	TargetName string // what a person calls it

	// Before and After are the changed thing, as JSON, for a change. They are
	// redacted (see redact), but a caller should not put a secret in at all.
	Before, After any

	Result string // OK (the default), Denied or Failed
	Reason string // given by the person, or by the rule that acted
	Detail any    // anything else worth knowing, as JSON
}

// The results of an action.
const (
	OK     = "ok"
	Denied = "denied"
	Failed = "failed"
)

// Record is an entry as it stands in the log.
type Record struct {
	Organization string // "" is the installation's own log
	Seq          int64  // 1, 2, 3… without a gap, for each organization
	Version      int64  // of the canonical encoding
	At           time.Time

	ActorID    string // usr_…, key_…, or the role of an actor without an id
	ActorRole  rbac.Role
	ActorEmail string

	Action     string
	TargetType string
	TargetID   string
	TargetName string

	Before json.RawMessage // empty for none
	After  json.RawMessage
	Result string
	Reason string
	Detail json.RawMessage

	Address   string
	UserAgent string
	RequestID string

	// Count is how often this happened from First to Last: 1, or more for
	// repeated denials that were put together.
	Count       int64
	First, Last time.Time
}

// The longest texts that an entry keeps, in bytes; the rest is cut off.
const (
	nameMost   = 256
	textMost   = 1024
	reasonMost = 4096
	jsonMost   = 256 << 10
)

// newRecord joins what a noun says with who did it and when. The result has no
// sequence number yet.
func newRecord(actor rbac.Actor, e Entry, now time.Time) (*Record, error) {
	if !validAction(e.Action) {
		return nil, fmt.Errorf("audit entry: the action %q is not of the form noun.what_happened", e.Action)
	}
	switch e.Result {
	case "":
		e.Result = OK
	case OK, Denied, Failed:
	default:
		return nil, fmt.Errorf("audit entry: the result %q is unknown", e.Result)
	}
	now = db.Time(db.Micros(now)) // what the database will give back
	r := &Record{
		Organization: actor.OrganizationID, Version: version, At: now,
		ActorID: clean(actor.ID(), nameMost), ActorRole: actor.Role, ActorEmail: clean(actor.Email, textMost),
		Action: e.Action, TargetType: clean(e.TargetType, nameMost), TargetID: clean(e.TargetID, textMost),
		TargetName: redactText(clean(e.TargetName, textMost)),
		Result:     e.Result, Reason: redactText(clean(e.Reason, reasonMost)),
		Address: clean(actor.Address, nameMost), UserAgent: clean(actor.UserAgent, textMost), RequestID: clean(actor.RequestID, nameMost),
		Count: 1, First: now, Last: now,
	}
	for _, part := range []struct {
		name string
		to   *json.RawMessage
		from any
	}{{"before", &r.Before, e.Before}, {"after", &r.After, e.After}, {"detail", &r.Detail, e.Detail}} {
		var err error
		if *part.to, err = redactJSON(part.from); err != nil {
			return nil, fmt.Errorf("audit entry %s: %s: %w", e.Action, part.name, err)
		}
	}
	return r, nil
}

// validAction holds the form that filters and indexes rely on: lower case
// words, exactly one dot.
func validAction(a string) bool {
	area, what, ok := strings.Cut(a, ".")
	return ok && isWord(area) && isWord(what)
}

func isWord(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// areaOf is the noun of an action: "webhook" of "webhook.created". It is stored
// beside the action so that a noun's entries are found by an index.
func areaOf(action string) string {
	area, _, _ := strings.Cut(action, ".")
	return area
}

// clean makes text fit for both databases (Postgres refuses NUL and bytes that
// are no UTF-8) and bounds it.
func clean(s string, most int) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	if len(s) <= most {
		return s
	}
	s = s[:most]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s + "…"
}

// errTampered is what a change gets when the log refuses to grow because rows
// of it were removed or put in by hand.
var errTampered = fault.New(fault.Internal, "audit-log-damaged",
	"The audit log of this organization was changed outside Patchboard, so nothing can be recorded in it.",
	"Ask whoever runs this server to run: patchboard audit verify")
