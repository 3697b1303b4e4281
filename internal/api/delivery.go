package api

import (
	"context"
	"net/http"
	"time"

	"patchboard/internal/delivery"
	"patchboard/internal/egress"
	"patchboard/internal/rbac"
)

// DeliveryView is one event on its way to one webhook.
type DeliveryView struct {
	ID          string       `json:"id" example:"dlv_01h455vb4pex5vsknk084sn02q"`
	EventID     string       `json:"eventId"`
	EventType   string       `json:"eventType"`
	WebhookID   string       `json:"webhookId"`
	WebhookURL  string       `json:"webhookUrl"`
	State       string       `json:"state" enum:"pending,held,delivered,failed,discarded"`
	Attempts    int          `json:"attempts" doc:"Tries made"`
	Created     time.Time    `json:"created"`
	Updated     time.Time    `json:"updated"`
	NextAttempt *time.Time   `json:"nextAttempt,omitempty" doc:"When the next try is due, if it is pending"`
	LastClass   egress.Class `json:"lastClass,omitempty" doc:"What kind of error the last failed try ended in"`
	LastStatus  int          `json:"lastStatus,omitempty" doc:"The HTTP status of the last answer"`
	Guidance    string       `json:"guidance,omitempty" doc:"What to do about it"`
}

func deliveryView(d delivery.Delivery) DeliveryView {
	v := DeliveryView{
		ID: d.ID, EventID: d.EventID, EventType: d.EventType, WebhookID: d.WebhookID, WebhookURL: d.WebhookURL, State: d.State.String(),
		Attempts: d.Attempts, Created: d.Created, Updated: d.Updated, NextAttempt: ago(d.NextAttempt), LastClass: d.LastClass, LastStatus: d.LastStatus,
	}
	if d.State != delivery.Delivered && d.LastClass != "" {
		v.Guidance = egress.Guidance(d.LastClass, d.LastStatus)
	}
	return v
}

// DeliveryFilter is the part of a query that both lists of deliveries share.
type DeliveryFilter struct {
	Paging
	Span

	EventID string `query:"eventId" maxLength:"64"`
	State   string `query:"state" maxLength:"20" doc:"pending, held, delivered, failed or discarded"`
	Type    string `query:"type" maxLength:"200" doc:"The event's type"`
	Text    string `query:"text" maxLength:"200" doc:"Looked for in a time window; without since, in the last 7 days"`
}

func (f DeliveryFilter) filter(webhookID string) (delivery.Filter, error) {
	position, err := listDeliveries.position(f.Cursor)
	return delivery.Filter{
		WebhookID: webhookID, EventID: f.EventID, State: f.State, Type: f.Type, Since: f.Since, Until: f.Until, Text: f.Text, Cursor: position, Limit: f.Limit,
	}, err
}

type deliveriesRequest struct {
	DeliveryFilter

	WebhookID string `query:"webhookId" maxLength:"64"`
}

type deliveriesResponse struct{ Body Page[DeliveryView] }

func (a *API) deliveries(ctx context.Context, in *deliveriesRequest) (*deliveriesResponse, error) {
	return a.listDeliveries(ctx, in.DeliveryFilter, in.WebhookID)
}

type webhookDeliveriesRequest struct {
	ByID
	DeliveryFilter
}

func (a *API) webhookDeliveries(ctx context.Context, in *webhookDeliveriesRequest) (*deliveriesResponse, error) {
	return a.listDeliveries(ctx, in.DeliveryFilter, in.ID)
}

func (a *API) listDeliveries(ctx context.Context, in DeliveryFilter, webhookID string) (*deliveriesResponse, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	f, err := in.filter(webhookID)
	if err != nil {
		return nil, err
	}
	p, err := a.Delivery.List(ctx, actorOf(ctx), f)
	if err != nil {
		return nil, err
	}
	return &deliveriesResponse{Body: pageOf(p.Items, listDeliveries.cursor(p.Next), deliveryView)}, nil
}

