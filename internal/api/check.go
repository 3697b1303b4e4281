package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
	"unicode/utf8"

	"patchboard/internal/egress"
	"patchboard/internal/webhook"
)

// Verdict says whether an address may be sent to and, if it was tried, whether
// it answered.
type Verdict struct {
	OK         bool         `json:"ok"`
	Message    string       `json:"message,omitempty" doc:"Invalid webhook URL format, or Webhook endpoint unreachable"`
	Cause      egress.Cause `json:"cause,omitempty" enum:"format,dns,address_refused,connect,tls,timeout,status"`
	Detail     string       `json:"detail,omitempty"`
	DurationMs int64        `json:"durationMs"`
}

func verdictView(v egress.Verdict) Verdict {
	return Verdict{OK: v.OK, Message: v.Message, Cause: v.Cause, Detail: v.Detail, DurationMs: v.Duration.Milliseconds()}
}

type validateRequest struct {
	Body struct {
		URL       string            `json:"url"`
		Reach     bool              `json:"reach,omitempty" doc:"True sends a signed test request; false looks at the form only"`
		Secret    string            `json:"secret,omitempty" writeOnly:"true"`
		Format    string            `json:"format,omitempty" doc:"standard, slack, teams or discord"`
		Headers   map[string]string `json:"headers,omitempty" writeOnly:"true"`
		WebhookID string            `json:"webhookId,omitempty" doc:"Use the secret, the headers and the format of this webhook"`
	}
}

type validateResponse struct{ Body Verdict }

func (a *API) validateWebhook(ctx context.Context, in *validateRequest) (*validateResponse, error) {
	b := &in.Body
	v, err := a.Webhook.Validate(ctx, actorOf(ctx), webhook.Candidate{
		URL: b.URL, Reach: b.Reach, Secret: b.Secret, Format: b.Format, Headers: b.Headers, WebhookID: b.WebhookID,
	})
	if err != nil {
		return nil, err
	}
	return &validateResponse{Body: verdictView(v)}, nil
}

// TestResult is a test event with what came back.
type TestResult struct {
	Verdict

	Type       string        `json:"type" doc:"Of the event that was sent"`
	MessageID  string        `json:"messageId" doc:"The webhook-id of the test"`
	At         time.Time     `json:"at"`
	URL        string        `json:"url"`
	Status     int           `json:"status,omitempty" doc:"The HTTP status of the answer; missing if none came"`
	Timing     TimingView    `json:"timing"`
	RemoteAddr string        `json:"remoteAddress,omitempty"`
	Guidance   string        `json:"guidance,omitempty" doc:"What to do about it"`
	Request    *ExchangeView `json:"request,omitempty" doc:"For system administrators; the values of custom headers are hidden"`
	Response   *ExchangeView `json:"response,omitempty" doc:"For system administrators"`
}

// TimingView is how long each part of a request took, in milliseconds.
type TimingView struct {
	DNS       float64 `json:"dnsMs"`
	Connect   float64 `json:"connectMs"`
	TLS       float64 `json:"tlsMs"`
	FirstByte float64 `json:"firstByteMs"`
	Total     float64 `json:"totalMs"`
	Reused    bool    `json:"reused" doc:"The connection was open already"`
}

func timingView(t egress.Timing) TimingView {
	ms := milliseconds
	return TimingView{DNS: ms(t.DNS), Connect: ms(t.Connect), TLS: ms(t.TLS), FirstByte: ms(t.FirstByte), Total: ms(t.Total), Reused: t.Reused}
}

// milliseconds writes a duration to the microsecond.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// ExchangeView is one side of an exchange.
type ExchangeView struct {
	Headers   http.Header `json:"headers"`
	Body      string      `json:"body" doc:"Bytes that are no UTF-8 are replaced"`
	Truncated bool        `json:"truncated,omitempty"`
}

func exchangeView(h http.Header, body []byte, truncated bool) *ExchangeView {
	if h == nil && body == nil {
		return nil
	}
	if h == nil {
		h = http.Header{}
	}
	return &ExchangeView{Headers: h, Body: textOf(body), Truncated: truncated}
}

// textOf makes bytes fit for JSON; what is no UTF-8 is replaced by a mark.
func textOf(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	return string([]rune(string(b)))
}

type testRequest struct {
	ByID

	Body *struct {
		Type string          `json:"type,omitempty" maxLength:"200" doc:"Any type of event; left out, the event webhook.test" example:"contact.created"`
		Data json.RawMessage `json:"data,omitempty" doc:"An object, sent as it is; left out, the type's example. What comes of data of one's own does not change the webhook's health"`
	}
}

type testResponse struct{ Body TestResult }

func (a *API) testWebhook(ctx context.Context, in *testRequest) (*testResponse, error) {
	var event webhook.TestEvent
	if in.Body != nil {
		event = webhook.TestEvent{Type: in.Body.Type, Data: in.Body.Data}
	}
	t, err := a.Webhook.Test(ctx, actorOf(ctx), in.ID, event)
	if err != nil {
		return nil, err
	}
	out := TestResult{
		Verdict: verdictView(t.Verdict), Type: t.Type, MessageID: t.MessageID, At: t.At, URL: t.URL, Status: t.Status,
		Timing: timingView(t.Timing), RemoteAddr: t.RemoteAddr, Guidance: t.Guidance,
	}
	if t.Full {
		out.Request = exchangeView(t.RequestHeader, t.RequestBody, false)
		out.Response = exchangeView(t.ResponseHeader, t.ResponseBody, t.Truncated)
	}
	return &testResponse{Body: out}, nil
}
