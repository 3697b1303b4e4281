package audit

import (
	"slices"
	"strings"
)

// Reasons are those that a person may give for a change that asks for one:
// regenerating the API key, switching a webhook off.
var Reasons = []string{"scheduled", "suspected_leak", "person_left", "maintenance", "failing", "other"}

// KnownReason reports whether a person may give a reason; none is one of them.
func KnownReason(reason string) bool { return reason == "" || slices.Contains(Reasons, reason) }

// ReasonList names the reasons for a sentence.
func ReasonList() string {
	last := len(Reasons) - 1
	return strings.Join(Reasons[:last], ", ") + " or " + Reasons[last]
}
