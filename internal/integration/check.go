package integration

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/connector"
	"patchboard/internal/db"
	"patchboard/internal/egress"
	"patchboard/internal/health"
	"patchboard/internal/rbac"
)

const (
	checkUsual = 5 * time.Minute
	checkLimit = 20 * time.Second // of one check
	deadEvery  = 24 * time.Hour   // between checks of a connection that is taken for dead

	// againWithin is how soon after a check another one is of the same moment.
	againWithin = 20 * time.Second
)

// Why is what a check or a sync run was for.
type Why string

// The reasons.
const (
	Scheduled Why = "schedule"
	Manual    Why = "manual"
	OnConnect Why = "connect"
	Resumed   Why = "resume" // a run goes on that was cut off
	OnSync    Why = "sync"   // a run failed
	OnPost    Why = "post"   // a message was not taken
)

// StepState is how one step of a check went.
type StepState string

// The states.
const (
	StepOK      StepState = "ok"
	StepFailed  StepState = "failed"
	StepSkipped StepState = "skipped" // one before it has failed
)

// CheckStep is one step of a check that a person asked for.
type CheckStep struct {
	Name   string // dns, tls, token, scope, call
	State  StepState
	Detail string
	Took   time.Duration
}

// Checked is what a check found.
type Checked struct {
	Connection Connection
	Failure    *connector.Failure // nil: it works
	Steps      []CheckStep        // of one that a person asked for
}

// Check tests a connection now, step by step, for the person who asks.
func (s *Service) Check(ctx context.Context, actor rbac.Actor, slug string) (*Checked, error) {
	p, err := s.provider(slug)
	if err != nil {
		return nil, err
	}
	k := key{actor.OrganizationID, slug}
	r, err := s.on(ctx, k)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	steps, failed := s.steps(ctx, r, p)
	if ctx.Err() != nil && failed != nil {
		return nil, fmt.Errorf("check %s: %w", slug, ctx.Err())
	}
	// What was found is true, whether or not anybody waits for it.
	ctx = context.WithoutCancel(ctx)
	r, err = s.note(ctx, k, found{granted: r.ConnectedAt, why: Manual, failure: failed, took: time.Since(began), called: true, using: r.using}, func(tx *db.Tx, now *row) error {
		entry := target(p, audit.IntegrationChecked)
		if failed != nil {
			entry.Result, entry.Detail = audit.Failed, map[string]string{"class": string(failed.Class), "code": failed.Code}
		}
		if err := s.Audit.Append(ctx, tx, actor, entry); err != nil {
			return err
		}
		if !actor.Person() {
			return nil
		}
		return s.Track(ctx, tx, actor, "integration_health_checked", map[string]any{
			"integration_name": p.About().Name, "health_status": string(now.Health.Status),
		})
	})
	if err != nil {
		return nil, err
	}
	return &Checked{Connection: r.Connection, Failure: failed, Steps: steps}, nil
}

// on reads a connection that is granted.
func (s *Service) on(ctx context.Context, k key) (*row, error) {
	r, err := find(ctx, s.DB, k, "")
	if errors.Is(err, db.ErrNoRows) || err == nil && !r.On() {
		return nil, errOff
	}
	return r, wrap("read the connection", err)
}

// steps are the parts of a check in their order: each needs those before it.
func (s *Service) steps(ctx context.Context, r *row, p connector.Provider) ([]CheckStep, *connector.Failure) {
	ctx, cancel := context.WithTimeout(ctx, checkLimit)
	defer cancel()
	t := &test{service: s, ctx: ctx, row: r, provider: p}
	var failed *connector.Failure
	steps := []CheckStep{}
	for _, step := range []struct {
		name string
		run  func() (string, error)
	}{{"dns", t.dns}, {"tls", t.tls}, {"token", t.token}, {"scope", t.scope}, {"call", t.call}} {
		if failed != nil {
			steps = append(steps, CheckStep{Name: step.name, State: StepSkipped})
			continue
		}
		began := time.Now()
		detail, err := step.run()
		one := CheckStep{Name: step.name, State: StepOK, Detail: detail, Took: time.Since(began)}
		if err != nil {
			failed = failureOf(connector.FailureOf(err))
			one.State, one.Detail = StepFailed, describe(failed)
		}
		steps = append(steps, one)
	}
	steps[0].Took, steps[1].Took = t.reach.DNS, t.reach.Connect+t.reach.TLS
	return steps, failed
}

// test is a check that is made step by step. Each step gives a sentence for people.
type test struct {
	service  *Service
	ctx      context.Context //nolint:containedctx // of all its steps
	row      *row
	provider connector.Provider
	reach    egress.Reached
}

