package linkedin

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"patchboard/internal/connector"
)

const (
	headerWithin = 20 // records: before the header there is a note, and blank lines
	cellMost     = 255
	seenMost     = 30 // headers that are told of
	// runaway is the length from which a cell with lines of its own is taken for the
	// rest of the file behind a quotation mark that nobody closed.
	runaway = 2_000
)

// The columns, as LinkedIn heads them.
const (
	colFirst   = "First Name"
	colLast    = "Last Name"
	colURL     = "URL"
	colEmail   = "Email Address"
	colCompany = "Company"
	colTitle   = "Position"
	colSince   = "Connected On"
)

// fields are the columns that are used, and what of a contact each becomes.
var fields = map[string]string{
	colFirst: "firstName", colLast: "lastName", colURL: "profileUrl", colEmail: "email", colCompany: "company", colTitle: "title", colSince: "connected",
}

// readTable finds the table within a text, and reads it.
func readTable(text string) (*connector.Import, error) {
	var seen []string
	for _, comma := range []rune{',', ';', '\t'} { // spreadsheets of some countries write the others
		r := csv.NewReader(strings.NewReader(text))
		r.Comma, r.FieldsPerRecord, r.LazyQuotes, r.ReuseRecord = comma, -1, true, true
		header, headers, err := findHeader(r)
		if err != nil {
			return nil, wrongFile("not-a-table", "The file is no table: "+clip(err.Error())+".", "")
		}
		if header != nil {
			return header.read(r)
		}
		if len(headers) > len(seen) {
			seen = headers
		}
	}
	no := wrongFile("not-the-export", "The file has no columns First Name, Last Name and Connected On.",
		"Choose Connections.csv of an export in English; Contacts.csv and Profile.csv are other files. "+howToExport)
	no.Headers = seen
	return nil, no
}

// header is where each column stands.
type header struct {
	columns []connector.Column
	at      map[string]int
}

// findHeader reads up to the header; nil: it is none of this kind. seen is the record
// that looks most like one.
func findHeader(r *csv.Reader) (h *header, seen []string, err error) {
	for range headerWithin {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read the header: %w", err)
		}
		if h := headerOf(record); h.complete() {
			return h, nil, nil
		} else if len(h.columns) > len(seen) {
			seen = h.names()
		}
	}
	return nil, seen, nil
}

// headerOf reads a record as if it were the header.
func headerOf(record []string) *header {
	h := &header{at: map[string]int{}}
	for i, cell := range record {
		c := connector.Column{Name: clip(tidy(cell))}
		for column, field := range fields {
			if _, twice := h.at[column]; strings.EqualFold(c.Name, column) && !twice {
				h.at[column], c.Field = i, field
			}
		}
		h.columns = append(h.columns, c)
	}
	return h
}

// complete reports whether the columns are there without which it is no export.
func (h *header) complete() bool {
	return !slices.ContainsFunc([]string{colFirst, colLast, colSince}, func(column string) bool { _, there := h.at[column]; return !there })
}

func (h *header) names() []string {
	names := make([]string, min(len(h.columns), seenMost))
	for i := range names {
		names[i] = h.columns[i].Name
	}
	return names
}

// read reads the rows behind the header, and puts those of one person together.
func (h *header) read(r *csv.Reader) (*connector.Import, error) {
	out := &connector.Import{Columns: h.columns, Rows: []connector.ImportRow{}}
	first := map[string]int{} // the row of a person
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, wrongFile("not-a-table", "The file breaks off: "+clip(err.Error())+".", "")
		}
		if len(out.Rows) == rowsMost {
			return nil, wrongFile("too-many-rows", fmt.Sprintf("The file has more than %d rows.", rowsMost), "LinkedIn’s own has 30,000 at most. Split it into several files.")
		}
		line, _ := r.FieldPos(0)
		row := rowOf(func(column string) string {
			if i, there := h.at[column]; there && i < len(record) {
				return record[i]
			}
			return ""
		})
		if slices.ContainsFunc(record, func(cell string) bool { return len(cell) > runaway && strings.Contains(cell, "\n") }) {
			row.Skipped = "a quotation mark is opened here and not closed"
		}
		row.Line = line
		if i, there := first[row.ID]; row.Skipped == "" && there {
			row.Same = out.Rows[i].Line
			complete(&out.Rows[i].Contact, row.Contact)
		} else if row.Skipped == "" {
			first[row.ID] = len(out.Rows)
		}
		out.Rows = append(out.Rows, row)
	}
}

