package vault

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/aesgcm"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"patchboard/internal/fault"
)

const (
	maxKeyset = 64 << 10 // bytes of JSON; one key takes about 300
	keyBytes  = 32       // AES-256
)

// keys is a keyset that was read or made: one primary key that seals, and all
// the keys that still open.
type keys struct {
	aead  tink.AEAD
	json  []byte
	from  string   // where it came from, for messages
	marks []string // fingerprints, the primary's first
}

// generate makes a keyset of one new AES256-GCM key.
func generate() (*keys, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make keyset: %w", err)
	}
	var out bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&out)); err != nil {
		return nil, fmt.Errorf("write keyset: %w", err)
	}
	return parse(out.Bytes(), "a new keyset")
}

// parse reads a keyset in Tink's JSON. Its errors never hold any of the text.
func parse(text []byte, from string) (*keys, error) {
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(text)))
	if err != nil {
		return nil, errInvalid(from, "it is not a keyset in Tink's JSON format").Because(err)
	}
	k := &keys{json: text, from: from}
	for i := range handle.Len() {
		entry, err := handle.Entry(i)
		if err != nil {
			return nil, errInvalid(from, "one of its keys cannot be read").Because(err)
		}
		gcm, ok := entry.Key().Parameters().(*aesgcm.Parameters)
		if !ok || gcm.KeySizeInBytes() != keyBytes {
			return nil, errInvalid(from, "it holds a key that is not AES256-GCM")
		}
	}
	if k.aead, err = aead.New(handle); err != nil {
		return nil, errInvalid(from, "it has no usable primary key").Because(err)
	}
	material := insecurecleartextkeyset.KeysetMaterial(handle)
	for _, key := range material.GetKey() {
		mark := fingerprint(key.GetKeyData().GetValue())
		if key.GetKeyId() == material.GetPrimaryKeyId() {
			k.marks = append([]string{mark}, k.marks...)
		} else {
			k.marks = append(k.marks, mark)
		}
	}
	return k, nil
}

// fingerprint names a key in messages. A key is 256 random bits, so 64 bits of
// its hash tell nothing about it.
func fingerprint(material []byte) string {
	sum := sha256.Sum256(append([]byte("patchboard keyset fingerprint\x00"), material...))
	return hex.EncodeToString(sum[:8])
}

// primary is the fingerprint of the key that seals.
func (k *keys) primary() string { return k.marks[0] }

// names lists the fingerprints, for messages.
func (k *keys) names() string { return strings.Join(k.marks, ", ") }

// load reads the configured keyset; nil, with no error, means that the place
// for it is still empty, which is right on a first start only.
func load(c Config) (*keys, error) {
	if c.JSON != "" {
		if len(c.JSON) > maxKeyset {
			return nil, errInvalid("PATCHBOARD_KEYSET", "it is longer than 64 KiB")
		}
		return parse([]byte(c.JSON), "PATCHBOARD_KEYSET")
	}
	if c.File == "" {
		return nil, fault.New(fault.Invalid, "keyset-place",
			"There is no place for the keyset that seals stored secrets.",
			"Give --keyset-file FILE, or the keyset itself in PATCHBOARD_KEYSET. For a new database: "+
				"install -d -m 0700 /var/lib/patchboard, then --keyset-file /var/lib/patchboard/keyset.json.")
	}
	text, err := readFile(c.File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // absence is an ordinary state of a first start, judged by the caller
	}
	if err != nil {
		return nil, err
	}
	return parse(text, c.File)
}

// readFile reads a keyset file that nobody but its owner may read. The mode is
// that of the opened file, so that a swap between check and read gains nothing.
func readFile(file string) ([]byte, error) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open keyset: %w", err)
	}
	if err != nil {
		return nil, errUnreadable(file, err)
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil {
		return nil, errUnreadable(file, err)
	}
	if !info.Mode().IsRegular() {
		return nil, errInvalid(file, "it is not a regular file")
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fault.New(fault.Invalid, "keyset-mode",
			fmt.Sprintf("The keyset file %s can be read or changed by others (mode %04o).", file, info.Mode().Perm()),
			"Run: chmod 600 "+quoted(file))
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKeyset+1))
	if err != nil {
		return nil, errUnreadable(file, err)
	}
	if len(text) > maxKeyset {
		return nil, errInvalid(file, "it is longer than 64 KiB")
	}
	return text, nil
}

// writeFile puts a keyset where none is: a temporary file beside it, synced,
// then a hard link, which unlike a rename never replaces a file that another
// process has put there meanwhile (fs.ErrExist), then the folder synced.
func writeFile(file string, text []byte) (err error) {
	dir := filepath.Dir(file)
	f, err := os.CreateTemp(dir, ".keyset-*") // mode 0600
	if errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.Invalid, "keyset-place",
			fmt.Sprintf("The folder %s, in which the keyset shall be kept, does not exist.", dir),
			"Run: install -d -m 0700 "+quoted(dir)).Because(err)
	}
	if err != nil {
		return errUnwritable(file, err)
	}
	defer func() {
		if gone := os.Remove(f.Name()); err == nil && gone != nil {
			err = errUnwritable(file, gone)
		}
	}()
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return errUnwritable(file, err)
	}
	if err := os.Link(f.Name(), file); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("place keyset: %w", err)
		}
		return errUnwritable(file, err)
	}
	return syncDir(file, dir)
}

// syncDir makes a new name in a folder survive a power cut.
func syncDir(file, dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return errUnwritable(file, err)
	}
	err = d.Sync()
	if closed := d.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return errUnwritable(file, err)
	}
	return nil
}

// quoted makes a path safe to paste into a shell.
func quoted(path string) string { return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'" }

func errInvalid(from, why string) *fault.Error {
	return fault.New(fault.Invalid, "keyset-invalid",
		fmt.Sprintf("The keyset in %s cannot be used: %s.", from, why),
		"Put back the keyset that this installation was started with, from a backup or from another node.")
}

func errUnreadable(file string, err error) *fault.Error {
	return fault.New(fault.Invalid, "keyset-unreadable",
		fmt.Sprintf("The keyset file %s cannot be read.", file),
		"Let the user that runs patchboard own it: chown patchboard "+quoted(file)+
			" && chmod 600 "+quoted(file)).Because(err)
}

func errUnwritable(file string, err error) *fault.Error {
	return fault.New(fault.Invalid, "keyset-unwritable",
		fmt.Sprintf("The keyset cannot be written to %s.", file),
		"Let the user that runs patchboard write in that folder, or name another with --keyset-file; "+
			"its file system must support hard links.").Because(err)
}
