package integration

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"golang.org/x/oauth2"

	"patchboard/internal/audit"
	"patchboard/internal/connector"
	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/health"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
)

// attemptLife is how long a person has at the provider. Some errors are shown there
// and never come back, so that silence has to mean something.
const attemptLife = 10 * time.Minute

// Attempt is one way to the consent page and what came of it.
type Attempt struct {
	ID             string
	OrganizationID string
	Slug           string
	Status         AttemptStatus
	By             string // e-mail address
	Started        time.Time
	Expires        time.Time
	Ended          time.Time         // zero: it goes on
	Account        connector.Account // whose grant came back
	Failure        *connector.Failure
	Settings       json.RawMessage
}

// AttemptStatus is how an attempt stands.
type AttemptStatus string

// The statuses. Those of the tracking plan are the words for the end.
const (
	AttemptOpen      AttemptStatus = "open"
	AttemptExchange  AttemptStatus = "exchanging"    // the callback has come, and is for one use
	AttemptAsks      AttemptStatus = "other_account" // a person has to decide
	AttemptSucceeded AttemptStatus = "succeeded"
	AttemptDenied    AttemptStatus = "denied"
	AttemptFailed    AttemptStatus = "failed"
	AttemptLeft      AttemptStatus = "not_finished"
)

// attempt is one with what nobody outside is shown.
type attempt struct {
	Attempt

	session  []byte     // keyed hash of the session that began it
	actor    rbac.Actor // who began it, or who brought it to its end
	verifier []byte     // sealed, and after a space the host where a person signs in
	clientID string
	granted  []string
	token    []byte // sealed, while a person decides
	expires  time.Time
}

// Begun is what a browser needs to go to the consent page.
type Begun struct {
	Attempt      Attempt
	AuthorizeURL string
}

func verifierRow(attemptID string) string { return "integration/attempt/" + attemptID + "/verifier" }

// Connect begins to connect a provider with settings (nil: those that there are, or
// to begin with). What is connected already goes on meanwhile.
func (s *Service) Connect(ctx context.Context, actor rbac.Actor, slug string, settings json.RawMessage) (*Begun, error) {
	p, settings, err := s.wanted(ctx, actor, slug, settings, errPerson)
	if err != nil {
		return nil, err
	}
	k := key{actor.OrganizationID, slug}
	if err := s.refuseToPaste(ctx, k, p, settings); err != nil {
		return nil, err
	}
	app, source, err := s.app(ctx, s.DB, k)
	if err != nil {
		return nil, err
	}
	if source == AppNone {
		return nil, fault.New(fault.Conflict, "integration-not-set-up", p.About().Name+" is not set up: there is no client id.",
			"A system administrator enters the client id and secret of the application at "+p.About().Name+".")
	}
	now, state, verifier := s.clock(), rand.Text()+rand.Text(), oauth2.GenerateVerifier()
	a := &attempt{
		Attempt: Attempt{
			ID: id.New("att"), OrganizationID: k.org, Slug: slug, Status: AttemptOpen, By: actor.Email, Started: now, Expires: now.Add(attemptLife), Settings: settings,
		},
		session: s.sessionHash(actor.SessionID), actor: actor, clientID: app.ID,
	}
	var hint, host string
	asked := settings
	if err := s.DB.Write(ctx, func(tx *db.Tx) error {
		r, err := s.lock(ctx, tx, k)
		if err != nil {
			return err
		}
		if asked == nil {
			asked = r.Settings // and those that there are when a person is back
		}
		hint, host = r.Account.ID, hostOf(p, asked)
		if a.verifier, err = s.Vault.Seal([]byte(verifier+" "+host), verifierRow(a.ID)); err != nil {
			return fmt.Errorf("seal the verifier: %w", err)
		}
		return s.begin(ctx, tx, r, a, s.stateHash(state))
	}); err != nil {
		return nil, wrap("begin to connect", err)
	}
	o := p.OAuth()
	names, optional := o.Ask(p.Scopes(asked))
	c := o.Config(app, s.at(p, connector.Place{Host: host}), s.Callback, names)
	return &Begun{Attempt: a.Attempt, AuthorizeURL: o.AuthURL(c, state, verifier, hint, optional...)}, nil
}

// wanted gives the provider that somebody is about to connect, and the settings as they
// are kept; notOne is for who is no person in a browser.
func (s *Service) wanted(ctx context.Context, actor rbac.Actor, slug string, settings json.RawMessage, notOne *fault.Error) (connector.Provider, json.RawMessage, error) {
	p, err := s.provider(slug)
	if err != nil {
		return nil, nil, err
	}
	if !actor.Person() || actor.SessionID == "" {
		return nil, nil, notOne
	}
	if settings != nil {
		settings, err = s.checkSettings(ctx, actor.OrganizationID, p, settings)
	}
	return p, settings, err
}