// dns also connects, as the next step tells.
func (t *test) dns() (string, error) {
	g, err := t.service.openGrant(grantRow(t.row.key()), t.row.token)
	if err != nil {
		return "", err
	}
	at := t.service.at(t.provider, g.Place).API
	if at == "" {
		return "", errPlace
	}
	address, err := url.Parse(at)
	if err != nil {
		return "", fmt.Errorf("address of the API: %w", err)
	}
	if t.reach = t.service.Egress.Reach(t.ctx, address); !t.reach.Resolved {
		return "", t.reach.Err
	}
	return address.Hostname() + " has an address.", nil
}

func (t *test) tls() (string, error) {
	switch {
	case t.reach.Err != nil:
		return "", t.reach.Err
	case t.reach.Plain:
		return "Connected, without TLS.", nil
	}
	return "Connected, and the certificate is trusted.", nil
}

func (t *test) token() (string, error) {
	if missing(t.row, t.provider) != nil && t.provider.OAuth().Refresh { // a new token may name what there is now
		t.service.renewed(t.ctx, t.row, t.row.num)
	}
	g, _, err := t.service.access(t.ctx, t.row.key(), 0)
	if err != nil {
		return "", err
	}
	t.row.Granted = g.granted
	return "There is an access token that has not ended.", nil
}

func (t *test) scope() (string, error) {
	if f := missing(t.row, t.provider); f != nil {
		return "", f
	}
	return "What the settings need was granted.", nil
}

func (t *test) call() (string, error) {
	if err := t.service.call(t.ctx, t.row, t.provider); err != nil {
		return "", err
	}
	return t.provider.About().Name + " answers for " + t.row.Account.Name + ".", nil
}

// describe says in a line what failed.
func describe(f *connector.Failure) string {
	switch {
	case f.Detail != "":
		return f.Detail
	case f.Code != "":
		return f.Code
	case f.Err != nil:
		return cause(f.Err)
	}
	return strings.ReplaceAll(string(f.Class), "_", " ")
}

// cause is what stands at the end of an error: what a library put around it (an
// address with its query, a body) is for the log alone.
func cause(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return cut(err.Error())
		}
		err = inner
	}
}

// call makes the provider's own cheap call.
func (s *Service) call(ctx context.Context, r *row, p connector.Provider) error {
	return s.with(ctx, r, p, func(session *connector.Session) error {
		return p.Check(ctx, session)
	})
}

// checkDue makes the check of a claimed row.
func (s *Service) checkDue(ctx context.Context, k key, why Why) {
	r, err := s.on(ctx, k)
	if err != nil {
		if !errors.Is(err, errOff) {
			s.log.ErrorContext(ctx, "a connection was not checked", "organization", k.org, "integration", k.slug, "error", err)
		}
		return
	}
	p, err := s.provider(k.slug)
	if err != nil {
		return // of a newer version's node
	}
	limited, cancel := context.WithTimeout(ctx, checkLimit)
	defer cancel()
	began := time.Now()
	failed, called, err := s.verdict(limited, r, p, why)
	if ctx.Err() != nil || err != nil {
		return // cut off, or ended; the claim runs out
	}
	ctx = context.WithoutCancel(ctx) // a result is kept, also if the program stops
	if _, err := s.note(ctx, k, found{granted: r.ConnectedAt, why: why, failure: failed, took: time.Since(began), called: called, using: r.using}, nil); err != nil && !errors.Is(err, errOff) {
		s.log.ErrorContext(ctx, "the result of a check was not stored", "organization", k.org, "integration", k.slug, "error", err)
	}
}

// verdict is what a check without a person finds: what was granted is held against the
// settings, the cheap call is made, and what stands in the way of reading counts too.
// called tells that it was made; where the provider bears few, the last one's result
// stands in between.
func (s *Service) verdict(ctx context.Context, r *row, p connector.Provider, why Why) (f *connector.Failure, called bool, err error) {
	if missing(r, p) != nil {
		s.renewed(ctx, r, 0)
	}
	if f := missing(r, p); f != nil {
		return f, false, nil
	}
	if p.About().Counted && r.Health.Class == health.None && s.clock().Sub(r.LastSync) < s.CheckEvery {
		f, err := s.standing(ctx, r) // reading has just worked
		return f, false, err
	}
	if !s.callDue(r, p, why) {
		f, err := s.standingCall(r)
		if f != nil || err != nil {
			return f, false, err
		}
		f, err = s.standing(ctx, r)
		return f, false, err
	}
	err = connector.FailureOf(s.call(ctx, r, p))
	switch {
	case errors.Is(err, errOff):
		return nil, true, err
	case err != nil:
		return failureOf(err), true, nil
	}
	f, err = s.standing(ctx, r)
	return f, true, err
}

// missing says which permission the settings need and nobody granted; nil: none.
func missing(r *row, p connector.Provider) *connector.Failure {
	for _, scope := range p.Scopes(r.Settings) {
		if scope.Required && !slices.Contains(r.Granted, scope.Name) {
			return &connector.Failure{Class: health.ScopeMissing, Code: "scope_missing", Detail: "Not granted: " + scope.Name + "."}
		}
	}
	return nil
}

