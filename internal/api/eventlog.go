package api

import (
	"context"
	"encoding/json"
	"time"

	"patchboard/internal/event"
)

// EventView is a stored event.
type EventView struct {
	ID         string          `json:"id"`
	Type       string          `json:"type"`
	SenderID   string          `json:"senderId,omitempty" doc:"The id that its sender gave; an Idempotency-Key is none"`
	OccurredAt time.Time       `json:"occurredAt"`
	AcceptedAt time.Time       `json:"acceptedAt"`
	Data       json.RawMessage `json:"data,omitempty" doc:"For system administrators, on a single event"`
}

func eventView(e event.Event) EventView {
	return EventView{ID: e.ID, Type: e.Type, SenderID: e.SenderID, OccurredAt: e.OccurredAt, AcceptedAt: e.AcceptedAt, Data: e.Data}
}

type eventsRequest struct {
	Paging
	Span

	Type string `query:"type" maxLength:"200"`
	Text string `query:"text" maxLength:"200" doc:"Part of the id, of the sender's id or, for system administrators, of the data"`
}

// EventPage is a page of events.
type EventPage struct {
	Page[EventView]

	SearchedTo *time.Time `json:"searchedTo,omitempty" doc:"How far back a filter has looked; next goes on from there"`
}

type eventsResponse struct{ Body EventPage }

func (a *API) events(ctx context.Context, in *eventsRequest) (*eventsResponse, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	position, err := listEvents.position(in.Cursor)
	if err != nil {
		return nil, err
	}
	p, err := a.Event.List(ctx, actorOf(ctx), event.Filter{
		Type: in.Type, Since: in.Since, Until: in.Until, Text: in.Text, Cursor: position, Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	return &eventsResponse{Body: EventPage{Page: pageOf(p.Items, listEvents.cursor(p.Next), eventView), SearchedTo: ago(p.SearchedTo)}}, nil
}

// EventDetail is an event with what became of it at every webhook.
type EventDetail struct {
	EventView

	Webhooks  []FateView `json:"webhooks" doc:"Every webhook of the organization, those with a delivery first; deleted ones if they have one"`
	Truncated bool       `json:"webhooksTruncated,omitempty" doc:"There are more webhooks than are listed"`
}

type eventResponse struct{ Body EventDetail }

func (a *API) event(ctx context.Context, in *ByID) (*eventResponse, error) {
	e, err := a.Event.Get(ctx, actorOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	fates, more, err := a.Delivery.Fates(ctx, actorOf(ctx), &e)
	if err != nil {
		return nil, err
	}
	return &eventResponse{Body: EventDetail{EventView: eventView(e), Webhooks: pageOf(fates, "", fateView).Items, Truncated: more}}, nil
}

// TypeView is a kind of event.
type TypeView struct {
	Type        string          `json:"type"`
	Description string          `json:"description"`
	Schema      json.RawMessage `json:"schema,omitempty" doc:"JSON Schema (draft 2020-12) of the data"`
	Example     json.RawMessage `json:"example,omitempty"`
	Strict      bool            `json:"strict" doc:"Data that break the schema are refused, not only warned of"`
	BuiltIn     bool            `json:"builtIn"`
	Version     int64           `json:"version,omitempty"`
	Created     *time.Time      `json:"created,omitempty"`
	Updated     *time.Time      `json:"updated,omitempty"`
}

func typeView(t event.Type) TypeView {
	return TypeView{
		Type: t.Type, Description: t.Description, Schema: t.Schema, Example: t.Example, Strict: t.Strict, BuiltIn: t.BuiltIn,
		Version: t.Version, Created: ago(t.CreatedAt), Updated: ago(t.UpdatedAt),
	}
}

type typesResponse struct{ Body Page[TypeView] }

func (a *API) eventTypes(ctx context.Context, _ *struct{}) (*typesResponse, error) {
	types, err := a.Event.Types(ctx, actorOf(ctx))
	if err != nil {
		return nil, err
	}
	return &typesResponse{Body: pageOf(types, "", typeView)}, nil
}

type byType struct {
	Type string `path:"type" maxLength:"200"`
}

type typeResponse struct {
	ETag string `header:"ETag"`
	Body TypeView
}

func oneType(t event.Type) *typeResponse {
	out := &typeResponse{Body: typeView(t)}
	if t.Version > 0 {
		out.ETag = etag(t.Version)
	}
	return out
}

func (a *API) eventType(ctx context.Context, in *byType) (*typeResponse, error) {
	t, err := a.Event.Type(ctx, actorOf(ctx), in.Type)
	if err != nil {
		return nil, err
	}
	return oneType(t), nil
}

type addTypeRequest struct {
	Body struct {
		Type        string          `json:"type" maxLength:"1000" example:"invoice.paid"`
		Description string          `json:"description,omitempty"`
		Schema      json.RawMessage `json:"schema,omitempty"`
		Example     json.RawMessage `json:"example,omitempty"`
		Strict      bool            `json:"strict,omitempty"`
	}
}

func (a *API) addEventType(ctx context.Context, in *addTypeRequest) (*typeResponse, error) {
	b := &in.Body
	t, err := a.Event.RegisterType(ctx, actorOf(ctx), event.Type{
		Type: b.Type, Description: b.Description, Schema: b.Schema, Example: b.Example, Strict: b.Strict,
	})
	if err != nil {
		return nil, err
	}
	return oneType(t), nil
}

type changeTypeRequest struct {
	Condition

	Type string `path:"type" maxLength:"200"`
	Body struct {
		Description *string         `json:"description,omitempty"`
		Schema      json.RawMessage `json:"schema,omitempty" doc:"null removes it"`
		Example     json.RawMessage `json:"example,omitempty" doc:"null removes it"`
		Strict      *bool           `json:"strict,omitempty"`
	}
}

func (a *API) changeEventType(ctx context.Context, in *changeTypeRequest) (*typeResponse, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	b := &in.Body
	t, err := a.Event.ChangeType(ctx, actorOf(ctx), in.Type, version, event.TypeChange{
		Description: b.Description, Schema: present(b.Schema), Example: present(b.Example), Strict: b.Strict,
	})
	if err != nil {
		return nil, err
	}
	return oneType(t), nil
}

// present tells a part that was left out (nil) from one that was given as null.
func present(m json.RawMessage) *json.RawMessage {
	if m == nil {
		return nil
	}
	return &m
}
