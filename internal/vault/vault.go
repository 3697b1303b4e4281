// Package vault seals every secret that Patchboard stores: API keys, signing
// secrets, later tokens. It owns the keyset (Tink, AES256-GCM), the row that
// ties a keyset to a database, and the keys derived for look-ups and for
// signatures. It does not own the rows that hold sealed values.
//
// The keyset comes from the environment or from a file that only its owner can
// read. A new keyset is made on the first start only, together with an empty
// database: a keyset that is made later would hide a lost one until the first
// secret is needed.
package vault

import (
	"context"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"sync"

	"github.com/tink-crypto/tink-go/v2/tink"

	"patchboard/internal/db"
)

// Config says where the keyset is.
type Config struct {
	File string // path of the keyset file, mode 0600; made on the first start
	JSON string // the keyset itself (PATCHBOARD_KEYSET); when set, File is not looked at
}

// Vault seals and opens secrets. It is safe for concurrent use and never
// changes after Open.
type Vault struct {
	aead tink.AEAD
	// root is a random secret that is sealed in the database. What is derived
	// from it (hash keys, signers) stays the same when the keyset is rotated.
	root    []byte
	hashers sync.Map // purpose -> *hashers
}

// Open reads the keyset and proves that it is the one of this database. On an
// empty database it makes what is missing. Its faults say how to share or
// restore a keyset.
func Open(ctx context.Context, d *db.DB, c Config) (*Vault, error) {
	// The row is read before the file, since a first start writes them the other
	// way round: whoever sees a row may expect its keyset.
	row, none := readCheck(ctx, d)
	if none != nil && !errors.Is(none, db.ErrNoRows) {
		return nil, none
	}
	k, err := load(c)
	switch {
	case err != nil:
		return nil, err
	case none == nil && k == nil:
		return nil, errMissing(c.File, row.fingerprint)
	case none == nil:
		return open(k, row)
	}
	if err := requireEmpty(ctx, d); err != nil {
		return nil, err
	}
	return start(ctx, d, c, k)
}

// start ties an empty database to a keyset, which it makes if k is nil. The
// file is durable before the row commits: a crash between the two leaves a
// keyset that the next start takes up, never a sealed database without one.
func start(ctx context.Context, d *db.DB, c Config, k *keys) (*Vault, error) {
	made := false
	if k == nil {
		var err error
		if k, made, err = create(c.File); err != nil {
			return nil, err
		}
	}
	if err := claim(ctx, d, k); err != nil {
		return nil, err
	}
	// Whoever came first has the row. With a shared keyset that may be another
	// node, and all is well.
	row, err := readCheck(ctx, d)
	if err != nil {
		return nil, err
	}
	v, err := open(k, row)
	if err == nil {
		return v, nil
	}
	lost := errLostRace(k.from, row.fingerprint)
	if made {
		lost = errLostRace(c.File, row.fingerprint)
		// The file is this start's own and has sealed nothing. Left behind, it
		// would be in the way of the right one.
		if gone := os.Remove(c.File); gone != nil {
			err = errors.Join(err, gone)
		}
	}
	return nil, lost.Because(err)
}

// create makes a keyset file. When another process has just made it, that one
// is taken, and made is false.
func create(file string) (k *keys, made bool, err error) {
	if k, err = generate(); err != nil {
		return nil, false, err
	}
	err = writeFile(file, k.json)
	if errors.Is(err, fs.ErrExist) {
		text, err := readFile(file)
		if err != nil {
			return nil, false, err
		}
		k, err = parse(text, file)
		return k, false, err
	}
	if err != nil {
		return nil, false, err
	}
	k.from = file
	return k, true, nil
}

// errRow is a programming error: a sealed value must belong to a row.
var errRow = errors.New("vault: a sealed value needs the identity of its row")

// Seal encrypts plain for one place: row is the identity of the row and column
// that will hold it ("webhook/wh_…/secret"). The result opens for that row
// only, so a sealed value that is copied to another row is worthless there. It
// is 33 bytes longer than plain.
func (v *Vault) Seal(plain []byte, row string) ([]byte, error) {
	if row == "" {
		return nil, errRow
	}
	sealed, err := v.aead.Encrypt(plain, []byte(row))
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", row, err)
	}
	return sealed, nil
}

// Unseal opens what Seal made for the same row, under any key of the keyset.
func (v *Vault) Unseal(sealed []byte, row string) ([]byte, error) {
	if row == "" {
		return nil, errRow
	}
	plain, err := v.aead.Decrypt(sealed, []byte(row))
	if err != nil {
		return nil, fmt.Errorf("unseal %s: %w", row, err)
	}
	return plain, nil
}

// hashers are the idle keyed hashes of one purpose.
type hashers struct {
	key  []byte
	idle sync.Pool // of *hasher
}

// hasher is a keyed hash with room for one input and its sum, so that a
// look-up on a hot path allocates nothing.
type hasher struct {
	mac hash.Hash
	in  []byte
	sum [sha256.Size]byte
}

// Hash is a keyed hash (HMAC-SHA-256) for look-ups: who has the database but
// not the keyset can neither test a guess nor link values of two purposes.
func (v *Vault) Hash(purpose string, b []byte) [sha256.Size]byte {
	known, _ := v.hashers.Load(purpose)
	of, ok := known.(*hashers)
	if !ok {
		of = &hashers{key: v.derive("hash", purpose)}
		v.hashers.Store(purpose, of) // a second one of the same moment has the same key
	}
	h, ok := of.idle.Get().(*hasher)
	if !ok {
		h = &hasher{mac: hmac.New(sha256.New, of.key)}
	}
	h.in = append(h.in[:0], b...)
	h.mac.Reset()
	h.mac.Write(h.in)
	h.mac.Sum(h.sum[:0])
	sum := h.sum
	clear(h.in) // what is looked up is a secret
	of.idle.Put(h)
	return sum
}

// Signer gives the installation's ed25519 key for a purpose: the same on every
// node and after a rotation of the keyset.
func (v *Vault) Signer(purpose string) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(v.derive("sign", purpose))
}

// derive makes a 32-byte key for a use and a purpose by HKDF (RFC 5869). The
// zero byte keeps ("a", "bc") and ("ab", "c") apart.
func (v *Vault) derive(use, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, v.root, nil, "patchboard/"+use+"\x00"+purpose, sha256.Size)
	if err != nil {
		panic(fmt.Sprintf("vault: derive a key: %v", err)) // only for an absurd length
	}
	return key
}
