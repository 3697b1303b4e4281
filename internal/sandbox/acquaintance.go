package sandbox

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/encoding/charmap"
)

// acquaintance is somebody whom a member of LinkedIn knows.
type acquaintance struct {
	first, last, url, email, company, position string
	on                                         time.Time
}

// What the people of a company's address book are made of.
var (
	givenNames  = []string{"Bo", "Carla", "Dev", "Eva", "Finn", "Grace", "Hugo", "Inés", "Jonas", "Katrin", "Liam", "Maja", "Noé", "Olga", "Petra", "Quentin", "Rosa", "Søren", "Tariq", "Ute"}
	familyNames = []string{
		"Rossi", "Vito", "Patel", "Klein", "O’Hara", "Hopper", "Blanc", "Gómez", "Weber", "Müller", "Byrne",
		"Nowak", "Lefèvre", "Petrova", "Kraus", "Dubois", "Bianchi", "Jensen", "Haddad", "Vogel",
	}
	companies = []string{"Acme, Inc.", "Northwind", "Lumen Energy", "Bergwerk GmbH", "Harbour & Sons", "Citizens’ Grid", "“Blue” Water Ltd", "Stadtwerke Süd"}
	positions = []string{"Head of Purchasing", "Buyer", "Account Manager", "Chief Engineer, Grid", "Managing Director", "Customer Success Lead", "Analyst"}
)

// acquaintances makes n people. Few allow their address to be exported.
func acquaintances(n int) []acquaintance {
	all := make([]acquaintance, n)
	first := time.Date(2019, 1, 7, 0, 0, 0, 0, time.UTC)
	for i := range all {
		a := acquaintance{
			first: givenNames[i%len(givenNames)], last: familyNames[(i*7+i/len(givenNames))%len(familyNames)], company: companies[(i*3)%len(companies)],
			position: positions[(i*5)%len(positions)], on: first.AddDate(0, 0, (i*11)%2700),
		}
		slug := strings.ToLower(a.first + "-" + a.last)
		slug = strings.NewReplacer("’", "", "é", "e", "è", "e", "ø", "o", "ó", "o", "ü", "u").Replace(slug)
		a.url = fmt.Sprintf("https://www.linkedin.com/in/%s-%d", slug, i+1)
		if i%9 == 0 {
			a.email = fmt.Sprintf("%s.%d@contacts.test", strings.ReplaceAll(slug, "-", "."), i+1)
		}
		all[i] = a
	}
	return all
}

// exportNote is what stands before the table.
const exportNote = "Notes:\n\"When exporting your connection data, you may notice that some of the email addresses are missing. You will only see email addresses for connections who have allowed " +
	"their connections to see or download their email address using this setting https://www.linkedin.com/psettings/privacy/email. " +
	"You can learn more here https://www.linkedin.com/help/linkedin/answer/261\"\n\n"

// germanMonths is how an export in German writes them.
var germanMonths = strings.NewReplacer("Mar", "März", "May", "Mai", "Oct", "Okt.", "Dec", "Dez.")

// exports are the shapes in which Connections.csv is met, for downloads of the panel.
var exports = []struct {
	Shape, Label string
	make         func(known []acquaintance) (name string, file []byte)
}{
	{"usual", "As LinkedIn makes it today", func(k []acquaintance) (string, []byte) {
		return "Connections.csv", []byte(exportNote + table(k, "02 Jan 2006", true))
	}},
	{"zip", "In the archive that LinkedIn sends", func(k []acquaintance) (string, []byte) {
		return "Basic_LinkedInDataExport_11-29-2026.zip", archive("Basic_LinkedInDataExport_11-29-2026/Connections.csv", []byte(exportNote+table(k, "02 Jan 2006", true)))
	}},
	{"bom", "With a byte order mark, and lines of Windows", func(k []acquaintance) (string, []byte) {
		return "Connections.csv", []byte("\ufeff" + strings.ReplaceAll(exportNote+table(k, "02 Jan 2006", true), "\n", "\r\n"))
	}},
	{"windows", "Saved by a spreadsheet, in Windows-1252", func(k []acquaintance) (string, []byte) {
		text, err := charmap.Windows1252.NewEncoder().Bytes([]byte(table(k, "1/2/06", true)))
		if err != nil {
			panic(err) // the names above have no other characters
		}
		return "Connections.csv", text
	}},
	{"old", "An old one, without addresses of profiles", func(k []acquaintance) (string, []byte) {
		return "Connections.csv", []byte(table(k, "1/2/06", false))
	}},
	{"german", "With German months", func(k []acquaintance) (string, []byte) {
		return "Connections.csv", []byte(exportNote + germanMonths.Replace(table(k, "02 Jan 2006", true)))
	}},
	{"wrong", "Another file of the export", func([]acquaintance) (string, []byte) {
		return "Contacts.csv", []byte("Source,FirstName,LastName,Companies,Title,Emails\nPhone,Bo,Rossi,Acme,Buyer,bo@acme.test\n")
	}},
	{"large", "30,000 people", func([]acquaintance) (string, []byte) {
		return "Connections.csv", []byte(exportNote + table(acquaintances(30_000), "02 Jan 2006", true))
	}},
}

// table writes people as LinkedIn does. Members who are gone are rows without names.
func table(known []acquaintance, dates string, urls bool) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	write := func(row ...string) {
		if !urls {
			row = append(row[:2:2], row[3:]...)
		}
		if err := w.Write(row); err != nil {
			panic(err) // memory takes everything
		}
	}
	write("First Name", "Last Name", "URL", "Email Address", "Company", "Position", "Connected On")
	for i, a := range known {
		write(a.first, a.last, a.url, a.email, a.company, a.position, a.on.Format(dates))
		if i%50 == 20 {
			write("", "", "", "", "", "", a.on.Format(dates))
		}
	}
	w.Flush()
	return b.String()
}

func archive(name string, file []byte) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	to, err := w.Create(name)
	if err == nil {
		_, err = to.Write(file)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err) // memory takes everything
	}
	return b.Bytes()
}

// export serves one shape of a member's export.
func (l *LinkedIn) export(w http.ResponseWriter, r *http.Request) {
	for _, e := range exports {
		if e.Shape != r.PathValue("shape") {
			continue
		}
		l.mu.Lock()
		name, text := e.make(l.members[0].known)
		l.mu.Unlock()
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Disposition", "attachment; filename="+strconv.Quote(name))
		_, _ = w.Write(text) // the browser may be gone
		return
	}
	http.NotFound(w, r)
}
