package apikey

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/rbac"
)

// Count counts one call that was made with an organization's key. route is the
// method and pattern of the route table, never a path that a client chose, so
// that there are few. It writes nothing; Flush and Close store the counts.
func (s *Service) Count(org, route string, status int) {
	now := s.clock()
	s.counts.add(counter{org: org, route: route, status: status, hour: hourOf(now)}, tally{calls: 1, last: db.Micros(now)})
}

// Flush stores the counts that are in memory; nothing is lost if it fails. A
// commit whose outcome stays unknown (the connection broke at that moment) is
// counted again: too much by one second's calls rather than too little.
func (s *Service) Flush(ctx context.Context) error {
	s.flushing.Lock()
	defer s.flushing.Unlock()
	batch := s.counts.take()
	if len(batch) == 0 {
		return nil
	}
	usage, totals, orgs := rowsOf(batch)
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		if err := upsert(ctx, tx, usageTable, usage); err != nil {
			return err
		}
		if err := upsert(ctx, tx, totalsTable, totals); err != nil {
			return err
		}
		for _, org := range orgs {
			s.publish(tx, org)
		}
		return nil
	})
	if err != nil {
		for c, n := range batch {
			s.counts.add(c, n)
		}
		return fmt.Errorf("store API key counts: %w", err)
	}
	return nil
}

// rowsOf turns counts into rows of both tables, in one order on every node, so
// that two nodes' transactions do not wait for each other in a circle.
func rowsOf(batch map[counter]tally) (usage, totals [][]any, orgs []string) {
	keys := slices.SortedFunc(maps.Keys(batch), func(a, b counter) int {
		return cmp.Or(cmp.Compare(a.org, b.org), cmp.Compare(a.hour, b.hour), cmp.Compare(a.route, b.route), cmp.Compare(a.status, b.status))
	})
	sums := map[string]tally{}
	for _, c := range keys {
		n := batch[c]
		usage = append(usage, []any{c.org, c.hour, c.route, int64(c.status), n.calls})
		sums[c.org] = sums[c.org].plus(n)
	}
	orgs = slices.Sorted(maps.Keys(sums))
	for _, org := range orgs {
		totals = append(totals, []any{org, sums[org].calls, sums[org].last})
	}
	return usage, totals, orgs
}

// table is the fixed text around the values of a counting statement.
type table struct {
	insert, conflict string
	columns          int
}

var (
	usageTable = table{
		`INSERT INTO api_key_usage (organization_id, hour, route, status, calls) VALUES `,
		` ON CONFLICT (organization_id, hour, route, status) DO UPDATE SET calls = api_key_usage.calls + excluded.calls`, 5,
	}
	totalsTable = table{
		`INSERT INTO api_key_totals (organization_id, calls, last_call_at) VALUES `,
		` ON CONFLICT (organization_id) DO UPDATE SET calls = api_key_totals.calls + excluded.calls,
			last_call_at = CASE WHEN excluded.last_call_at > api_key_totals.last_call_at
				THEN excluded.last_call_at ELSE api_key_totals.last_call_at END`, 3,
	}
)

const rowsMost = 32 // in one statement; SQLite slows down with more

// upsert adds rows to a table's counts. Statements have 32, 16, 8, … rows, so
// that there are few different texts to prepare.
func upsert(ctx context.Context, tx *db.Tx, t table, rows [][]any) error {
	for size := rowsMost; len(rows) > 0; {
		for size > len(rows) {
			size /= 2
		}
		if _, err := tx.Exec(ctx, t.text(size), slices.Concat(rows[:size]...)...); err != nil {
			return fmt.Errorf("add %d counts: %w", size, err)
		}
		rows = rows[size:]
	}
	return nil
}

func (t table) text(rows int) string {
	var b strings.Builder
	b.WriteString(t.insert)
	for n := range rows * t.columns {
		switch {
		case n == 0:
			b.WriteByte('(')
		case n%t.columns == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(n+1))
	}
	b.WriteString(")" + t.conflict)
	return b.String()
}

// By is what Usage sums up for.
type By string

