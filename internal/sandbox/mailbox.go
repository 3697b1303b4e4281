package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"patchboard/internal/id"
)

// mailbox is one person's mail. Its history has a record for each change; the
// numbers of records grow and are not contiguous.
type mailbox struct {
	address string
	clock   id.Clock

	mu       sync.Mutex
	last     uint64 // history id
	oldest   uint64 // history that starts before it is forgotten
	made     int
	messages []*mail // the living ones, oldest first
	history  []change
}

// mail is one message.
type mail struct {
	id, thread string
	labels     []string
	at         time.Time
	history    uint64 // of its last change
	from, to   string
	subject    string
	snippet    string
}

// change is one record of the history.
type change struct {
	id     uint64
	kind   string // messageAdded, messageDeleted, labelAdded, labelRemoved
	mail   mail   // as it was then
	labels []string
}

const firstHistory = 9_876_000

// newMailbox makes an empty one. Its numbers begin where no earlier one's can have
// come to, so that after a restart nothing is taken for what it was before.
func newMailbox(address string, clock id.Clock) *mailbox {
	first := uint64(firstHistory + started(clock)*numbersASecond)
	return &mailbox{address: address, clock: clock, last: first, oldest: first, made: int(first)}
}

// numbersASecond is more than anybody uses up.
const numbersASecond = 100

// started counts the seconds of this century.
func started(clock id.Clock) int64 { return clock().Unix() - 946_684_800 }

// letter is a message that comes to be.
type letter struct {
	From, To, Subject, Snippet string
	Labels                     []string
	At                         time.Time // zero: now
}

// add puts a message into the mailbox.
func (b *mailbox) add(l letter) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.put(l, "").id
}

// put adds a message to a thread, or to one of its own. The caller holds mu.
func (b *mailbox) put(l letter, thread string) *mail {
	if l.At.IsZero() {
		l.At = b.clock()
	}
	b.made++
	m := &mail{
		id: fmt.Sprintf("18f0%x", b.made), thread: thread, labels: append([]string{}, l.Labels...), at: l.At,
		from: l.From, to: l.To, subject: l.Subject, snippet: l.Snippet,
	}
	if m.thread == "" {
		m.thread = m.id
	}
	b.messages = append(b.messages, m)
	b.note("messageAdded", m, nil)
	return m
}

// note writes a record. The caller holds mu.
func (b *mailbox) note(kind string, m *mail, labels []string) {
	b.last += 1 + b.last%7 // some numbers are never used
	m.history = b.last
	was := *m
	was.labels = append([]string{}, m.labels...)
	b.history = append(b.history, change{id: b.last, kind: kind, mail: was, labels: labels})
}

// send plays a person who writes and sends: each edit of the draft replaces it by
// a new message, and the one that is sent is new again.
func (b *mailbox) send(l letter, edits int) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	l.Labels = []string{"DRAFT"}
	draft := b.put(l, "")
	for range edits {
		next := b.put(l, draft.thread)
		b.drop(draft)
		draft = next
	}
	b.drop(draft)
	l.Labels = []string{"SENT"}
	return b.put(l, draft.thread).id
}

// drop removes a message. The caller holds mu.
func (b *mailbox) drop(m *mail) {
	b.messages = slices.DeleteFunc(b.messages, func(o *mail) bool { return o == m })
	b.note("messageDeleted", m, nil)
}

// remove removes a message by its id; what is not there stays so.
func (b *mailbox) remove(mailID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if m := b.find(mailID); m != nil {
		b.drop(m)
	}
}

// label adds labels to a message, or takes them away.
func (b *mailbox) label(mailID string, add bool, labels ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := b.find(mailID)
	if m == nil {
		return
	}
	m.labels = slices.DeleteFunc(m.labels, func(l string) bool { return slices.Contains(labels, l) })
	if !add {
		b.note("labelRemoved", m, labels)
		return
	}
	m.labels = append(m.labels, labels...)
	b.note("labelAdded", m, labels)
}

// forget makes all cursors so far too old.
func (b *mailbox) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last++
	b.oldest = b.last
	b.history = nil
}

// find gives a living message, or nil. The caller holds mu.
func (b *mailbox) find(mailID string) *mail {
	i := slices.IndexFunc(b.messages, func(m *mail) bool { return m.id == mailID })
	if i < 0 {
		return nil
	}
	return b.messages[i]
}

// pageOf cuts a list: what begins at a token and has at most as many as asked for.
// next is the token of the page after it, empty at the end.
func pageOf[T any](all []T, token, most string, usual, limit int) (part []T, next string, ok bool) {
	n := usual
	if most != "" {
		var err error
		if n, err = strconv.Atoi(most); err != nil || n < 1 {
			return nil, "", false
		}
	}
	n = min(n, limit)
	from := 0
	if token != "" {
		text, cut := strings.CutPrefix(token, pageToken)
		var err error
		if from, err = strconv.Atoi(text); err != nil || !cut || from < 0 || from > len(all) {
			return nil, "", false
		}
	}
	to := min(from+n, len(all))
	if to < len(all) {
		next = pageToken + strconv.Itoa(to)
	}
	return all[from:to], next, true
}

const pageToken = "0557"
