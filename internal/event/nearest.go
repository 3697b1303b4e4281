package event

import (
	"fmt"

	"patchboard/internal/fault"
)

// unknownType is the fault for an event whose type nobody has registered. It
// names the type that the sender may have meant.
func unknownType(at, name string, names []string) *fault.Error {
	f := fault.New(fault.Invalid, "event-type-unknown", fmt.Sprintf("The event type %q is unknown.", shorten(name, maxName)), "")
	const register = `Register a new type with POST /api/v1/event-types {"type", "description", "schema"?, "example"?, "strict"?}.`
	near := nearest(name, names)
	if near == "" {
		f.Fix = "See GET /api/v1/event-types for the known types. " + register
		return f.At(at, "is not a known event type")
	}
	f.Fix = fmt.Sprintf("Did you mean %q? ", near) + register
	return f.At(at, fmt.Sprintf("is not a known event type; the nearest is %q", near)).With("nearest", near)
}

// nearest gives the name with the fewest edits to text, the first of equals; ""
// for a text that is too long to be a name.
func nearest(text string, names []string) string {
	if len(text) > 2*maxName {
		return ""
	}
	best, least := "", -1
	for _, n := range names {
		if d := distance(text, n); least < 0 || d < least {
			best, least = n, d
		}
	}
	return best
}

// distance is Levenshtein's: how many characters to add, drop or replace.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i, cx := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j, cy := range y {
			change := diagonal
			if cx != cy {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(y)]
}