// The groups of Usage.
const (
	ByHour   By = "hour"
	ByDay    By = "day" // UTC
	ByRoute  By = "route"
	ByStatus By = "status"
)

// Bucket is one sum of calls; of Start, Route and Status it has what was asked
// for.
type Bucket struct {
	Start  time.Time
	Route  string
	Status int
	Calls  int64
}

// What Usage looks at without other word, and the widest window for hours and
// for the rest.
const (
	usualWindow = 7 * 24 * time.Hour
	mostByHour  = 93 * 24 * time.Hour
	mostOther   = 732 * 24 * time.Hour
)

const sumCalls = `CAST(SUM(calls) AS BIGINT) FROM api_key_usage WHERE organization_id = $1 AND hour >= $2 AND hour < $3 `

// byQuery is the query of each group: start, route, status, calls.
var byQuery = map[By]string{
	ByHour:   `SELECT hour, '', 0, ` + sumCalls + `GROUP BY hour ORDER BY hour`,
	ByDay:    `SELECT hour - hour % 86400000000 AS day, '', 0, ` + sumCalls + `GROUP BY hour - hour % 86400000000 ORDER BY day`,
	ByRoute:  `SELECT 0, route, 0, ` + sumCalls + `GROUP BY route ORDER BY SUM(calls) DESC, route`,
	ByStatus: `SELECT 0, '', status, ` + sumCalls + `GROUP BY status ORDER BY status`,
}

// Usage sums the organization's calls of the clock hours that [since, until)
// touches. A zero until is now, a zero since is a week before until, and an
// empty by is by the hour.
func (s *Service) Usage(ctx context.Context, actor rbac.Actor, since, until time.Time, by By) ([]Bucket, error) {
	by = cmp.Or(by, ByHour)
	query, ok := byQuery[by]
	if !ok {
		return nil, notOneOf("query.by", "grouping", []string{string(ByHour), string(ByDay), string(ByRoute), string(ByStatus)})
	}
	if until.IsZero() {
		until = s.clock()
	}
	if since.IsZero() {
		since = until.Add(-usualWindow)
	}
	if err := checkWindow(since, until, by); err != nil {
		return nil, err
	}
	if err := s.Flush(ctx); err != nil {
		s.log.WarnContext(ctx, "API keys: store counts", "error", err) // the answer is a little old, not wrong
	}
	buckets, err := db.All(ctx, s.db, func(row db.Scanner) (Bucket, error) {
		var b Bucket
		var start int64
		if err := row.Scan(&start, &b.Route, &b.Status, &b.Calls); err != nil {
			return b, fmt.Errorf("scan: %w", err)
		}
		b.Start = db.Time(start)
		return b, nil
	}, query, actor.OrganizationID, hourOf(since), db.Micros(until))
	if err != nil {
		return nil, fmt.Errorf("read API key usage: %w", err)
	}
	return buckets, nil
}

func checkWindow(since, until time.Time, by By) error {
	if !since.Before(until) {
		return fault.New(fault.Invalid, "time-window-invalid", "The time window ends before it starts.",
			"Give a since that is earlier than until, both as 2026-01-31T00:00:00Z.").
			At("query.since", "must be before until")
	}
	most := mostOther
	if by == ByHour {
		most = mostByHour
	}
	if until.Sub(since) > most {
		days := int(most.Hours() / 24)
		return fault.New(fault.Invalid, "time-window-too-wide",
			fmt.Sprintf("The time window is too wide: by %s it has at most %d days.", by, days),
			"Ask for a shorter window, or group by day.").At("query.since", fmt.Sprintf("must be at most %d days before until", days))
	}
	return nil
}

// DeleteUsage removes the counts of hours before a time, at most so many rows,
// and gives their number. The totals stay.
func (s *Service) DeleteUsage(ctx context.Context, before time.Time, most int) (int64, error) {
	var n int64
	err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
		n, err = tx.Exec(ctx, `DELETE FROM api_key_usage WHERE (organization_id, hour, route, status) IN
			(SELECT organization_id, hour, route, status FROM api_key_usage WHERE hour < $1 ORDER BY hour LIMIT $2)`,
			db.Micros(before), most)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("remove old API key usage: %w", err)
	}
	return n, nil
}
