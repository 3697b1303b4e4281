package connector

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"golang.org/x/oauth2"

	"patchboard/internal/health"
)

// Failure is why a call did not work.
type Failure struct { //nolint:errname // an error document is another thing; this is what a check found
	Class      health.Class
	Code       string        // the provider's own word for it; empty: it gave none
	Detail     string        // in a sentence, for administrators; never a secret
	RetryAfter time.Duration // 0: it did not say
	Link       string        // of the provider, where it can be mended; empty: none
	// Destination: one place does not take what was sent there. It says nothing about
	// the connection, and Class is None.
	Destination bool
	// Moved: the account may be elsewhere by now, as a new token's answer would say.
	Moved bool
	// Refused is the class once a new token was refused in the same way; None: the same.
	Refused health.Class
	// Final: no refresh and no time helps, only a person who connects again.
	Final bool
	Err   error // for the log
}

// Error says what failed.
func (f *Failure) Error() string {
	text := string(f.Class)
	if f.Code != "" {
		text += " (" + f.Code + ")"
	}
	if f.Err != nil {
		return fmt.Sprintf("%s: %v", text, f.Err)
	}
	return text
}

// Unwrap gives what was behind it.
func (f *Failure) Unwrap() error { return f.Err }

// FailureOf names an error by what every provider has in common: a call without an
// answer, and what a token endpoint says. What it gives is a Failure, but for no
// error, and for the caller's own cancellation, which says nothing of the
// connection: those stay as they are.
func FailureOf(err error) error {
	if _, named := errors.AsType[*Failure](err); err == nil || named || errors.Is(err, context.Canceled) {
		return err
	}
	if c, ok := health.Token(err); ok {
		return &Failure{Class: c, Code: tokenCode(err), Err: err}
	}
	if c, ok := health.Transport(err); ok {
		return &Failure{Class: c, Err: err}
	}
	if _, ok := errors.AsType[*json.SyntaxError](err); ok {
		return &Failure{Class: health.Unknown, Code: "no_json", Detail: "The answer is no JSON. A page of a proxy, or of a network that one has to sign in to, may stand in between.", Err: err}
	}
	return &Failure{Class: health.Unknown, Err: err}
}

// Guidance is what to tell about a failure.
type Guidance struct {
	Cause string   // what is wrong, in a sentence
	Who   Who      // can mend it
	Steps []string // what to do, in order; none where it passes by itself
	Link  string
}

// Who can mend a failure.
type Who string

// Those who can.
const (
	Nobody        Who = "nobody"    // it passes by itself
	Administrator Who = "admin"     // of this organization
	Operator      Who = "operator"  // of this installation
	Workspace     Who = "workspace" // the administrator of the account at the provider
)

func tokenCode(err error) string {
	if r, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return r.ErrorCode
	}
	return ""
}

// SameAccount checks that a session still is of the account that it was made for.
func SameAccount(s *Session, accountID string) error {
	if s.Account.ID == "" || s.Account.ID == accountID {
		return nil
	}
	return &Failure{Class: health.TokenRevoked, Code: "other_account", Detail: "The provider now answers for " + accountID + ", not for " + s.Account.ID + "."}
}
