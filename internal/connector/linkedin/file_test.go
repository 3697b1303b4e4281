package linkedin_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"patchboard/internal/connector"
	"patchboard/internal/connector/linkedin"
	"patchboard/internal/sandbox/sandboxtest"
)

const (
	columns = "First Name,Last Name,URL,Email Address,Company,Position,Connected On\n"
	bo      = `Bo,Rössi,https://www.linkedin.com/in/bo-rossi,,"Acme, Inc.",Head of Purchasing,15 Mar 2024` + "\n"
	note    = "Notes:\n\"When exporting your connection data, you may notice that some of the email addresses are missing, see\n\"\"privacy\"\".\"\n\n"
)

func read1(t *testing.T, file string) *connector.Import {
	t.Helper()
	in, err := linkedin.LinkedIn{}.Import([]byte(file))
	if err != nil {
		t.Fatalf("%v\n%.300s", err, file)
	}
	return in
}

// Every shape of the same table says the same.
func TestShapes(t *testing.T) {
	t.Parallel()
	western, err := charmap.Windows1252.NewEncoder().String(columns + bo)
	if err != nil {
		t.Fatal(err)
	}
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(columns + bo)
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{
		"as today":             note + columns + bo,
		"two blank lines":      strings.Replace(note, "\n\n", "\n\n\n", 1) + columns + bo,
		"no preamble":          columns + bo,
		"a byte order mark":    "\ufeff" + columns + bo,
		"lines of Windows":     "\ufeff" + strings.ReplaceAll(note+columns+bo, "\n", "\r\n"),
		"Windows-1252":         western,
		"UTF-16":               wide,
		"semicolons":           "First Name;Last Name;URL;Email Address;Company;Position;Connected On\nBo;Rössi;https://www.linkedin.com/in/bo-rossi;;Acme, Inc.;Head of Purchasing;15.03.2024\n",
		"other order and more": "Connected On, last name ,FIRST NAME,Company,Position,URL,Mood\n15 March 2024,Rössi,Bo,\"Acme, Inc.\",Head of Purchasing,https://www.linkedin.com/in/bo-rossi,fine\n",
		"no end of line":       strings.TrimSuffix(columns+bo, "\n"),
		"all quoted":           `"First Name","Last Name","URL","Email Address","Company","Position","Connected On"` + "\n" + `"Bo","Rössi","https://www.linkedin.com/in/bo-rossi","","Acme, Inc.","Head of Purchasing","15 Mar 2024"` + "\n",
		"decomposed letters":   columns + strings.Replace(bo, "ö", "o\u0308", 1),
	} {
		in := read1(t, file)
		if len(in.Rows) != 1 {
			t.Errorf("%s: %+v", name, in.Rows)
			continue
		}
		got, want := in.Rows[0], connector.Contact{FirstName: "Bo", LastName: "Rössi", Company: "Acme, Inc.", Title: "Head of Purchasing", Profile: "https://www.linkedin.com/in/bo-rossi", Connected: "2024-03-15"}
		if fmt.Sprint(got.Contact) != fmt.Sprint(want) || got.ID != want.Profile || len(got.Notes) > 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestRows(t *testing.T) {
	t.Parallel()
	in := read1(t, note+columns+
		",,,,,,02 Feb 2019\n"+ // closed
		bo+
		"Bo,Rössi,https://it.linkedin.com/in/Bo-Rossi/?trk=x,BO@acme.test,Acme,Buyer,15 Mar 2024\n"+ // the same
		"Eva \U0001F680,\"Klein, PhD\",https://www.linkedin.com/in/%E6%9D%8E-1,,,,13/02/19\n"+
		"Uma,Old,,uma@old.test,Old Co,,2/14/18\n"+
		"Pat,Weak,http://www.linkedin.com/in/pat,not an address,Co,,someday\n"+
		"Kim,Link,https://evil.test/in/kim,,,,2019-02-03\n"+
		"=cmd(),@x,https://www.linkedin.com/in/cmd,,,,1/2/20\n"+
		"Short\n")
	rows := in.Rows
	if len(rows) != 9 {
		t.Fatalf("%d rows", len(rows))
	}
	if rows[0].Skipped == "" || rows[0].Line != 6 {
		t.Errorf("%+v", rows[0])
	}
	if rows[2].Same != rows[1].Line || rows[1].Contact.Email != "BO@acme.test" || rows[1].Contact.Company != "Acme, Inc." {
		t.Errorf("%+v\n%+v", rows[1], rows[2])
	}
	if e := rows[3]; e.ID != "https://www.linkedin.com/in/%E6%9D%8E-1" || e.Contact.Connected != "2019-02-13" || e.Contact.LastName != "Klein, PhD" {
		t.Errorf("%+v", e)
	}
	if rows[4].ID != "email/uma@old.test" {
		t.Errorf("%+v", rows[4])
	}
	if p := rows[5]; len(p.Notes) != 4 || p.Contact.Connected != "someday" || p.Contact.Profile != "" || p.Contact.Email != "" || !strings.HasPrefix(p.ID, "name/pat/weak/co/") {
		t.Errorf("%+v", p)
	}
	if k := rows[6]; k.Contact.Profile != "" || len(k.Notes) != 2 {
		t.Errorf("%+v", k)
	}
	if rows[7].Contact.FirstName != "=cmd()" || rows[8].Contact.FirstName != "Short" || rows[8].Skipped != "" {
		t.Errorf("%+v\n%+v", rows[7], rows[8])
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"15 Mar 2024": "2024-03-15", "5 March 2024": "2024-03-05", "05 März 2024": "2024-03-05", "5. Mai 2024": "2024-05-05", "1 déc. 2023": "2023-12-01", "1 août 2023": "2023-08-01",
		"3 juin 2020": "2020-06-03", "3 juil. 2020": "2020-07-03", "9 gen 2021": "2021-01-09", "9 de enero de 2021": "2021-01-09", "9 mag 2021": "2021-05-09", "7 paź 2022": "2022-10-07",
		"Mar 15, 2024": "2024-03-15", "3/15/24": "2024-03-15", "1/2/06": "2006-01-02", "15/3/2024": "2024-03-15", "2024-03-15": "2024-03-15", "15.03.2024": "2024-03-15", "2024\u5e743\u670815\u65e5": "2024-03-15",
		"2 maj 2019": "2019-05-02", "2 mrt. 2019": "2019-03-02", "4 Okt. 2018": "2018-10-04", "4 Ağu 2018": "2018-08-04",
		"31 Feb 2024": "", "someday": "", "15 Mar": "", "15 Mar 1024": "", "99/99/99": "", "": "",
	} {
		in := read1(t, columns+"Bo,R,,,,,\""+text+"\"\n")
		if got := in.Rows[0].Contact.Connected; want == "" && got != text || want != "" && got != want {
			t.Errorf("%q is %q", text, got)
		}
	}
}

func wrong(t *testing.T, file []byte) *connector.FileError {
	t.Helper()
	in, err := linkedin.LinkedIn{}.Import(file)
	no, ok := errors.AsType[*connector.FileError](err)
	if !ok || no.Detail == "" || no.Fix == "" {
		t.Fatalf("%+v (%v)", in, err)
	}
	return no
}

func TestWrongFiles(t *testing.T) {
	t.Parallel()
	for file, code := range map[string]string{
		"": "empty", "\n": "empty", "\x00\x01\x02": "not-text", "hello": "not-the-export", "a,b,c\n1,2,3\n": "not-the-export",
		strings.Repeat("x,y\n", 30) + columns + bo:                         "not-the-export",
		"Vorname,Nachname,URL,E-Mail-Adresse,Unternehmen,Position,Datum\n": "not-the-export",
		"PK\x03\x04nothing": "archive-broken",
		columns + strings.Repeat("A,B,,,,,1/2/20\n", 50_001): "too-many-rows",
		columns + strings.Repeat("x", 33<<20):                "too-large",
	} {
		if no := wrong(t, []byte(file)); no.Code != code {
			t.Errorf("%.40q is %s: %s", file, no.Code, no.Detail)
		}
	}
	if no := wrong(t, []byte("Source,FirstName,LastName\nPhone,Bo,Rossi\n")); fmt.Sprint(no.Headers) != "[Source FirstName LastName]" {
		t.Errorf("%v", no.Headers)
	}
	in := read1(t, columns+bo+`Open,"never closed,`+strings.Repeat("x,y\n", 1000))
	if last := in.Rows[len(in.Rows)-1]; last.Skipped == "" {
		t.Errorf("%.200v", last)
	}
}

// archive makes one; a name may hold anything.
func archive(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, text := range files {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestArchives(t *testing.T) {
	t.Parallel()
	table := note + columns + bo
	for _, name := range []string{"Connections.csv", "Basic_LinkedInDataExport_11-29-2026/connections.CSV", `Complete\Connections.csv`} {
		if in := read1(t, string(archive(t, map[string]string{name: table, "Profile.csv": "a,b\n", "__MACOSX/Connections.csv": "no"}))); len(in.Rows) != 1 {
			t.Errorf("%s: %+v", name, in)
		}
	}
	if no := wrong(t, archive(t, map[string]string{"Profile.csv": "a,b\n"})); no.Code != "no-table" || fmt.Sprint(no.Headers) != "[Profile.csv]" {
		t.Errorf("%+v", no)
	}
	for _, name := range []string{"../Connections.csv", "/etc/Connections.csv", `a\..\..\Connections.csv`, "C:/Connections.csv"} {
		if no := wrong(t, archive(t, map[string]string{name: table})); no.Code != "no-table" {
			t.Errorf("%s: %+v", name, no)
		}
	}
	bomb := archive(t, map[string]string{"Connections.csv": columns + strings.Repeat("a", 200<<20)})
	if no := wrong(t, bomb); no.Code != "too-large" || len(bomb) > 1<<20 {
		t.Errorf("%+v, %d bytes", no, len(bomb))
	}
	many := map[string]string{}
	for n := range 5_001 {
		many[fmt.Sprint(n)] = ""
	}
	if no := wrong(t, archive(t, many)); no.Code != "archive-odd" {
		t.Errorf("%+v", no)
	}
	cut := archive(t, map[string]string{"Connections.csv": strings.Repeat(table, 1000)})
	if no := wrong(t, cut[:len(cut)/2]); no.Code != "archive-broken" {
		t.Errorf("%+v", no)
	}
}

// What the sandbox exports is read, in every shape that it has.
func TestExportsOfTheSandbox(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	for shape, people := range map[string]int{"usual": 120, "zip": 120, "bom": 120, "windows": 120, "old": 120, "german": 120, "large": 30_000} {
		in := read1(t, w.Read("/linkedin/export/"+shape))
		n := 0
		for _, r := range in.Rows {
			if r.Skipped == "" && r.Same == 0 {
				n++
			}
			if r.Skipped == "" && strings.Contains(strings.Join(r.Notes, ""), "date") {
				t.Errorf("%s: %+v", shape, r)
			}
		}
		if n != people || len(in.Rows) <= people {
			t.Errorf("%s: %d people in %d rows", shape, n, len(in.Rows))
		}
	}
	if no := wrong(t, []byte(w.Read("/linkedin/export/wrong"))); no.Code != "not-the-export" {
		t.Errorf("%+v", no)
	}
}

func FuzzImport(f *testing.F) {
	for _, seed := range []string{note + columns + bo, columns + bo + bo, "\ufeff" + columns, "First Name;Last Name;Connected On\nA;B;1/2/20\n", columns + "\"a\"b,c\n\"", "\xff\xfea\x00", "PK\x03\x04"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		in, err := linkedin.LinkedIn{}.Import(file)
		if err != nil {
			if _, ok := errors.AsType[*connector.FileError](err); !ok {
				t.Fatalf("not for people: %v", err)
			}
			return
		}
		ids := map[string]bool{}
		for _, r := range in.Rows {
			if r.Skipped != "" || r.Same != 0 {
				continue
			}
			c := r.Contact
			if r.ID == "" || ids[r.ID] || c.FirstName == "" && c.LastName == "" || strings.ContainsRune(c.FirstName+c.LastName+c.Company+c.Title+r.ID, 0) {
				t.Errorf("%+v", r)
			}
			ids[r.ID] = true
		}
	})
}
