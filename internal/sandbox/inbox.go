package sandbox

import (
	"context"
	"slices"
	"sync"
	"time"

	"patchboard/internal/id"
)

const (
	keptMessages = 1000
	keptBytes    = 32 << 20
	// recheckFor is how long after its arrival a message is judged again whose
	// webhook was not known: saving one takes no longer.
	recheckFor = time.Minute
)

// inbox keeps the last messages, and how the next ones are to be answered.
type inbox struct {
	clock id.Clock

	mu       sync.Mutex
	secrets  Secrets // nil until somebody tells
	messages []*Message
	bytes    int
	arrived  int64
	plan     plan
	calmed   chan struct{} // closed by calm, and replaced
	changed  chan struct{} // closed by every change, and replaced
}

func newInbox(clock id.Clock) *inbox {
	return &inbox{clock: clock, plan: plan{Behaviour: Accept}, calmed: make(chan struct{}), changed: make(chan struct{})}
}

func (b *inbox) trust(s Secrets) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.secrets = s
}

// add judges a message, keeps it, and gives the behaviour that answers it and a
// channel that is closed when misbehaving is to end.
func (b *inbox) add(ctx context.Context, m *Message) (Behaviour, <-chan struct{}) {
	m.Verdict = b.verdict(ctx, m)
	b.mu.Lock()
	defer b.mu.Unlock()
	behaviour := b.plan.next()
	m.Answer = behaviour.answer()
	b.keep(m)
	return behaviour, b.calmed
}

// refuse keeps a message that is too large to be judged.
func (b *inbox) refuse(m *Message) {
	m.Verdict, m.Answer = Verdict{Unchecked, reasonTooLarge}, "Answered 413"
	b.mu.Lock()
	defer b.mu.Unlock()
	b.keep(m)
}

// keep numbers a message and makes room for it. The caller holds mu.
func (b *inbox) keep(m *Message) {
	b.arrived++
	m.Number, m.Arrival = b.arrived, 1
	for _, earlier := range slices.Backward(b.messages) {
		if m.WebhookID != "" && earlier.WebhookID == m.WebhookID {
			m.Arrival = earlier.Arrival + 1
			break
		}
	}
	b.messages = append(b.messages, m)
	b.bytes += m.bytes()
	drop := 0
	for len(b.messages)-drop > keptMessages || b.bytes > keptBytes && len(b.messages)-drop > 1 {
		b.bytes -= b.messages[drop].bytes()
		drop++
	}
	b.messages = slices.Delete(b.messages, 0, drop)
	b.tell()
}

// verdict asks for the secrets of the message's address and judges it.
func (b *inbox) verdict(ctx context.Context, m *Message) Verdict {
	b.mu.Lock()
	secrets := b.secrets
	b.mu.Unlock()
	if secrets == nil {
		return Verdict{Unchecked, reasonNoSecrets}
	}
	known, err := secrets(ctx, m.Host, m.Path)
	if err != nil {
		return Verdict{Unchecked, "the secrets could not be read: " + err.Error()}
	}
	return judge(known, m.Header, m.Body, m.Received)
}

// recheck judges again what could not be judged on its arrival: the check of a
// webhook comes before the webhook is saved.
func (b *inbox) recheck(ctx context.Context) {
	since := b.clock().Add(-recheckFor)
	for _, m := range b.list() {
		if m.Received.Before(since) {
			return // the list is newest first
		}
		if m.Verdict.State != Unchecked || m.Verdict.Reason == reasonTooLarge {
			continue
		}
		if v := b.verdict(ctx, &m); v != m.Verdict {
			b.settle(m.Number, v)
		}
	}
}

func (b *inbox) settle(number int64, v Verdict) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.messages {
		if m.Number == number {
			m.Verdict = v
			b.tell()
		}
	}
}

// list gives all messages, newest first. Their headers and bodies are shared
// and never change.
func (b *inbox) list() []Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make([]Message, 0, len(b.messages))
	for _, m := range slices.Backward(b.messages) {
		all = append(all, *m)
	}
	return all
}

// clear forgets all messages. Their numbers are not used again.
func (b *inbox) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.messages, b.bytes = nil, 0
	b.tell()
}

// behave sets how the next messages are answered.
func (b *inbox) behave(p plan) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.plan = p
	b.tell()
}

// calm ends all misbehaviour, now and of the next messages.
func (b *inbox) calm() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.plan = plan{Behaviour: Accept}
	close(b.calmed)
	b.calmed = make(chan struct{})
	b.tell()
}

// state gives the plan, and a channel that is closed by the next change.
func (b *inbox) state() (plan, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.plan, b.changed
}

// tell wakes whoever waits for a change. The caller holds mu.
func (b *inbox) tell() {
	close(b.changed)
	b.changed = make(chan struct{})
}
