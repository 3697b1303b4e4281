package record

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"patchboard/internal/db/dbtest"
)

// BenchmarkFirstLoad writes 10,000 mails, or contacts, in pages of 500, then reads
// them all again, and says how many records of each a second.
func BenchmarkFirstLoad(b *testing.B) {
	for _, e := range dbtest.Engines {
		b.Run(string(e), func(b *testing.B) {
			bench(b, e, func(n, i int) (b Batch) {
				m := mail(fmt.Sprintf("18c2f%09d", n+i), noon.Add(-time.Duration(n+i)*time.Minute), i%3 == 0)
				m.Snippet = strings.Repeat("a few words ", 15)
				return Batch{Emails: []EmailInput{m}}
			})
		})
		b.Run("contacts/"+string(e), func(b *testing.B) {
			bench(b, e, func(n, i int) Batch {
				c := Contact{
					Email: fmt.Sprintf("person%d@acme.example", n+i), FirstName: "Bo", LastName: fmt.Sprint("Berg ", i), Company: "Acme Rockets", Phone: "+49 30 1234567",
				}
				return Batch{Contacts: []ContactInput{{ExternalID: fmt.Sprint("003A", n+i), SourceVersion: "1", Contact: c}}}
			})
		})
	}
}

func bench(b *testing.B, e dbtest.Engine, of func(n, i int) Batch) {
	b.Helper()
	w := newWorld(b, dbtest.Open(b, e))
	const count, page = 10_000, 500
	load := func(account int) float64 {
		var pages []Batch
		for n := 0; n < count; n += page {
			p := Batch{Quiet: true}
			for i := range page {
				one := of(n, i)
				p.Emails, p.Contacts = append(p.Emails, one.Emails...), append(p.Contacts, one.Contacts...)
			}
			pages = append(pages, p)
		}
		began := time.Now()
		for _, p := range pages {
			w.apply(Source{orgA, "gmail", fmt.Sprint("account ", account)}, p)
		}
		return count / time.Since(began).Seconds()
	}
	n := 0
	for b.Loop() {
		n++
		b.ReportMetric(load(n), "new/s")
		b.ReportMetric(load(n), "same/s")
	}
}
