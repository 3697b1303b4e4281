package webhook

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
)

// Limits of a message for people, in characters before anything is escaped.
// What is over is in the event.
const (
	fieldsMost = 20
	titleMost  = 100
	nameMost   = 60
	valueMost  = 300
)

// message is an event as people read it in a chat: a title, and a line for each
// field of its data.
type message struct {
	title  string
	fields []field
	cut    bool   // there is more data than this
	id     string // of the event
}

type field struct{ name, value string }

// testMessage is all that a check says in a chat.
const testMessage = "Patchboard test"

// messageOf reads an event's body. Fields come in the order in which the sender
// gave them; empty ones are passed over.
func messageOf(messageID string, body []byte) *message {
	var e struct {
		Type string          `json:"type"`
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(body, &e); err != nil || e.Type == TestType {
		return &message{title: testMessage}
	}
	m := &message{title: plain(e.Type, titleMost), id: messageID}
	d := json.NewDecoder(bytes.NewReader(e.Data))
	if _, err := d.Token(); err != nil { // the opening brace
		return m
	}
	for d.More() {
		var raw json.RawMessage
		name, err := d.Token()
		if err != nil || d.Decode(&raw) != nil {
			return m
		}
		f := field{plain(fmt.Sprint(name), nameMost), valueOf(raw)}
		if f.value == "" {
			continue
		}
		if len(m.fields) == fieldsMost {
			m.cut = true
			return m
		}
		m.fields = append(m.fields, f)
	}
	return m
}

// valueOf writes a value for people: texts without quotes, what is nested as it
// came, nothing for null.
func valueOf(raw json.RawMessage) string {
	if string(raw) == "null" {
		return ""
	}
	var text string
	if err := json.Unmarshal(raw, &text); err == nil {
		return plain(text, valueMost)
	}
	return plain(string(raw), valueMost)
}

// plain makes one line of a text, at most so many characters long. What turns
// the direction of writing is left out: it would make a line read as another.
func plain(s string, most int) string {
	var b strings.Builder
	n, gap := 0, false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r) || unicode.IsControl(r):
			gap = n > 0
			continue
		case unicode.Is(unicode.Bidi_Control, r):
			continue
		}
		if n >= most {
			b.WriteRune('…')
			break
		}
		if gap {
			b.WriteByte(' ')
			n++
		}
		b.WriteRune(r)
		n, gap = n+1, false
	}
	return b.String()
}

// text gives the message as lines of text, each escaped, in at most so many
// UTF-16 units: no receiver's count of characters is larger. Fields that do not
// fit are left out, and a last line says so.
func (m *message) text(escape func(string) string, most int) string {
	const mark = "\n…"
	head, foot := escape(m.title), ""
	if m.id != "" {
		foot = "\n" + escape(m.id)
	}
	left := most - units(head+foot+mark)
	var b strings.Builder
	b.WriteString(head)
	cut := m.cut
	for _, f := range m.fields {
		line := "\n" + escape(f.name+": "+f.value)
		if left -= units(line); left < 0 {
			cut = true
			break
		}
		b.WriteString(line)
	}
	if cut {
		b.WriteString(mark)
	}
	b.WriteString(foot)
	return b.String()
}

func units(s string) (n int) {
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}
