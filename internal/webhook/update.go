package webhook

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/egress"
	"patchboard/internal/fault"
	"patchboard/internal/rbac"
)

// A Patch changes what is set in it.
type Patch struct {
	IfMatch     *int64 // the version that the caller has seen; nil: the last writer wins
	URL         *string
	Events      *[]string
	Enabled     *bool
	Reason      string // for switching, see audit.KnownReason
	Description *string
	Format      *string
	// Headers replaces the custom headers, if not nil; a nil value keeps the
	// one that is stored, which a caller cannot see. Needs rbac.WebhookHeaders.
	Headers map[string]*string
}

// updateTries is how often an update starts over because the webhook changed
// while its new address was being checked.
const updateTries = 4

// Update changes a webhook. A new URL or format is checked first, by a signed
// request if the webhook is on. Switching off returns when no further request can start;
// switching on returns at once, and the address is checked after the answer.
func (s *Service) Update(ctx context.Context, actor rbac.Actor, webhookID string, p Patch) (*Webhook, error) {
	if err := s.checkPatch(ctx, actor, webhookID, p); err != nil {
		return nil, err
	}
	for range updateTries {
		cur, err := find(ctx, s.db, actor.OrganizationID, webhookID, "")
		if err != nil {
			return nil, err
		}
		next, err := s.plan(cur, actor, p)
		if errors.Is(err, errURLForbidden) {
			return nil, s.denied(ctx, actor, target(cur, audit.WebhookUpdated), err)
		}
		if err != nil {
			return nil, err
		}
		checkedAs, err := s.checkPlan(ctx, actor, next)
		if err != nil {
			return nil, err
		}
		w, err := s.commit(ctx, actor, webhookID, p, checkedAs)
		if errors.Is(err, errChanged) {
			continue
		}
		return w, err
	}
	return nil, errBusy
}

// errChanged says that the plan was made on a row that has changed since in a
// way that the check of the address does not cover.
var errChanged = errors.New("the webhook changed meanwhile")

// checkPatch checks what needs no look at the webhook.
func (s *Service) checkPatch(ctx context.Context, actor rbac.Actor, webhookID string, p Patch) error {
	if p.Headers != nil && !actor.Can(rbac.WebhookHeaders) {
		cur, err := find(ctx, s.db, actor.OrganizationID, webhookID, "")
		if err != nil {
			return err
		}
		return s.denied(ctx, actor, target(cur, audit.WebhookUpdated), errHeadersForbidden)
	}
	if !audit.KnownReason(p.Reason) {
		return fault.New(fault.Invalid, "webhook-reason-unknown", fmt.Sprintf("There is no reason %q.", clip(p.Reason, 40)),
			"Leave the reason out, or give "+audit.ReasonList()+".").At("body.reason", "no such reason")
	}
	if p.Reason != "" && p.Enabled == nil {
		return fault.New(fault.Invalid, "webhook-reason-alone", "A reason is given, but the webhook is not switched.", "Give enabled together with the reason.").
			At("body.reason", "only together with enabled")
	}
	if p.Events != nil {
		known, err := s.KnownEvents(ctx, actor.OrganizationID)
		if err != nil {
			return fmt.Errorf("list the known events: %w", err)
		}
		if err := checkEvents(*p.Events, known); err != nil {
			return err
		}
	}
	if p.Description != nil {
		if err := checkDescription(*p.Description); err != nil {
			return err
		}
	}
	if p.Format != nil {
		if _, err := checkFormat(*p.Format); err != nil {
			return err
		}
	}
	return nil
}

// plan is what a patch makes of a row. It does no I/O, so that it can be made
// again under the row's lock.
type plan struct {
	row

	fields   []string // what changes, but the state; as in the patch
	switched bool     // the state changes
	newURL   bool
	recheck  bool      // the URL or the format is new: what the last check said no longer counts
	endpoint *Endpoint // as it is to be
}

