package live

import (
	"crypto/rand"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Hub holds the messages of this node's organizations and their streams.
//
// Memory is bounded by the organizations that have, or lately had, a stream: a
// stream holds a position, not messages, and one that falls behind the oldest
// message kept is cut off.
type Hub struct {
	config      Config
	node        string // names this run of this node in event ids
	notify      func(channel, payload string)
	unsubscribe func()
	done        chan struct{} // closed by Close

	mu      sync.Mutex // guards what follows
	closed  bool
	last    int64 // position of the newest message of any organization
	streams int
	of      map[string]int     // streams by session
	rooms   map[string]*room   // by organization
	windows map[window]*joined // messages being joined
}

// room is one organization's memory.
type room struct {
	ring    []kept // oldest first
	floor   int64  // every message after this position is in ring
	streams int
	left    time.Time     // when the last stream closed
	wake    chan struct{} // closed and replaced when a message comes
}

type kept struct {
	at    int64 // position
	when  time.Time
	event Event
}

// newHub makes a hub that sends through notify.
func newHub(c Config, notify func(channel, payload string)) *Hub {
	return &Hub{
		config: c.withDefaults(), notify: notify, unsubscribe: func() {},
		node: strings.ToLower(rand.Text()[:10]), done: make(chan struct{}),
		of: map[string]int{}, rooms: map[string]*room{}, windows: map[window]*joined{},
	}
}

// Close ends every stream and stops listening. What PublishNow still holds back
// is dropped: every reader of this node is gone, those of others resync on
// their own when they miss it.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	h.closed = true
	close(h.done)
	for _, j := range h.windows {
		j.timer.Stop()
	}
	h.unsubscribe()
}

// Streams counts the open streams of this node.
func (h *Hub) Streams() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.streams
}

// deliver keeps an event for the organization's readers and wakes them. With
// no reader now or lately there is nothing to keep.
func (h *Hub) deliver(org string, e Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r := h.rooms[org]; r != nil {
		h.append(org, r, e)
	}
}

// resyncAll tells every reader that messages may be missing.
func (h *Hub) resyncAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for org, r := range h.rooms {
		h.append(org, r, Event{Kind: Resync})
	}
}

// append adds an event to a room, and forgets what is too old. Lock held.
func (h *Hub) append(org string, r *room, e Event) {
	now := h.config.Clock()
	if r.streams == 0 && now.Sub(r.left) > h.config.KeepFor {
		delete(h.rooms, org)
		return
	}
	h.last++
	e.ID = h.idOf(h.last)
	r.ring = append(r.ring, kept{at: h.last, when: now, event: e})
	drop := max(0, len(r.ring)-h.config.Keep)
	for drop < len(r.ring) && now.Sub(r.ring[drop].when) > h.config.KeepFor {
		drop++
	}
	if drop > 0 {
		r.floor = r.ring[drop-1].at
		clear(r.ring[:drop]) // the array lives on until append grows it
		r.ring = r.ring[drop:]
	}
	close(r.wake)
	r.wake = make(chan struct{})
}

// idOf names a position: this run of this node, and a number.
func (h *Hub) idOf(at int64) string { return h.node + "-" + strconv.FormatInt(at, 10) }

// position reads an event id of this node; ok is false for any other.
func (h *Hub) position(eventID string) (at int64, ok bool) {
	node, number, found := strings.Cut(eventID, "-")
	if !found || node != h.node {
		return 0, false
	}
	at, err := strconv.ParseInt(number, 10, 64)
	return at, err == nil
}

// Stream is one reader. It belongs to one goroutine.
type Stream struct {
	hub     *Hub
	session string
	room    *room
	at      int64 // position of the last event taken
	first   Kind  // Ready or Resync, until taken
	end     <-chan struct{}
	allow   func(topic string) bool
	once    sync.Once
}

func (h *Hub) open(o Options) (*Stream, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, ErrEnded
	}
	h.forget()
	if h.streams >= h.config.MaxStreams {
		return nil, errFull
	}
	if o.Session != "" && h.of[o.Session] >= h.config.MaxSession {
		return nil, errMany
	}
	r := h.rooms[o.Organization]
	if r == nil {
		r = &room{floor: h.last, wake: make(chan struct{})}
		h.rooms[o.Organization] = r
	}
	s := &Stream{hub: h, session: o.Session, room: r, at: h.last, first: Ready, end: o.End, allow: o.Allow}
	if o.LastID != "" {
		at, ok := h.position(o.LastID)
		switch {
		case ok && at >= r.floor && at <= h.last:
			s.at = at
		default:
			s.first = Resync
		}
	}
	r.streams++
	h.streams++
	if o.Session != "" {
		h.of[o.Session]++
	}
	return s, nil
}

// forget drops the rooms that nobody came back to. Lock held. It runs when a
// stream opens, which is when rooms are made.
func (h *Hub) forget() {
	now := h.config.Clock()
	for org, r := range h.rooms {
		if r.streams == 0 && now.Sub(r.left) > h.config.KeepFor {
			delete(h.rooms, org)
		}
	}
}

// take gives the next event that is there already, or a channel that is closed
// when one comes.
func (s *Stream) take() (Event, <-chan struct{}, error) {
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.closed || s.ended():
		return Event{}, nil, ErrEnded
	case s.first != "":
		e := Event{Kind: s.first, ID: h.idOf(s.at)}
		s.first = ""
		return e, nil, nil
	case s.at < s.room.floor:
		return Event{}, nil, ErrSlow
	}
	if k, ok := s.room.after(s.at); ok {
		s.at = k.at
		return k.event, nil, nil
	}
	return Event{}, s.room.wake, nil
}

func (s *Stream) ended() bool {
	select {
	case <-s.end: // a nil channel never is
		return true
	default:
		return false
	}
}

// after gives the oldest message behind a position. Readers are mostly at the
// end, so the search starts there.
func (r *room) after(at int64) (kept, bool) {
	i := len(r.ring)
	for i > 0 && r.ring[i-1].at > at {
		i--
	}
	if i == len(r.ring) {
		return kept{}, false
	}
	return r.ring[i], true
}

// Close ends the stream; it may be called more than once.
func (s *Stream) Close() {
	s.once.Do(func() {
		h := s.hub
		h.mu.Lock()
		defer h.mu.Unlock()
		h.streams--
		if h.of[s.session]--; h.of[s.session] <= 0 { // that of no session too
			delete(h.of, s.session)
		}
		s.room.streams--
		s.room.left = h.config.Clock()
	})
}
