package id

import (
	"testing"
	"time"
)

func TestKeysGrowEvenWhenTheClockGoesBack(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC)
	k := NewKeys(func() time.Time { now = now.Add(-time.Second); return now }, 7, 0)
	last := Key(0)
	for range 100 {
		n := k.Next()
		if n <= last {
			t.Fatalf("key %d after %d", n, last)
		}
		last = n
	}
	if next := NewKeys(func() time.Time { return time.Unix(0, 0) }, 7, last).Next(); next <= last {
		t.Fatalf("key %d after restart, not above %d", next, last)
	}
}

func TestPublicIDsCarryTheirKey(t *testing.T) {
	t.Parallel()
	k := NewKeys(time.Now, MaxNode, 0)
	seen := map[string]bool{}
	for range 1000 {
		key := k.Next()
		s := key.Public("evt")
		if seen[s] {
			t.Fatalf("%s made twice", s)
		}
		seen[s] = true
		got, err := ParseKey("evt", s)
		if err != nil || got != key {
			t.Fatalf("ParseKey(%s) = %d, %v; want %d", s, got, err, key)
		}
	}
	if _, err := ParseKey("wh", Key(1).Public("evt")); err == nil {
		t.Fatal("an id of another kind was accepted")
	}
}

func TestPairRoundTrip(t *testing.T) {
	t.Parallel()
	k, n, err := ParsePair("dlv", Pair("dlv", KeyAt(time.Unix(1790000000, 0)), 42))
	if err != nil || n != 42 || !k.Time().Equal(time.Unix(1790000000, 0)) {
		t.Fatalf("got %d %d %v", k, n, err)
	}
	for _, bad := range []string{"", "dlv", "dlv_", "evt_01h455vb4pex5vsknk084sn02q", "dlv_zzzzzzzzzzzzzzzzzzzzzzzzzz", "dlv_01h455vb4pex5vsknk084sn02\x00"} {
		if _, _, err := ParsePair("dlv", bad); err == nil {
			t.Errorf("ParsePair(%q) was accepted", bad)
		}
	}
}

func TestKeysOfFarInstantsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	last := Key(-1)
	for _, year := range []int{-290_000, 1, 1969, 1971, 2026, 2111, 2113, 2199, 9999, 290_000} {
		k := KeyAt(time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC))
		if k < 0 || k < last {
			t.Fatalf("year %d: key %d after %d", year, k, last)
		}
		last = k
	}
}
