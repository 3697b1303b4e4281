package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"patchboard/internal/fault"
)

const (
	passwordLeast     = 12   // characters, after NFKC
	passwordMost      = 256  // characters, after NFKC
	passwordMostBytes = 4096 // before any work on it
)

var (
	errPassword = fault.New(fault.Invalid, "password-invalid", "This password cannot be used.",
		"Choose 12 to 256 characters; a few unrelated words make a good one.")
	errBusy = fault.New(fault.Unavailable, "sign-in-busy", "Too many people are signing in at this moment.",
		"Try again in a few seconds.").After(2 * time.Second)
)

// checkPassword says why a new password is refused, nil if it is not. known are
// the words that must not be the password itself: the e-mail address and the
// organization's name.
func checkPassword(password string, known ...string) error {
	refuse := func(why string) error { return errPassword.At("body.password", why) }
	if len(password) > passwordMostBytes {
		return refuse("is longer than 256 characters")
	}
	if !utf8.ValidString(password) {
		return refuse("is not valid UTF-8")
	}
	if strings.ContainsRune(password, 0) {
		return refuse("has a NUL character")
	}
	n := utf8.RuneCountInString(normalPassword(password))
	if n < passwordLeast {
		return refuse("is shorter than 12 characters")
	}
	if n > passwordMost {
		return refuse("is longer than 256 characters")
	}
	for _, k := range known {
		if k != "" && fold(password) == fold(k) {
			return refuse("is the e-mail address or the organization's name")
		}
	}
	return nil
}

// normalPassword gives one form to what different keyboards type for the same
// characters (RFC 8265, with NFKC as NIST SP 800-63B asks).
func normalPassword(s string) string { return norm.NFKC.String(s) }

func fold(s string) string { return strings.ToLower(strings.TrimSpace(normalPassword(s))) }

// cost is Argon2id's price. OWASP's password storage cheat sheet names this one
// among its equal choices.
type cost struct{ memory, passes, lanes uint32 } // memory in KiB

var currentCost = cost{memory: 19 * 1024, passes: 2, lanes: 1}

const (
	saltLength = 16
	hashLength = 32
)

// hasher computes password hashes, a few at a time: each takes 19 MiB, so a
// flood of sign-ins waits here, and beyond the queue it is sent away.
type hasher struct {
	cost   cost
	slots  chan struct{}
	queued atomic.Int64
	most   int64
	dummy  string // verified in place of the hash of a user that is not there
}

func newHasher(c cost) *hasher {
	h := &hasher{cost: c, slots: make(chan struct{}, min(max(runtime.GOMAXPROCS(0), 2), 4)), most: 256}
	h.dummy = phc(c, make([]byte, saltLength), make([]byte, hashLength)) // no password has an all-zero hash
	return h
}

// Hash gives a new hash of the password in PHC form.
func (h *hasher) Hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltLength)
	_, _ = rand.Read(salt) // never fails since Go 1.24
	sum, err := h.compute(ctx, h.cost, password, salt, hashLength)
	if err != nil {
		return "", err
	}
	return phc(h.cost, salt, sum), nil
}

// Verify reports whether the password is the one of the hash, and whether the
// hash should be made anew because today's cost is another.
func (h *hasher) Verify(ctx context.Context, password, hash string) (ok, old bool, err error) {
	c, salt, want, err := parsePHC(hash)
	if err != nil {
		return false, false, err
	}
	if len(password) > passwordMostBytes {
		password = "" // no stored password is: the same work, and no.
	}
	got, err := h.compute(ctx, c, password, salt, uint32(len(want)))
	if err != nil {
		return false, false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1, c != h.cost, nil
}

func (h *hasher) compute(ctx context.Context, c cost, password string, salt []byte, length uint32) ([]byte, error) {
	if h.queued.Add(1) > h.most {
		h.queued.Add(-1)
		return nil, errBusy
	}
	defer h.queued.Add(-1)
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return nil, fmt.Errorf("hash password: %w", ctx.Err())
	}
	return argon2.IDKey([]byte(normalPassword(password)), salt, c.passes, c.memory, uint8(c.lanes), length), nil
}

// phc writes a hash in the PHC string format.
func phc(c cost, salt, sum []byte) string {
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, c.memory, c.passes, c.lanes, b.EncodeToString(salt), b.EncodeToString(sum))
}

var errPHC = errors.New("stored password hash is not one of ours")

func parsePHC(s string) (c cost, salt, sum []byte, err error) {
	part := strings.Split(s, "$")
	if len(part) != 6 || part[0] != "" || part[1] != "argon2id" || part[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, errPHC
	}
	if _, err = fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &c.memory, &c.passes, &c.lanes); err != nil {
		return c, nil, nil, errors.Join(errPHC, err)
	}
	salt, err1 := base64.RawStdEncoding.Strict().DecodeString(part[4])
	sum, err2 := base64.RawStdEncoding.Strict().DecodeString(part[5])
	// A hash from a foreign hand must not be able to take all memory.
	bounded := c.memory >= 8 && c.memory <= 1<<20 && c.passes >= 1 && c.passes <= 64 && c.lanes >= 1 && c.lanes <= 64
	if err1 != nil || err2 != nil || !bounded || len(salt) < 8 || len(sum) < 16 || len(sum) > 64 {
		return c, nil, nil, errors.Join(errPHC, err1, err2)
	}
	return c, salt, sum, nil
}
