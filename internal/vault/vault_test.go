package vault_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/mac"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/fault"
	"patchboard/internal/vault"
)

func open(t *testing.T, d *db.DB, c vault.Config) *vault.Vault {
	t.Helper()
	v, err := vault.Open(t.Context(), d, c)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return v
}

// refused opens and wants a fault of the type, whose message and fix hold words.
func refused(t *testing.T, d *db.DB, c vault.Config, slug string, words ...string) {
	t.Helper()
	_, err := vault.Open(t.Context(), d, c)
	var f *fault.Error
	if !errors.As(err, &f) || f.Type != slug {
		t.Fatalf("Open = %v, want the fault %s", err, slug)
	}
	for _, w := range words {
		if !strings.Contains(f.Message+"\n"+f.Fix, w) {
			t.Errorf("%q is not in:\n%s\n%s", w, f.Message, f.Fix)
		}
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t *testing.T, file string, b []byte, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, mode); err != nil {
		t.Fatal(err)
	}
}

// newKeyset makes a keyset's JSON as an operator's tool would.
func newKeyset(t *testing.T, kt *tinkpb.KeyTemplate) []byte {
	t.Helper()
	h, err := keyset.NewHandle(kt)
	if err != nil {
		t.Fatal(err)
	}
	return encode(t, h)
}

func encode(t *testing.T, h *keyset.Handle) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := insecurecleartextkeyset.Write(h, keyset.NewJSONWriter(&b)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// rotate adds a new primary key and keeps the old one.
func rotate(t *testing.T, old []byte) []byte {
	t.Helper()
	h, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(old)))
	if err != nil {
		t.Fatal(err)
	}
	m := keyset.NewManagerFromHandle(h)
	n, err := m.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		t.Fatal(err)
	}
	if err := m.SetPrimary(n); err != nil {
		t.Fatal(err)
	}
	if h, err = m.Handle(); err != nil {
		t.Fatal(err)
	}
	return encode(t, h)
}

func TestFirstStartMakesAKeysetThatLaterStartsUse(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := vault.Config{File: filepath.Join(t.TempDir(), "keyset.json")}
		sealed, err := open(t, d, c).Seal([]byte("whsec_x"), "webhook/wh_1/secret")
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(c.File)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("keyset file: %v, %v", info.Mode(), err)
		}
		if others, _ := os.ReadDir(filepath.Dir(c.File)); len(others) != 1 {
			t.Errorf("left behind: %v", others)
		}
		for _, again := range []vault.Config{c, {JSON: string(read(t, c.File))}} {
			plain, err := open(t, d, again).Unseal(sealed, "webhook/wh_1/secret")
			if err != nil || string(plain) != "whsec_x" {
				t.Errorf("Unseal = %q, %v", plain, err)
			}
		}
	})
}

func TestSealedValuesBelongToTheirRow(t *testing.T) {
	t.Parallel()
	v := open(t, dbtest.Open(t, dbtest.SQLite), vault.Config{JSON: string(newKeyset(t, aead.AES256GCMKeyTemplate()))})
	sealed, err := v.Seal([]byte("secret"), "a")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte("secret")) || len(sealed) != len("secret")+33 {
		t.Errorf("sealed as %q", sealed)
	}
	changed := bytes.Clone(sealed)
	changed[len(changed)-1] ^= 1
	for name, got := range map[string]func() ([]byte, error){
		"another row": func() ([]byte, error) { return v.Unseal(sealed, "b") },
		"no row":      func() ([]byte, error) { return v.Unseal(sealed, "") },
		"changed":     func() ([]byte, error) { return v.Unseal(changed, "a") },
		"cut":         func() ([]byte, error) { return v.Unseal(sealed[:20], "a") },
		"empty":       func() ([]byte, error) { return v.Unseal(nil, "a") },
		"seal no row": func() ([]byte, error) { return v.Seal([]byte("x"), "") },
	} {
		if b, err := got(); err == nil {
			t.Errorf("%s: opened as %q", name, b)
		}
	}
	if again, _ := v.Seal([]byte("secret"), "a"); bytes.Equal(again, sealed) {
		t.Error("sealing is not random")
	}
}

