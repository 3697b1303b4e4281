package apikey

import (
	"hash/crc32"
	"math"
	"regexp"
	"strings"
	"testing"
)

func TestMask(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"sX_edht6087confxrvitlMeySzylgmil3bg": "sX_****6087conf...lgmil3bg",
		"sX_abcd12345678hidd87654321":         "sX_****12345678...87654321",
		"sX_abcd12345678hid87654321":          "sX_****",
		"sX_edht":                             "sX_****",
		"hunter2hunter2hunter2hunter2hunter2": "sX_****",
		"":                                    "sX_****",
	} {
		if got := Mask(key); got != want {
			t.Errorf("Mask(%q) = %q, want %q", key, got, want)
		}
	}
}

func TestNewKeysHaveTheFormThatTheProductPromises(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^sX_[A-Za-z0-9_]{29,}$`)
	mask := regexp.MustCompile(`^sX_\*{4}[A-Za-z0-9]{8}\.\.\.[A-Za-z0-9]{8}$`)
	seen := map[string]bool{}
	letters := map[rune]int{}
	const n = 2000
	for range n {
		k := newKey()
		if seen[k] || !form.MatchString(k) || len(k) != keyLength || !WellFormed(k) {
			t.Fatalf("key %q", k)
		}
		if m := Mask(k); !mask.MatchString(m) {
			t.Fatalf("mask %q of %q", m, k)
		}
		seen[k] = true
		for _, r := range k[len(prefix) : len(prefix)+randomLength] {
			letters[r]++
		}
	}
	mean := float64(n*randomLength) / float64(len(alphabet))
	for _, r := range alphabet {
		if math.Abs(float64(letters[r])-mean) > 6*math.Sqrt(mean) { // six standard deviations
			t.Errorf("%c came %d times, want about %.0f", r, letters[r], mean)
		}
	}
}

func TestHiddenBits(t *testing.T) {
	t.Parallel()
	hidden := randomLength - shownHead - (shownTail - checkLength)
	if bits := float64(hidden)*math.Log2(float64(len(alphabet))) - 32; bits < 160 {
		t.Errorf("the mask and its checksum leave %.1f random bits hidden, want 160", bits)
	}
}

func TestChecksumIsCRC32InBase62(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "sX_", newKey(), strings.Repeat("\xff", 100)} {
		got := checksum(body)
		sum := uint64(0)
		for _, digit := range got {
			sum = sum*62 + uint64(strings.IndexByte(alphabet, digit))
		}
		if want := crc32.ChecksumIEEE([]byte(body)); sum != uint64(want) {
			t.Errorf("checksum(%q) = %s = %d, want %d", body, got, sum, want)
		}
	}
}

func TestWellFormedTellsKeysFromNoise(t *testing.T) {
	t.Parallel()
	k := newKey()
	for i := range k { // every single typing error
		for _, c := range []byte{'0', 'z', '_', ' ', 0, 0xff} {
			if c == k[i] {
				continue
			}
			if bad := k[:i] + string([]byte{c}) + k[i+1:]; WellFormed(bad) {
				t.Errorf("%q is taken for a key", bad)
			}
		}
	}
	for i := len(prefix); i < len(k)-1; i++ { // and every swap of neighbours
		bad := []byte(k)
		bad[i], bad[i+1] = bad[i+1], bad[i]
		if k[i] != k[i+1] && WellFormed(string(bad)) {
			t.Errorf("%q is taken for a key", bad)
		}
	}
	for _, bad := range []string{
		"", "sX_", k + "0", k[:len(k)-1], " " + k, k + "\n", strings.ToLower(k), "sx_" + k[3:], "Bearer " + k,
		"sX_edht6087confxrvitlMeySzylgmil3bg", strings.Repeat("a", 1<<20),
	} {
		if WellFormed(bad) {
			t.Errorf("%.80q is taken for a key", bad)
		}
	}
}

func FuzzWellFormed(f *testing.F) {
	f.Add(newKey())
	f.Add("sX_edht6087confxrvitlMeySzylgmil3bg")
	f.Fuzz(func(t *testing.T, s string) {
		if m := Mask(s); len(s) > len(m) && strings.HasPrefix(s, prefix) && m == s {
			t.Errorf("Mask(%q) hides nothing", s)
		}
		if WellFormed(s) && len(s) != keyLength {
			t.Errorf("WellFormed(%q)", s)
		}
	})
}
