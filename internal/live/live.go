// Package live tells open browsers what changed. It owns the hub: a short
// memory of messages for each organization, the streams that read it, and the
// joining of messages that come in bursts. A message names a topic and ids,
// never content: whoever hears it asks the API again, where permissions are
// checked. It does not own HTTP; package api writes the streams out.
//
// Messages are a hint, not a record. One can be lost (a node loses its
// connection to the database, a reader is too slow, the memory is too short),
// and then the stream says "resync" and the reader fetches everything again.
package live

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/id"
)

// channel is the database notification channel that nodes share.
const channel = "live"

const (
	maxIDs     = 100  // more ids than this in one message mean: fetch the list again
	maxPayload = 4000 // bytes; Postgres refuses 8,000 and db joins payloads
)

// Message says that things of one topic changed. No ids means: any of them.
type Message struct {
	Topic string   `json:"topic"` // "webhooks", "deliveries", "events", "eventTypes", "records", "apiKey", "audit", "users"
	IDs   []string `json:"ids,omitempty"`
}

// Kind is what a stream's event is.
type Kind string

// The kinds of events. Ready comes once, first, and carries the position from
// which a reader can go on; Resync says that messages were missed.
const (
	Ready     Kind = "ready"
	Change    Kind = "message"
	Resync    Kind = "resync"
	Heartbeat Kind = "heartbeat"
)

// Event is what a stream hands out. ID is the position after it, empty for a
// heartbeat.
type Event struct {
	ID      string
	Kind    Kind
	Message Message
}

// Why a stream ends.
var (
	ErrEnded = errors.New("the stream's session or its node has ended")
	ErrSlow  = errors.New("the reader fell behind the messages that are kept")
)

// errFull refuses a stream over the node's limit.
var errFull = fault.New(fault.Unavailable, "too-many-streams",
	"This server has as many live connections as it can hold.",
	"Close other windows, or wait a minute; the page works without live updates.").After(time.Minute)

// errMany refuses a stream over a session's limit: one browser must not take
// every stream of the node.
var errMany = fault.New(fault.RateLimited, "too-many-streams-of-session",
	"This session has as many live connections as one session may hold.",
	"Close windows that are open elsewhere, or wait a minute; the page works without live updates.").After(time.Minute)

// Config sets the hub's limits. A zero value takes the default.
type Config struct {
	Keep       int           // messages kept for each organization: 1,000
	KeepFor    time.Duration // how long they are kept: 5 minutes
	Join       time.Duration // messages of one topic within it become one: 100 ms
	Heartbeat  time.Duration // silence after which a stream says it lives: 15 s
	MaxStreams int           // open streams of this node: 10,000
	MaxSession int           // of these, one session's: 32
	Clock      id.Clock      // time.Now
	Log        *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.Keep <= 0 {
		c.Keep = 1000
	}
	if c.KeepFor <= 0 {
		c.KeepFor = 5 * time.Minute
	}
	if c.Join <= 0 {
		c.Join = 100 * time.Millisecond
	}
	if c.Heartbeat <= 0 {
		c.Heartbeat = 15 * time.Second
	}
	if c.MaxStreams <= 0 {
		c.MaxStreams = 10000
	}
	if c.MaxSession <= 0 {
		c.MaxSession = 32
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// New makes the hub of this node and starts to listen. Close ends it.
func New(d *db.DB, c Config) *Hub {
	h := newHub(c, d.Notify)
	h.unsubscribe = d.Subscribe(channel, h.receive)
	return h
}

// Publish tells every open stream of the organization, on this node and on
// others, once the transaction is committed.
func (h *Hub) Publish(tx *db.Tx, org string, m Message) {
	tx.Notify(channel, h.encode(org, m))
}

// wire is a message between nodes.
type wire struct {
	Org   string   `json:"o"`
	Topic string   `json:"t"`
	IDs   []string `json:"i,omitempty"`
}

// encode writes a message for the other nodes; one that would be too long for
// a notification is sent without its ids.
func (h *Hub) encode(org string, m Message) string {
	w := wire{Org: org, Topic: m.Topic, IDs: m.IDs}
	if len(w.IDs) > maxIDs {
		w.IDs = nil
	}
	b, err := json.Marshal(w)
	if err == nil && len(b) > maxPayload {
		w.IDs = nil
		b, err = json.Marshal(w)
	}
	if err != nil { // strings alone always marshal
		h.config.Log.Error("live: encode message", "topic", m.Topic, "error", err)
		return ""
	}
	return string(b)
}

// receive takes a notification, from this node or another. It runs where the
// transaction was committed, so it only appends and wakes. An empty payload
// says that notifications may have been lost.
func (h *Hub) receive(payload string) {
	if payload == "" {
		h.resyncAll()
		return
	}
	var w wire
	if err := json.Unmarshal([]byte(payload), &w); err != nil {
		h.config.Log.Warn("live: a notification that cannot be read", "error", err)
		h.resyncAll()
		return
	}
	h.deliver(w.Org, Event{Kind: Change, Message: Message{Topic: w.Topic, IDs: w.IDs}})
}

// Options say whose stream is opened.
type Options struct {
	Organization string
	Session      string                  // counted together; "" is not counted
	LastID       string                  // the last event's id that the reader saw, "" for a new one
	End          <-chan struct{}         // closed when the reader's session or role ends
	Allow        func(topic string) bool // topics that the reader may hear of; nil is all
}

// Subscribe opens a stream. The caller reads it with Next and ends it with
// Close. A reader that names a position gets what came after it; if that is not
// known any more, or is another node's, the stream starts with Resync.
func (h *Hub) Subscribe(o Options) (*Stream, error) {
	return h.open(o)
}

// Next waits for the next event: a message, a resync, or a heartbeat after a
// time of silence. It returns ErrEnded, ErrSlow or ctx's error at the end.
func (s *Stream) Next(ctx context.Context) (Event, error) {
	silence := time.NewTimer(s.hub.config.Heartbeat)
	defer silence.Stop()
	for {
		e, wake, err := s.take()
		if err != nil {
			return Event{}, err
		}
		if e.Kind == Change && s.allow != nil && !s.allow(e.Message.Topic) {
			continue
		}
		if e.Kind != "" {
			return e, nil
		}
		select {
		case <-wake:
		case <-silence.C:
			return Event{Kind: Heartbeat}, nil
		case <-s.end:
			return Event{}, ErrEnded
		case <-s.hub.done:
			return Event{}, ErrEnded
		case <-ctx.Done():
			return Event{}, ctx.Err()
		}
	}
}
