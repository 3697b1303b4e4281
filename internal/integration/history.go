package integration

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/health"
	"patchboard/internal/rbac"
)

// Result is what one check found.
type Result struct {
	At     time.Time
	Why    Why
	Class  health.Class // None: it worked
	Code   string
	Detail string
	Status health.Status // of the connection then
	Took   time.Duration
}

// Slot is a part of the time that a strip shows.
type Slot struct {
	From, To time.Time
	Checks   int64
	Failed   int64
	Worst    health.Status // empty: there was no check
}

// History is how a connection has fared.
type History struct {
	Strip []Slot
	Page[Result]
}

const (
	slots      = 96 // of a strip: quarters of an hour in a day
	stripUsual = 24 * time.Hour
)

// History gives the strip of the time since, and the checks, newest first.
func (s *Service) History(ctx context.Context, actor rbac.Actor, slug string, since time.Time, cursor string, limit int) (*History, error) {
	if _, err := s.provider(slug); err != nil {
		return nil, err
	}
	now := s.clock()
	if since.IsZero() {
		since = now.Add(-stripUsual)
	}
	if !since.Before(now) || now.Sub(since) > keepHistory+24*time.Hour {
		return nil, fault.New(fault.Invalid, "time-window-invalid", "The time to show does not lie in the last 90 days.", "Give a since within them.").At("query.since", "is not in the last 90 days")
	}
	before := int64(1<<63 - 1)
	if cursor != "" {
		var err error
		if before, err = strconv.ParseInt(cursor, 36, 64); err != nil || before <= 0 {
			return nil, errCursor
		}
	}
	out := &History{}
	var err error
	if out.Strip, err = s.strip(ctx, key{actor.OrganizationID, slug}, since, now); err != nil {
		return nil, err
	}
	limit = min(max(limit, 1), pageMost)
	out.Items, err = db.All(ctx, s.DB, func(row db.Scanner) (r Result, err error) {
		var at, took int64
		err = row.Scan(&at, &r.Why, &r.Class, &r.Code, &r.Detail, &r.Status, &took)
		r.At, r.Took = db.Time(at), time.Duration(took)*time.Microsecond
		return r, err
	}, "SELECT at, cause, class, code, detail, status, took_us FROM health_results WHERE organization_id = $1 AND slug = $2 AND at >= $3 AND at < $4 ORDER BY at DESC LIMIT $5",
		actor.OrganizationID, slug, db.Micros(since), before, limit+1)
	if err != nil {
		return nil, fmt.Errorf("list checks: %w", err)
	}
	if len(out.Items) > limit {
		out.Items = out.Items[:limit]
		out.Next = strconv.FormatInt(db.Micros(out.Items[limit-1].At), 36)
	}
	return out, nil
}

// strip counts the checks of equal parts of a time. A connection has some 26,000 in 90
// days; they are counted where they lie.
func (s *Service) strip(ctx context.Context, k key, since, now time.Time) ([]Slot, error) {
	from, width := db.Micros(since), (db.Micros(now)-db.Micros(since))/slots+1
	out := make([]Slot, slots)
	for i := range out {
		out[i].From, out[i].To = db.Time(from+int64(i)*width), db.Time(from+int64(i+1)*width)
	}
	err := db.Each(ctx, s.DB, func(row db.Scanner) error {
		var i, checks, failed, worst int64
		if err := row.Scan(&i, &checks, &failed, &worst); err != nil {
			return fmt.Errorf("scan a part of the strip: %w", err)
		}
		out[i].Checks, out[i].Failed, out[i].Worst = checks, failed, worstOf[worst]
		return nil
	}, `SELECT (at - $3) / $4, COUNT(*), SUM(CASE WHEN class = '' THEN 0 ELSE 1 END),
			MAX(CASE status WHEN 'reauthorize' THEN 3 WHEN 'error' THEN 2 WHEN 'degraded' THEN 1 ELSE 0 END)
		FROM health_results WHERE organization_id = $1 AND slug = $2 AND at >= $3 AND at <= $5 GROUP BY 1`, k.org, k.slug, from, width, db.Micros(now))
	return out, wrap("count checks", err)
}

var worstOf = []health.Status{health.Healthy, health.Degraded, health.Failing, health.Reauthorize}
