package signature

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The three headers of a signed webhook, as net/http spells them (names are
// case-insensitive on the wire; the specification writes webhook-id).
const (
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp"
	HeaderSignature = "Webhook-Signature"
)

// Tolerance is how far a timestamp may lie from the receiver's clock, in
// either direction, before the message counts as replayed.
const Tolerance = 5 * time.Minute

const (
	version    = "v1,"
	encodedSum = (sha256.Size + 2) / 3 * 4 // base64, padded
)

// Why Verify refuses a message.
var (
	ErrMissingHeader   = errors.New("one of the headers webhook-id, webhook-timestamp and webhook-signature is missing")
	ErrMalformedHeader = errors.New("webhook-id or webhook-timestamp is given twice, or the timestamp is not whole seconds")
	ErrTooOld          = errors.New("the timestamp is more than 5 minutes in the past")
	ErrTooNew          = errors.New("the timestamp is more than 5 minutes in the future")
	ErrNoMatch         = errors.New("no signature matches the secret, the headers and the body")
)

// Sign appends the value of the webhook-signature header to dst: "v1,<base64>"
// for each secret, separated by a space, so that during a rotation receivers
// with the old and with the new secret both accept the message. at counts in
// whole seconds and must be the value sent as webhook-timestamp. Zero secrets
// are left out.
func Sign(dst []byte, secrets []Secret, id string, at time.Time, body []byte) []byte {
	seconds := at.Unix()
	first := true
	for _, s := range secrets {
		if s.key == nil {
			continue
		}
		if !first {
			dst = append(dst, ' ')
		}
		first = false
		dst = append(dst, version...)
		dst = s.key.appendSum(dst, id, seconds, body)
	}
	return dst
}

// appendSum appends the base64 of HMAC(id.seconds.body).
func (k *key) appendSum(dst []byte, id string, seconds int64, body []byte) []byte {
	m := k.macs.Get().(*mac) //nolint:forcetypeassert // the pool holds nothing else
	m.buf = append(m.buf[:0], id...)
	m.buf = append(m.buf, '.')
	m.buf = strconv.AppendInt(m.buf, seconds, 10)
	m.buf = append(m.buf, '.')
	m.hash.Reset()
	_, _ = m.hash.Write(m.buf) // a hash never fails
	_, _ = m.hash.Write(body)
	dst = base64.StdEncoding.AppendEncode(dst, m.hash.Sum(m.sum[:0]))
	if cap(m.buf) <= maxKeptScratch {
		k.macs.Put(m)
	}
	return dst
}

// maxKeptScratch keeps a single message with a huge id from pinning memory.
const maxKeptScratch = 4 << 10

// Verify checks a received message: all three headers, a timestamp within
// Tolerance of now, and at least one v1 signature made with secret. Unknown
// signature versions are passed over, as the specification asks. The errors are
// the Err variables of this package.
func Verify(secret Secret, h http.Header, body []byte, now time.Time) error {
	ids, stamps, signatures := h[HeaderID], h[HeaderTimestamp], h[HeaderSignature]
	if empty(ids) || empty(stamps) || empty(signatures) {
		return ErrMissingHeader
	}
	// Two values would leave open which one was signed.
	if len(ids) > 1 || len(stamps) > 1 {
		return ErrMalformedHeader
	}
	seconds, ok := parseSeconds(stamps[0])
	if !ok {
		return ErrMalformedHeader
	}
	switch age := now.Unix() - seconds; {
	case age > int64(Tolerance/time.Second):
		return ErrTooOld
	case age < -int64(Tolerance/time.Second):
		return ErrTooNew
	}
	if secret.key == nil {
		return ErrNoMatch
	}
	var sum [encodedSum]byte
	want := secret.key.appendSum(sum[:0], ids[0], seconds, body)
	for _, line := range signatures {
		if anyMatches(line, want) {
			return nil
		}
	}
	return ErrNoMatch
}

// anyMatches looks through one space-separated list of signatures. Each is
// compared in constant time; how many there are is no secret.
func anyMatches(line string, want []byte) bool {
	for one := range strings.SplitSeq(line, " ") {
		given, ok := strings.CutPrefix(one, version)
		if ok && subtle.ConstantTimeCompare([]byte(given), want) == 1 {
			return true
		}
	}
	return false
}

func empty(values []string) bool { return len(values) == 0 || values[0] == "" }

// parseSeconds accepts only the one spelling that Sign produces: a second
// spelling of the same number ("+5", "05") would be a second signed message.
func parseSeconds(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || s[0] == '+' || (len(s) > 1 && s[0] == '0') || s == "-0" {
		return 0, false
	}
	return n, true
}
