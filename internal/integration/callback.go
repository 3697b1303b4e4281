package integration

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"patchboard/internal/audit"
	"patchboard/internal/connector"
	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/health"
	"patchboard/internal/rbac"
)

// Callback is what a provider sends a browser back with.
type Callback struct {
	State, Code        string
	Error, Description string
}

var (
	errState = fault.New(fault.Malformed, "oauth-state-unknown", "This way back from the provider is not known, was used already, or is too old.",
		"Begin to connect again in the console.")
	errSession = fault.New(fault.Forbidden, "oauth-session-other", "Another browser session began to connect than the one that came back.",
		"Connect and sign in at the provider in the same browser.")
)

const detailMost = 500 // bytes of what a provider says that are kept

// Return takes a browser back from a provider. What came of it is in the attempt; an
// error is that there is none, or that it is somebody else's.
func (s *Service) Return(ctx context.Context, actor rbac.Actor, in Callback) (*Attempt, error) {
	a, err := s.take(ctx, actor, in.State)
	if err != nil {
		return nil, err
	}
	// What was begun is brought to its end, whether or not the browser waits.
	ctx = context.WithoutCancel(ctx)
	p, err := s.provider(a.Slug)
	if err != nil {
		return nil, err
	}
	if in.Error != "" {
		return s.refusedConsent(ctx, a, p.OAuth(), in)
	}
	g, err := s.redeem(ctx, a, p, in.Code)
	if err != nil {
		return s.failed(ctx, a, AttemptFailed, failureOf(err))
	}
	return s.conclude(ctx, a, g)
}

// conclude makes a connection of what was granted, or has a person decide about another
// account.
func (s *Service) conclude(ctx context.Context, a *attempt, g *grantedTo) (*Attempt, error) {
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		r, err := s.lock(ctx, tx, key{a.OrganizationID, a.Slug})
		if err != nil {
			return err
		}
		now, err := s.attempt(ctx, tx, r.key(), a.ID, tx.ForUpdate())
		if err != nil {
			return err
		}
		if now.Status != AttemptExchange { // it was ended while the provider was asked
			a.Attempt = now.Attempt
			_, _, err := s.keepGrant(ctx, tx, r.key(), a.clientID, g.account.ID, g.text())
			return err
		}
		if r.Account.ID != "" && r.Account.ID != g.account.ID && r.On() {
			return s.ask(ctx, tx, r, a, g)
		}
		return s.grant(ctx, tx, r, a, g, Granted)
	})
	if err != nil {
		return nil, wrap("store the grant", err)
	}
	s.startNow(key{a.OrganizationID, a.Slug}, a.Status == AttemptSucceeded)
	s.revokeNow()
	return &a.Attempt, nil
}

// take finds the attempt of a state parameter and uses it up.
func (s *Service) take(ctx context.Context, actor rbac.Actor, state string) (*attempt, error) {
	if state == "" || len(state) > 200 {
		return nil, errState
	}
	var a *attempt
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		var err error
		a, err = db.One(ctx, tx, scanAttempt, "SELECT "+attemptColumns+" FROM connection_attempts WHERE state_hash = $1"+tx.ForUpdate(), s.stateHash(state))
		if errors.Is(err, db.ErrNoRows) {
			return errState
		}
		if err != nil {
			return err
		}
		mine := actor.SessionID != "" && actor.OrganizationID == a.OrganizationID && subtle.ConstantTimeCompare(a.session, s.sessionHash(actor.SessionID)) == 1
		switch {
		case !mine:
			return errSession // it stays open for whoever began it
		case a.Status != AttemptOpen || !s.clock().Before(a.Expires):
			return errState
		}
		a.Status, a.actor = AttemptExchange, actor
		_, err = tx.Exec(ctx, "UPDATE connection_attempts SET status = $2 WHERE id = $1", a.ID, string(a.Status))
		return err
	})
	if errors.Is(err, errSession) && actor.OrganizationID != "" {
		denied := audit.Entry{Action: audit.IntegrationConnectFailed, TargetType: "integration", TargetID: a.Slug, Result: audit.Denied, Reason: "another session"}
		return nil, errors.Join(errSession, s.Audit.Denied(ctx, actor, denied))
	}
	return a, wrap("find the attempt", err)
}

