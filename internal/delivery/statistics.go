package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/egress"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
)

// Bounds of one webhook's statistics. They are counted from the log when they
// are asked for, so that an attempt costs nothing more, and the log has no index
// by webhook and time of an attempt: its way leads over the webhook's deliveries,
// newest event first.
const (
	statisticsHours = 24
	// statisticsBack is how far back events are looked at: older ones may have
	// been tried again within the hours that are counted. The schedule ends after
	// little more than three days.
	statisticsBack = 5 * 24 * time.Hour
	deliveriesMost = 5_000  // deliveries that are looked at
	attemptsMost   = 10_000 // attempts that are counted
)

// Statistics is how a webhook has done in the last hours.
type Statistics struct {
	Since   time.Time // from when on it is complete
	Until   time.Time
	Sampled bool // there was too much to look at: Since is later than the first hour

	Attempts, Failures int64
	P50, P95           time.Duration // of what was answered 2xx, from the start to the answer's last byte; zero if nothing was
	LastAttempt        time.Time     // zero if there was none
	Hours              []Hour        // oldest first, the current one last
	Last               *Delivery     // of the newest event; nil if there was none
}

// Hour counts the attempts of one hour.
type Hour struct {
	Start              time.Time
	Attempts, Failures int64
}

// statisticsSQL reads the newest deliveries, and of each the attempts since a time.
const statisticsSQL = `SELECT newest.event_id, COALESCE(a.id, 0), COALESCE(a.class, ''), COALESCE(a.total_us, 0)
	FROM (SELECT event_id, webhook_num FROM deliveries WHERE webhook_num = $1 AND event_id >= $2 ORDER BY event_id DESC LIMIT $3) AS newest
	LEFT JOIN attempts a ON a.event_id = newest.event_id AND a.webhook_num = newest.webhook_num AND a.id >= $4
	ORDER BY newest.event_id DESC LIMIT $5`

// Statistics counts a webhook's attempts of the last 24 hours. However many
// there are, it looks at a bounded number, and says from when on it is complete.
func (s *Service) Statistics(ctx context.Context, actor rbac.Actor, webhookID string) (*Statistics, error) {
	w, err := s.webhooks.Get(ctx, actor, webhookID)
	if err != nil {
		return nil, err
	}
	now := s.clock()
	c := newCounting(now, deliveriesMost, attemptsMost)
	err = db.Each(ctx, s.db, func(sc db.Scanner) error {
		var event, attempt id.Key
		var class egress.Class
		var total int64
		if err := sc.Scan(&event, &attempt, &class, &total); err != nil {
			return err
		}
		return c.add(event, attempt, class, time.Duration(total)*time.Microsecond)
	}, statisticsSQL, w.Num, int64(id.KeyAt(now.Add(-statisticsBack))), c.deliveries+1, int64(id.KeyAt(c.Since)), c.attempts+1)
	if err != nil && !errors.Is(err, errEnough) {
		return nil, fmt.Errorf("read a webhook's attempts: %w", err)
	}
	p, err := s.List(ctx, actor, Filter{WebhookID: webhookID, Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(p.Items) > 0 {
		c.Last = &p.Items[0]
	}
	return c.finish(), nil
}

// counting makes statistics of what is read, newest event first.
type counting struct {
	*Statistics

	deliveries, attempts int // at most
	seen, rows           int
	last                 id.Key // the event read last
	took                 []time.Duration
}

func newCounting(now time.Time, deliveries, attempts int) *counting {
	first := now.UTC().Truncate(time.Hour).Add(-(statisticsHours - 1) * time.Hour)
	c := &counting{Statistics: &Statistics{Since: first, Until: now, Hours: make([]Hour, statisticsHours)}, deliveries: deliveries, attempts: attempts}
	for i := range c.Hours {
		c.Hours[i].Start = first.Add(time.Duration(i) * time.Hour)
	}
	return c
}

// add counts a row: an event with one of its attempts (0 for none). What this
// program cut off when it ended says nothing about the endpoint.
func (c *counting) add(event, attempt id.Key, class egress.Class, total time.Duration) error {
	if event != c.last {
		c.seen++
	}
	if c.rows++; c.seen > c.deliveries || c.rows > c.attempts {
		c.cut()
		return errEnough
	}
	c.last = event
	at := attempt.Time()
	i := int(at.Sub(c.Hours[0].Start) / time.Hour)
	if at.Before(c.Hours[0].Start) || i >= len(c.Hours) || class == egress.ClassCancelled {
		return nil
	}
	if at.After(c.LastAttempt) {
		c.LastAttempt = at
	}
	c.Attempts++
	c.Hours[i].Attempts++
	if class != egress.ClassOK {
		c.Failures++
		c.Hours[i].Failures++
		return nil
	}
	c.took = append(c.took, total)
	return nil
}

// cut notes that older events were not looked at. Those within the hours make
// the first of them incomplete; those before would have been looked at for
// retries alone, of which there are few.
func (c *counting) cut() {
	c.Sampled = true
	if t := c.last.Time(); t.After(c.Since) {
		c.Since = t
	}
}

func (c *counting) finish() *Statistics {
	slices.Sort(c.took)
	c.P50, c.P95 = percentile(c.took, 50), percentile(c.took, 95)
	return c.Statistics
}

// percentile gives the smallest value that p percent do not exceed; the values
// are sorted.
func percentile(sorted []time.Duration, p int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[(len(sorted)*p+99)/100-1]
}
