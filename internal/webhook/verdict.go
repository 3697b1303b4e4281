package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/egress"
	"patchboard/internal/fault"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
)

// TestType is the type of the event that a check or a test sends. It is in no
// catalog and nothing subscribes to it.
const TestType = "webhook.test"

type testBody struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      testData  `json:"data"`
}

type testData struct {
	Message   string `json:"message"`
	WebhookID string `json:"webhookId,omitempty"`
}

// checkBody makes the body of the event that a check sends.
func checkBody(e *Endpoint, at time.Time) ([]byte, error) {
	body, err := json.Marshal(testBody{
		Type: TestType, Timestamp: at.UTC().Truncate(time.Microsecond),
		Data: testData{Message: "This is a test event from Patchboard. A 2xx answer is all that it needs.", WebhookID: e.ID},
	})
	if err != nil {
		return nil, fmt.Errorf("write a test event: %w", err)
	}
	return body, nil
}

// sent is a test event on its way and back.
type sent struct {
	messageID string
	request   egress.Request // its headers as they were sent
	result    egress.Result
}

// send sends a test event, with an id of its own.
func (s *Service) send(ctx context.Context, e *Endpoint, at time.Time, body []byte) (*sent, error) {
	out := &sent{messageID: id.New("test")}
	out.request = e.Request(out.messageID, at, body)
	forSend := out.request
	forSend.Header = out.request.Header.Clone() // Send takes the map it is given
	out.result = s.egress.Send(ctx, forSend)
	if err := ctx.Err(); err != nil { // the caller is gone: what came of it says nothing
		return nil, fmt.Errorf("send a test event: %w", err)
	}
	return out, nil
}

// check is the one judgement of an address: its form, where it leads, and with
// reach that it answers a signed test event by 2xx. Without reach a name that
// does not resolve is no failure, only said: the webhook stays off, and its
// endpoint may be set up later.
func (s *Service) check(ctx context.Context, e *Endpoint, reach bool) (egress.Verdict, error) {
	if e.Refused != nil {
		return *e.Refused, nil
	}
	if reach {
		at := s.clock()
		body, err := checkBody(e, at)
		if err != nil {
			return egress.Verdict{}, err
		}
		out, err := s.send(ctx, e, at, body)
		if err != nil {
			return egress.Verdict{}, err
		}
		return out.result.Verdict(), nil
	}
	v := s.egress.CheckAddress(ctx, e.URL)
	switch {
	case v == nil:
		return egress.Verdict{OK: true}, nil
	case v.Cause == egress.CauseDNS:
		return egress.Verdict{OK: true, Detail: v.Detail, Duration: v.Duration}, nil
	}
	return *v, nil
}

// refused stores a verdict that stopped a change, notes the try in the audit
// log (repeats are counted together), and gives the fault for the caller.
func (s *Service) refused(ctx context.Context, actor rbac.Actor, action string, r *row, v egress.Verdict) error {
	e := audit.Entry{Action: action, TargetType: "webhook", Result: audit.Failed, Reason: v.Message}
	stored := ""
	if r.Num != 0 {
		e.TargetID, stored = r.ID, r.ID
	}
	if v.Cause != egress.CauseFormat { // else it can be anything, a password included
		e.TargetName = r.URL
	}
	e.Detail = map[string]string{"cause": string(v.Cause), "detail": v.Detail}
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		if err := insertVerdict(ctx, tx, r.OrganizationID, stored, r.URL, Save, s.clock(), v); err != nil {
			return err
		}
		return s.audit.AppendDenied(ctx, tx, actor, e)
	})
	if err != nil {
		return fmt.Errorf("store a verdict: %w", err)
	}
	return verdictFault(v)
}

// verdictFault is a failed verdict as an error: 422 with the message, the cause
// and the detail that validate answers too.
func verdictFault(v egress.Verdict) *fault.Error {
	slug, fix := "webhook-unreachable", "Put right what the detail says and try again, or save the webhook switched off."
	switch v.Cause { //nolint:exhaustive // the others have the same way out
	case egress.CauseFormat:
		slug, fix = "webhook-url-invalid", "Give an address such as https://api.example.com/webhooks."
	case egress.CauseAddressRefused:
		slug, fix = "webhook-address-refused", "Give an address on the public internet, or ask whoever runs this server to allow its network."
	}
	return fault.New(fault.Invalid, slug, v.Detail, fix).At("body.url", v.Message).
		With("message", v.Message).With("cause", string(v.Cause)).With("durationMs", v.Duration.Milliseconds())
}

// insertVerdict keeps a verdict for the question where set-up fails. It holds
// the registrable domain only: a URL's path and query may be secrets.
func insertVerdict(ctx context.Context, tx *db.Tx, org, webhookID, rawURL string, kind Kind, at time.Time, v egress.Verdict) error {
	var webhook any
	if webhookID != "" {
		webhook = webhookID
	}
	_, err := tx.Exec(ctx, `INSERT INTO webhook_verdicts (organization_id, webhook_id, at, kind, ok, cause, duration, domain) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		org, webhook, db.Micros(at), string(kind), flag(v.OK), string(v.Cause), v.Duration.Microseconds(), Domain(rawURL))
	if err != nil {
		return fmt.Errorf("store a verdict: %w", err)
	}
	return nil
}

// Domain gives the registrable domain of a URL ("example.co.uk"), "" where
// there is none: an address, a name within a private network, no URL at all.
func Domain(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return ""
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if _, err := netip.ParseAddr(host); err == nil || len(host) > 253 {
		return ""
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return ""
	}
	return domain
}

// setHealth makes a verdict the webhook's health, unless its address has
// changed or a newer verdict is there.
func (s *Service) setHealth(ctx context.Context, tx *db.Tx, r *row, c *Checked) error {
	_, err := tx.Exec(ctx, `UPDATE webhooks SET verdict_at = $1, verdict_kind = $2, verdict_ok = $3, verdict_cause = $4, verdict_message = $5, verdict_detail = $6
		WHERE num = $7 AND url = $8 AND deleted_at = 0 AND verdict_at <= $1`,
		db.Micros(c.At), string(c.Kind), flag(c.OK), c.Cause, c.Message, c.Detail, r.Num, r.URL)
	if err != nil {
		return fmt.Errorf("store a webhook's health: %w", err)
	}
	s.Publish(tx, r.OrganizationID, topic, r.ID)
	if !c.OK {
		tx.AfterCommit(func() { s.healthy.forget(r.Num) })
	}
	return nil
}
