package account

import (
	"context"
	"encoding/base64"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"

	"patchboard/internal/fault"
)

// cheap makes tests of everything but the hash itself fast.
var cheap = cost{memory: 8, passes: 1, lanes: 1}

func TestCheckPassword(t *testing.T) {
	t.Parallel()
	for _, ok := range []string{
		"twelve chars", strings.Repeat("\u754c", 12), strings.Repeat("x", 256), "correct horse battery staple",
		"\U0001F469\u200d\U0001F680 goes to the moon", "tab\tand\nline too",
	} {
		if err := checkPassword(ok, "ada@example.com", "Acme"); err != nil {
			t.Errorf("checkPassword(%q) = %v", ok, err)
		}
	}
	for _, bad := range []string{
		"", "eleven char", strings.Repeat("x", 257), strings.Repeat("x", 1<<20), "nul\x00nul\x00nul\x00", "not utf-8 \xff\xfe",
		"ADA.lovelace@example.com", " ada.lovelace@EXAMPLE.com ", "The Acme Company",
		"e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301", // six characters once composed
		strings.Repeat("\ufdfa", 20),                 // 18 characters each once decomposed
	} {
		if err := checkPassword(bad, "ada.lovelace@example.com", "the ACME company"); !errors.Is(err, errPassword) {
			t.Errorf("checkPassword(%.40q) = %v, want it refused", bad, err)
		} else if f := fault.From(err); f.Fix == "" || len(f.Fields) != 1 || f.Fields[0].Location != "body.password" {
			t.Errorf("checkPassword(%.40q): fault without help: %+v", bad, f)
		}
	}
}

func TestHasher(t *testing.T) {
	t.Parallel()
	h := newHasher(currentCost)
	hash, err := h.Hash(t.Context(), "\u212bngstr\u00f6m is a unit") // the unit's sign, U+212B
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash = %q, not of the promised cost", hash)
	}
	for password, want := range map[string]bool{
		"\u00c5ngstro\u0308m is a unit": true, // typed otherwise, the same characters
		"\u00e5ngstr\u00f6m is a unit":  false,
		"":                              false,
		strings.Repeat("x", 1<<20):      false,
	} {
		if ok, old, err := h.Verify(t.Context(), password, hash); err != nil || ok != want || old {
			t.Errorf("Verify(%.40q) = %v, %v, %v; want %v", password, ok, old, err, want)
		}
	}
	if ok, _, err := h.Verify(t.Context(), "", h.dummy); ok || err != nil {
		t.Errorf("the dummy hash verifies: %v, %v", ok, err)
	}
	if _, old, err := newHasher(cheap).Verify(t.Context(), "x", hash); !old || err != nil {
		t.Errorf("another cost is not called old: %v, %v", old, err)
	}
}

// The vector is of the reference implementation: phc-winner-argon2's test.c,
// version 0x13 of Argon2id, "password", "somesalt", t=2, m=2^8 KiB, p=1.
func TestHasherVector(t *testing.T) {
	t.Parallel()
	const vector = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	if ok, _, err := newHasher(currentCost).Verify(t.Context(), "password", vector); err != nil || !ok {
		t.Errorf("Verify = %v, %v", ok, err)
	}
}

func TestParsePHCRefuses(t *testing.T) {
	t.Parallel()
	salt, sum := base64.RawStdEncoding.EncodeToString(make([]byte, 16)), base64.RawStdEncoding.EncodeToString(make([]byte, 32))
	for _, bad := range []string{
		"", "plain", "$2b$10$abc", "$argon2i$v=19$m=256,t=2,p=1$" + salt + "$" + sum,
		"$argon2id$v=16$m=256,t=2,p=1$" + salt + "$" + sum, "$argon2id$v=19$m=99999999,t=2,p=1$" + salt + "$" + sum,
		"$argon2id$v=19$m=256,t=0,p=1$" + salt + "$" + sum, "$argon2id$v=19$m=256,t=2,p=999$" + salt + "$" + sum,
		"$argon2id$v=19$m=256,t=2,p=1$" + salt + "$", "$argon2id$v=19$m=256,t=2,p=1$!$" + sum,
	} {
		if _, _, _, err := parsePHC(bad); !errors.Is(err, errPHC) {
			t.Errorf("parsePHC(%q) = %v, want it refused", bad, err)
		}
	}
}

// A flood is bounded: as many as the queue holds wait, the rest are sent away
// at once with a time to come back.
func TestHasherBusy(t *testing.T) {
	t.Parallel()
	h := newHasher(cheap)
	h.most = 8
	for range cap(h.slots) { // every slot is taken
		h.slots <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var waiting sync.WaitGroup
	for range 8 {
		waiting.Go(func() {
			if _, err := h.Hash(ctx, "some password"); !errors.Is(err, context.Canceled) {
				t.Errorf("a cancelled wait gave %v", err)
			}
		})
	}
	for h.queued.Load() < 8 && t.Context().Err() == nil {
		runtime.Gosched()
	}
	_, err := h.Hash(ctx, "some password")
	if f := fault.From(err); !errors.Is(err, errBusy) || f.Kind != fault.Unavailable || f.RetryAfter <= 0 {
		t.Errorf("the answer to a flood is %+v", f)
	}
	cancel()
	waiting.Wait()
	if n := h.queued.Load(); n != 0 {
		t.Errorf("%d are still queued", n)
	}
}