func (s *Service) plan(cur *row, actor rbac.Actor, p Patch) (*plan, error) {
	if p.IfMatch != nil && *p.IfMatch != cur.Version {
		return nil, stale(cur, *p.IfMatch)
	}
	n := &plan{row: *cur}
	var err error
	if n.endpoint, err = s.open(cur); err != nil {
		return nil, err
	}
	if p.URL != nil && *p.URL != cur.URL {
		if cur.HasHeaders() && !actor.Can(rbac.WebhookHeaders) {
			return nil, errURLForbidden
		}
		n.URL, n.newURL, n.recheck = *p.URL, true, true
		n.endpoint.URL, n.endpoint.Refused = s.egress.CheckURL(n.URL)
		n.fields = append(n.fields, "url")
	}
	if p.Events != nil && !slices.Equal(*p.Events, cur.Events) {
		n.Events = slices.Clone(*p.Events)
		n.fields = append(n.fields, "events")
	}
	if p.Description != nil && *p.Description != cur.Description {
		n.Description = *p.Description
		n.fields = append(n.fields, "description")
	}
	if p.Format != nil {
		if err := n.setFormat(*p.Format); err != nil {
			return nil, err
		}
	}
	if err := s.planHeaders(n, cur, p.Headers); err != nil {
		return nil, err
	}
	if p.Enabled != nil {
		c := SwitchOff
		if *p.Enabled {
			c = SwitchOn
		}
		n.State, n.switched = Next(cur.State, c)
	}
	// Whoever has switched it off may say why afterwards: off does not wait for it.
	if n.State == Off && !n.switched && p.Reason != "" && p.Reason != cur.StateReason {
		n.StateReason = p.Reason
		n.fields = append(n.fields, reasonField)
	}
	return n, nil
}

// reasonField stands among the fields of a change that gave a reason only.
const reasonField = "reason"

func (n *plan) setFormat(name string) error {
	format, err := checkFormat(name)
	if err != nil || format == n.Format {
		return err
	}
	n.Format, n.endpoint.Format, n.recheck = format, format, true
	n.fields = append(n.fields, "format")
	return nil
}

func (s *Service) planHeaders(n *plan, cur *row, patch map[string]*string) error {
	if patch == nil {
		return nil
	}
	stored := plainHeaders(n.endpoint.custom)
	merged := make(map[string]string, len(patch))
	for name, value := range patch {
		if value != nil {
			merged[name] = *value
			continue
		}
		old, ok := stored[http.CanonicalHeaderKey(name)]
		if !ok {
			return headerFault("webhook-header-missing", fmt.Sprintf("The header %q has no stored value to keep.", clip(name, 60)), "Give the header's value.", clip(name, 60))
		}
		merged[name] = old
	}
	merged, err := checkHeaders(merged)
	if err != nil {
		return err
	}
	if maps.Equal(merged, stored) {
		return nil
	}
	n.endpoint.custom = httpHeader(merged)
	n.fields = append(n.fields, "headers")
	n.headers, n.HeaderNames, err = s.sealHeaders(cur.ID, merged)
	return err
}

// checkedURL is what the check of an address covered.
type checkedURL struct {
	url     string
	format  string
	reached bool
	verdict egress.Verdict
	at      time.Time
}

// checkPlan checks a new address, or that the address takes the new format; nil
// when there is neither.
func (s *Service) checkPlan(ctx context.Context, actor rbac.Actor, n *plan) (*checkedURL, error) {
	if !n.recheck {
		return nil, nil //nolint:nilnil // nothing to check is an ordinary case, known to the caller
	}
	reach := n.State == Active
	v, err := s.check(ctx, n.endpoint, reach)
	if err != nil {
		return nil, err
	}
	if !v.OK {
		return nil, s.refused(ctx, actor, audit.WebhookUpdated, &n.row, v)
	}
	return &checkedURL{url: n.URL, format: n.Format, reached: reach, verdict: v, at: s.clock()}, nil
}

// commit makes the plan again under the row's lock and stores it.
func (s *Service) commit(ctx context.Context, actor rbac.Actor, webhookID string, p Patch, c *checkedURL) (*Webhook, error) {
	var n *plan
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		cur, err := find(ctx, tx, actor.OrganizationID, webhookID, tx.ForUpdate())
		if err != nil {
			return err
		}
		if n, err = s.plan(cur, actor, p); err != nil {
			return err
		}
		if n.recheck && (c == nil || c.url != n.URL || c.format != n.Format || !c.reached && n.State == Active) {
			return errChanged
		}
		if len(n.fields) == 0 && !n.switched {
			return nil
		}
		return s.store(ctx, tx, actor, cur, n, p.Reason, c)
	})
	if err != nil {
		return nil, fmt.Errorf("update webhook: %w", err)
	}
	return &n.Webhook, s.settle(ctx, n, p)
}

