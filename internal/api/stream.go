package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"patchboard/internal/fault"
	"patchboard/internal/live"
	"patchboard/internal/rbac"
)

const (
	streamWrite = 10 * time.Second // for one event to leave; a reader slower than that is cut off
	streamRetry = "2000"           // milliseconds before a browser connects again
)

var errStopping = fault.New(fault.Unavailable, "stopping", "This server is stopping.", "Connect again in a moment.").After(2 * time.Second)

type streamRequest struct {
	LastEventID string `header:"Last-Event-ID" maxLength:"100" doc:"The id of the last event that was seen"`
}

// stream serves the organization's changes as server-sent events: "ready" with
// the position, then a message {topic, ids} for each change, "resync" when some
// were missed, and a comment every 15 s. It ends when the session or its role
// does; the browser then connects again, and is told why it may not.
func (a *API) stream(ctx context.Context, in *streamRequest) (*huma.StreamResponse, error) {
	actor := actorOf(ctx)
	end, err := a.Account.WatchSession(ctx, actor)
	if err != nil {
		return nil, err
	}
	s, err := a.Live.Subscribe(live.Options{
		Organization: actor.OrganizationID, Session: actor.SessionID, LastID: in.LastEventID, End: end,
		Allow: func(topic string) bool { return topic != "users" || actor.Can(rbac.UserManage) },
	})
	if errors.Is(err, live.ErrEnded) {
		return nil, errStopping
	}
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(huma.Context) {
		defer s.Close()
		h := requestOf(ctx).Header()
		h.Set("Content-Type", "text/event-stream")
		h.Set("X-Accel-Buffering", "no") // nginx would hold events back
		err := copyEvents(ctx, requestOf(ctx), s)
		a.log.DebugContext(ctx, "stream ended", slog.String("request", requestOf(ctx).id), slog.Any("cause", err))
	}}, nil
}

// copyEvents writes events as they come, until the stream or the reader ends.
func copyEvents(ctx context.Context, w http.ResponseWriter, s *live.Stream) error {
	c := http.NewResponseController(w)
	// The connection may serve another request, which has its own time.
	defer func() { _ = c.SetWriteDeadline(time.Time{}) }()
	var b bytes.Buffer
	for {
		e, err := s.Next(ctx)
		if err != nil {
			return err
		}
		b.Reset()
		if err := writeEvent(&b, e); err != nil {
			return err
		}
		if err := c.SetWriteDeadline(time.Now().Add(streamWrite)); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return err //nolint:wrapcheck // only logged
		}
		if _, err := w.Write(b.Bytes()); err != nil {
			return err //nolint:wrapcheck // only logged
		}
		if err := c.Flush(); err != nil {
			return err //nolint:wrapcheck // only logged
		}
	}
}

func writeEvent(b *bytes.Buffer, e live.Event) error {
	if e.Kind == live.Heartbeat {
		b.WriteString(":\n\n")
		return nil
	}
	b.WriteString("id: " + e.ID + "\n")
	data := []byte("{}")
	switch e.Kind {
	case live.Change:
		var err error
		if data, err = json.Marshal(e.Message); err != nil {
			return err //nolint:wrapcheck // only logged
		}
	case live.Ready:
		b.WriteString("event: ready\nretry: ")
		b.WriteString(streamRetry)
		b.WriteString("\n")
	case live.Resync, live.Heartbeat:
		b.WriteString("event: " + string(e.Kind) + "\n")
	}
	b.WriteString("data: ")
	b.Write(data)
	b.WriteString("\n\n")
	return nil
}
