package alert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"patchboard/internal/db"
	"patchboard/internal/id"
)

// Limits of what an alert says, in bytes.
const (
	nameMost   = 200
	titleMost  = 250
	detailMost = 2000
	stepMost   = 500
	stepsMost  = 10
)

// Raise opens an alert in the transaction of the change that causes it. A
// problem that is open already stays as it is: nobody is told twice. It belongs
// before the audit entries, whose log it would keep from others.
func (s *Service) Raise(ctx context.Context, tx *db.Tx, n New) error {
	of, ok := find(n.Kind)
	if !ok || of.recovery {
		return fmt.Errorf("alert: %q is no kind that can be raised", n.Kind)
	}
	r, err := s.newRow(of, n)
	if err != nil {
		return err
	}
	hit, err := tx.Exec(ctx, `INSERT INTO alerts (`+rowColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, '', '', '')
		ON CONFLICT (organization_id, subject_type, subject_id, problem) WHERE closed_at = 0 DO NOTHING`, r.values()...)
	if err != nil {
		return fmt.Errorf("open an alert: %w", err)
	}
	if hit == 0 {
		return nil
	}
	former := slices.DeleteFunc(slices.Clone(n.Replaces), func(p string) bool { return p == r.problem })
	replaced := Closing{OrganizationID: n.OrganizationID, Subject: n.Subject, Problems: former, Title: r.Title}
	if err := s.end(ctx, tx, replaced, Webhook); err != nil {
		return err
	}
	if err := s.tellOpened(ctx, tx, r); err != nil {
		return err
	}
	s.Publish(tx, n.OrganizationID, Topic, r.ID)
	return nil
}

// Close ends the open alerts of problems that are over, and tells those who were
// told of them.
func (s *Service) Close(ctx context.Context, tx *db.Tx, c Closing) error {
	of, ok := find(c.Kind)
	if !ok || !of.recovery {
		return fmt.Errorf("alert: %q is no kind of recovery", c.Kind)
	}
	return s.end(ctx, tx, c)
}

// end closes alerts. With only, no other channel is told: people hear of what
// took a problem's place, and only a program must see each one end.
func (s *Service) end(ctx context.Context, tx *db.Tx, c Closing, only ...Channel) error {
	if len(c.Problems) == 0 {
		return nil
	}
	args := []any{c.OrganizationID, c.Subject.Type, c.Subject.ID}
	for _, p := range c.Problems {
		args = append(args, p)
	}
	open, err := db.All(ctx, tx, scanRow, `SELECT `+rowColumns+` FROM alerts WHERE organization_id = $1 AND subject_type = $2 AND subject_id = $3 AND closed_at = 0
		AND `+db.In("problem", len(c.Problems), 4)+` ORDER BY id`+tx.ForUpdate(), args...)
	if err != nil {
		return fmt.Errorf("find the alerts to close: %w", err)
	}
	for _, r := range open {
		r.close(c, s.now())
		if _, err := tx.Exec(ctx, `UPDATE alerts SET closed_at = $1, closing_kind = $2, closing_title = $3, closing_detail = $4 WHERE id = $5`,
			db.Micros(r.Closed), string(r.closingKind), r.Closing.Title, r.Closing.Detail, r.ID); err != nil {
			return fmt.Errorf("close an alert: %w", err)
		}
		if err := s.tellClosed(ctx, tx, r, only); err != nil {
			return err
		}
		s.Publish(tx, c.OrganizationID, Topic, r.ID)
	}
	return nil
}

// row is an alert as it is stored.
type row struct {
	Alert

	org         string
	problem     string
	closingKind Kind
}

const rowColumns = `id, organization_id, kind, problem, subject_type, subject_id, subject_name, severity, title, detail, steps, link, opened_at, closed_at,
	closing_kind, closing_title, closing_detail`

func (s *Service) newRow(of info, n New) (*row, error) {
	if n.OrganizationID == "" || n.Subject.Type == "" || n.Subject.ID == "" {
		return nil, errors.New("alert: a problem needs an organization and a subject")
	}
	name := line(n.Subject.Name, nameMost)
	title := line(n.Title, titleMost)
	if title == "" {
		title = line(of.titleFor(name), titleMost)
	}
	r := &row{org: n.OrganizationID, problem: n.Problem, Alert: Alert{
		ID: id.New(prefix), Kind: n.Kind, Severity: of.severity, Subject: Subject{n.Subject.Type, n.Subject.ID, name},
		Title: title, Detail: text(n.Cause, detailMost), Steps: []string{}, Link: n.Link, Opened: s.now(),
	}}
	for _, step := range n.Steps[:min(len(n.Steps), stepsMost)] {
		r.Steps = append(r.Steps, line(step, stepMost))
	}
	if r.problem == "" {
		r.problem = string(n.Kind)
	}
	if r.Link == "" {
		r.Link = of.link
	}
	if !strings.HasPrefix(r.Link, "/") || strings.HasPrefix(r.Link, "//") || strings.ContainsAny(r.Link, "\r\n\\ ") {
		return nil, fmt.Errorf("alert: %q is no page of the console", r.Link)
	}
	if of.severity == Notice { // there is nothing that could end
		r.Closed = r.Opened
	}
	return r, nil
}

func (r *row) values() []any {
	steps, _ := json.Marshal(r.Steps) //nolint:errchkjson // strings always can
	return []any{
		r.ID, r.org, string(r.Kind), r.problem, r.Subject.Type, r.Subject.ID, r.Subject.Name, string(r.Severity),
		r.Title, r.Detail, string(steps), r.Link, db.Micros(r.Opened), db.Micros(r.Closed),
	}
}

func scanRow(sc db.Scanner) (*row, error) {
	var r row
	var steps string
	var opened, closed int64
	err := sc.Scan(&r.ID, &r.org, &r.Kind, &r.problem, &r.Subject.Type, &r.Subject.ID, &r.Subject.Name, &r.Severity,
		&r.Title, &r.Detail, &steps, &r.Link, &opened, &closed, &r.closingKind, &r.Closing.Title, &r.Closing.Detail)
	if err != nil {
		return nil, fmt.Errorf("scan alert: %w", err)
	}
	if err := json.Unmarshal([]byte(steps), &r.Steps); err != nil {
		return nil, fmt.Errorf("read the steps of alert %s: %w", r.ID, err)
	}
	r.Opened, r.Closed = db.Time(opened), db.Time(closed)
	return &r, nil
}

// close says how the problem ended. The end is never before the beginning,
// whatever two nodes' clocks say.
func (r *row) close(c Closing, now time.Time) {
	r.Closed = now
	if !r.Closed.After(r.Opened) {
		r.Closed = r.Opened.Add(time.Microsecond)
	}
	name := r.Subject.Name
	if c.Subject.Name != "" {
		name = line(c.Subject.Name, nameMost)
	}
	r.closingKind = c.Kind
	r.Closing.Title, r.Closing.Detail = line(c.Title, titleMost), text(c.Cause, detailMost)
	if of, ok := find(c.Kind); ok && r.Closing.Title == "" {
		r.Closing.Title = line(of.titleFor(name), titleMost)
	}
}

// line makes text fit for a headline, a header of a mail and both databases: one
// line, without control characters or those that turn the direction of text.
func line(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			return ' '
		}
		if unicode.In(r, unicode.Bidi_Control) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return clip(strings.Join(strings.Fields(s), " "), most)
}

// text is line for what may have several.
func text(s string, most int) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i := range lines {
		lines[i] = line(lines[i], most)
	}
	lines = slices.DeleteFunc(lines, func(l string) bool { return l == "" })
	return clip(strings.Join(lines, "\n"), most)
}

func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	s = s[:most-len("…")]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s + "…"
}
