package alert

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"strings"
	texttemplate "text/template"
	"time"
)

// message is an alert put into words for people outside the console.
type message struct {
	Title    string
	Detail   string
	Steps    []string
	Link     string // a complete address
	Settings string // where to change what one is told
	Opened   time.Time
	Closed   time.Time // zero while it lasts
	Began    string    // of an end: the title of what ended
	Why      string    // why one gets it
	Test     bool
}

// messageOf words the beginning or the end of a problem.
func (s *Service) messageOf(r *row, phase Phase) message {
	m := message{Title: r.Title, Detail: r.Detail, Steps: r.Steps, Link: s.url + r.Link, Settings: s.url + settingsPage, Opened: r.Opened}
	if phase == PhaseClosed {
		m.Title, m.Detail, m.Steps, m.Closed, m.Began = r.Closing.Title, r.Closing.Detail, nil, r.Closed, r.Title
	}
	return m
}

const settingsPage = "/settings/alerts"

// trial is the message of a test.
func (s *Service) trial() message {
	return message{
		Title: "Test alert from Patchboard", Test: true, Opened: s.now(), Link: s.url + settingsPage, Settings: s.url + settingsPage,
		Detail: "Somebody pressed the test button. Alerts that go this way will arrive.",
	}
}

// plain is the message without its title and link, for a chat.
func (m message) plain() string {
	var b strings.Builder
	b.WriteString(m.Detail)
	for _, step := range m.Steps {
		b.WriteString("\n- " + step)
	}
	return strings.TrimSpace(b.String())
}

// When says since when, or from when to when, in UTC: a mail does not know where
// its reader is.
func (m message) When() string {
	const form = "2 January 2006, 15:04 UTC"
	began := m.Opened.UTC().Format(form)
	switch {
	case m.Test:
		return began
	case m.Closed.IsZero():
		return "Since " + began
	}
	return fmt.Sprintf("From %s to %s", began, m.Closed.UTC().Format(form))
}

//go:embed mail.txt mail.html
var mailFiles embed.FS

var (
	mailText = texttemplate.Must(texttemplate.ParseFS(mailFiles, "mail.txt"))
	mailHTML = template.Must(template.ParseFS(mailFiles, "mail.html"))
)

// bodies gives the two forms of an e-mail's text.
func (m message) bodies() (plain, html string, err error) {
	var p, h bytes.Buffer
	if err := mailText.Execute(&p, m); err != nil {
		return "", "", fmt.Errorf("write a mail: %w", err)
	}
	if err := mailHTML.Execute(&h, m); err != nil {
		return "", "", fmt.Errorf("write a mail: %w", err)
	}
	return p.String(), h.String(), nil
}
