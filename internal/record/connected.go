package record

import (
	"encoding/json"
	"fmt"
	"time"
)

// Connected is when a source says that somebody of the organization and a contact
// were connected. It is the source's alone: a contact, which may be known to several,
// has none.
type Connected struct {
	Date string `json:"date,omitempty" format:"date" doc:"Absent if the source's words are no date"`
	Text string `json:"text,omitempty" doc:"The source's own words, where they are no date"`
}

// connectedOf reads a date, as 2024-03-15, or else keeps the words; nil for none.
func connectedOf(text string) *Connected {
	text = cut(text, maxName)
	if text == "" {
		return nil
	}
	if at, err := time.Parse(time.DateOnly, text); err == nil && at.Equal(bounded(at)) {
		return &Connected{Date: text}
	}
	return &Connected{Text: text}
}

// said is what a source says of a contact, as it is stored.
type said struct {
	*Contact

	Connected *Connected `json:"connected,omitempty"`
}

// encodeSaid writes what a source says; of one that tells of no connection it is the
// text of its contact.
func encodeSaid(c *Contact, connected *Connected) (string, error) {
	text, err := json.Marshal(said{c, connected})
	if err != nil {
		return "", fmt.Errorf("write what a source says of a contact: %w", err)
	}
	return string(text), nil
}
