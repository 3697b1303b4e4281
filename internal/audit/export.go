package audit

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/rbac"
)

// Format is a form of export.
type Format string

// The formats: a table for spreadsheets, and one JSON object a line.
const (
	CSV       Format = "csv"
	JSONLines Format = "jsonl"
)

// exportPage is how many entries are read at once. Between pages no
// transaction is open, however slow the reader is.
const exportPage = 500

// Export is a prepared export: its entry is in the log, nothing is sent yet.
type Export struct {
	l      *Log
	org    string
	filter Filter
	format Format
	end    int64 // the number of the export's own entry
}

// Export writes the entries that a filter chooses, oldest first, after it has
// recorded that it does so.
func (l *Log) Export(ctx context.Context, actor rbac.Actor, f Filter, format Format, w io.Writer) error {
	e, err := l.PrepareExport(ctx, actor, f, format)
	if err != nil {
		return err
	}
	return e.WriteTo(ctx, w)
}

// PrepareExport checks and records an export. Its errors can still be answered
// with a problem document; once WriteTo has begun they cannot.
func (l *Log) PrepareExport(ctx context.Context, actor rbac.Actor, f Filter, format Format) (*Export, error) {
	if !actor.Can(rbac.AuditExport) || !actor.Can(rbac.AuditRead) {
		return nil, fault.New(fault.Forbidden, "audit-export-not-permitted", "Your role cannot export the audit log.", "Ask a system administrator.")
	}
	if format != CSV && format != JSONLines {
		return nil, errBadFilter.At("query.format", "must be csv or jsonl")
	}
	f.Before, f.Limit = "", 0 // an export has no pages
	f, err := f.check(l.clock())
	if err != nil {
		return nil, err
	}
	if f, err = l.who(ctx, actor.OrganizationID, f); err != nil {
		return nil, err
	}
	e := &Export{l: l, org: actor.OrganizationID, filter: f, format: format}
	r, err := newRecord(actor, Entry{Action: AuditExported, TargetType: "audit_log", Detail: exportDetail(f, format)}, l.clock())
	if err != nil {
		return nil, err
	}
	err = l.db.Write(ctx, func(tx *db.Tx) error { return l.append(ctx, tx, r) })
	if err != nil {
		return nil, fmt.Errorf("record the export: %w", err)
	}
	e.end = r.Seq
	return e, nil
}

func exportDetail(f Filter, format Format) map[string]any {
	detail := map[string]any{"format": string(format)}
	for name, v := range map[string]string{
		"since": stamp(f.Since), "until": stamp(f.Until), "actor": f.Actor, "action": f.Action, "target": f.Target, "result": f.Result, "text": f.Text,
	} {
		if v != "" {
			detail[name] = v
		}
	}
	return detail
}

// WriteTo streams the export.
func (e *Export) WriteTo(ctx context.Context, w io.Writer) error {
	out := newEncoder(e.format, w)
	if err := out.begin(); err != nil {
		return fmt.Errorf("export audit entries: %w", err)
	}
	at, seq := int64(math.MinInt64), int64(math.MinInt64)
	if !e.filter.Since.IsZero() {
		at = db.Micros(e.filter.Since)
	}
	for {
		text, args := exportQuery(e.org, e.filter, e.end, at, seq)
		page, err := db.All(ctx, e.l.db, func(s db.Scanner) (Record, error) { return scanRecord(s) }, text, args...)
		if err != nil {
			return fmt.Errorf("export audit entries: %w", err)
		}
		for i := range page {
			if err := out.write(&page[i]); err != nil {
				return fmt.Errorf("export audit entries: %w", err)
			}
		}
		if err := out.flush(); err != nil {
			return fmt.Errorf("export audit entries: %w", err)
		}
		if len(page) < exportPage {
			return nil
		}
		last := page[len(page)-1]
		at, seq = db.Micros(last.At), last.Seq
	}
}

type encoder interface {
	begin() error
	write(r *Record) error
	flush() error
}

func newEncoder(f Format, w io.Writer) encoder {
	if f == CSV {
		return &csvEncoder{csv.NewWriter(w)}
	}
	return &lineEncoder{w}
}

type csvEncoder struct{ w *csv.Writer }

func (c *csvEncoder) begin() error {
	return c.row([]string{
		"seq", "at", "actor_id", "actor_role", "actor_email", "action", "target_type", "target_id", "target_name", "before", "after",
		"result", "reason", "detail", "address", "user_agent", "request_id", "count", "first_at", "last_at",
	})
}

func (c *csvEncoder) write(r *Record) error {
	row := []string{
		strconv.FormatInt(r.Seq, 10), stamp(r.At), r.ActorID, string(r.ActorRole), r.ActorEmail, r.Action, r.TargetType, r.TargetID, r.TargetName, string(r.Before), string(r.After),
		r.Result, r.Reason, string(r.Detail), r.Address, r.UserAgent, r.RequestID, strconv.FormatInt(r.Count, 10), stamp(r.First), stamp(r.Last),
	}
	for i := range row {
		row[i] = inert(row[i])
	}
	return c.row(row)
}

func (c *csvEncoder) row(cells []string) error {
	if err := c.w.Write(cells); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

func (c *csvEncoder) flush() error {
	c.w.Flush()
	if err := c.w.Error(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// inert keeps a spreadsheet from taking a cell for a formula
// (owasp.org/www-community/attacks/CSV_Injection): what begins like one gets an
// apostrophe before it.
func inert(s string) string {
	if s != "" && strings.ContainsAny(s[:1], "=+-@\t\r\n") {
		return "'" + s
	}
	for _, wide := range []string{"＝", "＋", "－", "＠"} {
		if strings.HasPrefix(s, wide) {
			return "'" + s
		}
	}
	return s
}

type lineEncoder struct{ w io.Writer }

func (*lineEncoder) begin() error { return nil }
func (*lineEncoder) flush() error { return nil }

func (e *lineEncoder) write(r *Record) error {
	b, err := encodeJSON(lineOf(r))
	if err != nil {
		return err
	}
	if _, err := e.w.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}
