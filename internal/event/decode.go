package event

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"patchboard/internal/fault"
)

// Batch is a decoded batch. An event that cannot be taken stands among Events
// too, so that Accept answers each in its place.
type Batch struct {
	Events       []Input
	AllOrNothing bool
}

// Decode reads one event, {"type", "data", "id"?, "occurredAt"?}. Data keeps
// its bytes and shares body's memory.
func Decode(body []byte) (Input, error) {
	if len(body) > MaxEvent {
		return Input{}, eventTooLarge("body")
	}
	s, err := begin(body)
	if err != nil {
		return Input{}, err
	}
	in, err := s.event(0)
	if err == nil {
		err = s.end()
	}
	switch {
	case err != nil:
		return Input{}, malformed(err)
	case in.refused != nil:
		return Input{}, in.refused
	}
	return in, nil
}

// DecodeBatch reads {"events": […], "allOrNothing"?}. Text that is not JSON, or
// no batch, is refused as a whole; an event that breaks a rule only by itself.
func DecodeBatch(body []byte) (Batch, error) {
	if len(body) > MaxBatch {
		return Batch{}, fault.New(fault.TooLarge, "batch-too-large", fmt.Sprintf("A batch has at most %d MiB.", MaxBatch>>20),
			"Send the events in several batches.").At("body", "is too large")
	}
	s, err := begin(body)
	if err != nil {
		return Batch{}, err
	}
	var b Batch
	refused, err := s.batch(&b)
	if err == nil {
		err = s.end()
	}
	switch {
	case err != nil:
		return Batch{}, malformed(err)
	case refused != nil:
		return Batch{}, refused
	case len(b.Events) == 0:
		return Batch{}, fault.New(fault.Invalid, "batch-empty", "The batch has no events.",
			fmt.Sprintf(`Send {"events": […]} with 1 to %d events.`, MaxBatchCount)).At("body.events", "is missing or empty")
	}
	return b, nil
}

// begin checks what holds for any JSON body and stands at its first token.
func begin(body []byte) (*scanner, error) {
	if !utf8.Valid(body) {
		return nil, fault.New(fault.Malformed, "body-not-utf8", "The body is not valid UTF-8.", "Send JSON encoded as UTF-8.").
			At("body", "is not UTF-8")
	}
	s := &scanner{b: body}
	s.space()
	return s, nil
}

// batch walks over a batch. Of several rules that it breaks, the first is told;
// the rest is only checked to be JSON.
func (s *scanner) batch(b *Batch) (refused *fault.Error, err error) {
	if s.peek() != '{' {
		return notObject("body"), s.value(0)
	}
	var seen fields
	err = s.members(1, func(name []byte) error {
		f, problem := seen.add(name, "events", "allOrNothing")
		switch {
		case refused != nil:
		case problem != "":
			refused = badField("body", name, problem)
		case f == "events" && s.peek() == '[':
			return s.batchEvents(b)
		case f == "events":
			refused = wrongType("body.events", "an array")
		case s.peek() == 't':
			b.AllOrNothing = true
		case s.peek() != 'f':
			refused = wrongType("body.allOrNothing", "true or false")
		}
		return s.value(1)
	})
	return refused, err
}

func (s *scanner) batchEvents(b *Batch) error {
	return s.elements(2, func() error {
		if len(b.Events) == MaxBatchCount {
			return fault.New(fault.TooLarge, "batch-too-large", fmt.Sprintf("A batch has at most %d events.", MaxBatchCount),
				"Send the events in several batches.").At("body.events", "has too many items")
		}
		in, err := s.event(len(b.Events) + 1)
		b.Events = append(b.Events, in)
		return err
	})
}

// event walks over one event, item being its place in a batch or 0. An error
// says that the text is no JSON; a broken rule is in.refused, the first of them.
func (s *scanner) event(item int) (in Input, err error) {
	in.item = item
	if s.peek() != '{' {
		in.refused = notObject(in.at(""))
		return in, s.value(0)
	}
	start := s.i
	var seen fields
	err = s.members(1, func(name []byte) error {
		f, problem := seen.add(name, "type", "data", "id", "occurredAt")
		switch {
		case in.refused != nil:
		case problem != "":
			in.refused = badField(in.at(""), name, problem)
		case f == "data":
			return s.data(&in)
		case s.peek() != '"':
			in.refused = wrongType(in.at(f), "a string")
		default:
			return s.stringField(&in, f)
		}
		return s.value(0)
	})
	switch {
	case err != nil:
	case s.i-start > MaxEvent:
		in.refused = eventTooLarge(in.at(""))
	case in.refused != nil:
	case !seen.has(0):
		in.refused = missing(in.at("type"), "type", `Name the kind of event, as in "type": "contact.created".`)
	case !seen.has(1):
		in.refused = missing(in.at("data"), "data", `Give what happened as an object, as in "data": {"id": "42"}.`)
	}
	return in, err
}

