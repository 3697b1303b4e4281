package integration

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/db"
	"patchboard/internal/health"
	"patchboard/internal/id"
)

// What a message is in, as it is stored.
type messageState int64

const (
	messageWaiting messageState = iota
	messagePosted
	messageFailed
	messageJoined // told of in another message
)

const (
	postLease = time.Minute // of a channel, renewed with each message
	postEvery = time.Second // a channel takes about one message a second
	postLook  = 5 * time.Second
	joinFrom  = 20  // messages of one kind that wait in a channel are put into one
	joinMost  = 500 // of them
	joinNamed = 5   // titles in it
	postTries = 9   // with the waits below, some 26 hours
	postOld   = 24 * time.Hour
)

var postWaits = []time.Duration{
	10 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 15 * time.Hour,
}

// message is one that waits.
type message struct {
	id        id.Key
	event     id.Key
	eventType string
	title     string
	body      string
	attempts  int64
	next      int64 // microseconds
}

// place is a channel.
type place struct {
	key

	channel string
}

// wakePosts has the messages that wait looked for now.
func (s *Service) wakePosts() {
	select {
	case s.posts <- struct{}{}:
	default: // it is about to look
	}
}

// post looks for channels with waiting messages until the program stops. Each channel
// is one node's for a while, so that its messages keep their order and their pace.
func (s *Service) post(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.posts:
		case <-timer.C:
		}
		timer.Reset(postLook)
		free, err := s.claimPlaces(ctx)
		if err != nil {
			if ctx.Err() == nil {
				s.log.WarnContext(ctx, "waiting messages were not looked for", "error", err)
			}
			continue
		}
		for _, p := range free {
			s.pool.run(func(ctx context.Context) { s.postTo(ctx, p) })
		}
	}
}

// claimPlaces takes the channels that have something to post and are nobody's.
func (s *Service) claimPlaces(ctx context.Context) ([]place, error) {
	due, err := db.All(ctx, s.DB, func(row db.Scanner) (p place, err error) { return p, row.Scan(&p.org, &p.slug, &p.channel) },
		`SELECT DISTINCT n.organization_id, n.slug, n.channel FROM notifications n
			JOIN connections c ON c.organization_id = n.organization_id AND c.slug = n.slug AND c.state = 'connected' AND c.health_status <> 'reauthorize' AND c.dead = 0
			LEFT JOIN notification_channels p ON p.organization_id = n.organization_id AND p.slug = n.slug AND p.channel = n.channel
		WHERE n.state = 0 AND n.next_at <= $1 AND (p.next_at IS NULL OR p.next_at <= $1) LIMIT 100`, db.Micros(s.clock()))
	if err != nil || len(due) == 0 {
		return nil, wrap("find waiting messages", err)
	}
	var mine []place
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		mine = nil
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		for _, p := range due {
			hit, err := tx.Exec(ctx, `INSERT INTO notification_channels (organization_id, slug, channel, code, since, owner, lease_until, next_at)
				VALUES ($1, $2, $3, '', 0, $4, $5, 0)
				ON CONFLICT (organization_id, slug, channel) DO UPDATE SET owner = excluded.owner, lease_until = excluded.lease_until
				WHERE notification_channels.lease_until <= $6 AND notification_channels.next_at <= $7`,
				p.org, p.slug, p.channel, s.owner, db.Micros(now.Add(postLease)), db.Micros(now), db.Micros(s.clock()))
			if err != nil {
				return err
			}
			if hit == 1 {
				mine = append(mine, p)
			}
		}
		return nil
	})
	return mine, wrap("take channels", err)
}

// postTo posts what waits in a channel, one after the other, and gives it back.
func (s *Service) postTo(ctx context.Context, p place) {
	defer s.release(context.WithoutCancel(ctx), p)
	pace := time.NewTimer(0)
	defer pace.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-pace.C:
		}
		pace.Reset(postEvery)
		more, err := s.postNext(ctx, p)
		if err != nil {
			if ctx.Err() == nil {
				s.log.ErrorContext(ctx, "a message was not posted", "organization", p.org, "integration", p.slug, "error", err)
			}
			return
		}
		if !more {
			return
		}
	}
}

