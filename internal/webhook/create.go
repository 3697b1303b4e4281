package webhook

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/egress"
	"patchboard/internal/fault"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
	"patchboard/internal/signature"
)

// NewWebhook is a webhook to be made.
type NewWebhook struct {
	URL         string
	Events      []string
	Secret      string // "whsec_…"; "" makes one
	Off         bool   // saved switched off: nothing is sent to it, not even a check
	Description string
	Format      string            // one of Formats, or "" for the standard one
	Headers     map[string]string // needs rbac.WebhookHeaders
}

// Created is a new webhook with its secret, which its maker sees this once.
type Created struct {
	Webhook Webhook
	Secret  signature.Secret
	Verdict egress.Verdict
}

// NewSecret makes a signing secret to be given to Create later, so that a
// receiver that verifies can be set up first.
func (s *Service) NewSecret() signature.Secret { return signature.NewSecret() }

// Create checks the address, by a signed request unless the webhook is saved
// switched off, and then stores the webhook. A failed check is a fault with
// cause and detail, and nothing is stored but the verdict.
func (s *Service) Create(ctx context.Context, actor rbac.Actor, in NewWebhook) (*Created, error) {
	r, e, err := s.prepare(ctx, actor, in)
	if err != nil {
		return nil, err
	}
	verdict, err := s.check(ctx, e, !in.Off)
	if err != nil {
		return nil, err
	}
	if !verdict.OK {
		return nil, s.refused(ctx, actor, audit.WebhookCreated, r, verdict)
	}
	now := s.clock()
	r.StateAt, r.Created, r.Updated = now, now, now
	r.touch(now, label(actor), "created")
	if !in.Off {
		r.Health.Verdict = checked(Save, now, verdict)
	}
	var out Created
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		made := *r
		var err error
		if made.Num, err = insert(ctx, tx, &made); err != nil {
			return err
		}
		if err := insertVerdict(ctx, tx, made.OrganizationID, made.ID, made.URL, Save, now, verdict); err != nil {
			return err
		}
		if err := bumpSet(ctx, tx, made.OrganizationID); err != nil {
			return err
		}
		s.announce(tx, &made)
		out = Created{Webhook: made.Webhook, Secret: e.secret, Verdict: verdict}
		entry := target(&made, audit.WebhookCreated)
		entry.After = viewOf(actor, &made)
		if err := s.audit.Append(ctx, tx, actor, entry); err != nil {
			return err
		}
		return s.Track(ctx, tx, actor, "webhook_added", map[string]any{
			"url_domain": Domain(made.URL), "events_selected": made.Events, "validation_time": verdict.Duration.Milliseconds(),
		})
	})
	if err != nil {
		return nil, fmt.Errorf("create webhook: %w", err)
	}
	return &out, nil
}

// prepare checks everything that needs no network, and makes the row and its
// endpoint.
func (s *Service) prepare(ctx context.Context, actor rbac.Actor, in NewWebhook) (*row, *Endpoint, error) {
	if len(in.Headers) > 0 && !actor.Can(rbac.WebhookHeaders) {
		return nil, nil, s.denied(ctx, actor, audit.Entry{Action: audit.WebhookCreated, TargetType: "webhook"}, errHeadersForbidden)
	}
	known, err := s.KnownEvents(ctx, actor.OrganizationID)
	if err != nil {
		return nil, nil, fmt.Errorf("list the known events: %w", err)
	}
	if err := errors.Join(checkEvents(in.Events, known), checkDescription(in.Description)); err != nil {
		return nil, nil, fault.From(err)
	}
	format, err := checkFormat(in.Format)
	if err != nil {
		return nil, nil, err
	}
	r := &row{Webhook: Webhook{
		ID: id.New(prefix), OrganizationID: actor.OrganizationID, URL: in.URL, Description: in.Description,
		Events: slices.Clone(in.Events), Format: format, State: Active, CreatedBy: actor.ID(),
	}}
	if in.Off {
		r.State = Off
	}
	e, err := s.endpoint(r, in.Secret, in.Headers)
	if err != nil {
		return nil, nil, err
	}
	if r.secret, err = s.sealSecret(r.ID, e.secret); err != nil {
		return nil, nil, err
	}
	if r.headers, r.HeaderNames, err = s.sealHeaders(r.ID, plainHeaders(e.custom)); err != nil {
		return nil, nil, err
	}
	return r, e, nil
}

// endpoint makes the endpoint of a webhook that is not stored, from its secret
// ("" makes one) and its custom headers.
func (s *Service) endpoint(r *row, secret string, headers map[string]string) (*Endpoint, error) {
	e := &Endpoint{ID: r.ID, OrganizationID: r.OrganizationID, Format: r.Format, State: r.State, secret: signature.NewSecret()}
	if secret != "" {
		var err error
		if e.secret, err = signature.ParseSecret(secret); err != nil {
			return nil, fault.From(err).At("body.secret", "not a signing secret")
		}
	}
	headers, err := checkHeaders(headers)
	if err != nil {
		return nil, err
	}
	e.custom = httpHeader(headers)
	e.URL, e.Refused = s.egress.CheckURL(r.URL)
	return e, nil
}

func checked(kind Kind, at time.Time, v egress.Verdict) *Checked {
	return &Checked{Kind: kind, At: db.Time(db.Micros(at)), OK: v.OK, Cause: string(v.Cause), Message: v.Message, Detail: v.Detail}
}