// grantedTo is what an exchange gave, before it is stored.
type grantedTo struct {
	account connector.Account
	granted []string
	token   *oauth2.Token
	at      connector.Place
	expires time.Time // zero: never
	pasted  bool      // by a person; nothing is known of it but that it works
	using   spending
}

// text is what of it is sealed.
func (g *grantedTo) text() grantText {
	return grantText{Access: g.token.AccessToken, Refresh: g.token.RefreshToken, Place: g.at, Pasted: g.pasted}
}

// wayOf gives what was kept when an attempt began: the verifier, and the host where its
// person signs in.
func (s *Service) wayOf(a *attempt) (verifier, host string, err error) {
	kept, err := s.Vault.Unseal(a.verifier, verifierRow(a.ID))
	if err != nil {
		return "", "", fmt.Errorf("open the verifier: %w", err)
	}
	verifier, host, _ = strings.Cut(string(kept), " ")
	return verifier, host, nil
}

// redeem exchanges a code, and sees that what was granted is enough.
func (s *Service) redeem(ctx context.Context, a *attempt, p connector.Provider, code string) (*grantedTo, error) {
	if code == "" {
		return nil, &connector.Failure{Class: health.Unknown, Code: "no_code", Detail: "The provider sent neither a code nor an error."}
	}
	k := key{a.OrganizationID, a.Slug}
	app, _, err := s.app(ctx, s.DB, k)
	if err != nil {
		return nil, err
	}
	if app.ID != a.clientID {
		return nil, &connector.Failure{Class: health.MisconfiguredApp, Code: "other_client", Detail: "The client id was changed while you were at the provider. Connect again."}
	}
	o := p.OAuth()
	verifier, host, err := s.wayOf(a)
	if err != nil {
		return nil, err
	}
	var options []oauth2.AuthCodeOption
	if o.PKCE {
		options = append(options, oauth2.VerifierOption(verifier))
	}
	within, cancel := context.WithTimeout(context.WithValue(ctx, oauth2.HTTPClient, s.Egress.HTTPClient()), tokenLimit)
	defer cancel()
	token, err := o.Config(app, s.at(p, connector.Place{Host: host}), s.Callback, nil).Exchange(within, code, options...)
	if err != nil {
		return nil, o.FailureOf(fmt.Errorf("exchange the code: %w", err))
	}
	if o.Refresh && token.RefreshToken == "" {
		return nil, &connector.Failure{Class: health.MisconfiguredApp, Code: "no_refresh_token", Detail: "The provider gave no refresh token: the connection would end within hours."}
	}
	settings := a.Settings
	if settings == nil {
		r, err := find(ctx, s.DB, k, "")
		if err != nil {
			return nil, fmt.Errorf("read the settings: %w", err)
		}
		settings = r.Settings
	}
	g := &grantedTo{granted: p.Granted(token.Extra), token: token, expires: o.Expires(token, s.clock())}
	g.at, err = s.located(p, token, host)
	if s.at(p, g.at).API == "" { // with an address of the operator's, what the answer says of it does not matter
		if err == nil {
			err = errPlace
		}
		return nil, err
	}
	var missing []string
	for _, scope := range p.Scopes(settings) {
		if scope.Required && !slices.Contains(g.granted, scope.Name) {
			missing = append(missing, scope.Name)
		}
	}
	if len(missing) > 0 {
		return nil, &connector.Failure{Class: health.ScopeMissing, Code: "scope_missing", Detail: "Not granted: " + strings.Join(missing, ", ") + "."}
	}
	r := &row{Connection: Connection{OrganizationID: k.org, Slug: k.slug, Settings: settings, Granted: g.granted}}
	return g, s.identify(ctx, r, p, g)
}

