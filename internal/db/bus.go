package db

import (
	"crypto/rand"
	"slices"
	"sync"
	"sync/atomic"
)

// note is one notification: a channel of the program and a short payload.
type note struct{ Channel, Payload string }

// bus hands notifications to this node's subscribers and, on Postgres, queues
// them for the other nodes.
type bus struct {
	name   string // tells this node's messages from the others'
	mu     sync.Mutex
	subs   map[string][]*subscriber
	queued []note
	lost   bool // too many were queued: the others must reload everything
	wake   chan struct{}

	current atomic.Bool // false while this node may miss notifications
}

type subscriber struct{ fn func(payload string) }

const queuedMost = 10_000

func newBus() *bus {
	b := &bus{name: rand.Text(), subs: map[string][]*subscriber{}, wake: make(chan struct{}, 1)}
	b.current.Store(true)
	return b
}

// Subscribe calls fn for every notification of the channel, from this node and
// from others. An empty payload means that notifications may have been missed,
// or that another process changed the data: reload. fn runs in the goroutine of
// the writer or the listener and must not block for long.
func (d *DB) Subscribe(channel string, fn func(payload string)) (cancel func()) {
	s := &subscriber{fn}
	b := d.bus
	b.mu.Lock()
	defer b.mu.Unlock()
	b.subs[channel] = append(slices.Clone(b.subs[channel]), s)
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.subs[channel] = slices.DeleteFunc(slices.Clone(b.subs[channel]), func(o *subscriber) bool { return o == s })
	}
}

// Current reports whether notifications of other nodes arrive. While it is
// false, what is kept in memory may be old: ask the database.
func (d *DB) Current() bool { return d.bus.current.Load() }

// Notify sends a notification outside a transaction, for news that no row holds.
func (d *DB) Notify(channel, payload string) { d.publish([]note{{channel, payload}}) }

func (d *DB) publish(ns []note) {
	if len(ns) == 0 {
		return
	}
	for _, n := range ns {
		d.bus.deliver(n)
	}
	if d.engine == onPostgres {
		d.bus.enqueue(ns)
	}
}

func (b *bus) deliver(n note) {
	b.mu.Lock()
	subs := b.subs[n.Channel]
	b.mu.Unlock()
	for _, s := range subs {
		s.fn(n.Payload)
	}
}

// resync tells every subscriber to reload.
func (b *bus) resync() {
	b.mu.Lock()
	channels := make([]string, 0, len(b.subs))
	for c := range b.subs {
		channels = append(channels, c)
	}
	b.mu.Unlock()
	slices.Sort(channels)
	for _, c := range channels {
		b.deliver(note{Channel: c})
	}
}

func (b *bus) enqueue(ns []note) {
	b.mu.Lock()
	if len(b.queued)+len(ns) > queuedMost {
		b.queued, b.lost = nil, true
	} else {
		b.queued = append(b.queued, ns...)
	}
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// take empties the queue, equal notes joined.
func (b *bus) take() (ns []note, lost bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	ns, lost = b.queued, b.lost
	b.queued, b.lost = nil, false
	seen := make(map[note]bool, len(ns))
	return slices.DeleteFunc(ns, func(n note) bool {
		if seen[n] {
			return true
		}
		seen[n] = true
		return false
	}), lost
}
