package webhook

// State says whether deliveries are sent.
type State string

// The states. Events are matched in all of them: off and disabled hold what
// comes until it is sent or discarded by a person. Deleted is none of them.
const (
	Active   State = "active"
	Off      State = "off"      // a person switched it off
	Disabled State = "disabled" // a rule switched it off
)

// Change is what moves a webhook from state to state.
type Change string

// The changes.
const (
	SwitchOn  Change = "switch_on"  // by a person
	SwitchOff Change = "switch_off" // by a person
	Rule      Change = "rule"       // 410 Gone, or no success for five days
)

// Step is one line of the state table.
type Step struct {
	From   State
	Change Change
	To     State
}

// Steps is the state table; what is not in it does not happen.
var Steps = []Step{
	{Active, SwitchOff, Off},
	{Active, Rule, Disabled},
	{Off, SwitchOn, Active},
	{Disabled, SwitchOn, Active},
	{Disabled, SwitchOff, Off},
}

// Next gives the state after a change; ok is false where the change does
// nothing (switching on what is on).
func Next(from State, c Change) (to State, ok bool) {
	for _, s := range Steps {
		if s.From == from && s.Change == c {
			return s.To, true
		}
	}
	return from, false
}