func TestRotationKeepsOldValuesHashesAndSigners(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := vault.Config{File: filepath.Join(t.TempDir(), "keyset.json")}
		before := open(t, d, c)
		sealed, err := before.Seal([]byte("old"), "row")
		if err != nil {
			t.Fatal(err)
		}
		write(t, c.File, rotate(t, read(t, c.File)), 0o600)
		after := open(t, d, c)
		if plain, err := after.Unseal(sealed, "row"); err != nil || string(plain) != "old" {
			t.Errorf("old value after the rotation: %q, %v", plain, err)
		}
		fresh, err := after.Seal([]byte("new"), "row")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := before.Unseal(fresh, "row"); err == nil {
			t.Error("the new primary key does not seal")
		}
		if before.Hash("p", []byte("x")) != after.Hash("p", []byte("x")) {
			t.Error("the hash changed")
		}
		if !before.Signer("s").Equal(after.Signer("s")) {
			t.Error("the signer changed")
		}
	})
}

func TestHashesAndSignersDifferByPurposeAndInstallation(t *testing.T) {
	t.Parallel()
	one := open(t, dbtest.Open(t, dbtest.SQLite), vault.Config{File: filepath.Join(t.TempDir(), "k")})
	two := open(t, dbtest.Open(t, dbtest.SQLite), vault.Config{File: filepath.Join(t.TempDir(), "k")})
	h := one.Hash("a", []byte("x"))
	if h != one.Hash("a", []byte("x")) {
		t.Error("a hash is not stable")
	}
	if h == one.Hash("b", []byte("x")) || h == two.Hash("a", []byte("x")) || h == one.Hash("a", []byte("xx")) {
		t.Error("two hashes are equal")
	}
	key := one.Signer("heads")
	if key.Equal(one.Signer("other")) || key.Equal(two.Signer("heads")) {
		t.Error("two signers are equal")
	}
	if !ed25519.Verify(key.Public().(ed25519.PublicKey), []byte("m"), ed25519.Sign(key, []byte("m"))) {
		t.Error("the signer does not sign")
	}
}

func TestHashFromManyGoroutines(t *testing.T) {
	t.Parallel()
	v := open(t, dbtest.Open(t, dbtest.SQLite), vault.Config{File: filepath.Join(t.TempDir(), "k")})
	want := v.Hash("p", []byte("in"))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 500 {
				v.Hash("p", fmt.Append(nil, i))
				if v.Hash("p", []byte("in")) != want {
					t.Error("a hash changed under load")
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestWrongOrMissingKeysetIsRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dir := t.TempDir()
		c := vault.Config{File: filepath.Join(dir, "keyset.json")}
		open(t, d, c)
		right := read(t, c.File)

		elsewhere := vault.Config{File: filepath.Join(dir, "other.json")}
		refused(t, d, elsewhere, "keyset-missing", elsewhere.File, "keyset.json", "chmod 600", "PATCHBOARD_KEYSET")
		if _, err := os.Stat(elsewhere.File); !errors.Is(err, fs.ErrNotExist) {
			t.Error("a keyset was made for a database that has one")
		}
		write(t, elsewhere.File, newKeyset(t, aead.AES256GCMKeyTemplate()), 0o600)
		refused(t, d, elsewhere, "keyset-wrong", elsewhere.File, "PATCHBOARD_KEYSET")
		refused(t, d, vault.Config{JSON: string(read(t, elsewhere.File))}, "keyset-wrong", "PATCHBOARD_KEYSET")

		write(t, c.File, right, 0o644)
		refused(t, d, c, "keyset-mode", "chmod 600 '"+c.File+"'", "0644")
		write(t, c.File, right, 0o640)
		refused(t, d, c, "keyset-mode", "0640")
		write(t, c.File, right, 0o400)
		open(t, d, c)
	})
}

func TestUnusableKeysetsAreRefusedWithoutTheirText(t *testing.T) {
	t.Parallel()
	good := string(newKeyset(t, aead.AES256GCMKeyTemplate()))
	for name, text := range map[string]string{
		"noise":      "hunter2",
		"cut":        good[:len(good)/2],
		"empty JSON": "{}",
		"NUL":        "\x00",
		"huge":       strings.Repeat(" ", 64<<10) + good,
		"a mac":      string(newKeyset(t, mac.HMACSHA256Tag256KeyTemplate())),
		"AES-128":    string(newKeyset(t, aead.AES128GCMKeyTemplate())),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := dbtest.Open(t, dbtest.SQLite)
			refused(t, d, vault.Config{JSON: text}, "keyset-invalid", "PATCHBOARD_KEYSET")
			file := filepath.Join(t.TempDir(), "keyset.json")
			write(t, file, []byte(text), 0o600)
			refused(t, d, vault.Config{File: file}, "keyset-invalid", file)
			_, err := vault.Open(t.Context(), d, vault.Config{JSON: text})
			if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), good[40:60]) {
				t.Errorf("the keyset's text is in the error: %v", err)
			}
		})
	}
}

