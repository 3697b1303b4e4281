package webhook

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/egress"
	"patchboard/internal/fault"
	"patchboard/internal/rbac"
)

// Candidate is an address to be judged before it is saved.
type Candidate struct {
	URL     string
	Reach   bool              // false: its form only, without a look-up
	Secret  string            // "" for one of the moment
	Format  string            // one of Formats, or "" for the standard one
	Headers map[string]string // needs rbac.WebhookHeaders
	// WebhookID names the webhook whose URL is being changed: its secret, headers
	// and format are used where none are given.
	WebhookID string
}

// Validate judges an address as Create and Update would. A verdict that is not
// OK is no error. Of verdicts on the form alone, which are asked for with every
// letter that is typed, only some are kept: see typing.
func (s *Service) Validate(ctx context.Context, actor rbac.Actor, in Candidate) (egress.Verdict, error) {
	r, e, err := s.candidate(ctx, actor, in)
	if err != nil {
		return egress.Verdict{}, err
	}
	if !in.Reach {
		return s.validateForm(ctx, actor, r, e)
	}
	v, err := s.check(ctx, e, true)
	if err != nil {
		return egress.Verdict{}, err
	}
	return v, s.keepVerdict(ctx, r, v)
}

// validateForm judges without a look-up.
func (s *Service) validateForm(ctx context.Context, actor rbac.Actor, r *row, e *Endpoint) (egress.Verdict, error) {
	v := egress.Verdict{OK: true}
	if e.Refused != nil {
		v = *e.Refused
	}
	seen := typedVerdict{v.Cause, Domain(r.URL)}
	if !s.typing.first(actor, seen, s.clock()) {
		return v, nil
	}
	err := s.keepVerdict(ctx, r, v)
	if err != nil {
		s.typing.forget(actor, seen)
	}
	return v, err
}

// keepVerdict stores the verdict on a candidate.
func (s *Service) keepVerdict(ctx context.Context, r *row, v egress.Verdict) error {
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		return insertVerdict(ctx, tx, r.OrganizationID, r.ID, r.URL, Validate, s.clock(), v)
	})
	if err != nil {
		return fmt.Errorf("validate a webhook: %w", err)
	}
	return nil
}

// candidate joins what is given with what is stored. Whoever may not change
// the URL of a webhook with custom headers may not send them elsewhere by
// validating either.
func (s *Service) candidate(ctx context.Context, actor rbac.Actor, in Candidate) (*row, *Endpoint, error) {
	format, err := checkFormat(in.Format)
	if err != nil {
		return nil, nil, err
	}
	r := &row{Webhook: Webhook{OrganizationID: actor.OrganizationID, URL: in.URL, Format: format}}
	var stored *Endpoint
	if in.WebhookID != "" {
		cur, err := find(ctx, s.db, actor.OrganizationID, in.WebhookID, "")
		if err != nil {
			return nil, nil, err
		}
		if in.URL != cur.URL && cur.HasHeaders() && !actor.Can(rbac.WebhookHeaders) {
			return nil, nil, s.denied(ctx, actor, target(cur, audit.WebhookUpdated), errURLForbidden)
		}
		if stored, err = s.open(cur); err != nil {
			return nil, nil, err
		}
		r.ID = cur.ID
		if in.Format == "" {
			r.Format = cur.Format
		}
	}
	if len(in.Headers) > 0 && !actor.Can(rbac.WebhookHeaders) {
		return nil, nil, s.denied(ctx, actor, audit.Entry{Action: audit.WebhookCreated, TargetType: "webhook", TargetID: r.ID}, errHeadersForbidden)
	}
	e, err := s.endpoint(r, in.Secret, in.Headers)
	if err != nil {
		return nil, nil, err
	}
	if stored != nil && in.Secret == "" {
		e.secret, e.previous, e.previousUntil = stored.secret, stored.previous, stored.previousUntil
	}
	if stored != nil && in.Headers == nil {
		e.custom = stored.custom
	}
	return r, e, nil
}

// TestEvent is what a test sends: an event of a type with a payload of one's
// own, or the type's example where Data is nil. The zero TestEvent is TestType.
type TestEvent struct {
	Type string
	Data json.RawMessage // an object; sent as it is
}

// Tested is a test event with what came back.
type Tested struct {
	Verdict    egress.Verdict
	Type       string
	MessageID  string
	At         time.Time
	URL        string
	Status     int // 0 if no answer came
	Timing     egress.Timing
	RemoteAddr string
	Guidance   string

	// Full says that the rest is there; it needs rbac.DeliveryBodies. The
	// values of custom headers are hidden.
	Full           bool
	RequestHeader  http.Header
	RequestBody    []byte
	ResponseHeader http.Header
	ResponseBody   []byte // the first 16 KiB
	Truncated      bool
}

