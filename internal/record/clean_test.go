package record

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzClean: whatever a provider says can be stored, and cleaning it again
// changes nothing; a record would change at every sync.
func FuzzClean(f *testing.F) {
	for _, s := range []string{"", " a ", "a\x00b", "\xff", strings.Repeat("ä", 600), strings.Repeat("\xff", 600), "a@b.example", "\u2028 \x00 "} {
		f.Add(s, 10)
	}
	f.Fuzz(func(t *testing.T, s string, most int) {
		most = max(most%1000, 1)
		if c := cut(s, most); !plain(c) || utf8.RuneCountInString(c) > most || cut(c, most) != c {
			t.Errorf("cut %q", c)
		}
		if c := cutBytes(s, most); !plain(c) || len(c) > most || cutBytes(c, most) != c {
			t.Errorf("cut bytes %q", c)
		}
		if c := indexed(s); !plain(c) || len(c) > maxIndexed || s != "" && c == "" {
			t.Errorf("indexed %q", c)
		}
		if c := cleanAddress(s); c != "" && (!isAddress(c) || cleanAddress(c) != c) {
			t.Errorf("address %q", c)
		}
	})
}