func TestPlacesForTheKeyset(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.SQLite)
	dir := t.TempDir()
	refused(t, d, vault.Config{}, "keyset-place", "--keyset-file", "install -d -m 0700")
	missing := filepath.Join(dir, "it's not there")
	refused(t, d, vault.Config{File: filepath.Join(missing, "k")}, "keyset-place", `install -d -m 0700 '`+dir+`/it'\''s not there'`)
	refused(t, d, vault.Config{File: dir}, "keyset-invalid", "not a regular file")
	refused(t, d, vault.Config{File: "/dev/null"}, "keyset-invalid", "not a regular file")
	write(t, filepath.Join(dir, "file"), nil, 0o600)
	refused(t, d, vault.Config{File: filepath.Join(dir, "file", "k")}, "keyset-unreadable")
	open(t, d, vault.Config{File: filepath.Join(dir, "k")}) // none of it spoiled the database
}

func TestCrashBetweenFileAndRowIsTakenUp(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := vault.Config{File: filepath.Join(t.TempDir(), "keyset.json")}
		text := newKeyset(t, aead.AES256GCMKeyTemplate())
		write(t, c.File, text, 0o600)
		open(t, d, c)
		if !bytes.Equal(read(t, c.File), text) {
			t.Error("the file was replaced")
		}
	})
}

func TestLostCheckRowIsRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `INSERT INTO organizations (id, name, created_at) VALUES ('org_1', 'One', 1)`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "keyset.json")
		refused(t, d, vault.Config{File: file}, "keyset-check-missing", "backup")
		if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
			t.Error("a keyset was made")
		}
	})
}

func TestNodesThatStartAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const nodes = 8
		dir := t.TempDir()
		errs := make([]error, nodes)
		var wg sync.WaitGroup
		for i := range nodes {
			wg.Go(func() {
				_, errs[i] = vault.Open(t.Context(), d, vault.Config{File: filepath.Join(dir, fmt.Sprint(i))})
			})
		}
		wg.Wait()
		won := -1
		for i, err := range errs {
			var f *fault.Error
			switch {
			case err == nil && won == -1:
				won = i
			case err == nil:
				t.Errorf("nodes %d and %d both set up the database", won, i)
			case !errors.As(err, &f) || f.Type != "keyset-other-node" && f.Type != "keyset-missing":
				t.Errorf("node %d: %v", i, err)
			}
		}
		if won == -1 {
			t.Fatal("no node set up the database")
		}
		if left, _ := os.ReadDir(dir); len(left) != 1 || left[0].Name() != fmt.Sprint(won) {
			t.Errorf("keyset files: %v, want only %d", left, won)
		}
		open(t, d, vault.Config{File: filepath.Join(dir, fmt.Sprint(won))})
	})
}

func TestNodesThatShareAKeysetStartAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		file := filepath.Join(t.TempDir(), "keyset.json")
		vs := make([]*vault.Vault, 8)
		var wg sync.WaitGroup
		for i := range vs {
			wg.Go(func() {
				var err error
				if vs[i], err = vault.Open(t.Context(), d, vault.Config{File: file}); err != nil {
					t.Errorf("node %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		if t.Failed() {
			return
		}
		for _, v := range vs {
			if v.Hash("p", nil) != vs[0].Hash("p", nil) {
				t.Error("two nodes derive different keys")
			}
		}
	})
}

func BenchmarkHash(b *testing.B) {
	d := dbtest.Open(b, dbtest.SQLite)
	v, err := vault.Open(b.Context(), d, vault.Config{File: filepath.Join(b.TempDir(), "k")})
	if err != nil {
		b.Fatal(err)
	}
	key := bytes.Repeat([]byte("k"), 52)
	b.ReportAllocs()
	for b.Loop() {
		v.Hash("p", key)
	}
}