func (s *Service) release(ctx context.Context, p place) {
	ctx, cancel := context.WithTimeout(ctx, tokenLimit)
	defer cancel()
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE notification_channels SET lease_until = 0 WHERE organization_id = $1 AND slug = $2 AND channel = $3 AND owner = $4", p.org, p.slug, p.channel, s.owner)
		return err
	})
	if err != nil {
		s.log.WarnContext(ctx, "a channel is free only when its lease has ended", "organization", p.org, "integration", p.slug, "error", err)
	}
}

// postNext posts the first message that waits, and those that belong to it.
func (s *Service) postNext(ctx context.Context, p place) (more bool, err error) {
	waiting, err := db.All(ctx, s.DB, func(row db.Scanner) (m message, err error) {
		return m, row.Scan(&m.id, &m.event, &m.eventType, &m.title, &m.body, &m.attempts, &m.next)
	}, `SELECT id, event_id, event_type, title, body, attempts, next_at FROM notifications
		WHERE organization_id = $1 AND slug = $2 AND channel = $3 AND state = 0 ORDER BY id LIMIT $4`,
		p.org, p.slug, p.channel, joinMost)
	if err != nil || len(waiting) == 0 || waiting[0].next > db.Micros(s.clock()) {
		return false, wrap("read waiting messages", err)
	}
	r, err := s.on(ctx, p.key)
	if errors.Is(err, errOff) || err == nil && (r.State != Connected || s.stopped(r.Health)) {
		return false, nil // it waits until it is switched on, or mended
	}
	if err != nil {
		return false, err
	}
	provider, n, err := s.notifier(p.slug)
	if err != nil {
		return false, err
	}
	together, m := join(waiting)
	m.Channel = p.channel
	limited, cancel := context.WithTimeout(ctx, checkLimit)
	defer cancel()
	var written atomic.Bool // to the last byte: Slack may have posted it
	posted := s.with(limited, r, provider, func(session *connector.Session) error {
		_, err := n.Post(httptrace.WithClientTrace(limited, &httptrace.ClientTrace{
			WroteRequest: func(i httptrace.WroteRequestInfo) { written.Store(i.Err == nil) },
		}), session, m)
		return err
	})
	if posted != nil && ctx.Err() != nil {
		return false, ctx.Err() // whether it was taken is not known: it is tried again
	}
	var f *connector.Failure
	if posted != nil {
		f = failureOf(connector.FailureOf(posted))
	}
	err = s.settle(context.WithoutCancel(ctx), p, together, f, written.Load())
	if f != nil && !f.Destination && f.Class != health.RateLimited {
		s.checkDue(ctx, p.key, OnPost)
	}
	return f == nil, err
}

// join gives the messages that are posted as one: the first alone or, where many of
// its kind wait, all of these.
func join(waiting []message) ([]message, connector.Message) {
	first := waiting[0]
	same := []message{}
	for _, m := range waiting {
		if m.eventType == first.eventType {
			same = append(same, m)
		}
	}
	if first.eventType == "" || len(same) <= joinFrom {
		m := connector.Message{Title: first.title, Lines: lines(first.body)}
		if first.event != 0 {
			m.Event = first.event.Public("evt")
		}
		return waiting[:1], m
	}
	m := connector.Message{Title: fmt.Sprintf("%d × %s", len(same), first.eventType), Event: first.event.Public("evt")}
	for _, one := range same[:joinNamed] {
		m.Lines = append(m.Lines, one.title)
	}
	m.Lines = append(m.Lines, fmt.Sprintf("and %d more", len(same)-joinNamed))
	return same, m
}

// settle stores what came of a post. What a channel does not take keeps all of it
// waiting, so that its messages stay in order; when one is given up, those that are as
// old are too.
func (s *Service) settle(ctx context.Context, p place, messages []message, f *connector.Failure, written bool) error {
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		wait := time.Time{}
		for i, m := range messages {
			state, next, code := messagePosted, s.clock(), ""
			if i > 0 {
				state = messageJoined
			}
			if f != nil {
				state, next = s.retry(m.attempts+1, f, written)
				code = codeOf(f)
			}
			if state == messageWaiting && i == 0 {
				wait = next
			}
			if err := s.settleOne(ctx, tx, m, state, next, code); err != nil {
				return err
			}
		}
		if f != nil && wait.IsZero() && messages[0].attempts+1 >= postTries {
			if err := s.giveUpOld(ctx, tx, p, codeOf(f)); err != nil {
				return err
			}
		}
		s.changed(tx, p.key)
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE notification_channels SET lease_until = $5, next_at = $6 WHERE organization_id = $1 AND slug = $2 AND channel = $3 AND owner = $4",
			p.org, p.slug, p.channel, s.owner, db.Micros(now.Add(postLease)), microsOf(wait)); err != nil {
			return err
		}
		return s.noteChannel(ctx, tx, p.key, p.channel, f)
	})
	return wrap("store what came of a message", err)
}