// Test sends a test event to a webhook, whether it is on or off, and gives the
// whole exchange. The verdict becomes the webhook's health, unless the payload
// is one's own: that an endpoint refuses that says nothing about it.
func (s *Service) Test(ctx context.Context, actor rbac.Actor, webhookID string, event TestEvent) (*Tested, error) {
	r, err := find(ctx, s.db, actor.OrganizationID, webhookID, "")
	if err != nil {
		return nil, err
	}
	e, err := s.open(r)
	if err != nil {
		return nil, err
	}
	t := &Tested{At: s.clock(), URL: r.URL, Type: cmp.Or(event.Type, TestType)}
	body, err := s.testBody(ctx, e, t.At, event)
	if err != nil {
		return nil, err
	}
	if e.Refused != nil {
		t.Verdict, t.Guidance = *e.Refused, egress.Guidance(egress.ClassAddressRefused, 0)
	} else if err := s.exchange(ctx, actor, e, body, t); err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if event.Data == nil {
			if err := s.setHealth(ctx, tx, r, checked(Test, t.At, t.Verdict)); err != nil {
				return err
			}
			if err := insertVerdict(ctx, tx, r.OrganizationID, r.ID, r.URL, Test, t.At, t.Verdict); err != nil {
				return err
			}
		}
		entry := target(r, audit.WebhookTested)
		entry.Detail = map[string]any{"type": t.Type, "ok": t.Verdict.OK, "cause": t.Verdict.Cause, "status": t.Status}
		return s.audit.Append(ctx, tx, actor, entry)
	})
	if err != nil {
		return nil, fmt.Errorf("test a webhook: %w", err)
	}
	return t, nil
}

// testBody makes the body of a test, as ingest would make that of the event.
func (s *Service) testBody(ctx context.Context, e *Endpoint, at time.Time, event TestEvent) ([]byte, error) {
	switch {
	case event.Type != "" && event.Type != TestType:
		body, err := s.SampleBody(ctx, e.OrganizationID, event.Type, event.Data, at)
		if err != nil {
			return nil, fmt.Errorf("make a test event: %w", err)
		}
		return body, nil
	case event.Data != nil:
		return nil, fault.New(fault.Invalid, "test-type-missing", "There is a payload, but not the type of event that it is for.",
			"Give the type as well, such as contact.created.").At("body.type", "is needed beside data")
	}
	return checkBody(e, at)
}

func (s *Service) exchange(ctx context.Context, actor rbac.Actor, e *Endpoint, body []byte, t *Tested) error {
	out, err := s.send(ctx, e, t.At, body)
	if err != nil {
		return err
	}
	res := &out.result
	t.Verdict, t.Status, t.Timing, t.RemoteAddr = res.Verdict(), res.Status, res.Timing, res.RemoteAddr
	t.MessageID, t.Guidance = out.messageID, egress.Guidance(res.Class, res.Status)
	if actor.Can(rbac.DeliveryBodies) {
		t.Full = true
		t.RequestHeader, t.RequestBody = http.Header{}, out.request.Body
		e.Lines(out.request, t.RequestHeader.Add)
		t.ResponseHeader, t.ResponseBody, t.Truncated = res.Header, res.Body, res.Truncated
	}
	return nil
}

// checkLater checks a webhook that was just switched on, after the answer. It
// ends without a verdict when the webhook is switched off before it is done.
func (s *Service) checkLater(w *Webhook) {
	open, done := s.gates.add(w.Num)
	org, webhookID := w.OrganizationID, w.ID
	s.After(func(ctx context.Context) {
		defer done()
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		stop := context.AfterFunc(open, cancel)
		defer stop()
		if err := s.checkEnabled(ctx, org, webhookID); err != nil && ctx.Err() == nil && !errors.Is(err, errNotFound) {
			s.log.WarnContext(ctx, "check a webhook that was switched on", "webhook", webhookID, "error", err)
		}
	})
}

// checkEnabled reads the webhook again first: another node may have switched it
// off, which this node's gate does not know.
func (s *Service) checkEnabled(ctx context.Context, org, webhookID string) error {
	r, err := find(ctx, s.db, org, webhookID, "")
	if err != nil || r.State != Active {
		return err
	}
	e, err := s.open(r)
	if err != nil {
		return err
	}
	v, err := s.check(ctx, e, true)
	if err != nil {
		return err
	}
	now := s.clock()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.setHealth(ctx, tx, r, checked(Enable, now, v)); err != nil {
			return err
		}
		return insertVerdict(ctx, tx, org, webhookID, r.URL, Enable, now, v)
	})
	if err != nil {
		return fmt.Errorf("store the verdict: %w", err)
	}
	return nil
}
