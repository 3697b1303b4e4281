package integration

import (
	"context"
	"errors"
	"fmt"
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
			JOIN connections c ON c.organization_id = n.organization_id AND c.slug = n.slug AND c.state = 'connected'
		WHERE n.state = 0 AND n.next_at <= $1 LIMIT 100`, db.Micros(s.clock()))
	if err != nil || len(due) == 0 {
		return nil, storeFault("find waiting messages", err)
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
	return mine, storeFault("take channels", err)
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
		return m, row.Scan(&m.id, &m.event, &m.eventType, &m.title, &m.body, &m.attempts)
	}, `SELECT id, event_id, event_type, title, body, attempts FROM notifications
		WHERE organization_id = $1 AND slug = $2 AND channel = $3 AND state = 0 AND next_at <= $4 ORDER BY id LIMIT $5`,
		p.org, p.slug, p.channel, db.Micros(s.clock()), joinMost)
	if err != nil || len(waiting) == 0 {
		return false, storeFault("read waiting messages", err)
	}
	r, err := s.on(ctx, p.key)
	if errors.Is(err, errOff) || err == nil && r.State != Connected {
		return false, nil // it waits until it is switched on
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
	posted := s.with(limited, r, provider, func(session *connector.Session) error {
		_, err := n.Post(limited, session, m)
		return err
	})
	if posted != nil && ctx.Err() != nil {
		return false, ctx.Err() // whether it was taken is not known: it is tried again
	}
	var f *connector.Failure
	if posted != nil {
		f = failureOf(connector.FailureOf(posted))
	}
	err = s.settle(context.WithoutCancel(ctx), p, together, f)
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

// settle stores what came of a post.
func (s *Service) settle(ctx context.Context, p place, messages []message, f *connector.Failure) error {
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		for i, m := range messages {
			state, next, code := messagePosted, s.clock(), ""
			if i > 0 {
				state = messageJoined
			}
			if f != nil {
				state, next = s.retry(m.attempts+1, f)
				code = cut(f.Code)
				if code == "" {
					code = string(f.Class)
				}
			}
			ended := int64(0)
			if state != messageWaiting {
				ended = db.Micros(s.clock())
			}
			if _, err := tx.Exec(ctx, "UPDATE notifications SET state = $2, attempts = $3, next_at = $4, ended_at = $5, code = $6 WHERE id = $1",
				int64(m.id), int64(state), m.attempts+1, db.Micros(next), ended, code); err != nil {
				return err
			}
		}
		s.changed(tx, p.key)
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE notification_channels SET lease_until = $5 WHERE organization_id = $1 AND slug = $2 AND channel = $3 AND owner = $4",
			p.org, p.slug, p.channel, s.owner, db.Micros(now.Add(postLease))); err != nil {
			return err
		}
		return s.noteChannel(ctx, tx, p.key, p.channel, f, true)
	})
	return storeFault("store what came of a message", err)
}

// retry says when a message is tried again, and when it is given up. A time-out may
// have posted it: one more try is the most.
func (s *Service) retry(attempts int64, f *connector.Failure) (messageState, time.Time) {
	most := int64(postTries)
	switch f.Class { //nolint:exhaustive // the others are tried on
	case health.RateLimited: // it was not looked at
		return messageWaiting, s.clock().Add(max(f.RetryAfter, postEvery))
	case health.NetworkTimeout:
		most = 2
	case health.Unknown:
		most = 3
	}
	if attempts >= most {
		return messageFailed, s.clock()
	}
	return messageWaiting, s.clock().Add(max(postWaits[min(int(attempts)-1, len(postWaits)-1)], f.RetryAfter))
}

// noteChannel keeps what is wrong with a place, which says nothing of the connection.
// With wait, nothing else is posted there until the next try.
func (s *Service) noteChannel(ctx context.Context, tx *db.Tx, k key, channel string, f *connector.Failure, wait bool) error {
	now := s.clock()
	next, code := int64(0), ""
	if f != nil && wait {
		_, at := s.retry(1, f)
		next = db.Micros(at)
	}
	if f != nil && f.Destination {
		code = cut(f.Code)
	}
	if f != nil && !f.Destination {
		_, err := tx.Exec(ctx, "UPDATE notification_channels SET next_at = $4 WHERE organization_id = $1 AND slug = $2 AND channel = $3", k.org, k.slug, channel, next)
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO notification_channels (organization_id, slug, channel, code, since, owner, lease_until, next_at) VALUES ($1, $2, $3, $4, $5, '', 0, $6)
		ON CONFLICT (organization_id, slug, channel) DO UPDATE SET next_at = excluded.next_at, code = excluded.code,
			since = CASE WHEN notification_channels.code = excluded.code THEN notification_channels.since ELSE excluded.since END`,
		k.org, k.slug, channel, code, db.Micros(now), next)
	if err != nil {
		return fmt.Errorf("note the state of a channel: %w", err)
	}
	return nil
}
