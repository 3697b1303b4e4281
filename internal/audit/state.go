package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/rbac"
)

// State says how long an organization's log is and how far it was verified.
type State struct {
	Entries    int64
	VerifiedTo int64     // entries up to this one were whole
	VerifiedAt time.Time // zero: never checked
	Problem    string    // what the last check found, empty for nothing
}

var errNotYours = fault.New(fault.Forbidden, "audit-not-permitted",
	"Your role sees only its own actions in the audit log.", "Ask a system administrator.")

// State gives the state of the actor's organization's log.
func (l *Log) State(ctx context.Context, actor rbac.Actor) (State, error) {
	if !actor.Can(rbac.AuditRead) {
		return State{}, errNotYours
	}
	s, err := l.check(ctx, actor.OrganizationID)
	return s.State, err
}

// Anchoring says how far an organization's log is vouched for by what is kept
// outside the database.
type Anchoring struct {
	Head     Head         // the newest that this node can read; its Size is 0 if there is none
	Accepted []Acceptance // where the log goes on in spite of older heads, oldest first

	Unreadable error // why this node cannot look for heads; nil if it can
}

// Anchoring reads the signed heads of the actor's organization. It does not hold
// them against the log: Check does. A directory of heads that cannot be read is a
// part of the answer.
func (l *Log) Anchoring(ctx context.Context, actor rbac.Actor) (Anchoring, error) {
	if !actor.Can(rbac.AuditRead) {
		return Anchoring{}, errNotYours
	}
	all, err := l.acceptances(ctx, actor.OrganizationID)
	if err != nil {
		return Anchoring{}, err
	}
	heads, _, unreadable := l.heads.dir.of(actor.OrganizationID) // Check names those that are none
	a := Anchoring{Accepted: all, Unreadable: unreadable}
	for _, h := range heads { // smallest first
		if h.Organization == actor.OrganizationID && !acceptedIn(all, h) {
			a.Head = h
		}
	}
	return a, nil
}

type checked struct {
	State
	full time.Time // when the log was last checked from its first entry
}

func (l *Log) check(ctx context.Context, org string) (checked, error) {
	c, err := db.One(ctx, l.db, func(s db.Scanner) (checked, error) {
		var c checked
		var at, full int64
		err := s.Scan(&c.Entries, &c.VerifiedTo, &at, &full, &c.Problem)
		c.VerifiedAt, c.full = db.Time(at), db.Time(full)
		return c, err
	}, `SELECT size, verified_to, verified_at, full_at, problem FROM audit_logs WHERE organization_id = $1`, org)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return checked{}, fmt.Errorf("read the state of %s: %w", Name(org), err)
	}
	return c, nil
}

const fullEvery = 24 * time.Hour

// Check is the periodic verification of every log: what came since the last
// one, and everything once a day or while there is a problem. A problem is
// logged, kept for State, and the first time it is an entry of that log.
func (l *Log) Check(ctx context.Context) error {
	orgs, err := db.Column[string](ctx, l.db, `SELECT organization_id FROM audit_logs ORDER BY organization_id`)
	if err != nil {
		return fmt.Errorf("list audit logs: %w", err)
	}
	var all error
	for _, org := range orgs {
		if err := l.checkOne(ctx, org); err != nil {
			all = errors.Join(all, err)
		}
	}
	return all
}

func (l *Log) checkOne(ctx context.Context, org string) error {
	before, err := l.check(ctx, org)
	if err != nil {
		return err
	}
	now := l.clock()
	after, full := before.VerifiedTo, before.full
	if age := now.Sub(full); before.Problem != "" || age < 0 || age >= fullEvery {
		after, full = 0, now
	}
	report, err := l.VerifyOrganization(ctx, org, after)
	if err != nil {
		return err
	}
	to, problem := report.Size, ""
	if !report.OK() {
		to, problem = before.VerifiedTo, report.Findings[0].String()
		l.log.Error("the audit log was changed outside Patchboard: run patchboard audit verify", "problem", problem, "findings", len(report.Findings)+report.More)
	}
	err = l.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE audit_logs SET verified_to = $2, verified_at = $3, full_at = $4, problem = $5 WHERE organization_id = $1`,
			org, to, db.Micros(now), db.Micros(full), problem)
		if l.Publish != nil {
			l.Publish(tx, org, Topic)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("keep the state of %s: %w", Name(org), err)
	}
	if problem == "" || before.Problem != "" {
		return nil
	}
	// On its own: a log that is too damaged to grow still has its state kept.
	return l.db.Write(ctx, func(tx *db.Tx) error {
		return l.Append(ctx, tx, rbac.Actor{OrganizationID: org, Role: rbac.Program}, Entry{
			Action: AuditVerificationFailed, Result: Failed, TargetType: "audit_log", Reason: problem,
		})
	})
}
