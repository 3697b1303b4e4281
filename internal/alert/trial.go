package alert

import (
	"context"
	"errors"
	"fmt"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
)

// Trial is what a test alert came to.
type Trial struct {
	OK      bool
	To      string // where it went
	Detail  string // what the other end said, or why it was not asked
	Elapsed time.Duration
}

// MailState is how the way by e-mail stands, as far as one organization may see.
type MailState struct {
	Configured bool
	Address    string // HOST:PORT
	From       string
	TLS        TLSMode
	LastSent   time.Time // to somebody of this organization
	LastFailed time.Time
	LastError  string
}

var errTrial = fault.New(fault.Invalid, "alert-channel-unknown", "There is no such channel.", "Use email, slack or webhook.").At("body.channel", "must be one of: email, slack, webhook")

// Test sends a test alert by the way that real ones go, once, and says what came
// of it. An e-mail goes to the actor.
func (s *Service) Test(ctx context.Context, actor rbac.Actor, ch Channel) (Trial, error) {
	began := time.Now()
	t, err := s.test(ctx, actor, ch)
	if err != nil {
		return Trial{}, fmt.Errorf("send a test alert: %w", err)
	}
	t.Elapsed = time.Since(began)
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if ch != Slack {
			ended := send{org: actor.OrganizationID, phase: PhaseTest, channel: ch, userID: actor.UserID, recipient: t.To, state: Sent, attempts: 1}
			if !t.OK {
				ended.state, ended.lastError = Failed, line(t.Detail, errorMost)
			}
			if err := s.insertEnded(ctx, tx, ended); err != nil {
				return err
			}
		}
		e := audit.Entry{Action: audit.AlertTested, TargetType: "alert_channel", TargetID: string(ch), TargetName: t.To}
		if !t.OK {
			e.Result, e.Reason = audit.Failed, t.Detail
		}
		return s.audit.Append(ctx, tx, actor, e)
	})
	if err != nil {
		return Trial{}, fmt.Errorf("note a test alert: %w", err)
	}
	return t, nil
}

func (s *Service) test(ctx context.Context, actor rbac.Actor, ch Channel) (Trial, error) {
	what := s.trial()
	switch ch {
	case Email:
		if s.mail == nil {
			return Trial{Detail: "No mail server is set up. Whoever runs this server sets it with --smtp-address and --smtp-from."}, nil
		}
		what.Why = whyTest
		return trialOf(actor.Email, "The mail server "+s.mail.Address+" took the mail.", s.mail.send(ctx, actor.Email, what)), nil
	case Webhook:
		e, err := endsOf(ctx, s.db, actor.OrganizationID, "")
		if err != nil {
			return Trial{}, err
		}
		body := operational{Type: typeTest, Timestamp: what.Opened, Data: told{Title: what.Title, Detail: what.Detail, Link: what.Link}}
		return trialOf(hostOf(e.url), "The receiver took it.", s.post(ctx, actor.OrganizationID, id.New("msg"), body)), nil
	case Slack:
		return s.testSlack(ctx, actor, what)
	}
	return Trial{}, errTrial
}

func (s *Service) testSlack(ctx context.Context, actor rbac.Actor, what message) (Trial, error) {
	t := Trial{Detail: errNoSlack}
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		e, err := endsOf(ctx, tx, actor.OrganizationID, "")
		if err != nil {
			return err
		}
		t.To = e.slackChannel
		t.OK, err = s.Slack(ctx, tx, actor.OrganizationID, SlackMessage{
			Phase: PhaseTest, Severity: Notice, Channel: e.slackChannel, Title: what.Title, Text: what.plain(), Link: what.Link,
		})
		return err
	})
	if t.OK {
		t.Detail = "Handed to the Slack connection, which sends it in a moment."
	}
	return t, err
}

func trialOf(to, success string, err error) Trial {
	if err == nil {
		return Trial{OK: true, To: to, Detail: success}
	}
	if r, ok := errors.AsType[refusal](err); ok {
		err = r.err
	}
	return Trial{To: to, Detail: line(err.Error(), errorMost)}
}

// Mails reports whether a mail server is set up.
func (s *Service) Mails() bool { return s.mail != nil }

// MailState says how the way by e-mail stands. What is known of sending is of
// the actor's organization alone: a server's words may name a recipient.
func (s *Service) MailState(ctx context.Context, actor rbac.Actor) (MailState, error) {
	if s.mail == nil {
		return MailState{}, nil
	}
	m := MailState{Configured: true, Address: s.mail.Address, From: s.mail.From, TLS: s.mail.TLS}
	newest := func(state SendState) ([]send, error) {
		return db.All(ctx, s.db, scanSend, `SELECT `+sendColumns+` FROM alert_sends WHERE organization_id = $1 AND channel = 'email' AND state = $2 ORDER BY ended_at DESC LIMIT 1`,
			actor.OrganizationID, string(state))
	}
	sent, err := newest(Sent)
	if err != nil {
		return MailState{}, fmt.Errorf("read the last mail: %w", err)
	}
	failed, err := newest(Failed)
	if err != nil {
		return MailState{}, fmt.Errorf("read the last failure: %w", err)
	}
	if len(sent) > 0 {
		m.LastSent = db.Time(sent[0].ended)
	}
	if len(failed) > 0 {
		m.LastFailed, m.LastError = db.Time(failed[0].ended), failed[0].lastError
	}
	return m, nil
}
