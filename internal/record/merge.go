package record

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"patchboard/internal/id"
)

// ContactSource is what one source says of a contact.
type ContactSource struct {
	Key           id.Key
	Source        string // SourceAPI, or an integration's slug
	Account       string
	ExternalID    string
	SourceVersion string
	CreatedAt     time.Time
	UpdatedAt     time.Time
	Contact       Contact
	Connected     *Connected // nil: it does not say
	// Wins names the fields that the contact has from this source.
	Wins []string

	contact id.Key
	scope   string
	loadID  string
	text    string            // of Contact and Connected
	stamps  map[string]id.Key // of the fields that were set after the first time; of the others it is Key
}

// contactTexts are the fields of a contact that are texts, but its address.
var contactTexts = []struct {
	name string
	of   func(c *Contact) *string
}{
	{"firstName", func(c *Contact) *string { return &c.FirstName }},
	{"lastName", func(c *Contact) *string { return &c.LastName }},
	{"company", func(c *Contact) *string { return &c.Company }},
	{"title", func(c *Contact) *string { return &c.Title }},
	{"phone", func(c *Contact) *string { return &c.Phone }},
	{"profileUrl", func(c *Contact) *string { return &c.ProfileURL }},
}

// merge gives what all sources say together, and says of each which fields it wins:
// those that it has and was the last to set. Of the address, which they share but for
// its case, the first's is taken, so that it does not change with each that joins. all is in the order of their keys.
func merge(all []*ContactSource) Contact {
	var c Contact
	for _, s := range all {
		s.Wins = nil
	}
	var first *ContactSource
	for _, s := range all {
		if s.Contact.Email != "" && (first == nil || s.stamp("email") < first.stamp("email")) {
			first = s
		}
	}
	if first != nil {
		c.Email = first.Contact.Email
		first.Wins = append(first.Wins, "email")
	}
	for _, f := range contactTexts {
		w := winner(all, f.name, func(s *ContactSource) bool { return *f.of(&s.Contact) != "" })
		if w != nil {
			*f.of(&c) = *f.of(&w.Contact)
		}
	}
	if w := winner(all, "tags", func(s *ContactSource) bool { return len(s.Contact.Tags) > 0 }); w != nil {
		c.Tags = slices.Clone(w.Contact.Tags)
	}
	return c
}

func winner(all []*ContactSource, field string, has func(s *ContactSource) bool) *ContactSource {
	var w *ContactSource
	for _, s := range all {
		if has(s) && (w == nil || s.stamp(field) > w.stamp(field)) {
			w = s
		}
	}
	if w != nil {
		w.Wins = append(w.Wins, field)
	}
	return w
}

// stamp says when the source has set a field, as a key that grows with time.
func (s *ContactSource) stamp(field string) id.Key {
	if k, ok := s.stamps[field]; ok {
		return k
	}
	return s.Key
}

// latest is the largest stamp of all.
func latest(all []*ContactSource) id.Key {
	var last id.Key
	for _, s := range all {
		last = max(last, s.Key)
		for _, k := range s.stamps {
			last = max(last, k)
		}
	}
	return last
}

// set gives the source fields to say, as of a time: stamp is that of those which
// differ from what it has said before, and of those of also.
func (s *ContactSource) set(c Contact, text string, stamp id.Key, also ...string) error {
	fields, err := differing(s.text, text)
	if err != nil {
		return err
	}
	s.stamps = maps.Clone(s.stamps)
	if s.stamps == nil {
		s.stamps = map[string]id.Key{}
	}
	for _, f := range append(fields, also...) {
		s.stamps[f] = stamp
	}
	s.Contact, s.text = c, text
	return nil
}

func (s *ContactSource) stampsText() (string, error) {
	if len(s.stamps) == 0 {
		return "", nil
	}
	b, err := json.Marshal(s.stamps)
	if err != nil {
		return "", fmt.Errorf("write when fields were set: %w", err)
	}
	return string(b), nil
}

// pageOf is the address of a person's page as it is compared: scheme, www, case, and
// what follows a ? or # make no other page.
func pageOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return ""
	}
	return strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.") + strings.ToLower(strings.TrimRight(u.Path, "/"))
}
