package webhook

import (
	"sync"
	"time"

	"patchboard/internal/egress"
	"patchboard/internal/rbac"
)

// Limits of the verdicts on the form alone. One is asked for with every letter
// that is typed, so of equal ones (the actor, cause and domain) the first is
// kept; half-typed names make many domains, so an actor has a number too. What
// is left says who failed where, which is the question that they are kept for.
const (
	typingWindow  = 10 * time.Minute
	typingMost    = 20     // rows an actor and window
	typingTypists = 10_000 // actors that are remembered
)

// typing remembers which verdicts on the form alone were kept lately.
type typing struct {
	mu sync.Mutex
	by map[typist]*typed
}

type typist struct{ organization, actor string }

type typed struct {
	since time.Time
	kept  map[typedVerdict]bool
}

type typedVerdict struct {
	cause  egress.Cause
	domain string
}

// first reports whether a verdict is to be kept, and takes it as kept.
func (t *typing) first(a rbac.Actor, v typedVerdict, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	who := typist{a.OrganizationID, a.ID()}
	seen := t.by[who]
	if seen == nil || now.Sub(seen.since) >= typingWindow {
		t.makeRoom(now)
		seen = &typed{since: now, kept: map[typedVerdict]bool{}}
		t.by[who] = seen
	}
	if seen.kept[v] || len(seen.kept) >= typingMost {
		return false
	}
	seen.kept[v] = true
	return true
}

// forget takes back what could not be stored.
func (t *typing) forget(a rbac.Actor, v typedVerdict) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if seen := t.by[typist{a.OrganizationID, a.ID()}]; seen != nil {
		delete(seen.kept, v)
	}
}

// makeRoom drops what is over, and where that is not enough any.
func (t *typing) makeRoom(now time.Time) {
	if len(t.by) < typingTypists {
		return
	}
	for who, seen := range t.by {
		if now.Sub(seen.since) >= typingWindow {
			delete(t.by, who)
		}
	}
	for who := range t.by {
		if len(t.by) < typingTypists {
			return
		}
		delete(t.by, who)
	}
}
