package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"patchboard/internal/event"
	"patchboard/internal/fault"
)

var errBatchRefused = fault.New(fault.Invalid, "batch-refused", "No event of the batch was taken.", "Each item says what is wrong with it.")

// sendEventRequest carries the body as bytes: the data are delivered as they
// came, and the noun's own decoder is several times faster than reflection.
type sendEventRequest struct {
	IdempotencyKey string `header:"Idempotency-Key" doc:"Names this event; a repeat within 24 hours answers the first result. The same as id in the body"`
	RawBody        []byte `contentType:"application/json"`
}

// SentEvent answers for an event that is stored, with its deliveries.
type SentEvent struct {
	ID       string          `json:"id" example:"evt_01h455vb4pex5vsknk084sn02q" doc:"The webhook-id that every webhook gets"`
	Warnings []event.Warning `json:"warnings,omitempty" doc:"Where the data differ from the type's schema"`
}

type sendEventResponse struct {
	Replayed string `header:"Idempotent-Replayed" doc:"true if this is the answer to an earlier use of the same key"`
	Body     SentEvent
}

func (a *API) sendEvent(ctx context.Context, in *sendEventRequest) (*sendEventResponse, error) {
	input, err := event.Decode(in.RawBody)
	if err != nil {
		return nil, err
	}
	results, err := a.Event.Accept(ctx, actorOf(ctx), []event.Input{input}, event.Options{IdempotencyKey: in.IdempotencyKey})
	if err != nil {
		return nil, err
	}
	r := &results[0]
	if r.Fault != nil {
		return nil, r.Fault
	}
	out := &sendEventResponse{Body: SentEvent{ID: r.ID, Warnings: r.Warnings}}
	if r.Status == event.StatusReplayed {
		out.Replayed = "true"
	}
	return out, nil
}

// serveEvent is sendEvent for an event's own route.
func (a *API) serveEvent(q *request) error {
	body, err := readBody(q)
	if err != nil {
		return err
	}
	out, err := a.sendEvent(q.req.Context(), &sendEventRequest{IdempotencyKey: q.req.Header.Get("Idempotency-Key"), RawBody: body})
	if err != nil {
		return err
	}
	if out.Replayed != "" {
		q.Header().Set("Idempotent-Replayed", out.Replayed)
	}
	return writeJSON(q, q.route.status, out.Body)
}

type sendBatchRequest struct {
	RawBody []byte `contentType:"application/json"`
}

// BatchItem is what became of one event of a batch, in the batch's order.
type BatchItem struct {
	Status   event.Status    `json:"status" enum:"accepted,replayed,refused,skipped"`
	ID       string          `json:"id,omitempty"`
	Warnings []event.Warning `json:"warnings,omitempty"`
	Problem  *Problem        `json:"problem,omitempty" doc:"Why it was refused"`
}

// BatchResult is what became of a batch.
type BatchResult struct {
	Accepted int         `json:"accepted" doc:"Events that are stored now"`
	Replayed int         `json:"replayed" doc:"Events that were stored by an earlier use of their id"`
	Refused  int         `json:"refused"`
	Items    []BatchItem `json:"items"`
}

type sendBatchResponse struct{ Body BatchResult }

// sendBatch answers 202 when at least one event is stored. A batch of which
// nothing is, is a problem that has the same items beside it.
func (a *API) sendBatch(ctx context.Context, in *sendBatchRequest) (*sendBatchResponse, error) {
	b, err := event.DecodeBatch(in.RawBody)
	if err != nil {
		return nil, err
	}
	results, err := a.Event.Accept(ctx, actorOf(ctx), b.Events, event.Options{AllOrNothing: b.AllOrNothing})
	if err != nil && results == nil {
		return nil, err
	}
	out := batchResult(ctx, results)
	switch {
	case err != nil:
		return nil, faultOf(err).With("items", out.Items)
	case out.Accepted+out.Replayed == 0:
		return nil, errBatchRefused.With("items", out.Items)
	}
	return &sendBatchResponse{Body: out}, nil
}

func batchResult(ctx context.Context, results []event.Result) BatchResult {
	out := BatchResult{Items: make([]BatchItem, len(results))}
	for i, r := range results {
		out.Items[i] = BatchItem{Status: r.Status, ID: r.ID, Warnings: r.Warnings}
		switch r.Status {
		case event.StatusAccepted:
			out.Accepted++
		case event.StatusReplayed:
			out.Replayed++
		case event.StatusRefused:
			out.Refused++
			out.Items[i].Problem = problemOf(ctx, r.Fault)
		case event.StatusSkipped:
		}
	}
	return out
}

// The schemas of what is read as bytes.

func eventSchema() *huma.Schema {
	no := false
	name := func(doc string, most int) *huma.Schema {
		return &huma.Schema{Type: "string", Description: doc, MaxLength: &most}
	}
	s := &huma.Schema{
		Type: "object", Required: []string{"type", "data"}, AdditionalProperties: no,
		Properties: map[string]*huma.Schema{
			"type":       name("The kind of event, as in contact.created", 200),
			"data":       {Type: "object", AdditionalProperties: true, Description: "What happened. Delivered byte for byte as given"},
			"id":         name("The sender's own id, for idempotency", event.MaxSenderID),
			"occurredAt": {Type: "string", Format: "date-time", Description: "When it happened; default: when it was accepted"},
		},
	}
	s.Examples = []any{map[string]any{"type": "contact.created", "data": map[string]any{"id": "42", "email": "ada@example.com"}}}
	return s
}

func batchSchema() *huma.Schema {
	one, most := 1, event.MaxBatchCount
	return &huma.Schema{
		Type: "object", Required: []string{"events"}, AdditionalProperties: false,
		Properties: map[string]*huma.Schema{
			"events":       {Type: "array", Items: eventSchema(), MinItems: &one, MaxItems: &most},
			"allOrNothing": {Type: "boolean", Description: "Take all events or none; default false"},
		},
	}
}