// refuseToPaste refuses to go to the consent page with settings (nil: those that there
// are) by which a token is pasted instead.
func (s *Service) refuseToPaste(ctx context.Context, k key, p connector.Provider, settings json.RawMessage) error {
	if settings == nil {
		r, err := find(ctx, s.DB, k, "")
		if err = ignoreNone(err); err != nil {
			return fmt.Errorf("read the settings: %w", err)
		}
		if r != nil {
			settings = r.Settings
		}
	}
	if connector.PastedBy(p, settings) == nil {
		return nil
	}
	return fault.New(fault.Conflict, "integration-takes-token", p.About().Name+" is connected with a token in this way, not by signing in there.",
		"Make the token at "+p.About().Name+" and paste it: POST /api/v1/integrations/"+k.slug+"/token.")
}

// Needs is what connecting with some settings takes.
type Needs struct {
	Scopes []connector.Scope // that a person is asked for at the provider
	Paste  *connector.Paste  // nil: nothing is pasted
}

// Needs says what connecting would take with settings that nobody has saved, for whoever
// wants to know before.
func (s *Service) Needs(ctx context.Context, actor rbac.Actor, slug string, settings json.RawMessage) (Needs, error) {
	p, err := s.provider(slug)
	if err != nil {
		return Needs{}, err
	}
	if settings, err = s.checkSettings(ctx, actor.OrganizationID, p, settings); err != nil {
		return Needs{}, err
	}
	return Needs{Scopes: p.Scopes(settings), Paste: s.paste(p, settings)}, nil
}

// begin stores an attempt; one that was open is left then.
func (s *Service) begin(ctx context.Context, tx *db.Tx, r *row, a *attempt, state []byte) error {
	if err := s.leaveOpen(ctx, tx, r.key(), "Another attempt was begun.", time.Time{}); err != nil {
		return err
	}
	before := r.State
	if err := r.move(Began); err != nil {
		return err
	}
	if r.State != before {
		r.StateAt, r.StateBy, r.StateReason = a.Started, a.By, ""
		r.Version++
	}
	if err := r.saveState(ctx, tx); err != nil {
		return err
	}
	s.changed(tx, r.key())
	_, err := tx.Exec(ctx, `INSERT INTO connection_attempts (id, organization_id, slug, state_hash, session_hash, user_id, user_role, user_address, user_email, verifier, settings, status,
			started_at, expires_at, ended_at, client_id, account_id, account_name, granted, token, token_expires, class, code, detail)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0, $15, '', '', '[]', $16, 0, '', '', '')`,
		a.ID, a.OrganizationID, a.Slug, state, a.session, a.actor.UserID, string(a.actor.Role), a.actor.Address, a.By, a.verifier, string(a.Settings), string(a.Status),
		db.Micros(a.Started), db.Micros(a.Expires), a.clientID, []byte{})
	if err != nil {
		return fmt.Errorf("store the attempt: %w", err)
	}
	return nil
}

func (s *Service) stateHash(state string) []byte {
	h := s.Vault.Hash("oauth_state", []byte(state))
	return h[:]
}

func (s *Service) sessionHash(session string) []byte {
	h := s.Vault.Hash("oauth_session", []byte(session))
	return h[:]
}

const attemptColumns = `id, organization_id, slug, session_hash, user_id, user_role, user_address, user_email, verifier, settings, status, started_at, expires_at, ended_at,
	client_id, account_id, account_name, granted, token, token_expires, class, code, detail`

func scanAttempt(row db.Scanner) (*attempt, error) {
	a := &attempt{}
	var started, expires, ended, tokenExpires int64
	var settings, granted string
	f := &connector.Failure{}
	if err := row.Scan(&a.ID, &a.OrganizationID, &a.Slug, &a.session, &a.actor.UserID, &a.actor.Role, &a.actor.Address, &a.By, &a.verifier, &settings, &a.Status, &started, &expires, &ended,
		&a.clientID, &a.Account.ID, &a.Account.Name, &granted, &a.token, &tokenExpires, &f.Class, &f.Code, &f.Detail); err != nil {
		return nil, fmt.Errorf("scan attempt: %w", err)
	}
	if err := json.Unmarshal([]byte(granted), &a.granted); err != nil {
		return nil, fmt.Errorf("scopes of an attempt: %w", err)
	}
	a.actor.OrganizationID, a.actor.Email = a.OrganizationID, a.By
	if a.Settings = nil; settings != "" {
		a.Settings = json.RawMessage(settings)
	}
	a.Started, a.Expires, a.Ended, a.expires = db.Time(started), db.Time(expires), timeOf(ended), timeOf(tokenExpires)
	if f.Class != health.None {
		a.Failure = f
	}
	return a, nil
}

var errAttempt = fault.New(fault.NotFound, "attempt-not-found", "There is no such attempt to connect.", "Begin to connect again.")

// Attempt gives an attempt of an organization.
func (s *Service) Attempt(ctx context.Context, actor rbac.Actor, slug, attemptID string) (*Attempt, error) {
	a, err := s.attempt(ctx, s.DB, key{actor.OrganizationID, slug}, attemptID, "")
	if err != nil {
		return nil, err
	}
	return &a.Attempt, nil
}

