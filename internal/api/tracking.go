package api

import (
	"context"
	"net/http"
	"time"

	"patchboard/internal/tracking"
)

// TrackedEvent is one thing that a person did in the console.
type TrackedEvent struct {
	Event      string         `json:"event" maxLength:"60" example:"api_key_viewed" doc:"A name of the tracking catalog"`
	Properties map[string]any `json:"properties" doc:"Exactly those of the event; user, role, organization and session are known already"`
	Timestamp  time.Time      `json:"timestamp,omitzero" doc:"By the browser's clock; believed within the last hour, else the server's time counts"`
}

type trackRequest struct {
	Body struct {
		Events []TrackedEvent `json:"events" minItems:"1" maxItems:"100" doc:"All are stored, or none"`
	}
}

type trackResponse struct{ Status int }

func (a *API) track(ctx context.Context, in *trackRequest) (*trackResponse, error) {
	if !a.Tracking.On() {
		return &trackResponse{Status: http.StatusNoContent}, nil
	}
	items := make([]tracking.Item, len(in.Body.Events))
	for i, e := range in.Body.Events {
		items[i] = tracking.Item(e)
	}
	if err := a.Tracking.Accept(ctx, actorOf(ctx), items); err != nil {
		return nil, err
	}
	return &trackResponse{Status: http.StatusAccepted}, nil
}