// data walks over the data; its bytes are kept as they are.
func (s *scanner) data(in *Input) error {
	if s.peek() != '{' {
		in.refused = wrongType(in.at("data"), "a JSON object")
		return s.value(0)
	}
	start := s.i
	s.shape = shape{}
	if err := s.value(0); err != nil {
		return err
	}
	in.Data, in.shape = json.RawMessage(s.b[start:s.i]), s.shape
	in.shape.load += len(in.Data)
	if in.shape.depth > MaxDepth {
		in.refused = fault.New(fault.Invalid, "data-too-deep", fmt.Sprintf("The data is nested more than %d levels deep.", MaxDepth),
			"Flatten the data, or send the deep part as a string.").At(in.at("data"), "is nested too deep")
	}
	return nil
}

func (s *scanner) stringField(in *Input, name string) error {
	raw, err := s.text()
	if err != nil {
		return err
	}
	text, ok := unquote(raw)
	if !ok {
		in.refused = fault.New(fault.Invalid, "text-invalid", "The field "+name+` holds half of a \u surrogate pair.`,
			"Write the character itself, or both halves of the pair.").At(in.at(name), "is not valid text")
		return nil
	}
	switch name {
	case "type":
		in.Type = text
	case "id":
		in.ID = text
		in.refused = checkSenderID(in.at("id"), "id", text)
	case "occurredAt":
		in.OccurredAt, in.refused = parseOccurredAt(in.at(name), text)
	}
	return nil
}

// checkSenderID checks an id, or an Idempotency-Key, that a sender chose.
func checkSenderID(at, name, text string) *fault.Error {
	n := utf8.RuneCountInString(text)
	bad := ""
	switch {
	case n == 0:
		bad = "is empty"
	case n > MaxSenderID:
		bad = "is too long"
	case !utf8.ValidString(text):
		bad = "is not UTF-8"
	}
	for i := range len(text) {
		if text[i] == 0 {
			bad = "holds a NUL character"
		}
	}
	if bad == "" {
		return nil
	}
	return fault.New(fault.Invalid, "id-invalid", "The "+name+" "+bad+".",
		fmt.Sprintf("Use 1 to %d characters, none of them NUL.", MaxSenderID)).At(at, bad)
}

func parseOccurredAt(at, text string) (time.Time, *fault.Error) {
	var t time.Time
	// UnmarshalText is stricter than time.Parse, but takes a comma as the point.
	if err := t.UnmarshalText([]byte(text)); err != nil || strings.Contains(text, ",") {
		return t, badTime(at, "is not an RFC 3339 time").Because(err)
	}
	if t = t.UTC(); t.Year() < 1970 || t.Year() > 9999 {
		return t, badTime(at, "is not between the years 1970 and 9999")
	}
	return t, nil
}

func badTime(at, bad string) *fault.Error {
	return fault.New(fault.Invalid, "occurred-at-invalid", "The time occurredAt "+bad+".",
		`Write it as "2026-11-23T16:45:00Z" or with an offset, or leave it out: then it is the time of acceptance.`).At(at, bad)
}

// fields notes which names of an object were seen, by their place in known.
type fields struct{ seen uint8 }

func (f *fields) has(n int) bool { return f.seen&(1<<n) != 0 }

// add gives the known name that raw spells, or what is wrong with it.
func (f *fields) add(raw []byte, known ...string) (name, problem string) {
	text, ok := unquote(raw)
	for n, k := range known {
		if !ok || k != text {
			continue
		}
		if f.has(n) {
			return "", "duplicate"
		}
		f.seen |= 1 << n
		return k, ""
	}
	return "", "unknown"
}

// at names a field of the input as faults do: "body.events[2].type".
func (in *Input) at(field string) string {
	at := "body"
	if in.item > 0 {
		at += ".events[" + strconv.Itoa(in.item-1) + "]"
	}
	if field != "" {
		at += "." + field
	}
	return at
}

func badField(at string, raw []byte, problem string) *fault.Error {
	name := shorten(string(raw), 64)
	if problem == "duplicate" {
		return fault.New(fault.Invalid, "field-duplicate", fmt.Sprintf("The field %q is there twice.", name), "Send it once.").
			At(at+"."+name, "is there twice")
	}
	return fault.New(fault.Invalid, "field-unknown", fmt.Sprintf("The field %q is unknown.", name),
		"Remove it. What belongs to the event itself goes into data.").At(at+"."+name, "is unknown")
}

func missing(at, name, fix string) *fault.Error {
	return fault.New(fault.Invalid, "field-missing", "The field "+name+" is missing.", fix).At(at, "is missing")
}

func wrongType(at, want string) *fault.Error {
	return fault.New(fault.Invalid, "field-type", "A field has the wrong type.", "Make "+at+" "+want+".").At(at, "must be "+want)
}

func notObject(at string) *fault.Error {
	return fault.New(fault.Invalid, "not-an-object", "A JSON object is needed here.",
		`Send {"type": "contact.created", "data": { … }}.`).At(at, "must be an object")
}

func eventTooLarge(at string) *fault.Error {
	return fault.New(fault.TooLarge, "event-too-large", fmt.Sprintf("An event has at most %d KiB.", MaxEvent>>10),
		"Send less data, or a link to it.").At(at, "is too large")
}

func malformed(err error) error {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f
	}
	return fault.New(fault.Malformed, "json-malformed", "The body is not valid JSON: "+err.Error()+".",
		"Check what the sender writes with a JSON parser.").At("body", err.Error())
}

// shorten cuts s to n bytes or a little less, at a character.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
