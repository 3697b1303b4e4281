package egress_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"patchboard/internal/egress"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestParseRetryAfter(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for value, want := range map[string]time.Duration{
		"0": 0, "1": time.Second, " 120 ": 2 * time.Minute, "007": 7 * time.Second, "86400": day, "86401": day, "31536000": day,
		"99999999999999999999999999": day, strings.Repeat("9", 5000): day,
		"Mon, 23 Nov 2026 12:01:00 GMT": time.Minute, "Mon, 23 Nov 2026 11:59:00 GMT": 0, "Tue, 23 Nov 2027 12:00:00 GMT": day,
		"Monday, 23-Nov-26 12:01:00 GMT": time.Minute, "Mon Nov 23 12:01:00 2026": time.Minute, "Fri, 31 Dec 9999 23:59:59 GMT": day,
		"Thu, 01 Jan 1970 00:00:00 GMT": 0,
	} {
		if got, ok := egress.ParseRetryAfter(value, noon); !ok || got != want {
			t.Errorf("%.40q gives %s, %v; want %s", value, got, ok, want)
		}
	}
	for _, value := range []string{"", " ", "-1", "+1", "1.5", "1e3", "0x10", "1 2", "1s", "soon", "١", "Mon, 23 Nov 2026", "2026-11-23T12:01:00Z", "120, 130", "\x00", "1\n"} {
		if got, ok := egress.ParseRetryAfter(value, noon); ok || got != 0 {
			t.Errorf("%q is obeyed: %s", value, got)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"", "0", "120", "86401", "99999999999999999999", "-1", "Mon, 23 Nov 2026 12:01:00 GMT", "Monday, 23-Nov-26 12:01:00 GMT", "Mon Nov 23 12:01:00 2026", "Fri, 31 Dec 9999 23:59:59 GMT"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		d, ok := egress.ParseRetryAfter(value, noon)
		if d < 0 || d > 24*time.Hour || !ok && d != 0 {
			t.Fatalf("%q gives %s, %v", value, d, ok)
		}
	})
}

func TestGuidanceForEveryClass(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, class := range []egress.Class{
		egress.ClassDNS, egress.ClassAddressRefused, egress.ClassConnect, egress.ClassTLS, egress.ClassTimeout, egress.ClassStatus3xx,
		egress.ClassStatus5xx, egress.ClassProtocol, egress.ClassCancelled, "unheard_of",
	} {
		seen[egress.Guidance(class, 500)] += string(class)
	}
	for _, status := range []int{400, http.StatusForbidden, http.StatusNotFound, http.StatusRequestTimeout, http.StatusGone, http.StatusRequestEntityTooLarge, http.StatusTooManyRequests} {
		seen[egress.Guidance(egress.ClassStatus4xx, status)] += http.StatusText(status)
	}
	if len(seen) != 17 || seen[""] != "" {
		t.Errorf("every failure needs its own advice: %v", seen)
	}
	for text := range seen {
		if !strings.HasSuffix(text, ".") || strings.Count(text, "\n") > 0 {
			t.Errorf("not one sentence: %q", text)
		}
	}
}
