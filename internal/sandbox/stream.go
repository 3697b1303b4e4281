package sandbox

import (
	"fmt"
	"net/http"
	"time"
)

const (
	// streamPause keeps a flood of messages from becoming a flood of page loads.
	streamPause = 250 * time.Millisecond
	// streamBeat shows the browser, and what lies between, that nobody has left.
	streamBeat = 15 * time.Second
)

// stream tells an open page that something has changed (server-sent events).
// The page then reads itself again.
func (p *page) stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	beat := time.NewTicker(streamBeat)
	defer beat.Stop()
	for text := "retry: 1000\ndata: changed\n\n"; ; {
		// The state is taken before the page is told, so no change is missed.
		_, changed := p.inbox.state()
		if _, err := fmt.Fprint(w, text); err != nil || out.Flush() != nil {
			return // the browser has gone
		}
		pause := time.After(streamPause)
		text = "data: changed\n\n"
		select {
		case <-r.Context().Done():
			return
		case <-beat.C:
			text = ": still here\n\n"
		case <-changed:
			select {
			case <-r.Context().Done():
				return
			case <-pause:
			}
		}
	}
}