// complete fills what is empty from a second row of the same person.
func complete(c *connector.Contact, more connector.Contact) {
	for _, pair := range []struct {
		to   *string
		from string
	}{
		{&c.Email, more.Email}, {&c.FirstName, more.FirstName}, {&c.LastName, more.LastName}, {&c.Company, more.Company}, {&c.Title, more.Title},
		{&c.Profile, more.Profile}, {&c.Connected, more.Connected},
	} {
		if *pair.to == "" {
			*pair.to = pair.from
		}
	}
}

// rowOf reads one row, of the file or of the snapshot, which have the same columns.
func rowOf(cell func(column string) string) connector.ImportRow {
	text := func(column string) string { return clip(tidy(cell(column))) }
	var row connector.ImportRow
	c := &row.Contact
	c.FirstName, c.LastName, c.Company, c.Title = text(colFirst), text(colLast), text(colCompany), text(colTitle)
	note := func(what string) { row.Notes = append(row.Notes, what) }
	if since := text(colSince); since != "" {
		if at, ok := dateOf(since); ok {
			c.Connected = at.Format(time.DateOnly)
		} else {
			c.Connected = since
			note("the date is not one that is known")
		}
	}
	if address := tidy(cell(colURL)); address != "" {
		if c.Profile = profileOf(address); c.Profile == "" {
			note("the address is none of a LinkedIn profile")
		}
	}
	if c.Email = strings.TrimPrefix(tidy(cell(colEmail)), "mailto:"); c.Email != "" && !isAddress(c.Email) {
		note("the e-mail address is none")
		c.Email = ""
	}
	if c.FirstName == "" && c.LastName == "" {
		row.Skipped = "no name: the profile is closed, or hidden"
		return row
	}
	row.ID = c.Profile
	switch {
	case row.ID != "":
	case c.Email != "":
		row.ID = "email/" + strings.ToLower(c.Email)
	default: // as narrow as it can be
		row.Weak = true
		row.ID = strings.ToLower(strings.Join([]string{"name", c.FirstName, c.LastName, c.Company, c.Connected}, "/"))
		note("without an address of the profile, a change of name or company makes another contact")
	}
	return row
}

// tidy trims a cell and puts its characters in their usual form.
func tidy(cell string) string {
	cell = strings.Map(func(r rune) rune {
		switch {
		case r == '\ufeff' || r == '\u200b' || unicode.Is(unicode.Bidi_Control, r):
			return -1
		case unicode.IsControl(r):
			return ' '
		}
		return r
	}, strings.ToValidUTF8(cell, "\ufffd"))
	return strings.TrimSpace(norm.NFC.String(cell))
}

// clip bounds a text to what a contact takes.
func clip(text string) string {
	if r := []rune(text); len(r) > cellMost {
		return strings.TrimSpace(string(r[:cellMost]))
	}
	return text
}

func isAddress(text string) bool {
	local, domain, ok := strings.Cut(text, "@")
	return ok && local != "" && strings.Contains(domain, ".") && len(text) <= 254 && !strings.ContainsAny(text, " <>,;\"") && strings.Count(text, "@") == 1
}

const addressMost = 500 // bytes

// profileOf gives the one form of a profile's address, by which a person is known;
// empty: it is none. Countries have hosts of their own, names that are not Latin are
// written in two ways, and links carry queries.
func profileOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.User != nil || u.Port() != "" {
		return ""
	}
	host := strings.ToLower(u.Hostname())
	if host != "linkedin.com" && !strings.HasSuffix(host, ".linkedin.com") {
		return ""
	}
	slug, ok := strings.CutPrefix(u.Path, "/in/")
	slug, _, _ = strings.Cut(slug, "/")
	slug = strings.ToLower(tidy(slug))
	if !ok || slug == "" || slug == "." || slug == ".." || strings.ContainsAny(slug, " \ufffd") {
		return ""
	}
	whole := "https://www.linkedin.com" + (&url.URL{Path: "/in/" + slug}).EscapedPath()
	if len(whole) > addressMost {
		return ""
	}
	return whole
}
