package alert

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"patchboard/internal/db"
)

// sending are the channels whose messages this package sends itself.
var sending = []Channel{Email, Webhook}

const (
	atOnce    = 8                // messages of one channel on their way at the same time
	claimFor  = 2 * time.Minute  // longer than any try; then a dead node's message is another's
	pollEvery = 10 * time.Second // the backstop of notifications
	endLimit  = 5 * time.Second  // to write down what came of a try
	errorMost = 1000             // bytes of an error that are kept
)

// schedule is the time after each failed try; after the last the message has
// failed for good.
var schedule = []time.Duration{10 * time.Second, time.Minute, 10 * time.Minute, time.Hour, 6 * time.Hour}

// after says when a message is due again after so many tries; false: never.
func after(tries int) (time.Duration, bool) {
	if tries < 1 || tries > len(schedule) {
		return 0, false
	}
	return schedule[tries-1], true
}

// Start begins to send what is due, until Stop.
func (s *Service) Start(ctx context.Context) error {
	if err := s.reclaim(ctx); err != nil {
		return err
	}
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	tries, cut := context.WithCancel(context.WithoutCancel(ctx))
	s.stop, s.cut = stop, cut
	s.unsubscribe = s.db.Subscribe(channel, func(what string) {
		for _, ch := range sending {
			if what == "" || what == string(ch) {
				s.poke(ch)
			}
		}
	})
	for _, ch := range sending {
		s.running.Go(func() { s.run(work, tries, ch) })
	}
	return nil
}

// Stop ends sending: nothing new starts, and what is on its way has until ctx
// ends. What was not sent is sent after the next start, or by another node.
func (s *Service) Stop(ctx context.Context) error {
	if s.stop == nil {
		return nil
	}
	s.unsubscribe()
	s.stop()
	done := make(chan struct{})
	go func() {
		s.running.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		s.cut()
		<-done // each try ends with its context, and writes down that it did
	}
	s.cut()
	return nil
}

// poke has a channel's sender look for work.
func (s *Service) poke(ch Channel) {
	select {
	case s.wake[ch] <- struct{}{}:
	default: // it is awake already
	}
}