func (*Service) attempt(ctx context.Context, q db.Queryer, k key, attemptID, suffix string) (*attempt, error) {
	a, err := db.One(ctx, q, scanAttempt, "SELECT "+attemptColumns+" FROM connection_attempts WHERE id = $1 AND organization_id = $2 AND slug = $3"+suffix, attemptID, k.org, k.slug)
	if errors.Is(err, db.ErrNoRows) {
		return nil, errAttempt
	}
	return a, wrap("read the attempt", err)
}

// leaveOpen ends the attempts of a connection that nobody came back from; with a time,
// only those whose own is over by then.
func (s *Service) leaveOpen(ctx context.Context, tx *db.Tx, k key, why string, late time.Time) error {
	open, err := db.All(ctx, tx, scanAttempt, "SELECT "+attemptColumns+` FROM connection_attempts
		WHERE organization_id = $1 AND slug = $2 AND status IN ('open', 'exchanging', 'other_account')`, k.org, k.slug)
	if err != nil {
		return fmt.Errorf("read open attempts: %w", err)
	}
	for _, a := range open {
		if !late.IsZero() && a.Expires.After(late) {
			continue
		}
		status, code, said := AttemptLeft, string(AttemptLeft), why
		switch {
		case a.Status == AttemptAsks:
			said = "Nobody decided whether the other account takes the place of the one that was connected."
		case a.clientID == "": // a token that was being tried: nobody was at the provider
			if status, code = AttemptFailed, codeNotTried; !late.IsZero() {
				said = "The token was not tried to its end."
			}
		}
		if err := s.keepToRevoke(ctx, tx, a); err != nil {
			return err
		}
		if err := s.end(ctx, tx, a, status, &connector.Failure{Class: health.Unknown, Code: code, Detail: said}); err != nil {
			return err
		}
	}
	return nil
}

// end writes how an attempt has ended.
func (s *Service) end(ctx context.Context, tx *db.Tx, a *attempt, status AttemptStatus, f *connector.Failure) error {
	a.Status, a.Ended, a.Failure = status, s.clock(), f
	if f == nil {
		f = &connector.Failure{}
	}
	_, err := tx.Exec(ctx, `UPDATE connection_attempts SET status = $2, ended_at = $3, account_id = $4, account_name = $5, class = $6, code = $7, detail = $8, verifier = $9, token = $9
		WHERE id = $1`, a.ID, string(status), db.Micros(a.Ended), a.Account.ID, a.Account.Name, string(f.Class), f.Code, f.Detail, []byte{})
	if err != nil {
		return fmt.Errorf("end the attempt: %w", err)
	}
	p, err := s.provider(a.Slug)
	if err != nil {
		return err
	}
	if status != AttemptSucceeded {
		entry := target(p, audit.IntegrationConnectFailed)
		entry.Result, entry.Reason = audit.Failed, string(status)
		entry.Detail = map[string]string{"code": f.Code, "class": string(f.Class), "detail": f.Detail}
		if err := s.Audit.Append(ctx, tx, a.actor, entry); err != nil {
			return err
		}
	}
	return s.Track(ctx, tx, a.actor, "integration_connection_attempted", map[string]any{"integration_name": p.About().Name, "success_status": string(status)})
}

// LeaveUnfinished ends the attempts whose time is over; a job calls it.
func (s *Service) LeaveUnfinished(ctx context.Context) error {
	late, err := db.All(ctx, s.DB, scanAttempt, "SELECT "+attemptColumns+` FROM connection_attempts
		WHERE status IN ('open', 'exchanging', 'other_account') AND expires_at <= $1 ORDER BY expires_at LIMIT 100`, db.Micros(s.clock()))
	if err != nil {
		return fmt.Errorf("find attempts that were not finished: %w", err)
	}
	for _, a := range late {
		k := key{a.OrganizationID, a.Slug}
		err := s.DB.Write(ctx, func(tx *db.Tx) error {
			r, err := s.lock(ctx, tx, k)
			if err != nil {
				return err
			}
			if err := s.leaveOpen(ctx, tx, k, "Nobody came back from the provider within 10 minutes.", s.clock()); err != nil {
				return err
			}
			open, err := db.Value[int64](ctx, tx, "SELECT COUNT(*) FROM connection_attempts WHERE organization_id = $1 AND slug = $2 AND status IN ('open', 'exchanging')", k.org, k.slug)
			if err != nil || open > 0 {
				return err // another one was begun meanwhile
			}
			return s.notGranted(ctx, tx, r)
		})
		if err != nil {
			return fmt.Errorf("end an attempt that was not finished: %w", err)
		}
	}
	return nil
}

// notGranted puts a connection back to where it was before an attempt.
func (s *Service) notGranted(ctx context.Context, tx *db.Tx, r *row) error {
	before := r.State
	if _, ok := Next(r.State, NotGranted); ok {
		if err := r.move(NotGranted); err != nil {
			return err
		}
	}
	s.changed(tx, r.key())
	if r.State == before {
		return nil
	}
	r.StateAt, r.StateBy, r.StateReason = s.clock(), "Patchboard", ""
	r.Version++
	return r.saveState(ctx, tx)
}
