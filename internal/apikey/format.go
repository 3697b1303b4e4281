package apikey

import (
	"crypto/rand"
	"hash/crc32"
	"strings"
)

// The layout of a key, 52 characters, all letters and digits behind the prefix:
//
//	sX_ abcd 6087conf xrvitlMeySzy…29 characters… l3 9QxW2a
//	└┬┘ └┬─┘ └──┬───┘ └─────────────┬───────────┘ └┬┘ └─┬──┘
//	 │  hidden  shown            hidden         shown  checksum, shown
//	prefix, shown
//
// The 43 characters between prefix and checksum are random, log2(62) = 5.954
// bits each. The mask hides 4 + 29 = 33 of them: 196.4 bits. The checksum is
// shown and depends on them, so it takes up to 32 bits away, and at least 164
// stay hidden.
//
// The checksum is CRC-32 (IEEE) over all before it, in base 62, highest digit
// first, 6 digits. It is no secret and proves nothing: it lets a scanner, and
// Verify, tell a key from noise without asking.
const (
	prefix       = "sX_"
	randomLength = 43
	checkLength  = 6
	keyLength    = len(prefix) + randomLength + checkLength

	hiddenHead = 4 // characters that the mask hides behind the prefix
	shownHead  = 8 // and shows then
	shownTail  = 8 // and shows at the end

	alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// newKey makes a key at random.
func newKey() string {
	key := make([]byte, len(prefix), keyLength)
	copy(key, prefix)
	var pool [2 * randomLength]byte
	for {
		_, _ = rand.Read(pool[:]) // never fails since Go 1.24
		for _, b := range pool {
			if int(b) >= 256-256%len(alphabet) {
				continue // or the first letters would come more often
			}
			key = append(key, alphabet[int(b)%len(alphabet)])
			if len(key) == len(prefix)+randomLength {
				check := checksum(string(key))
				return string(append(key, check[:]...))
			}
		}
	}
}

// checksum gives the last characters of a key that starts with body.
func checksum(body string) (digits [checkLength]byte) {
	// As crc32.ChecksumIEEE does it, whose argument would move to the heap on
	// every check of a key.
	sum := ^uint32(0)
	for i := range len(body) {
		sum = crc32.IEEETable[byte(sum)^body[i]] ^ sum>>8
	}
	sum = ^sum
	for i := checkLength - 1; i >= 0; i-- {
		digits[i] = alphabet[sum%uint32(len(alphabet))]
		sum /= uint32(len(alphabet))
	}
	return digits
}

// WellFormed reports whether s is a key by its form: prefix, length, characters
// and checksum. It says nothing about whether the key is valid. It allocates
// nothing.
func WellFormed(s string) bool {
	if len(s) != keyLength || !strings.HasPrefix(s, prefix) {
		return false
	}
	for i := len(prefix); i < len(s); i++ {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	body := len(prefix) + randomLength
	check := checksum(s[:body])
	return s[body:] == string(check[:])
}

// Mask gives the form of a key that may be shown: the prefix, ****, the 8
// characters behind the hidden 4, dots, and the last 8. What is too short to
// keep anything hidden that way is hidden whole.
func Mask(key string) string {
	head := len(prefix) + hiddenHead
	if !strings.HasPrefix(key, prefix) || len(key) < head+shownHead+hiddenHead+shownTail {
		return prefix + "****"
	}
	return prefix + "****" + key[head:head+shownHead] + "..." + key[len(key)-shownTail:]
}
