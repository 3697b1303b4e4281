package account

import (
	"testing"
	"time"
)

func TestLimit(t *testing.T) {
	t.Parallel()
	l := limit{burst: 10, per: 15 * time.Minute}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var recovers time.Time // as the row is kept by takeFailure
	fail := func() {
		if recovers.Before(now) {
			recovers = now
		}
		recovers = recovers.Add(l.interval())
	}
	for i := range 10 {
		if w := l.wait(recovers, now); w != 0 {
			t.Fatalf("failure %d has to wait %s", i, w)
		}
		fail()
	}
	if w := l.wait(recovers, now); w != 90*time.Second {
		t.Errorf("after ten failures the wait is %s, want one interval of 90 s", w)
	}
	now = now.Add(90 * time.Second)
	if w := l.wait(recovers, now); w != 0 {
		t.Errorf("after an interval the wait is %s", w)
	}
	fail()
	if w := l.wait(recovers, now); w == 0 {
		t.Error("an interval gives back more than one failure")
	}
	now = now.Add(15 * time.Minute)
	if recovers.After(now) {
		t.Errorf("not full again after the whole time: %s", recovers.Sub(now))
	}
}

func TestAddressKey(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"192.0.2.7":                "address:192.0.2.7",
		"::ffff:192.0.2.7":         "address:192.0.2.7",
		"2001:db8:1:2:3:4:5:6":     "address:2001:db8:1:2::/64",
		"2001:db8:1:2:ffff::":      "address:2001:db8:1:2::/64",
		"fe80::1%eth0":             "address:fe80::/64",
		"":                         "address:unknown",
		"not an address\x00":       "address:unknown",
		"192.0.2.7, 198.51.100.23": "address:unknown",
	} {
		if got := addressKey(in); got != want {
			t.Errorf("addressKey(%q) = %q, want %q", in, got, want)
		}
	}
}
