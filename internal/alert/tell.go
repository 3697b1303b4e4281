package alert

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"patchboard/internal/db"
	"patchboard/internal/rbac"
)

// errNoSlack is what a message to Slack ends with while there is no connection.
const errNoSlack = "Slack is not connected."

// person is a user as far as alerts must know one. The users belong to package
// account; they are read here, within the transaction of the alert.
type person struct {
	id, email string
	role      rbac.Role
}

func scanPerson(sc db.Scanner) (p person, err error) {
	if err := sc.Scan(&p.id, &p.email, &p.role); err != nil {
		return p, fmt.Errorf("scan user: %w", err)
	}
	return p, nil
}

// tellOpened puts into the outbox what tells of a new alert.
func (s *Service) tellOpened(ctx context.Context, tx *db.Tx, r *row) error {
	route, err := routeOf(ctx, tx, r.org, r.Kind)
	if err != nil {
		return err
	}
	if s.mail != nil {
		to, err := mailed(ctx, tx, r.org, route)
		if err != nil {
			return err
		}
		for _, p := range to {
			if err := s.enqueue(ctx, tx, send{org: r.org, alertID: r.ID, phase: PhaseOpened, channel: Email, userID: p.id, recipient: p.email}); err != nil {
				return err
			}
		}
	}
	ends, err := endsOf(ctx, tx, r.org, "")
	if err != nil {
		return err
	}
	if route.Webhook && ends.url != "" {
		if err := s.enqueue(ctx, tx, send{org: r.org, alertID: r.ID, phase: PhaseOpened, channel: Webhook, recipient: hostOf(ends.url)}); err != nil {
			return err
		}
	}
	if route.Slack {
		return s.toSlack(ctx, tx, r, PhaseOpened, ends.slackChannel)
	}
	return nil
}

// mailed are the people who get the e-mails of a kind, oldest first.
func mailed(ctx context.Context, tx *db.Tx, org string, route Route) ([]person, error) {
	people, err := db.All(ctx, tx, scanPerson, `SELECT id, email, role FROM users WHERE organization_id = $1 ORDER BY id`, org)
	if err != nil {
		return nil, fmt.Errorf("read whom to mail: %w", err)
	}
	chosen := map[string]bool{}
	err = db.Each(ctx, tx, func(sc db.Scanner) error {
		var user string
		var on int64
		if err := sc.Scan(&user, &on); err != nil {
			return fmt.Errorf("scan preference: %w", err)
		}
		chosen[user] = on != 0
		return nil
	}, `SELECT p.user_id, p.email FROM alert_preferences p JOIN users u ON u.id = p.user_id WHERE u.organization_id = $1 AND p.kind = $2`, org, string(route.Kind))
	if err != nil {
		return nil, fmt.Errorf("read preferences: %w", err)
	}
	return slices.DeleteFunc(people, func(p person) bool {
		on, own := chosen[p.id]
		if !own {
			on = route.mails(p.role)
		}
		return !on
	}), nil
}

// tellClosed tells those of the end who are told of the beginning. A message
// about the beginning that failed for good has reached nobody.
func (s *Service) tellClosed(ctx context.Context, tx *db.Tx, r *row, only []Channel) error {
	told, err := db.All(ctx, tx, scanSend, `SELECT `+sendColumns+` FROM alert_sends WHERE alert_id = $1 AND phase = 'opened' AND state <> 'failed' ORDER BY num`, r.ID)
	if err != nil {
		return fmt.Errorf("read who was told: %w", err)
	}
	for _, t := range told {
		if len(only) > 0 && !slices.Contains(only, t.channel) {
			continue
		}
		if t.channel == Slack {
			if err := s.toSlack(ctx, tx, r, PhaseClosed, t.recipient); err != nil {
				return err
			}
			continue
		}
		if err := s.enqueue(ctx, tx, send{org: r.org, alertID: r.ID, phase: PhaseClosed, channel: t.channel, userID: t.userID, recipient: t.recipient}); err != nil {
			return err
		}
	}
	return nil
}

// toSlack hands a message on, and notes what came of it. From there it is the
// Slack connection's, which has an outbox of its own.
func (s *Service) toSlack(ctx context.Context, tx *db.Tx, r *row, phase Phase, to string) error {
	m := s.messageOf(r, phase)
	taken, err := s.Slack(ctx, tx, r.org, SlackMessage{
		AlertID: r.ID, Phase: phase, Severity: r.Severity, Channel: to, Title: m.Title, Text: m.plain(), Link: m.Link,
	})
	if err != nil {
		return fmt.Errorf("hand an alert to Slack: %w", err)
	}
	ended := send{org: r.org, alertID: r.ID, phase: phase, channel: Slack, recipient: to, state: Sent, attempts: 1}
	if !taken {
		ended.state, ended.lastError = Failed, errNoSlack
	}
	return s.insertEnded(ctx, tx, ended)
}

// send is a row of the outbox.
type send struct {
	num       int64
	org       string
	alertID   string
	phase     Phase
	channel   Channel
	userID    string // for e-mail
	recipient string
	state     SendState
	attempts  int
	lastError string
	claim     string
	ended     int64
}

const sendColumns = `num, organization_id, alert_id, phase, channel, user_id, recipient, state, attempts, last_error, claim, ended_at`

func scanSend(sc db.Scanner) (m send, err error) {
	err = sc.Scan(&m.num, &m.org, &m.alertID, &m.phase, &m.channel, &m.userID, &m.recipient, &m.state, &m.attempts, &m.lastError, &m.claim, &m.ended)
	if err != nil {
		return m, fmt.Errorf("scan a message: %w", err)
	}
	return m, nil
}

const insertSend = `INSERT INTO alert_sends (organization_id, alert_id, phase, channel, user_id, recipient, state, attempts, next_at, claim, last_error, created_at, ended_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, '', $9, $10, $11)`

// enqueue adds a message that is due at once, and wakes the senders after the
// commit.
func (s *Service) enqueue(ctx context.Context, tx *db.Tx, m send) error {
	_, err := tx.Exec(ctx, insertSend, m.org, m.alertID, string(m.phase), string(m.channel), m.userID, m.recipient, string(Pending), 0, "", db.Micros(s.now()), 0)
	if err != nil {
		return fmt.Errorf("enqueue a message: %w", err)
	}
	tx.Notify(channel, string(m.channel))
	return nil
}

// insertEnded notes a message that needs no sender any more.
func (s *Service) insertEnded(ctx context.Context, tx *db.Tx, m send) error {
	now := db.Micros(s.now())
	_, err := tx.Exec(ctx, insertSend, m.org, m.alertID, string(m.phase), string(m.channel), m.userID, m.recipient, string(m.state), m.attempts, m.lastError, now, now)
	if err != nil {
		return fmt.Errorf("note a message: %w", err)
	}
	return nil
}

// routeOf gives the organization's route of a kind.
func routeOf(ctx context.Context, q db.Queryer, org string, k Kind) (Route, error) {
	r, err := db.One(ctx, q, scanRoute, `SELECT `+routeColumns+` FROM alert_routes WHERE organization_id = $1 AND kind = $2`, org, string(k))
	if errors.Is(err, db.ErrNoRows) {
		of, _ := find(k)
		r, err = of.route, nil
		r.Kind = k
	}
	if err != nil {
		return Route{}, fmt.Errorf("read the route of an alert: %w", err)
	}
	return r, nil
}
