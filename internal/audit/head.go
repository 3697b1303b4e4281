package audit

import (
	"cmp"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Head says what a log held at one moment. Signed and kept outside the
// database, it shows later that nothing before it was changed or cut off.
type Head struct {
	Organization string
	Size         int64 // entries 1 to Size
	Root         tlog.Hash
	At           time.Time // when it was signed
	File         string    // where it was read from
}

const (
	signerName   = "patchboard-audit"
	installation = "installation" // stands for the log without an organization
	headSuffix   = ".head"
	asideSuffix  = ".head-given-up"
	headMost     = 4 << 10 // a head file is a few hundred bytes
)

// text is the signed part: a checkpoint as transparency logs use it (origin,
// size, root), and the time as one further line.
func (h Head) text() string {
	return fmt.Sprintf("%s/%s\n%d\n%s\ntime %s\n", signerName, originOf(h.Organization), h.Size,
		base64.StdEncoding.EncodeToString(h.Root[:]), h.At.UTC().Format(time.RFC3339Nano))
}

func originOf(org string) string {
	if org == "" {
		return installation
	}
	return org
}

func parseHead(text string) (Head, error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 5 {
		return Head{}, errors.New("too few lines")
	}
	org, ok := strings.CutPrefix(lines[0], signerName+"/")
	if !ok || org == "" {
		return Head{}, fmt.Errorf("the first line is %q", lines[0])
	}
	if org == installation {
		org = ""
	}
	h := Head{Organization: org}
	var err error
	if h.Size, err = strconv.ParseInt(lines[1], 10, 64); err != nil || h.Size < 1 {
		return Head{}, fmt.Errorf("the size is %q", lines[1])
	}
	if h.Root, err = tlog.ParseHash(lines[2]); err != nil {
		return Head{}, fmt.Errorf("the root is %q", lines[2])
	}
	at, ok := strings.CutPrefix(lines[3], "time ")
	if !ok {
		return Head{}, fmt.Errorf("the time is %q", lines[3])
	}
	if h.At, err = time.Parse(time.RFC3339Nano, at); err != nil {
		return Head{}, fmt.Errorf("the time is %q", lines[3])
	}
	return h, nil
}

// headDir reads and writes the signed heads: a file an organization and node.
type headDir struct {
	dir    string
	node   string
	signer note.Signer
	known  note.Verifiers
	public string // the verifier key that outsiders check heads with
}

func newHeadDir(dir, node string, key ed25519.PrivateKey) (*headDir, error) {
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		return nil, errors.New("audit: the key is no Ed25519 key")
	}
	vkey, err := note.NewEd25519VerifierKey(signerName, public)
	if err != nil {
		return nil, fmt.Errorf("audit: verifier key: %w", err)
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, fmt.Errorf("audit: verifier: %w", err)
	}
	// The encoding of a signer's key: its hash, then algorithm 1 and the seed.
	skey := fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", signerName, verifier.KeyHash(), base64.StdEncoding.EncodeToString(append([]byte{1}, key.Seed()...)))
	signer, err := note.NewSigner(skey)
	if err != nil {
		return nil, fmt.Errorf("audit: signer: %w", err)
	}
	return &headDir{dir: dir, node: fileWord(node), signer: signer, known: note.VerifierList(verifier), public: vkey}, nil
}

// fileWord keeps a node's name fit for a file name on any system.
func fileWord(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, s)
	if s == "" {
		return "node"
	}
	return s[:min(len(s), 64)]
}

func (d *headDir) path(org string) string {
	return filepath.Join(d.dir, filePrefix(org)+d.node+headSuffix)
}

// filePrefix is what the names of an organization's head files begin with.
func filePrefix(org string) string { return fileWord(originOf(org)) + "." }

var errForgedHead = errors.New("it is not signed with this installation's key, or was changed since")

// read reads one head and checks its signature.
func (d *headDir) read(path string) (Head, error) {
	b, err := readSmall(path)
	if err != nil {
		return Head{}, err
	}
	n, err := note.Open(b, d.known)
	if err != nil {
		return Head{}, errForgedHead
	}
	h, err := parseHead(n.Text)
	if err != nil {
		return Head{}, fmt.Errorf("signed head %s: %w", path, err)
	}
	h.File = path
	return h, nil
}

func readSmall(path string) ([]byte, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read signed head: %w", err)
	}
	if st.Size() > headMost || !st.Mode().IsRegular() {
		return nil, errForgedHead
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read signed head: %w", err)
	}
	return b, nil
}

// badHead is a file that should be a head and is none.
type badHead struct {
	File string
	Err  error
}

// all reads the heads of every node and organization, smallest first. A missing
// directory holds none.
func (d *headDir) all() (heads []Head, bad []badHead, err error) { return d.named("") }

// of reads those of one organization.
func (d *headDir) of(org string) (heads []Head, bad []badHead, err error) {
	return d.named(filePrefix(org))
}

func (d *headDir) named(prefix string) (heads []Head, bad []badHead, err error) {
	files, err := os.ReadDir(d.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	} else if err != nil {
		return nil, nil, fmt.Errorf("read the directory of signed heads: %w", err)
	}
	for _, f := range files {
		if !strings.HasPrefix(f.Name(), prefix) || !strings.HasSuffix(f.Name(), headSuffix) {
			continue
		}
		path := filepath.Join(d.dir, f.Name())
		h, err := d.read(path)
		switch {
		case errors.Is(err, fs.ErrNotExist): // moved away just now
		case err != nil:
			bad = append(bad, badHead{path, err})
		default:
			heads = append(heads, h)
		}
	}
	slices.SortFunc(heads, func(a, b Head) int { return cmp.Compare(a.Size, b.Size) })
	return heads, bad, nil
}

// write signs a head and replaces the organization's file of this node. After a
// crash there is the old file or the new one.
func (d *headDir) write(h Head) (err error) {
	b, err := note.Sign(&note.Note{Text: h.text()}, d.signer)
	if err != nil {
		return fmt.Errorf("sign head: %w", err)
	}
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return fmt.Errorf("make the directory of signed heads: %w", err)
	}
	path := d.path(h.Organization)
	f, err := os.CreateTemp(d.dir, filepath.Base(path)+".*.new")
	if err != nil {
		return fmt.Errorf("write signed head: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write signed head: %w", err)
	}
	return syncDir(d.dir)
}

// rename gives a head's file a name that all does not read, and that says when.
func (d *headDir) rename(path string, now time.Time) error {
	aside := strings.TrimSuffix(path, headSuffix) + "." + now.UTC().Format("20060102T150405.000000Z") + asideSuffix
	if err := os.Rename(path, aside); err != nil {
		return fmt.Errorf("put a signed head aside: %w", err)
	}
	return syncDir(d.dir)
}

func syncDir(dir string) (err error) {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync the directory of signed heads: %w", err)
	}
	err = f.Sync()
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("sync the directory of signed heads: %w", err)
	}
	return nil
}
