package record

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"patchboard/internal/fault"
)

// firstTime and lastTime bound every time of a record: what is outside is a
// mistake, and would be written in more than four digits or none.
var (
	firstTime = time.Date(1970, 1, 1, 0, 0, 0, 1000, time.UTC)
	lastTime  = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
)

// maxExternalID is in characters, for ids that come over the API.
const maxExternalID = 255

// checker collects what is wrong with the fields of a request.
type checker struct{ found *fault.Error }

func (c *checker) wrong(name, why string) {
	if c.found == nil {
		c.found = fault.New(fault.Invalid, "record-invalid", "", "Correct the fields that are listed, and send it again.")
	}
	if len(c.found.Fields) < 20 {
		c.found = c.found.At("body."+name, why)
	}
}

// result is nil if nothing is wrong.
func (c *checker) result(k Kind) error {
	if c.found == nil {
		return nil
	}
	f := c.found.Fields[0]
	c.found.Message = fmt.Sprintf("The %s cannot be kept: %s %s.", k.noun(), strings.TrimPrefix(f.Location, "body."), f.Message)
	return c.found
}

// noun is the kind for people.
func (k Kind) noun() string {
	if k == KindEmail {
		return "e-mail"
	}
	return string(k)
}

func (c *checker) text(name, s string, most int) {
	switch {
	case !plain(s):
		c.wrong(name, "holds a NUL character or is not valid UTF-8")
	case utf8.RuneCountInString(s) > most:
		c.wrong(name, fmt.Sprintf("has more than %d characters", most))
	}
}

func (c *checker) address(name, s string) {
	if c.text(name, s, maxAddress); s != "" && !isAddress(s) {
		c.wrong(name, "is not an e-mail address")
	}
}

func (c *checker) count(name string, n, most int) bool {
	if n > most {
		c.wrong(name, fmt.Sprintf("has more than %d items", most))
	}
	return n <= most
}

func (c *checker) time(name string, t time.Time) {
	if t.Before(firstTime) || t.After(lastTime) {
		c.wrong(name, "must be a time between 1970 and 9999")
	}
}

func (c *checker) addresses(name string, all []string) {
	if !c.count(name, len(all), maxRecipients) {
		return
	}
	for i, a := range all {
		if all[i] = strings.TrimSpace(a); all[i] == "" {
			c.wrong(fmt.Sprintf("%s[%d]", name, i), "is empty")
		}
		c.address(fmt.Sprintf("%s[%d]", name, i), all[i])
	}
}

func (c *Contact) check(k *checker) {
	c.checkFields(k)
	if c.Email+c.FirstName+c.LastName+c.Company+c.Phone+c.ProfileURL == "" {
		k.wrong("email", "is empty, as are the names, the company, the phone number and the profile's address: one of them is needed")
	}
}

// checkFields leaves out whether they are enough: to a contact that another source
// knows, one may add as little as a title.
func (c *Contact) checkFields(k *checker) {
	trim(&c.Email, &c.FirstName, &c.LastName, &c.Company, &c.Title, &c.Phone, &c.ProfileURL)
	k.address("email", c.Email)
	k.text("firstName", c.FirstName, maxName)
	k.text("lastName", c.LastName, maxName)
	k.text("company", c.Company, maxName)
	k.text("title", c.Title, maxName)
	k.text("phone", c.Phone, maxPhone)
	k.text("profileUrl", c.ProfileURL, maxURL)
	if c.ProfileURL != "" && !isPage(c.ProfileURL) {
		k.wrong("profileUrl", "is not the address of a web page")
	}
	if k.count("tags", len(c.Tags), maxTags) {
		for i, tag := range c.Tags {
			if k.text(fmt.Sprintf("tags[%d]", i), tag, maxTag); strings.TrimSpace(tag) == "" {
				k.wrong(fmt.Sprintf("tags[%d]", i), "is empty")
			}
		}
	}
}

func (e *Email) check(k *checker) {
	trim(&e.MessageID, &e.Thread, &e.From)
	e.At = stored(e.At)
	k.text("messageId", e.MessageID, maxMessageID)
	k.text("thread", e.Thread, maxName)
	k.address("from", e.From)
	k.addresses("to", e.To)
	k.addresses("cc", e.Cc)
	k.text("subject", e.Subject, maxSubject)
	k.text("snippet", e.Snippet, maxSnippet)
	k.text("text", e.Text, maxText)
	if len(e.Text) > maxText {
		k.wrong("text", fmt.Sprintf("has more than %d KiB", maxText>>10))
	}
	k.time("at", e.At)
	trim(&e.Campaign)
	k.text("campaign", e.Campaign, maxExternalID)
	k.stats(e.Stats)
	if e.From == "" && len(e.To) == 0 {
		k.wrong("from", "is empty, as is to: one of them is needed")
	}
}

func (m *Meeting) check(k *checker) {
	trim(&m.Calendar, &m.ICalUID, &m.Series, &m.Zone, &m.Organizer)
	m.Begin, m.End = stored(m.Begin), stored(m.End)
	if m.Status == "" {
		m.Status = Confirmed
	}
	k.text("calendar", m.Calendar, maxName)
	k.text("icalUid", m.ICalUID, maxUID)
	k.text("series", m.Series, maxUID)
	k.text("title", m.Title, maxTitle)
	k.text("place", m.Place, maxTitle)
	k.text("zone", m.Zone, maxZone)
	k.time("begin", m.Begin)
	k.time("end", m.End)
	if m.End.Before(m.Begin) {
		k.wrong("end", "is before begin")
	}
	k.address("organizer", m.Organizer)
	if !slices.Contains([]Status{Tentative, Confirmed, Cancelled}, m.Status) {
		k.wrong("status", "must be tentative, confirmed or cancelled")
	}
	if !k.count("attendees", len(m.Attendees), maxAttendees) {
		return
	}
	for i := range m.Attendees {
		a, at := &m.Attendees[i], fmt.Sprintf("attendees[%d].", i)
		trim(&a.Email, &a.Name)
		k.address(at+"email", a.Email)
		k.text(at+"name", a.Name, maxName)
		if !slices.Contains(answers, a.Answer) {
			k.wrong(at+"answer", "must be "+strings.Join(answers[1:], ", "))
		}
		if a.Email+a.Name == "" {
			k.wrong(at+"email", "is empty, as is the name: one of them is needed")
		}
	}
}

func (c *checker) stats(s *Stats) {
	for name, n := range s.all() {
		if *n != nil && **n < 0 {
			c.wrong("stats."+name, "is below 0")
		}
	}
}

// isPage reports whether s is the whole address of a web page.
func isPage(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != ""
}

// plain reports whether a text can be stored as it is, on either engine.
func plain(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

func trim(all ...*string) {
	for _, s := range all {
		*s = strings.TrimSpace(*s)
	}
}

// isAddress reports whether s looks like one e-mail address. Whether it takes
// mail nobody can see from its letters.
func isAddress(s string) bool {
	at := strings.LastIndexByte(s, '@')
	return at > 0 && at < len(s)-1 && utf8.RuneCountInString(s) <= maxAddress &&
		!strings.ContainsFunc(s, func(r rune) bool {
			return unicode.IsSpace(r) || unicode.IsControl(r) || r == '<' || r == '>' || r == ','
		})
}

// stored is a time as it is kept.
func stored(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}
