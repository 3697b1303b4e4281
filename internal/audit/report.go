package audit

import (
	"fmt"
	"io"
	"time"
)

// Report is what a verification found, log by log.
type Report struct {
	At   time.Time
	Key  string // the verifier key of signed heads, for outsiders
	Logs []LogReport
	Bad  []string // head files that belong to no log, being no heads
}

// LogReport is what a verification found in one organization's log.
type LogReport struct {
	Organization string       // "" is the installation's own log
	From         int64        // the first entry that was looked at
	Size         int64        // entries in the log
	Anchored     Head         // the newest signed head; its Size is 0 if there is none
	Accepted     []Acceptance // where the log goes on in spite of older heads
	Findings     []Finding
	More         int // findings that were not listed
}

// Kind classes a finding.
type Kind string

// The kinds of findings.
const (
	Altered   Kind = "altered"   // an entry is not what was recorded
	Removed   Kind = "removed"   // an entry is gone
	Inserted  Kind = "inserted"  // an entry was never recorded
	Reordered Kind = "reordered" // an entry stands at another's place
	Hashes    Kind = "hashes"    // the tree is not that of the entries
	BadHead   Kind = "head"      // the log is not what was signed, or a head is none
)

// Finding names one thing that is wrong. Seq to Through are the entries it is
// about; they are equal for one, and 0 for a head as such.
type Finding struct {
	Organization string
	Kind         Kind
	Seq, Through int64
	What         string
}

// OK reports whether nothing is wrong. A log that no head, or only an older
// one, vouches for is not wrong; see UnanchoredSince.
func (r Report) OK() bool {
	for _, l := range r.Logs {
		if !l.OK() {
			return false
		}
	}
	return len(r.Bad) == 0
}

// OK reports whether nothing is wrong with this log.
func (l LogReport) OK() bool { return len(l.Findings) == 0 }

// UnanchoredSince is the first entry that no signed head vouches for, 0 if all
// are.
func (l LogReport) UnanchoredSince() int64 {
	if l.Anchored.Size >= l.Size {
		return 0
	}
	return l.Anchored.Size + 1
}

// String names the log, the entries and what is wrong with them.
func (f Finding) String() string {
	switch {
	case f.Seq == 0 && f.Through == 0:
		return fmt.Sprintf("%s: %s: %s", Name(f.Organization), f.Kind, f.What)
	case f.Seq == f.Through:
		return fmt.Sprintf("%s: entry %d: %s: %s", Name(f.Organization), f.Seq, f.Kind, f.What)
	}
	return fmt.Sprintf("%s: entries %d to %d: %s: %s", Name(f.Organization), f.Seq, f.Through, f.Kind, f.What)
}

// WriteTo writes the report for a person.
func (r Report) WriteTo(w io.Writer) (int64, error) {
	c := &countingWriter{w: w}
	for _, l := range r.Logs {
		c.linef("%s: %d entries checked", Name(l.Organization), max(l.Size-l.From+1, 0))
		switch {
		case l.Size == 0 && l.Anchored.Size == 0:
		case l.Anchored.Size == 0:
			c.linef("  unanchored since 1: no signed head of this log was found outside the database")
		case l.UnanchoredSince() > 0:
			c.linef("  unanchored since %d: the newest signed head is of entry %d, %s", l.UnanchoredSince(), l.Anchored.Size, l.Anchored.At.Format(time.RFC3339))
		default:
			c.linef("  anchored up to %d by the head signed at %s", l.Anchored.Size, l.Anchored.At.Format(time.RFC3339))
		}
		for _, a := range l.Accepted {
			c.linef("  accepted after a restore at entry %d, %s: %s", a.Seq, a.At.Format(time.RFC3339), a.Reason)
			for _, h := range a.Heads {
				c.linef("    given up: the head of %d entries, signed at %s", h.Size, h.At.Format(time.RFC3339))
			}
		}
		for _, f := range l.Findings {
			c.linef("  %s", f)
		}
		if l.More > 0 {
			c.linef("  and %d more", l.More)
		}
	}
	for _, b := range r.Bad {
		c.linef("%s", b)
	}
	c.linef("signed heads are verified with %s", r.Key)
	if r.OK() {
		c.linef("nothing was altered, removed, inserted or reordered")
	} else {
		c.linef("if the database was restored from a backup, go on with: patchboard audit accept")
	}
	return c.n, c.err
}

// WriteTo writes for a person what the signed heads know beyond the database.
func (c Cut) WriteTo(w io.Writer) (int64, error) {
	out := &countingWriter{w: w}
	out.linef("%s: the database has %d entries, whole in themselves; the first %d are as they were signed", Name(c.Organization), c.Size, c.Common)
	for _, h := range c.Heads {
		what := "they are not those of the database"
		if h.Size > c.Size {
			what = fmt.Sprintf("entries %d to %d are not in the database", c.Size+1, h.Size)
		}
		out.linef("  %d entries were signed at %s (%s): %s", h.Size, h.At.Format(time.RFC3339), h.File, what)
	}
	return out.n, out.err
}

// countingWriter remembers the first error, as io.WriterTo asks.
type countingWriter struct {
	w   io.Writer
	n   int64
	err error
}

func (c *countingWriter) linef(format string, args ...any) {
	if c.err != nil {
		return
	}
	n, err := fmt.Fprintf(c.w, format+"\n", args...)
	c.n += int64(n)
	if err != nil {
		c.err = fmt.Errorf("write report: %w", err)
	}
}
