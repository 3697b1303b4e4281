package delivery

import "slices"

// State is where a delivery stands. The numbers are stored.
type State int64

// The states. A diagram is in docs/delivery-states.md; a test holds it against
// Transitions.
const (
	Pending   State = 0 // to be tried now or later
	Held      State = 1 // its webhook is off or disabled: waits for an administrator
	Delivered State = 2 // answered 2xx
	Failed    State = 3 // its schedule is used up, or the webhook is gone
	Discarded State = 4 // given up by an administrator, a deletion or retention
)

// Change is what can happen to a delivery.
type Change string

// The changes.
const (
	Succeed  Change = "succeed"   // a try was answered 2xx
	Postpone Change = "postpone"  // a try failed, and there is a next one
	GiveUp   Change = "give up"   // a try failed, and it was the last
	Hold     Change = "hold"      // the webhook is off or disabled
	SendHeld Change = "send held" // an administrator sends what is held
	Discard  Change = "discard"   // an administrator, a deletion or retention
	TryAgain Change = "try again" // an administrator retries or replays
)

// Transition is one allowed change of state.
type Transition struct {
	From State
	On   Change
	To   State
}

// Transitions is the whole life of a delivery. A try that was under way while
// its delivery was held may still end well.
var Transitions = []Transition{
	{Pending, Succeed, Delivered},
	{Pending, Postpone, Pending},
	{Pending, GiveUp, Failed},
	{Pending, Hold, Held},
	{Pending, Discard, Discarded},
	{Pending, TryAgain, Pending},
	{Held, Succeed, Delivered},
	{Held, SendHeld, Pending},
	{Held, TryAgain, Pending},
	{Held, Discard, Discarded},
	{Delivered, TryAgain, Pending},
	{Failed, TryAgain, Pending},
	{Discarded, TryAgain, Pending},
}

// Next gives the state after a change; ok is false where it is not allowed.
func Next(from State, on Change) (to State, ok bool) {
	for _, t := range Transitions {
		if t.From == from && t.On == on {
			return t.To, true
		}
	}
	return from, false
}

// names are the states' words, by number.
var names = []string{"pending", "held", "delivered", "failed", "discarded"}

// States lists the words of all states, in the order of their numbers.
func States() []string { return slices.Clone(names) }

// String gives the state's word.
func (s State) String() string {
	if int(s) < 0 || int(s) >= len(names) {
		return "unknown"
	}
	return names[s]
}

// ParseState reads a state's word.
func ParseState(word string) (State, bool) {
	i := slices.Index(names, word)
	return State(i), i >= 0
}