// identify asks whose account was granted.
func (s *Service) identify(ctx context.Context, r *row, p connector.Provider, g *grantedTo) (err error) {
	ctx, cancel := context.WithTimeout(ctx, checkLimit)
	defer cancel()
	session := s.session(r, p, grantText{Access: g.token.AccessToken, Place: g.at})
	g.account, err = p.Identify(ctx, session)
	g.using.add(session, nil)
	return err
}

// refusedConsent ends an attempt that the provider sent back with an error.
func (s *Service) refusedConsent(ctx context.Context, a *attempt, o connector.OAuth, in Callback) (*Attempt, error) {
	status, class := AttemptFailed, health.Unknown
	switch in.Error {
	case "access_denied":
		status = AttemptDenied
	case "server_error", "temporarily_unavailable":
		class = health.ProviderDown
	case "invalid_client", "unauthorized_client", "redirect_uri_mismatch", "invalid_scope":
		class = health.MisconfiguredApp
	default: // a word of the provider's own
		if slices.Contains(o.Declined, in.Error) {
			status = AttemptDenied
		} else if c, known := o.Errors[in.Error]; known {
			class = c
		}
	}
	f := &connector.Failure{Class: class, Code: cut(in.Error), Detail: cut(in.Description)}
	o.Read(f, in.Description)
	return s.failed(ctx, a, status, f)
}

// cut bounds text from outside, which may be anything.
func cut(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	if len(text) > detailMost {
		text = strings.ToValidUTF8(text[:detailMost], "") + "…"
	}
	return text
}

func (s *Service) failed(ctx context.Context, a *attempt, status AttemptStatus, f *connector.Failure) (*Attempt, error) {
	if f.Err != nil {
		s.log.WarnContext(ctx, "connecting failed", "organization", a.OrganizationID, "integration", a.Slug, "class", f.Class, "code", f.Code, "error", f.Err)
	}
	if f.Class == health.None {
		f.Class = health.Unknown
	}
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		r, err := s.lock(ctx, tx, key{a.OrganizationID, a.Slug})
		if err != nil {
			return err
		}
		if err := s.end(ctx, tx, a, status, f); err != nil {
			return err
		}
		return s.notGranted(ctx, tx, r)
	})
	if err != nil {
		return nil, wrap("end the attempt", err)
	}
	return &a.Attempt, nil
}

// grant makes a connection of what was granted.
func (s *Service) grant(ctx context.Context, tx *db.Tx, r *row, a *attempt, g *grantedTo, by Cause) error {
	now, anew := s.clock(), !r.On()
	before, alerted := r.Account, r.told()
	if err := r.move(by); err != nil {
		return err
	}
	if before.ID != "" && before.ID != g.account.ID {
		if _, err := s.keepOld(ctx, tx, r); err != nil {
			return err
		}
		if err := s.dropMessages(ctx, tx, r.key(), "other_account"); err != nil {
			return err
		}
	}
	r.forget()
	// After a disconnection everything is read anew, without events for what was in
	// between; a grant that is renewed goes on where it was.
	if anew || g.account.ID != before.ID {
		r.begin(g.account)
	}
	if a.Settings != nil && !bytes.Equal(a.Settings, r.Settings) {
		r.Settings, r.cursor = a.Settings, nil
	}
	r.Account, r.Granted, r.clientID = g.account, g.granted, a.clientID
	who := label(a.actor)
	r.StateAt, r.StateBy, r.StateReason, r.ConnectedAt, r.ConnectedBy = now, who, "", now, who
	r.Version++
	r.CheckDue = now
	if s.reads(r.Slug, r.Settings) {
		r.SyncDue = now
	}
	r.expires = g.expires
	r.spend(g.using, now)
	var err error
	if r.token, err = s.sealGrant(grantRow(r.key()), g.text()); err != nil {
		return err
	}
	if err := errors.Join(r.saveState(ctx, tx), r.saveToken(ctx, tx), r.saveHealth(ctx, tx), s.releaseMessages(ctx, tx, r.key())); err != nil {
		return err
	}
	s.tokens.tell(tx, r.key())
	s.rules.tell(tx, r.OrganizationID)
	s.changed(tx, r.key())
	a.Account = g.account
	return s.tellGranted(ctx, tx, r, a, before, by, alerted)
}

