package record

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"patchboard/internal/db/dbtest"
)

// BenchmarkFirstLoad writes 10,000 mails in pages of 500, then reads them all
// again, and says how many records of each a second.
func BenchmarkFirstLoad(b *testing.B) {
	for _, e := range dbtest.Engines {
		b.Run(string(e), func(b *testing.B) {
			w := newWorld(b, dbtest.Open(b, e))
			const count, page = 10_000, 500
			var pages []Batch
			for n := 0; n < count; n += page {
				p := Batch{Quiet: true}
				for i := range page {
					m := mail(fmt.Sprintf("18c2f%09d", n+i), noon.Add(-time.Duration(n+i)*time.Minute), i%3 == 0)
					m.Snippet = strings.Repeat("a few words ", 15)
					p.Emails = append(p.Emails, m)
				}
				pages = append(pages, p)
			}
			load := func(account string) float64 {
				began := time.Now()
				for _, p := range pages {
					w.apply(Source{orgA, "gmail", account}, p)
				}
				return count / time.Since(began).Seconds()
			}
			n := 0
			for b.Loop() {
				n++
				account := fmt.Sprint("account ", n)
				b.ReportMetric(load(account), "new/s")
				b.ReportMetric(load(account), "same/s")
			}
		})
	}
}
