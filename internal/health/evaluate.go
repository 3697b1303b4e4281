package health

import "time"

// DeadAfter is how long every check has to fail before the connection is taken
// for dead, if its provider has not said so. A burst of failures, however large,
// never is enough.
const DeadAfter = 5 * 24 * time.Hour

// Result is what came of one check.
type Result struct {
	At    time.Time
	Class Class // None: it worked
	Again bool  // right after the last one, or without a call: of failures in a row it is none more
	Final bool  // only a person who connects again can end the failure, whatever its class
}

// State is what is known of a connection from the results so far. The zero
// State is that of a new one.
type State struct {
	Status   Status    // empty before the first result
	Since    time.Time // when the status began
	Class    Class     // of the last result
	LastOK   time.Time // zero: none was good
	Failures int       // in a row
	Failing  time.Time // the first of them
	Alerted  Class     // the problem that was told of; None: no alert is open
	Dead     bool      // all checks have failed for DeadAfter
}

// Signal is something that others are told, once.
type Signal string

// The signals of Evaluate.
const (
	Changed   Signal = "changed"   // another status, or another class
	Broken    Signal = "broken"    // a person is to be told of a problem
	Recovered Signal = "recovered" // a problem that was told of is over
	Died      Signal = "died"      // nothing is tried any more until a person says so
)

// Evaluate says what a result makes of a state, and what others are told of it. A
// result that is older than the last one of a row of failures changes nothing.
func Evaluate(s State, r Result) (State, []Signal) {
	if r.At.Before(s.LastOK) || r.At.Before(s.Failing) {
		return s, nil
	}
	if r.Class == None || r.Class == TokenExpiring {
		return succeed(s, r)
	}
	return fail(s, r)
}

func succeed(s State, r Result) (State, []Signal) {
	n := State{Status: Healthy, Since: s.Since, LastOK: r.At, Class: r.Class}
	if r.Class != None { // it works, and will not for long
		n.Status = RuleOf(r.Class).Status
	}
	if s.Status != n.Status || s.Class != n.Class {
		n.Since = r.At
	}
	var out []Signal
	if s.Status != n.Status || s.Class != n.Class {
		out = append(out, Changed)
	}
	if s.Alerted != None {
		out = append(out, Recovered)
	}
	return n, out
}

func fail(s State, r Result) (State, []Signal) {
	rule := RuleOf(r.Class)
	if r.Final {
		rule = Rules[TokenRevoked]
	}
	n := s
	n.Class = r.Class
	if n.Failures == 0 {
		n.Failing = r.At
	}
	if n.Failures == 0 || !r.Again {
		n.Failures++
	}
	n.Status = rule.Status
	if n.Failures >= LastsAfter {
		n.Status = rule.Lasting
	}
	if s.Status == Reauthorize && !rule.AdminActs { // only a good result shows that the grant is there again
		n.Status, n.Class = s.Status, s.Class
	}
	var out []Signal
	if n.Status != s.Status {
		n.Since = r.At
	}
	if n.Status != s.Status || n.Class != s.Class {
		out = append(out, Changed)
	}
	due := n.Failures >= rule.AlertAfter && r.At.Sub(n.Failing) >= rule.AlertAge
	// One alert a problem: another class is a new one only where it asks somebody to
	// act who was told to wait.
	if due && (s.Alerted == None || rule.AdminActs && !RuleOf(s.Alerted).AdminActs) {
		n.Alerted = n.Class
		if r.Final { // of a class that asks nobody to act otherwise
			n.Alerted = TokenRevoked
		}
		out = append(out, Broken)
	}
	if !n.Dead && r.At.Sub(n.Failing) >= DeadAfter {
		n.Dead = true
		out = append(out, Died)
	}
	return n, out
}

// RuleOf gives the rule of a class; one that is not in Rules is Unknown.
func RuleOf(c Class) Rule {
	if rule, ok := Rules[c]; ok {
		return rule
	}
	return Rules[Unknown]
}
