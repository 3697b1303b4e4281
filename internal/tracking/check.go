package tracking

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"patchboard/internal/fault"
)

// check holds properties against the event's schema. It gives them as JSON, in
// one form for equal values, or what is wrong, each with its place below
// "properties". No value is repeated in it.
func (e *Event) check(properties map[string]any, from Source) (text string, wrong []fault.Field) {
	clean := make(map[string]any, len(e.Properties))
	for i := range e.Properties {
		p := &e.Properties[i]
		raw, given := properties[p.Name]
		if !given {
			wrong = append(wrong, fault.Field{Location: "." + p.Name, Message: "is missing"})
			continue
		}
		value, message := p.check(raw, from)
		if message != "" {
			wrong = append(wrong, fault.Field{Location: "." + p.Name, Message: message})
		}
		clean[p.Name] = value
	}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if !slices.ContainsFunc(e.Properties, func(p Property) bool { return p.Name == name }) {
			wrong = append(wrong, unknown(name))
		}
	}
	if len(wrong) > 0 {
		return "", wrong
	}
	b, err := json.Marshal(clean)
	if err != nil {
		return "", []fault.Field{{Message: "cannot be stored"}}
	}
	return string(b), nil
}

var plainName = regexp.MustCompile(`^[a-z_]{1,40}$`)

// unknown names a property that the event does not have, if the name is one: it
// came from outside, and could be anything.
func unknown(name string) fault.Field {
	if !plainName.MatchString(name) {
		return fault.Field{Message: "has a property that this event does not have"}
	}
	return fault.Field{Location: "." + name, Message: "is no property of this event"}
}

// check gives the value in the form that is stored, or what is wrong with it.
func (p *Property) check(raw any, from Source) (value any, wrong string) {
	switch p.Kind {
	case Int:
		n, ok := whole(raw)
		if !ok || n < 0 || n > p.Most {
			return nil, fmt.Sprintf("must be a whole number from 0 to %d", p.Most)
		}
		return n, ""
	case Word:
		allowed := p.Values
		if from == Browser && p.FromBrowser != nil {
			allowed = p.FromBrowser
		}
		s, ok := raw.(string)
		switch {
		case ok && slices.Contains(allowed, s):
			return s, ""
		case ok && slices.Contains(p.Values, s):
			return nil, "is recorded by the server itself, unless it is " + strings.Join(allowed, " or ")
		}
		return nil, "must be one of: " + strings.Join(allowed, ", ")
	case Text:
		s, ok := raw.(string)
		if !ok || int64(utf8.RuneCountInString(s)) > p.Most || !p.Pattern.MatchString(s) {
			return nil, fmt.Sprintf("must be a text of at most %d characters in the form of its kind (%s)", p.Most, p.About)
		}
		return s, ""
	case List:
		all, ok := texts(raw)
		if !ok || int64(len(all)) > p.Most || !distinct(all) || slices.ContainsFunc(all, func(s string) bool { return len(s) > longestType || !p.Pattern.MatchString(s) }) {
			return nil, fmt.Sprintf("must be a list of at most %d different %s", p.Most, p.About)
		}
		return all, ""
	}
	return nil, "has a kind that is not known"
}

// whole reads a number from Go or from JSON.
func whole(raw any) (int64, bool) {
	switch n := raw.(type) {
	case int64:
		return n, true
	case int:
		return int64(n), true
	case float64:
		return int64(n), n == math.Trunc(n) && math.Abs(n) <= mostMillis
	}
	return 0, false
}

// texts reads a list of texts from Go or from JSON.
func texts(raw any) ([]string, bool) {
	switch list := raw.(type) {
	case []string:
		return append([]string{}, list...), true
	case []any:
		all := make([]string, len(list))
		for i, item := range list {
			s, ok := item.(string)
			if !ok {
				return nil, false
			}
			all[i] = s
		}
		return all, true
	}
	return nil, false
}

func distinct(all []string) bool {
	sorted := slices.Sorted(slices.Values(all))
	return len(slices.Compact(sorted)) == len(all)
}