// reclaim frees what an earlier process of a database without other nodes had
// claimed: a crash does not hold a message back.
func (s *Service) reclaim(ctx context.Context) error {
	if s.db.Shared() {
		return nil
	}
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE alert_sends SET claim = '', next_at = 0 WHERE state = 'pending' AND claim <> ''`)
		return err
	})
	if err != nil {
		return fmt.Errorf("take up unsent alerts: %w", err)
	}
	return nil
}

// run sends one channel's messages. Each slot is one message on its way, so
// that one slow server does not hold up all the others.
func (s *Service) run(work, tries context.Context, ch Channel) {
	slots := make(chan struct{}, atOnce)
	for work.Err() == nil {
		if free := cap(slots) - len(slots); free > 0 {
			due, err := s.claim(work, ch, free)
			if err != nil && work.Err() == nil {
				s.log.WarnContext(work, "look for alerts to send", "channel", string(ch), "error", err)
			}
			for _, m := range due {
				slots <- struct{}{}
				s.running.Go(func() {
					defer s.poke(ch)
					defer func() { <-slots }()
					s.try(tries, m)
				})
			}
		}
		t := time.NewTimer(s.pause(work, ch))
		select {
		case <-work.Done():
		case <-s.wake[ch]:
		case <-t.C:
		}
		t.Stop()
	}
}

// pause is how long a sender sleeps: until the next message is due.
func (s *Service) pause(ctx context.Context, ch Channel) time.Duration {
	now, err := s.db.Now(ctx)
	if err != nil {
		return pollEvery
	}
	next, err := db.Value[int64](ctx, s.db, `SELECT next_at FROM alert_sends WHERE channel = $1 AND state = 'pending' AND next_at > $2 ORDER BY next_at LIMIT 1`, string(ch), db.Micros(now))
	if err != nil {
		return pollEvery
	}
	return min(max(db.Time(next).Sub(now), 0)+time.Millisecond, pollEvery)
}

// claim takes due messages for this node alone, by the database's clock. The end
// of a problem waits for its beginning.
func (s *Service) claim(ctx context.Context, ch Channel, most int) ([]send, error) {
	var due []send
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		due, err = db.All(ctx, tx, scanSend, `SELECT `+sendColumns+` FROM alert_sends m WHERE channel = $1 AND state = 'pending' AND next_at <= $2
			AND NOT (phase = 'closed' AND EXISTS (SELECT 1 FROM alert_sends b WHERE b.alert_id = m.alert_id AND b.phase = 'opened'
				AND b.channel = m.channel AND b.user_id = m.user_id AND b.state = 'pending'))
			ORDER BY next_at, num LIMIT $3`+tx.SkipLocked(), string(ch), db.Micros(now), most)
		if err != nil {
			return err
		}
		for i := range due {
			due[i].claim = rand.Text()
			due[i].attempts++
			if _, err := tx.Exec(ctx, `UPDATE alert_sends SET claim = $1, next_at = $2, attempts = $3 WHERE num = $4`,
				due[i].claim, db.Micros(now.Add(claimFor)), due[i].attempts, due[i].num); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claim alerts to send: %w", err)
	}
	return due, nil
}

// try sends one message and writes down what came of it.
func (s *Service) try(ctx context.Context, m send) {
	err := s.deliver(ctx, m)
	if err != nil {
		s.log.WarnContext(ctx, "an alert could not be sent", "channel", string(m.channel), "alert", m.alertID, "attempt", m.attempts, "error", err)
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), endLimit)
	defer cancel()
	if ctx.Err() != nil && err != nil {
		err = errCut
	}
	if err := s.finish(end, m, err); err != nil {
		s.log.ErrorContext(ctx, "what came of an alert could not be written down; it is sent again", "alert", m.alertID, "error", err)
	}
}

// errCut is a try that the program's end cut off.
var errCut = errors.New("cut off, as this node stops")

// finish ends a claim, unless it has run out and is another's.
func (s *Service) finish(ctx context.Context, m send, result error) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		state, next, attempts, ended, text := Sent, int64(0), m.attempts, db.Micros(s.now()), ""
		var final refusal
		switch wait, again := after(m.attempts); {
		case errors.Is(result, errCut):
			state, attempts, ended = Pending, m.attempts-1, 0
		case errors.As(result, &final) || result != nil && !again:
			state = Failed
		case result != nil:
			state, next, ended = Pending, db.Micros(now.Add(wait)), 0
		}
		if result != nil {
			text = line(result.Error(), errorMost)
		}
		hit, err := tx.Exec(ctx, `UPDATE alert_sends SET state = $1, next_at = $2, attempts = $3, ended_at = $4, last_error = $5, claim = '' WHERE num = $6 AND claim = $7`,
			string(state), next, attempts, ended, text, m.num, m.claim)
		if err != nil || hit == 0 {
			return err
		}
		s.Publish(tx, m.org, Topic, m.alertID)
		return nil
	})
}

// deliver makes one try. nil: it arrived.
func (s *Service) deliver(ctx context.Context, m send) error {
	r, err := db.One(ctx, s.db, scanRow, `SELECT `+rowColumns+` FROM alerts WHERE id = $1`, m.alertID)
	if err != nil {
		return fmt.Errorf("read the alert: %w", err)
	}
	if m.channel == Webhook {
		return s.post(ctx, m.org, r.ID+"."+string(m.phase), eventOf(s, r, m.phase))
	}
	if s.mail == nil { // there was one when the alert came
		return refusal{errors.New("no mail server is set up")}
	}
	to, why, err := s.addressee(ctx, m, r.Kind)
	if err != nil {
		return err
	}
	what := s.messageOf(r, m.phase)
	what.Why = why
	return s.mail.send(ctx, to, what)
}

// addressee gives a person's address as it is now, and why they are mailed.
// Somebody who was deleted gets nothing any more.
func (s *Service) addressee(ctx context.Context, m send, k Kind) (to, why string, err error) {
	p, err := db.One(ctx, s.db, scanPerson, `SELECT id, email, role FROM users WHERE id = $1 AND organization_id = $2`, m.userID, m.org)
	if errors.Is(err, db.ErrNoRows) {
		return "", "", refusal{errors.New("this user was deleted")}
	}
	if err != nil {
		return "", "", fmt.Errorf("read whom to mail: %w", err)
	}
	own, err := db.Column[int64](ctx, s.db, `SELECT email FROM alert_preferences WHERE user_id = $1 AND kind = $2`, p.id, string(k))
	if err != nil {
		return "", "", fmt.Errorf("read a preference: %w", err)
	}
	why = whyRole
	if len(own) > 0 {
		why = whyChosen
	}
	return p.email, why, nil
}
