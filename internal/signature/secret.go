// Package signature signs and verifies webhooks by the Standard Webhooks
// scheme (https://www.standardwebhooks.com, version v1: HMAC-SHA-256). It is
// pure: no clock, no storage, no network. Where secrets are kept and for how
// long an old one still signs is the webhook package's business.
package signature

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"strings"
	"sync"

	"patchboard/internal/fault"
)

// Secret sizes in bytes, as the Standard Webhooks specification sets them.
const (
	minSecret     = 24
	maxSecret     = 64
	newSecretSize = 32

	secretPrefix = "whsec_"
	mask         = "***"
)

const secretFix = "Use whsec_ followed by the base64 of 24 to 64 random bytes, or leave the secret out and one is made."

// What ParseSecret refuses. They share a slug: a caller tells the person what
// the message says, and needs to know only that the secret is at fault.
var (
	errSecretPrefix = fault.New(fault.Invalid, "webhook-secret-invalid", "The signing secret does not start with whsec_.", secretFix)
	errSecretBase64 = fault.New(fault.Invalid, "webhook-secret-invalid", "The signing secret is not valid base64 after whsec_.", secretFix)
	errSecretShort  = fault.New(fault.Invalid, "webhook-secret-invalid", "The signing secret is shorter than 24 bytes.", secretFix)
	errSecretLong   = fault.New(fault.Invalid, "webhook-secret-invalid", "The signing secret is longer than 64 bytes.", secretFix)
)

// Secret is one webhook's signing secret. It prints as *** in every format,
// log and JSON document; Reveal is the only way to its text. Copies share one
// key, so a Secret that is kept with its webhook signs faster than one parsed
// for each use. The zero Secret signs and verifies nothing.
type Secret struct{ key *key }

// key holds the decoded bytes and MAC states ready for use. Setting up an HMAC
// hashes two blocks and allocates; a state that is reset does neither.
type key struct {
	bytes []byte
	macs  sync.Pool // of *mac
}

// mac is one HMAC state with the scratch space that a signature needs, so that
// nothing is allocated when one is taken from the pool.
type mac struct {
	hash hash.Hash
	buf  []byte
	sum  [sha256.Size]byte
}

// NewSecret makes a random secret of 32 bytes.
func NewSecret() Secret {
	b := make([]byte, newSecretSize)
	_, _ = rand.Read(b) // documented to never fail: the program ends instead
	return newSecret(b)
}

// ParseSecret reads "whsec_" and base64 (standard alphabet, padded) of 24 to
// 64 bytes. Errors are faults that never contain the secret.
func ParseSecret(text string) (Secret, error) {
	encoded, ok := strings.CutPrefix(text, secretPrefix)
	if !ok {
		return Secret{}, errSecretPrefix
	}
	if len(encoded) > base64.StdEncoding.EncodedLen(maxSecret) {
		return Secret{}, errSecretLong
	}
	b, err := base64.StdEncoding.Strict().DecodeString(encoded)
	// The decoder skips line ends; a secret with one would come back different.
	if err != nil || strings.ContainsAny(encoded, "\r\n") {
		return Secret{}, errSecretBase64
	}
	if len(b) < minSecret {
		return Secret{}, errSecretShort
	}
	if len(b) > maxSecret {
		return Secret{}, errSecretLong
	}
	return newSecret(b), nil
}

func newSecret(b []byte) Secret {
	k := &key{bytes: b}
	k.macs.New = func() any { return &mac{hash: hmac.New(sha256.New, b)} }
	return Secret{key: k}
}

// Reveal gives the secret's text, "whsec_…", to show once or to seal.
func (s Secret) Reveal() string {
	if s.key == nil {
		return ""
	}
	return secretPrefix + base64.StdEncoding.EncodeToString(s.key.bytes)
}

// IsZero reports whether s holds no secret.
func (s Secret) IsZero() bool { return s.key == nil }

// String masks the secret.
func (s Secret) String() string { return mask }

// Format masks the secret for every verb, %#v and %x included.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, mask) }

// LogValue masks the secret in structured logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(mask) }

// MarshalText masks the secret in JSON and other encodings.
func (s Secret) MarshalText() ([]byte, error) { return []byte(mask), nil }
