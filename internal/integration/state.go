package integration

import "fmt"

// State is where a connection stands. How it fares there is its health.
type State string

// The states, as they are stored.
const (
	Available  State = "available"  // no grant; what was set stays
	Connecting State = "connecting" // a person is at the provider's consent page
	Connected  State = "connected"
	Paused     State = "paused" // granted, and nothing is read or posted
)

// Cause is what moves a connection from one state to another.
type Cause string

// The causes.
const (
	Began        Cause = "connect"     // a person goes to the consent page
	Granted      Cause = "granted"     // and came back with a grant
	NotGranted   Cause = "not_granted" // denied, failed, or not finished in time
	SwitchedOff  Cause = "pause"       // by the toggle
	SwitchedOn   Cause = "resume"      // by the toggle
	Disconnected Cause = "disconnect"  // by a person
	Replaced     Cause = "other_grant" // another account, by a person's decision
)

// Step is one line of the table.
type Step struct {
	From State
	By   Cause
	To   State
}

// Steps is every change there is; docs/connection-states.md draws it.
var Steps = []Step{
	{Available, Began, Connecting},
	{Connecting, Began, Connecting},
	{Connecting, NotGranted, Available},
	{Connecting, Granted, Connected},
	{Available, Granted, Connected}, // back after the time for it, or from an older attempt
	{Connected, Began, Connected},   // connecting again leaves what works alone
	{Paused, Began, Paused},
	{Connected, NotGranted, Connected},
	{Paused, NotGranted, Paused},
	{Connected, Granted, Connected},
	{Paused, Granted, Connected}, // who connects wants it to work
	{Connected, Replaced, Connected},
	{Paused, Replaced, Connected},
	{Connected, SwitchedOff, Paused},
	{Paused, SwitchedOn, Connected},
	{Connecting, Disconnected, Available},
	{Connected, Disconnected, Available},
	{Paused, Disconnected, Available},
}

// Next gives the state after a cause; false where the table has no such step.
func Next(from State, by Cause) (State, bool) {
	for _, s := range Steps {
		if s.From == from && s.By == by {
			return s.To, true
		}
	}
	return from, false
}

// move sets the state, or says that there is no such step: a defect of a caller
// that did not look.
func (c *Connection) move(by Cause) error {
	to, ok := Next(c.State, by)
	if !ok {
		return fmt.Errorf("integration: no step from %s by %s", c.State, by)
	}
	c.State = to
	return nil
}