func (s *Service) store(ctx context.Context, tx *db.Tx, actor rbac.Actor, cur *row, n *plan, reason string, c *checkedURL) error {
	now := s.clock()
	fields := n.fields
	if n.switched {
		fields = append(slices.Clone(fields), "enabled")
		n.StateAt, n.StateReason = now, ""
		if n.State == Off {
			n.StateReason = reason
		}
		n.Health.forgetStreak()
	}
	if n.newURL {
		n.Health = Health{} // it told of the old address
	}
	if n.recheck {
		if c.reached {
			n.Health.Verdict = checked(Save, c.at, c.verdict)
		}
		if err := insertVerdict(ctx, tx, n.OrganizationID, n.ID, n.URL, Save, c.at, c.verdict); err != nil {
			return err
		}
	}
	n.touch(now, label(actor), fields...)
	if err := update(ctx, tx, &n.row); err != nil {
		return err
	}
	if n.switched || slices.Contains(n.fields, "events") {
		if err := bumpSet(ctx, tx, n.OrganizationID); err != nil {
			return err
		}
	}
	if n.switched && n.State == Active {
		if err := s.OnSwitchOnTx(ctx, tx, n.Num); err != nil {
			return fmt.Errorf("mark what is to be held: %w", err)
		}
	}
	s.announce(tx, &n.row)
	if n.switched || n.newURL {
		t := Trouble{Webhook: &n.Webhook, What: WasSwitched}
		if !n.switched {
			t.What = AddressIsNew
		}
		if err := s.trouble(ctx, tx, t); err != nil {
			return err
		}
	}
	return s.auditUpdate(ctx, tx, actor, cur, n, reason)
}

// auditUpdate writes an entry for the switch and one for the other changes, and
// tracks the switch.
func (s *Service) auditUpdate(ctx context.Context, tx *db.Tx, actor rbac.Actor, cur *row, n *plan, reason string) error {
	if len(n.fields) > 0 {
		e := target(&n.row, audit.WebhookUpdated)
		e.Before, e.After = viewOf(actor, cur), viewOf(actor, &n.row)
		e.Detail = map[string]any{"changed": n.fields}
		if slices.Contains(n.fields, reasonField) {
			e.Reason = reason
		}
		if err := s.audit.Append(ctx, tx, actor, e); err != nil {
			return fmt.Errorf("audit an update: %w", err)
		}
	}
	if !n.switched {
		return nil
	}
	action := audit.WebhookSwitchedOff
	if n.State == Active {
		action = audit.WebhookSwitchedOn
	}
	type state struct {
		State State `json:"state"`
	}
	e := target(&n.row, action)
	e.Before, e.After, e.Reason = state{cur.State}, state{n.State}, reason
	if err := s.audit.Append(ctx, tx, actor, e); err != nil {
		return fmt.Errorf("audit a switch: %w", err)
	}
	return s.Track(ctx, tx, actor, "webhook_toggled", map[string]any{"webhook_id": n.ID, "new_status": string(n.State)})
}

// settle does what follows the commit. Whoever asks for off waits for the
// lanes, even where another request has switched it off before and still waits.
func (s *Service) settle(ctx context.Context, n *plan, p Patch) error {
	if len(n.fields) > 0 || n.switched && n.State == Active {
		s.OnChange(n.Num)
	}
	if n.recheck || n.switched {
		s.healthy.forget(n.Num)
	}
	switch {
	case p.Enabled != nil && !*p.Enabled:
		s.gates.close(n.Num)
		if err := s.OnOff(ctx, n.Num); err != nil {
			return fmt.Errorf("switched off, but not every request is known to have ended: %w", err)
		}
	case n.switched && !n.recheck:
		s.checkLater(&n.Webhook) //nolint:contextcheck // it runs after the request has ended
	}
	return nil
}

func (h *Health) forgetStreak() { h.FirstFailure, h.Failures, h.Warned = time.Time{}, 0, 0 }

// stale is the answer to a version that is no longer the current one: what has
// changed since, as far as that is kept.
func stale(cur *row, seen int64) error {
	var since []change
	var fields []string
	for _, c := range cur.changes {
		if c.Version > seen {
			since = append(since, c)
			for _, f := range c.Fields {
				if !slices.Contains(fields, f) {
					fields = append(fields, f)
				}
			}
		}
	}
	what := "It"
	if len(fields) > 0 {
		what = "Changed: " + strings.Join(fields, ", ") + ". It"
	}
	return fault.New(fault.Stale, "webhook-changed", fmt.Sprintf("The webhook was changed after you read it. %s is now at version %d, not %d.", what, cur.Version, seen),
		"Read it again, look at what changed, and repeat your change with the new version.").
		With("version", cur.Version).With("changed", nonNil(since))
}
