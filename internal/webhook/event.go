package webhook

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"patchboard/internal/fault"
)

const eventsMost = 1000 // entries of one list that are looked at

// checkEvents refuses an empty list, names that known lacks, and duplicates.
// It reports every bad entry at once.
func checkEvents(events, known []string) error {
	if len(events) == 0 {
		return fault.New(fault.Invalid, "webhook-events-empty", "A webhook needs at least one event.",
			"Choose the events that it shall receive: "+someOf(known)+".").At("body.events", "choose at least one event")
	}
	if len(events) > eventsMost {
		return fault.New(fault.Invalid, "webhook-events-too-many", fmt.Sprintf("The list has %d events; at most %d are read.", len(events), eventsMost),
			"List each event once.").At("body.events", "too many entries")
	}
	seen := make(map[string]bool, len(events))
	var bad *fault.Error
	for i, e := range events {
		where := fmt.Sprintf("body.events[%d]", i)
		switch {
		case !slices.Contains(known, e):
			if bad == nil {
				bad = unknownEvent(e, known)
			}
			bad = bad.At(where, "no such event")
		case seen[e]:
			if bad == nil {
				bad = fault.New(fault.Invalid, "webhook-events-duplicate", fmt.Sprintf("The event %q is listed twice.", e), "List each event once.")
			}
			bad = bad.At(where, "listed before")
		}
		seen[e] = true
	}
	if bad != nil {
		return bad
	}
	return nil
}

func unknownEvent(name string, known []string) *fault.Error {
	f := fault.New(fault.Invalid, "webhook-event-unknown", fmt.Sprintf("There is no event %q.", clip(name, 80)), "Known events: "+someOf(known)+".")
	if near := nearest(name, known); near != "" {
		f.Fix = fmt.Sprintf("Did you mean %q? ", near) + f.Fix
		f = f.With("nearest", near)
	}
	return f
}

// someOf lists names for a sentence, not all of a long list.
func someOf(names []string) string {
	const most = 12
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}

// nearest gives the known name with the fewest edits to name, "" if none is
// near enough to have been meant.
func nearest(name string, known []string) string {
	if len(name) > 200 {
		return ""
	}
	best, found := max(2, len(name)/3)+1, ""
	for _, k := range known {
		if d := edits(strings.ToLower(name), strings.ToLower(k)); d < best {
			best, found = d, k
		}
	}
	return found
}

// edits is the Levenshtein distance in bytes.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// clip shortens a text for a message, at a rune's border.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most] + "…"
}

const descriptionMost = 500 // characters

// checkDescription refuses what cannot be stored or read.
func checkDescription(s string) error {
	if n := utf8.RuneCountInString(s); n > descriptionMost {
		return fault.New(fault.Invalid, "webhook-description-too-long", fmt.Sprintf("The description has %d characters; at most %d are kept.", n, descriptionMost),
			"Shorten the description.").At("body.description", "too long")
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f }) {
		return fault.New(fault.Invalid, "webhook-description-characters", "The description holds control characters.",
			"Leave out control characters; line breaks and tabs are fine.").At("body.description", "control characters")
	}
	return nil
}
