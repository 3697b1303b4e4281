package integration

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/oauth2"

	"patchboard/internal/connector"
	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/health"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
)

// pastedMost is the longest token that is taken, in bytes: it goes into one header line
// of each call.
const pastedMost = 8 << 10

// Codes of attempts with a pasted token that came to nothing.
const (
	codeNotTaken = "token_not_taken" // by the provider
	codeNotTried = "token_not_tried" // to the end: something else came first
)

// Paste connects a provider with a token that a person has made there, with settings
// (nil: those that there are) that say so. The token is kept only if a call with it
// works. What is connected already goes on meanwhile.
func (s *Service) Paste(ctx context.Context, actor rbac.Actor, slug, token string, settings json.RawMessage) (*Attempt, error) {
	p, settings, err := s.wanted(ctx, actor, slug, settings, errPersonPastes)
	if err != nil {
		return nil, err
	}
	k := key{actor.OrganizationID, slug}
	if err := checkPasted(token); err != nil {
		return nil, err
	}
	a, asked, err := s.beginPaste(ctx, actor, k, p, settings)
	if err != nil {
		return nil, wrap("begin to connect with a token", err)
	}
	// What was begun is brought to its end, whether or not the browser waits.
	ctx = context.WithoutCancel(ctx)
	g, err := s.prove(ctx, k, p, token, asked)
	if err != nil {
		return s.failed(ctx, a, AttemptFailed, without(notTaken(failureOf(connector.FailureOf(err))), token))
	}
	return s.conclude(ctx, a, g)
}

var errPersonPastes = fault.New(fault.Forbidden, "integration-needs-person", "Only a person in a browser can connect: the token is their own.",
	"Sign in to the console and connect there.")

// beginPaste stores the attempt; asked are the settings that it is for.
func (s *Service) beginPaste(ctx context.Context, actor rbac.Actor, k key, p connector.Provider, settings json.RawMessage) (a *attempt, asked json.RawMessage, err error) {
	now := s.clock()
	a = &attempt{
		Attempt: Attempt{
			ID: id.New("att"), OrganizationID: k.org, Slug: k.slug, Status: AttemptExchange, By: actor.Email, Started: now, Expires: now.Add(attemptLife), Settings: settings,
		},
		session: s.sessionHash(actor.SessionID), actor: actor, verifier: []byte{},
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		r, err := s.lock(ctx, tx, k)
		if err != nil {
			return err
		}
		if asked = settings; asked == nil {
			asked = r.Settings
		}
		if connector.PastedBy(p, asked) == nil {
			return fault.New(fault.Conflict, "integration-takes-no-token", p.About().Name+" is not connected with a token in this way.",
				"Choose the way with a token in the settings, or sign in at "+p.About().Name+".")
		}
		// Nobody comes back with this state: there is no consent page.
		return s.begin(ctx, tx, r, a, s.stateHash(rand.Text()+rand.Text()))
	})
	return a, asked, err
}

// prove makes the provider's own call with a token, which says whose it is, as far as
// the provider tells.
func (s *Service) prove(ctx context.Context, k key, p connector.Provider, token string, settings json.RawMessage) (*grantedTo, error) {
	ctx, cancel := context.WithTimeout(ctx, checkLimit)
	defer cancel()
	r := &row{Connection: Connection{OrganizationID: k.org, Slug: k.slug, Settings: settings}}
	account, err := p.Identify(ctx, s.session(r, p, grantText{Access: token, Pasted: true}))
	if err != nil {
		return nil, fmt.Errorf("try a token: %w", err)
	}
	g := &grantedTo{account: account, granted: []string{}, token: &oauth2.Token{AccessToken: token}, pasted: true}
	if life := connector.PastedBy(p, settings).Life; life > 0 {
		g.expires = s.clock().Add(life)
	}
	return g, nil
}

// notTaken names a failure of a token that was pasted just now: that it has ended means
// another thing there than in a connection.
func notTaken(f *connector.Failure) *connector.Failure {
	if f.Class != health.TokenExpired && f.Class != health.TokenRevoked {
		return f
	}
	out := *f
	out.Code = codeNotTaken
	if out.Detail = f.Code; f.Detail != "" {
		out.Detail = strings.TrimSpace(f.Detail + " " + f.Code)
	}
	return &out
}

// without takes a token out of a failure, should the provider's answer repeat it.
func without(f *connector.Failure, token string) *connector.Failure {
	out := *f
	out.Code, out.Detail = strings.ReplaceAll(f.Code, token, "…"), strings.ReplaceAll(f.Detail, token, "…")
	if f.Err != nil && strings.Contains(f.Err.Error(), token) {
		out.Err = errRepeated
	}
	return &out
}

var errRepeated = errors.New("the provider's answer repeats the token, and is left out")

// pasteAgain is what to do about a token that came to nothing.
func pasteAgain(p connector.Provider, code string) connector.Guidance {
	name := p.About().Name
	if code == codeNotTried {
		return connector.Guidance{
			Cause: "The token was not tried to its end.", Who: connector.Administrator,
			Steps: []string{"Look at how " + name + " stands now.", "Paste the token again, if it is wanted."},
		}
	}
	return connector.Guidance{
		Cause: name + " does not take this token: it is not the whole of one, it has ended, or it was revoked.", Who: connector.Administrator,
		Steps: []string{"Copy the token again, from its first to its last character.", "Or make a new one at " + name + ", and paste that."},
	}
}

// paste is what settings want to be pasted, with the operator's address of the page
// where it is made; nil: nothing.
func (s *Service) paste(p connector.Provider, settings json.RawMessage) *connector.Paste {
	wanted := connector.PastedBy(p, settings)
	if wanted == nil {
		return nil
	}
	out := *wanted
	if made := s.Overrides[p.About().Slug].Addresses.Made; made != "" {
		out.Made = made
	}
	return &out
}

// checkPasted says what is wrong with a token, before anybody is asked about it. The
// error never has any of it.
func checkPasted(token string) error {
	var wrong string
	switch {
	case strings.TrimSpace(token) == "":
		wrong = "is empty"
	case len(token) > pastedMost:
		wrong = fmt.Sprintf("is longer than %d characters", pastedMost)
	case strings.ContainsAny(token, "\r\n"):
		wrong = "has a line break in it"
	case strings.ContainsAny(token, " \t\u00a0"):
		wrong = "has a space in it"
	case strings.ContainsFunc(token, func(r rune) bool { return r < ' ' || r == 0x7f }):
		wrong = "has a control character in it"
	case strings.ContainsFunc(token, func(r rune) bool { return r > '~' }):
		wrong = "has a character in it that no token has: only letters, digits and signs of ASCII are in one"
	default:
		return nil
	}
	return fault.New(fault.Invalid, "integration-token-invalid", "The token "+wrong+".", "Copy the token again, the whole of it and nothing around it.").At("body.token", wrong)
}