// tellGranted says who has connected what: in the attempt, the audit log and, if it was
// broken, to those who were told of that.
func (s *Service) tellGranted(ctx context.Context, tx *db.Tx, r *row, a *attempt, before connector.Account, by Cause, alerted bool) error {
	if err := s.end(ctx, tx, a, AttemptSucceeded, nil); err != nil {
		return err
	}
	p, err := s.provider(r.Slug)
	if err != nil {
		return err
	}
	name := p.About().Name
	if alerted {
		if err := s.Recovered(ctx, tx, Problem{OrganizationID: r.OrganizationID, Slug: r.Slug, Name: name, End: name + " was connected again"}); err != nil {
			return err
		}
	}
	entry := target(p, audit.IntegrationConnected)
	if by == Replaced {
		entry.Action = audit.IntegrationReplaced
	}
	if before.ID != "" {
		entry.Before = map[string]string{"account": before.Name}
	}
	entry.After = map[string]any{"account": r.Account.Name, "scopes": r.Granted, "settings": r.Settings}
	return s.Audit.Append(ctx, tx, a.actor, entry)
}

func pendingRow(attemptID string) string { return "integration/attempt/" + attemptID + "/token" }

// ask keeps a grant of another account until a person has decided.
func (s *Service) ask(ctx context.Context, tx *db.Tx, r *row, a *attempt, g *grantedTo) error {
	sealed, err := s.sealGrant(pendingRow(a.ID), g.text())
	if err != nil {
		return err
	}
	granted, err := json.Marshal(g.granted)
	if err != nil {
		return fmt.Errorf("write the scopes: %w", err)
	}
	a.Status, a.Account, a.Expires = AttemptAsks, g.account, s.clock().Add(attemptLife)
	_, err = tx.Exec(ctx, `UPDATE connection_attempts SET status = $2, account_id = $3, account_name = $4, granted = $5, token = $6, token_expires = $7, expires_at = $8 WHERE id = $1`,
		a.ID, string(a.Status), g.account.ID, g.account.Name, string(granted), sealed, microsOf(g.expires), db.Micros(a.Expires))
	if err != nil {
		return fmt.Errorf("keep the grant: %w", err)
	}
	s.changed(tx, r.key())
	return nil
}

// Decide takes a person's answer to whether the account of an attempt replaces the
// one that is connected. One that is discarded is revoked.
func (s *Service) Decide(ctx context.Context, actor rbac.Actor, slug, attemptID string, replace bool) (*Attempt, error) {
	k := key{actor.OrganizationID, slug}
	var a *attempt
	var pending grantText
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		r, err := s.lock(ctx, tx, k)
		if err != nil {
			return err
		}
		if a, err = s.attempt(ctx, tx, k, attemptID, tx.ForUpdate()); err != nil {
			return err
		}
		a.actor = actor
		if a.Status != AttemptAsks || !s.clock().Before(a.Expires) {
			return fault.New(fault.Conflict, "attempt-decided", "There is nothing to decide any more.", "Connect again to change the account.")
		}
		if pending, err = s.openGrant(pendingRow(a.ID), a.token); err != nil {
			return err
		}
		if !replace {
			if err := s.keepToRevoke(ctx, tx, a); err != nil {
				return err
			}
			if err := s.end(ctx, tx, a, AttemptDenied, &connector.Failure{Class: health.Unknown, Code: "other_account", Detail: "The account that was connected stays."}); err != nil {
				return err
			}
			return s.notGranted(ctx, tx, r)
		}
		token := &oauth2.Token{AccessToken: pending.Access, RefreshToken: pending.Refresh}
		by := Replaced
		if !r.On() {
			by = Granted // it was disconnected meanwhile
		}
		return s.grant(ctx, tx, r, a, &grantedTo{account: a.Account, granted: a.granted, token: token, at: pending.Place, expires: a.expires, pasted: pending.Pasted}, by)
	})
	if err != nil {
		return nil, wrap("decide about the account", err)
	}
	if replace {
		s.startNow(k, true)
	}
	s.revokeNow()
	return &a.Attempt, nil
}
