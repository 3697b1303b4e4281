package live

import (
	"slices"
	"time"
)

// window names what is joined: one topic of one organization.
type window struct{ org, topic string }

// joined is what came for a window since its last message went out.
type joined struct {
	ids   []string
	all   bool // too many ids, or a message without any
	some  bool // anything at all
	timer *time.Timer
}

// PublishNow tells the organization's streams outside a transaction. The first
// message of a topic goes out at once; those within the next 100 ms are joined
// into one, so that a burst of deliveries costs ten messages a second.
func (h *Hub) PublishNow(org string, m Message) {
	w := window{org, m.Topic}
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return
	}
	if j := h.windows[w]; j != nil {
		j.add(m.IDs)
		h.mu.Unlock()
		return
	}
	j := &joined{}
	j.timer = time.AfterFunc(h.config.Join, func() { h.flush(w) })
	h.windows[w] = j
	h.mu.Unlock()
	h.notify(channel, h.encode(org, m))
}

func (j *joined) add(ids []string) {
	j.some = true
	if len(ids) == 0 {
		j.all = true
	}
	for _, i := range ids {
		if j.all {
			break
		}
		if slices.Contains(j.ids, i) {
			continue
		}
		if len(j.ids) == maxIDs {
			j.all = true
			break
		}
		j.ids = append(j.ids, i)
	}
	if j.all {
		j.ids = nil
	}
}

// flush sends what was joined, or closes the window after a quiet one.
func (h *Hub) flush(w window) {
	h.mu.Lock()
	j := h.windows[w]
	if h.closed || j == nil || !j.some {
		delete(h.windows, w)
		h.mu.Unlock()
		return
	}
	m := Message{Topic: w.topic, IDs: j.ids}
	j.ids, j.all, j.some = nil, false, false
	j.timer.Reset(h.config.Join)
	h.mu.Unlock()
	h.notify(channel, h.encode(w.org, m))
}