// found is what came of a check.
type found struct {
	granted time.Time // when the grant that was looked at was given: a result of one that is over says nothing of the next
	why     Why
	failure *connector.Failure // nil: it works
	took    time.Duration
	called  bool // the provider was asked
	using   spending
}

// note stores what a check found, and what follows from it.
func (s *Service) note(ctx context.Context, k key, c found, also func(tx *db.Tx, now *row) error) (*row, error) {
	var r *row
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		var err error
		if r, err = find(ctx, tx, k, tx.ForUpdate()); err != nil {
			return err
		}
		if !r.On() || !r.ConnectedAt.Equal(c.granted) {
			return errOff
		}
		if err := s.judge(ctx, tx, r, c); err != nil {
			return err
		}
		if also != nil {
			return also(tx, r)
		}
		return nil
	})
	if errors.Is(err, db.ErrNoRows) {
		err = errOff
	}
	return r, wrap("store what a check found", err)
}

// judge puts a result to a connection's health.
func (s *Service) judge(ctx context.Context, tx *db.Tx, r *row, c found) error {
	now, f := s.clock(), c.failure
	if c.called {
		r.called = now
	}
	r.spend(c.using, now)
	if f == nil {
		var err error
		if f, err = s.expiring(ctx, tx, r); err != nil {
			return err
		}
	}
	// Results are in order here, whatever the clocks of nodes say.
	result := health.Result{At: latest(now, r.Health.LastOK, r.Health.Failing)}
	// What is found in the same moment again, as by three channels that fail at once, is
	// one failure, not three.
	result.Again = !r.Checked.IsZero() && now.Sub(r.Checked).Abs() < min(s.CheckEvery/4, againWithin) || !c.called && r.Health.Failures > 0
	if f == nil {
		f = &connector.Failure{}
	}
	result.Class, result.Final = f.Class, f.Final
	if f.Detail == "" && f.Err != nil {
		f.Detail = cause(f.Err)
	}
	before := r.Health
	next, signals := health.Evaluate(r.Health, result)
	r.Health, r.Checked = next, now
	r.Code, r.Detail, r.Link = cut(f.Code), cut(f.Detail), f.Link
	r.CheckDue = now.Add(s.spread(s.CheckEvery))
	if next.Dead {
		r.CheckDue = now.Add(deadEvery)
	}
	if s.stopped(before) && !s.stopped(next) && s.reads(r.Slug, r.Settings) && r.State == Connected {
		r.SyncDue = now
	}
	if s.stopped(before) && !s.stopped(next) {
		if err := s.releaseMessages(ctx, tx, r.key()); err != nil {
			return err
		}
	}
	if err := r.saveHealth(ctx, tx); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO health_results (organization_id, slug, at, cause, class, code, detail, status, took_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (organization_id, slug, at) DO NOTHING`,
		r.OrganizationID, r.Slug, db.Micros(now), string(c.why), string(f.Class), r.Code, r.Detail, string(next.Status), c.took.Microseconds())
	if err != nil {
		return fmt.Errorf("store the result: %w", err)
	}
	s.changed(tx, r.key())
	return s.signal(ctx, tx, r, before, f, signals)
}

func latest(first time.Time, others ...time.Time) time.Time {
	for _, t := range others {
		if t.After(first) {
			first = t
		}
	}
	return first
}

// stopped reports whether nothing is read or posted until the connection is well.
func (*Service) stopped(h health.State) bool {
	return h.Status == health.Reauthorize || h.Dead || h.Status == health.Failing && health.RuleOf(h.Class).AdminActs
}

// signal tells others what a result means for them.
func (s *Service) signal(ctx context.Context, tx *db.Tx, r *row, before health.State, f *connector.Failure, signals []health.Signal) error {
	p, err := s.provider(r.Slug)
	if err != nil {
		return err
	}
	problem := Problem{OrganizationID: r.OrganizationID, Slug: r.Slug, Name: p.About().Name, Class: f.Class, Dead: r.Health.Dead, Final: f.Final}
	if f.Class != health.None {
		problem.Guidance = p.Guide(f)
	}
	for _, signal := range signals {
		switch signal {
		case health.Broken, health.Died:
			err = s.Broken(ctx, tx, problem)
		case health.Recovered:
			err = s.Recovered(ctx, tx, problem)
		case health.Changed:
			if r.Health.Status != health.Reauthorize || before.Status == health.Reauthorize {
				continue
			}
			entry := target(p, audit.IntegrationReauthorize)
			entry.Result, entry.Reason = audit.Failed, string(f.Class)
			entry.Detail = map[string]string{"code": f.Code, "detail": f.Detail}
			err = s.Audit.Append(ctx, tx, rbac.Actor{OrganizationID: r.OrganizationID, Role: rbac.Program}, entry)
		}
		if err != nil {
			return fmt.Errorf("tell of %s: %w", signal, err)
		}
	}
	return nil
}
