package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"patchboard/internal/db"
)

const (
	pageSize     = 1000 // entries read at once
	findingsMost = 1000 // listed for one log
)

// Verify checks every log from its first entry: each row against its seal and
// its hash, the whole tree, and the signed heads. What it finds is in the
// report; an error means that it could not look. The logs may grow meanwhile.
func (l *Log) Verify(ctx context.Context) (Report, error) {
	heads, bad, err := l.heads.dir.all() // before the logs, which may not be behind them
	if err != nil {
		return Report{}, err
	}
	orgs, err := l.organizations(ctx, heads)
	if err != nil {
		return Report{}, err
	}
	report := Report{At: l.clock(), Key: l.VerifierKey()}
	for _, org := range orgs {
		r, err := l.verify(ctx, org, 0, heads, bad)
		if err != nil {
			return Report{}, err
		}
		report.Logs = append(report.Logs, r)
	}
	for _, b := range bad {
		if !slices.ContainsFunc(orgs, b.of) {
			report.Bad = append(report.Bad, fmt.Sprintf("signed head %s: %v", b.File, b.Err))
		}
	}
	return report, nil
}

// VerifyOrganization checks one log, from the entry after a position (0: all).
func (l *Log) VerifyOrganization(ctx context.Context, org string, after int64) (LogReport, error) {
	heads, bad, err := l.heads.dir.all()
	if err != nil {
		return LogReport{}, err
	}
	return l.verify(ctx, org, after, heads, bad)
}

// of reports whether a bad head's file name is that of an organization.
func (b badHead) of(org string) bool {
	return strings.HasPrefix(filepath.Base(b.File), filePrefix(org))
}

// organizations lists every log that any trace is left of.
func (l *Log) organizations(ctx context.Context, heads []Head) ([]string, error) {
	seen := map[string]bool{}
	for _, table := range []string{"audit_logs", "audit_entries", "audit_hashes"} {
		// From name to name by the primary key: DISTINCT would read every row.
		next, op := "", ">="
		for {
			org, err := db.Value[string](ctx, l.db, `SELECT organization_id FROM `+table+` WHERE organization_id `+op+` $1 ORDER BY organization_id LIMIT 1`, next)
			if errors.Is(err, db.ErrNoRows) {
				break
			} else if err != nil {
				return nil, fmt.Errorf("list audit logs: %w", err)
			}
			seen[org] = true
			next, op = org, ">"
		}
	}
	for _, h := range heads {
		seen[h.Organization] = true
	}
	orgs := make([]string, 0, len(seen))
	for org := range seen {
		orgs = append(orgs, org)
	}
	slices.Sort(orgs)
	return orgs, nil
}

func (l *Log) verify(ctx context.Context, org string, after int64, heads []Head, bad []badHead) (LogReport, error) {
	c := &checker{l: l, org: org, nodes: map[int64]node{}}
	var err error
	if c.report.Accepted, err = l.acceptances(ctx, org); err != nil {
		return LogReport{}, err
	}
	for _, h := range heads {
		if h.Organization == org && !acceptedIn(c.report.Accepted, h) {
			c.heads = append(c.heads, h)
			c.report.Anchored = h // they come smallest first
		}
	}
	for _, b := range bad {
		if b.of(org) {
			c.find(BadHead, 0, 0, fmt.Sprintf("%s: %v", b.File, b.Err))
		}
	}
	c.report.Organization = org
	if err := c.run(ctx, after); err != nil {
		return LogReport{}, fmt.Errorf("verify %s: %w", Name(org), err)
	}
	return c.report, nil
}

// checker verifies one log. It goes over the entries once and keeps only the
// tree's right edge, so that a log of any length fits in memory.
type checker struct {
	l      *Log
	org    string
	size   int64
	heads  []Head // of this log, smallest first; those passed are cut off
	signed int64  // entries that a matching head vouches for
	report LogReport

	nodes  map[int64]node // the roots of the complete subtrees so far, by tlog index
	broken bool           // a gap was passed over: the tree cannot be followed
	odd    []oddRow       // rows whose seal does not hold
	gone   []int64        // numbers without a row
}

type node struct {
	hash  tlog.Hash
	known bool
}

// oddRow is a row that is not what was recorded under its number.
type oddRow struct {
	record Record
	seal   []byte
	hashed bool // the tree's leaf is this row's: it was recomputed
	beyond bool // it stands past the end
}

