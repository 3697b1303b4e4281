package integration

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// template is a text with places that an event fills: {{data.firstName}}, {{type}},
// {{timestamp}}. There is nothing else in it: no conditions, no calls.
type template []part

// part is literal text or, with a path, a place.
type part struct {
	text string
	path []string
}

// Bounds of a template, and of what a place is filled with.
const (
	placesMost = 50
	valueMost  = 500 // characters
)

// parse reads a template. The error goes on after "the text …".
func parse(text string) (template, error) {
	var t template
	for {
		before, rest, found := strings.Cut(text, "{{")
		if before != "" {
			t = append(t, part{text: before})
		}
		if !found {
			return t, nil
		}
		path, after, closed := strings.Cut(rest, "}}")
		if !closed {
			return nil, errors.New("has {{ without }}")
		}
		names := strings.Split(strings.TrimSpace(path), ".")
		if err := checkPath(names); err != nil {
			return nil, err
		}
		if t = append(t, part{path: names}); len(t) > 2*placesMost {
			return nil, errors.New("has too many places")
		}
		text = after
	}
}

func checkPath(names []string) error {
	for _, name := range names {
		if name == "" || strings.ContainsAny(name, "{}\x00 \t\n") {
			return errors.New("has a place that is not like {{data.email}}")
		}
	}
	if first := names[0]; first != "data" && (first != "type" && first != "timestamp" || len(names) > 1) {
		return errors.New("has a place that begins with neither data, type nor timestamp")
	}
	return nil
}

// storable takes out what a text column or a person cannot take: NUL and other control
// characters, but for line breaks and tabs.
func storable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

// render fills the places from an event's body. What the event does not have is a
// dash, so that nobody reads a sentence with a hole in it.
func (t template) render(body []byte) string {
	var event any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber() // digits stay as they are
	if err := d.Decode(&event); err != nil {
		event = nil // the body is ours, and always JSON
	}
	var b strings.Builder
	for _, p := range t {
		if p.path == nil {
			b.WriteString(p.text)
			continue
		}
		b.WriteString(valueAt(event, p.path))
	}
	return storable(b.String())
}

func valueAt(v any, path []string) string {
	for _, name := range path {
		object, ok := v.(map[string]any)
		if !ok {
			return "–"
		}
		v = object[name]
	}
	text := ""
	switch v := v.(type) {
	case nil:
	case string:
		text = v
	case json.Number:
		text = v.String()
	default:
		if b, err := json.Marshal(v); err == nil {
			text = string(b)
		}
	}
	if strings.TrimSpace(text) == "" {
		return "–"
	}
	if utf8.RuneCountInString(text) > valueMost {
		text = string([]rune(text)[:valueMost]) + "…"
	}
	return text
}