func (s *Service) settleOne(ctx context.Context, tx *db.Tx, m message, state messageState, next time.Time, code string) error {
	ended := int64(0)
	if state != messageWaiting {
		ended = db.Micros(s.clock())
	}
	_, err := tx.Exec(ctx, "UPDATE notifications SET state = $2, attempts = $3, next_at = $4, ended_at = $5, code = $6 WHERE id = $1 AND state = 0",
		int64(m.id), int64(state), m.attempts+1, db.Micros(next), ended, code)
	return err
}

// giveUpOld gives up what waits in a channel for as long as the message that was just
// given up: it would wait as long again, each of them.
func (s *Service) giveUpOld(ctx context.Context, tx *db.Tx, p place, code string) error {
	_, err := tx.Exec(ctx, "UPDATE notifications SET state = $5, ended_at = $6, code = $7 WHERE organization_id = $1 AND slug = $2 AND channel = $3 AND state = 0 AND id < $4",
		p.org, p.slug, p.channel, int64(id.KeyAt(s.clock().Add(-postOld))), int64(messageFailed), db.Micros(s.clock()), code)
	return err
}

// codeOf is the provider's own word for a failure, or its class.
func codeOf(f *connector.Failure) string {
	if f.Code == "" {
		return string(f.Class)
	}
	return cut(f.Code)
}

// retry says when a message is tried again, and when it is given up. A time-out after
// it was written may have posted it: one more try is the most.
func (s *Service) retry(attempts int64, f *connector.Failure, written bool) (messageState, time.Time) {
	most := int64(postTries)
	switch f.Class { //nolint:exhaustive // the others are tried on
	case health.RateLimited: // it was not looked at
		return messageWaiting, s.clock().Add(max(f.RetryAfter, postEvery))
	case health.NetworkTimeout:
		if written {
			most = 2
		}
	case health.Unknown:
		most = 3
	}
	if attempts >= most {
		return messageFailed, s.clock()
	}
	return messageWaiting, s.clock().Add(max(postWaits[min(int(attempts)-1, len(postWaits)-1)], f.RetryAfter))
}

// noteChannel keeps what is wrong with a place, which says nothing of the connection.
// When it takes messages again, those that wait are due at once.
func (s *Service) noteChannel(ctx context.Context, tx *db.Tx, k key, channel string, f *connector.Failure) error {
	if f != nil && !f.Destination {
		return nil
	}
	code := ""
	if f != nil {
		code = codeOf(f)
	}
	now := db.Micros(s.clock())
	mended, err := tx.Exec(ctx, "UPDATE notification_channels SET code = '', next_at = 0 WHERE organization_id = $1 AND slug = $2 AND channel = $3 AND code <> '' AND $4 = ''",
		k.org, k.slug, channel, code)
	if err != nil {
		return fmt.Errorf("note that a channel is mended: %w", err)
	}
	if mended > 0 {
		tx.AfterCommit(s.wakePosts)
		_, err := tx.Exec(ctx, "UPDATE notifications SET next_at = $4 WHERE organization_id = $1 AND slug = $2 AND channel = $3 AND state = 0 AND next_at > $4", k.org, k.slug, channel, now)
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO notification_channels (organization_id, slug, channel, code, since, owner, lease_until, next_at) VALUES ($1, $2, $3, $4, $5, '', 0, 0)
		ON CONFLICT (organization_id, slug, channel) DO UPDATE SET code = excluded.code,
			since = CASE WHEN notification_channels.code = excluded.code THEN notification_channels.since ELSE excluded.since END`,
		k.org, k.slug, channel, code, now)
	if err != nil {
		return fmt.Errorf("note the state of a channel: %w", err)
	}
	return nil
}