func (c *checker) run(ctx context.Context, after int64) error {
	if err := c.measure(ctx); err != nil {
		return err
	}
	after = max(min(after, c.size), 0)
	c.report.From, c.report.Size = after+1, c.size
	if err := c.begin(ctx, after); err != nil {
		return err
	}
	for lo := after + 1; lo <= c.size; {
		hi := min(lo+pageSize-1, c.size)
		empty, err := c.page(ctx, lo, hi)
		if err != nil {
			return err
		}
		lo = hi + 1
		if empty && lo <= c.size {
			if lo, err = c.skip(ctx, lo); err != nil {
				return err
			}
		}
	}
	if err := c.surplus(ctx); err != nil {
		return err
	}
	c.nameOddRows()
	for _, h := range c.heads { // those not passed are ahead of the log
		if h.Size > c.size {
			c.find(Removed, c.size+1, h.Size, fmt.Sprintf("it was signed at %s (%s), and is no longer at the log's end", h.At.Format(timeShown), h.File))
			break
		}
	}
	c.sortFindings()
	return nil
}

const timeShown = "2006-01-02 15:04:05.000000 MST"

// measure finds out how long the log is. A row past the counted end that bears a
// right seal belongs to the log: then the counter was set back.
func (c *checker) measure(ctx context.Context) error {
	type ends struct{ size, last int64 }
	e, err := db.One(ctx, c.l.db, func(s db.Scanner) (ends, error) {
		var e ends
		err := s.Scan(&e.size, &e.last)
		return e, err
	}, `SELECT COALESCE((SELECT size FROM audit_logs WHERE organization_id = $1), 0), COALESCE((SELECT MAX(seq) FROM audit_entries WHERE organization_id = $1), 0)`, c.org)
	if err != nil {
		return fmt.Errorf("read the log's size: %w", err)
	}
	c.size = e.size
	if e.last > e.size {
		err := c.rows(ctx, e.size+1, e.last, func(r sealedRow) {
			if r.sealed {
				c.size = r.record.Seq
			}
		})
		if err != nil {
			return err
		}
	}
	if c.size > e.size {
		c.find(Altered, e.size+1, c.size, fmt.Sprintf("it is genuine, but the log's counter (audit_logs.size) says %d entries", e.size))
	}
	return nil
}

// begin takes up the tree where an earlier check left it.
func (c *checker) begin(ctx context.Context, after int64) error {
	indexes := edge(after)
	found, err := c.hashes(ctx, indexes)
	if err != nil {
		return err
	}
	for _, i := range indexes {
		h, ok := found[i]
		c.nodes[i] = node{h, ok}
		if !ok {
			c.find(Hashes, after, after, fmt.Sprintf("hash %d is missing", i))
		}
	}
	for len(c.heads) > 0 && c.heads[0].Size < after {
		c.signed = c.heads[0].Size
		c.heads = c.heads[1:]
	}
	c.compareHeads(after)
	return nil
}

// edge lists the roots of the complete subtrees of a tree with n entries, as
// tlog.TreeHash reads them.
func edge(n int64) []int64 {
	var indexes []int64
	var done int64
	for level := 62; level >= 0; level-- {
		if n&(1<<level) != 0 {
			indexes = append(indexes, tlog.StoredHashIndex(level, done>>level))
			done += 1 << level
		}
	}
	return indexes
}

// hashes reads nodes that may be missing.
func (c *checker) hashes(ctx context.Context, indexes []int64) (map[int64]tlog.Hash, error) {
	found := map[int64]tlog.Hash{}
	args := []any{c.org}
	for _, i := range indexes {
		args = append(args, i)
	}
	err := db.Each(ctx, c.l.db, collectHash(found), `SELECT idx, hash FROM audit_hashes WHERE organization_id = $1 AND `+db.In("idx", len(indexes), 2), args...)
	if err != nil {
		return nil, fmt.Errorf("read hashes: %w", err)
	}
	return found, nil
}

func collectHash(into map[int64]tlog.Hash) func(db.Scanner) error {
	return func(s db.Scanner) error {
		i, h, err := scanHash(s)
		into[i] = h
		return err
	}
}

// find notes a finding; one that continues the last is joined with it.
func (c *checker) find(kind Kind, seq, through int64, what string) {
	r := &c.report
	n := len(r.Findings)
	if n > 0 && seq > 0 {
		if last := &r.Findings[n-1]; last.Kind == kind && last.What == what && last.Through == seq-1 {
			last.Through = through
			return
		}
	}
	if n >= findingsMost {
		r.More++
		return
	}
	r.Findings = append(r.Findings, Finding{c.org, kind, seq, through, what})
}

// sortFindings puts the findings in the order of the entries, and joins those
// that came from different steps but say the same of neighbours.
func (c *checker) sortFindings() {
	all := c.report.Findings
	slices.SortStableFunc(all, func(a, b Finding) int { return cmp.Compare(a.Seq, b.Seq) })
	c.report.Findings = nil
	for _, f := range all {
		c.find(f.Kind, f.Seq, f.Through, f.What)
	}
}