// AttemptView is one request of a delivery, and what came back.
type AttemptView struct {
	ID         string        `json:"id"`
	Number     int           `json:"number"`
	At         time.Time     `json:"at"`
	Status     int           `json:"status,omitempty" doc:"The HTTP status of the answer; missing if none came"`
	Timing     TimingView    `json:"timing"`
	RemoteAddr string        `json:"remoteAddress,omitempty"`
	Class      egress.Class  `json:"class,omitempty" doc:"What kind of error it ended in; missing if it was answered 2xx"`
	Detail     string        `json:"detail,omitempty"`
	Guidance   string        `json:"guidance,omitempty"`
	Next       *time.Time    `json:"next,omitempty" doc:"When the next try was due"`
	Request    *ExchangeView `json:"request,omitempty" doc:"For system administrators; the values of custom headers are hidden"`
	Response   *ExchangeView `json:"response,omitempty" doc:"For system administrators; the first 16 KiB"`
}

func attemptView(t delivery.Attempt) AttemptView {
	v := AttemptView{
		ID: t.ID, Number: t.Number, At: t.At, Status: t.Status, Timing: timingView(t.Timing), RemoteAddr: t.RemoteAddr,
		Class: t.Class, Detail: t.Detail, Guidance: t.Guidance, Next: ago(t.Next),
	}
	if t.Full {
		sent := make(http.Header, len(t.RequestHeader))
		for name, value := range t.RequestHeader {
			sent.Set(name, value)
		}
		v.Request = exchangeView(sent, t.RequestBody, false)
		v.Response = exchangeView(t.ResponseHeader, t.ResponseBody, t.Truncated)
	}
	return v
}

// DeliveryDetail is a delivery with its log.
type DeliveryDetail struct {
	DeliveryView

	AttemptLog []AttemptView `json:"attemptLog" doc:"First try first"`
}

type deliveryDetailResponse struct{ Body DeliveryDetail }

func (a *API) delivery(ctx context.Context, in *ByID) (*deliveryDetailResponse, error) {
	d, err := a.Delivery.Get(ctx, actorOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	log, err := a.Delivery.Attempts(ctx, actorOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &deliveryDetailResponse{Body: DeliveryDetail{DeliveryView: deliveryView(*d), AttemptLog: pageOf(log, "", attemptView).Items}}, nil
}

type deliveryResponse struct{ Body DeliveryView }

func (a *API) retryDelivery(ctx context.Context, in *ByID) (*deliveryResponse, error) {
	d, err := a.Delivery.Retry(ctx, actorOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &deliveryResponse{Body: deliveryView(*d)}, nil
}

type heldRequest struct {
	ByID

	Body struct {
		Action delivery.HeldAction `json:"action" doc:"send, or discard (for system administrators)" maxLength:"20"`
	}
}

type heldResponse struct {
	Body struct {
		Deliveries int64 `json:"deliveries" doc:"How many were sent on their way, or discarded"`
	}
}

func (a *API) held(ctx context.Context, in *heldRequest) (*heldResponse, error) {
	if in.Body.Action == delivery.HeldDiscard {
		if err := a.require(ctx, rbac.DeliveryDiscard); err != nil {
			return nil, err
		}
	}
	n, err := a.Delivery.Held(ctx, actorOf(ctx), in.ID, in.Body.Action)
	if err != nil {
		return nil, err
	}
	out := &heldResponse{}
	out.Body.Deliveries = n
	return out, nil
}

type replayRequest struct {
	ByID

	Body struct {
		Since  time.Time `json:"since" doc:"Events accepted from this time on"`
		Until  time.Time `json:"until,omitzero" doc:"Events accepted before this time; default now"`
		States []string  `json:"states,omitempty" maxItems:"10" doc:"failed, discarded and never_sent; default failed and never_sent"`
		DryRun bool      `json:"dryRun,omitempty" doc:"Only count"`
	}
}

type replayResponse struct {
	Body struct {
		Total   int64            `json:"total"`
		ByState map[string]int64 `json:"byState"`
		DryRun  bool             `json:"dryRun"`
	}
}

func (a *API) replay(ctx context.Context, in *replayRequest) (*replayResponse, error) {
	b := &in.Body
	r, err := a.Delivery.Replay(ctx, actorOf(ctx), delivery.Replay{WebhookID: in.ID, Since: b.Since, Until: b.Until, States: b.States, DryRun: b.DryRun})
	if err != nil {
		return nil, err
	}
	out := &replayResponse{}
	out.Body.Total, out.Body.ByState, out.Body.DryRun = r.Total, r.ByState, b.DryRun
	return out, nil
}
