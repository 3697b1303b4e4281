package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"patchboard/internal/audit"
	"patchboard/internal/rbac"
)

// AuditEntry is one action.
type AuditEntry struct {
	Seq       int64           `json:"seq" doc:"1, 2, 3… without a gap"`
	At        time.Time       `json:"at"`
	Actor     AuditActor      `json:"actor"`
	Action    string          `json:"action" example:"webhook.created"`
	Target    AuditTarget     `json:"target"`
	Before    json.RawMessage `json:"before,omitempty"`
	After     json.RawMessage `json:"after,omitempty"`
	Result    string          `json:"result" enum:"ok,denied,failed"`
	Reason    string          `json:"reason,omitempty"`
	Detail    json.RawMessage `json:"detail,omitempty"`
	Address   string          `json:"address,omitempty"`
	UserAgent string          `json:"userAgent,omitempty"`
	RequestID string          `json:"requestId,omitempty"`
	Count     int64           `json:"count" doc:"How often it happened from first to last: repeated denials are put together"`
	First     time.Time       `json:"first"`
	Last      time.Time       `json:"last"`
}

// AuditActor is who did it.
type AuditActor struct {
	ID    string    `json:"id"`
	Role  rbac.Role `json:"role"`
	Email string    `json:"email,omitempty"`
}

// AuditTarget is what it was done to.
type AuditTarget struct {
	Type string `json:"type,omitempty"`
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

func auditView(r audit.Record) AuditEntry {
	return AuditEntry{
		Seq: r.Seq, At: r.At, Actor: AuditActor{ID: r.ActorID, Role: r.ActorRole, Email: r.ActorEmail}, Action: r.Action,
		Target: AuditTarget{Type: r.TargetType, ID: r.TargetID, Name: r.TargetName}, Before: r.Before, After: r.After,
		Result: r.Result, Reason: r.Reason, Detail: r.Detail, Address: r.Address, UserAgent: r.UserAgent, RequestID: r.RequestID,
		Count: r.Count, First: r.First, Last: r.Last,
	}
}

// AuditFilter is the part of a query that the list and the export share.
type AuditFilter struct {
	Span

	Actor  string `query:"actor" doc:"An actor's id or e-mail address, also of a user who was deleted"`
	Action string `query:"action" doc:"webhook.created, or what actions begin with: webhook"`
	Target string `query:"target" doc:"A target's id"`
	Result string `query:"result" doc:"ok, denied or failed"`
	Text   string `query:"text" doc:"Looked for in a time window of at most a year; by itself, in the last 30 days"`
}

func (f AuditFilter) filter() audit.Filter {
	return audit.Filter{Since: f.Since, Until: f.Until, Actor: f.Actor, Action: f.Action, Target: f.Target, Result: f.Result, Text: f.Text}
}

type auditRequest struct {
	Paging
	AuditFilter
}

// AuditPage is a page of the audit log.
type AuditPage struct {
	Page[AuditEntry]

	Since *time.Time `json:"since,omitempty" doc:"The time window that was searched"`
	Until *time.Time `json:"until,omitempty"`
}

type auditResponse struct{ Body AuditPage }

func (a *API) auditLog(ctx context.Context, in *auditRequest) (*auditResponse, error) {
	position, err := listAudit.position(in.Cursor)
	if err != nil {
		return nil, err
	}
	f := in.filter()
	f.Before, f.Limit = position, in.Limit
	p, err := a.Audit.List(ctx, actorOf(ctx), f)
	if err != nil {
		return nil, err
	}
	return &auditResponse{Body: AuditPage{Page: pageOf(p.Items, listAudit.cursor(p.Next), auditView), Since: ago(p.Since), Until: ago(p.Until)}}, nil
}

type exportRequest struct {
	AuditFilter

	Format audit.Format `query:"format" required:"true" doc:"csv or jsonl"`
}

func (a *API) exportAudit(ctx context.Context, in *exportRequest) (*huma.StreamResponse, error) {
	e, err := a.Audit.PrepareExport(ctx, actorOf(ctx), in.filter(), in.Format)
	if err != nil {
		return nil, err
	}
	contentType := "application/jsonl"
	if in.Format == audit.CSV {
		contentType = "text/csv; charset=utf-8"
	}
	return &huma.StreamResponse{Body: func(huma.Context) {
		q := requestOf(ctx)
		h := q.Header()
		h.Set("Content-Type", contentType)
		h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="audit-%s.%s"`, a.Clock().UTC().Format("2006-01-02"), in.Format))
		q.WriteHeader(http.StatusOK)
		if err := e.WriteTo(ctx, newSteady(q)); err != nil {
			q.note(problemOf(ctx, err))
			a.record(q)                 //nolint:contextcheck // q carries it
			panic(http.ErrAbortHandler) // so that half an export does not look like a whole one
		}
	}}, nil
}

// steady gives each write of a long answer its own time.
type steady struct {
	http.ResponseWriter
	control *http.ResponseController
}

func newSteady(w http.ResponseWriter) *steady { return &steady{w, http.NewResponseController(w)} }

const steadyWrite = time.Minute

func (s *steady) Write(b []byte) (int, error) {
	_ = s.control.SetWriteDeadline(time.Now().Add(steadyWrite)) // best effort: a test's recorder has none
	n, err := s.ResponseWriter.Write(b)
	_ = s.control.SetWriteDeadline(time.Time{})
	return n, err //nolint:wrapcheck // net/http's own contract
}
