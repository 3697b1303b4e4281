package record

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// What a provider says is kept as far as it can be: what is no text is left out,
// what is too long is cut, a time that cannot be is moved to the nearest that can.
// One odd record must not stop a sync.

func (c *Contact) clean() {
	c.Email = cleanAddress(c.Email)
	c.FirstName, c.LastName, c.Company = cut(c.FirstName, maxName), cut(c.LastName, maxName), cut(c.Company, maxName)
	c.Title, c.Phone = cut(c.Title, maxName), cut(c.Phone, maxPhone)
	if c.ProfileURL = strings.TrimSpace(c.ProfileURL); !plain(c.ProfileURL) || utf8.RuneCountInString(c.ProfileURL) > maxURL || !isPage(c.ProfileURL) {
		c.ProfileURL = "" // half of one is another's
	}
	c.Tags = cutAll(c.Tags, maxTag, maxTags)
}

func (e *Email) clean() {
	e.MessageID, e.Thread = cut(e.MessageID, maxMessageID), cut(e.Thread, maxName)
	e.From, e.To, e.Cc = cut(e.From, maxAddress), cutAll(e.To, maxAddress, maxRecipients), cutAll(e.Cc, maxAddress, maxRecipients)
	e.Subject, e.Snippet = cut(e.Subject, maxSubject), cut(e.Snippet, maxSnippet)
	e.Text = cutBytes(e.Text, maxText)
	e.At = bounded(e.At)
	e.Campaign = indexed(e.Campaign)
	e.Stats = e.Stats.clean()
}

func (m *Meeting) clean() {
	m.Calendar, m.ICalUID, m.Series = cut(m.Calendar, maxName), cut(m.ICalUID, maxUID), cut(m.Series, maxUID)
	m.Title, m.Place, m.Zone = cut(m.Title, maxTitle), cut(m.Place, maxTitle), cut(m.Zone, maxZone)
	m.Begin, m.End = bounded(m.Begin), bounded(m.End)
	if m.End.Before(m.Begin) {
		m.End = m.Begin
	}
	m.Organizer = cut(m.Organizer, maxAddress)
	if !slices.Contains([]Status{Tentative, Confirmed, Cancelled}, m.Status) {
		m.Status = Confirmed
	}
	m.Attendees = slices.Clone(m.Attendees[:min(len(m.Attendees), maxAttendees)])
	for i := range m.Attendees {
		a := &m.Attendees[i]
		a.Email, a.Name = cut(a.Email, maxAddress), cut(a.Name, maxName)
		if !slices.Contains(answers, a.Answer) {
			a.Answer = ""
		}
	}
}

// clean leaves out what cannot be.
func (s *Stats) clean() *Stats {
	if s == nil {
		return nil
	}
	kept := *s
	for _, n := range kept.all() {
		if *n != nil && **n < 0 {
			*n = nil
		}
	}
	if kept == (Stats{}) {
		return nil
	}
	return &kept
}

// all names the figures; of nil there are none.
func (s *Stats) all() map[string]**int {
	if s == nil {
		return nil
	}
	return map[string]**int{"sent": &s.Sent, "delivered": &s.Delivered, "opened": &s.Opened, "clicked": &s.Clicked, "unsubscribed": &s.Unsubscribed}
}

// cut gives at most so many characters of what can be stored.
func cut(s string, most int) string {
	s = strings.TrimSpace(storable(s))
	if len(s) <= most || utf8.RuneCountInString(s) <= most {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:most]))
}

// cutBytes gives at most so many bytes, of whole characters.
func cutBytes(s string, most int) string {
	if s = storable(s); len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

func storable(s string) string {
	if plain(s) {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

// cutAll leaves out what is empty.
func cutAll(all []string, most, count int) []string {
	kept := make([]string, 0, min(len(all), count))
	for _, s := range all {
		if s = cut(s, most); s != "" && len(kept) < count {
			kept = append(kept, s)
		}
	}
	return kept
}

// cleanAddress keeps an address whole or not at all: half of one is another's.
func cleanAddress(s string) string {
	if s = strings.TrimSpace(s); !plain(s) || !isAddress(s) {
		return ""
	}
	return s
}

// bounded moves a time into what is kept. A time that is not known is the first.
func bounded(t time.Time) time.Time {
	switch t = stored(t); {
	case t.Before(firstTime):
		return firstTime
	case t.After(lastTime):
		return lastTime
	}
	return t
}

// maxIndexed bounds, in bytes, what the database has in indexes.
const maxIndexed = 512

// indexed gives an id of a provider as it is stored: as it is, or, if it cannot be
// stored or is too long for an index, with a hash in place of its end, so that
// different ids stay different.
func indexed(s string) string {
	if plain(s) && len(s) <= maxIndexed {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return cutBytes(s, maxIndexed-65) + "#" + hex.EncodeToString(sum[:])
}
