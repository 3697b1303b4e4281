package sandbox

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"patchboard/internal/id"
)

const (
	day = 24 * time.Hour

	authorityLife  = 2 * 365 * day
	authorityRenew = 90 * day // left of its life when a new one is made
	leafLife       = 30 * day
	leafRenew      = 10 * day
	clockSlack     = time.Hour // before now: clocks differ
)

// leafNames are what the receiver's certificate is for, beside 127.0.0.1.
var leafNames = []string{"api.example.com", "your-api.com", "*.example.com", "*.salesforce.example.com", "*.my.salesforce.example.com", "localhost"}

// permittedDomains and loopback addresses are all that the authority can vouch
// for, so that its key is of little use to a thief.
var permittedDomains = []string{"example.com", "your-api.com", "localhost"}

// Authority is a certificate authority that only the demo trusts. Its key lies
// in a file with mode 0600, and vouches for a few names of this machine.
type Authority struct {
	file  string
	clock id.Clock
	cert  *x509.Certificate
	key   *ecdsa.PrivateKey

	mu   sync.Mutex
	leaf *tls.Certificate // nil until the first handshake
}

// OpenAuthority reads the authority from its file, or makes one if there is
// none or it is about to expire.
func OpenAuthority(file string, clock id.Clock) (*Authority, error) {
	a := &Authority{file: file, clock: clock}
	err := a.read()
	if err == nil && clock().Before(a.cert.NotAfter.Add(-authorityRenew)) {
		return a, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the sandbox's authority %s (delete the file, and a new one is made): %w", file, err)
	}
	if err := a.make(); err != nil {
		return nil, fmt.Errorf("make the sandbox's authority %s: %w", file, err)
	}
	return a, nil
}

// File names the file with the authority's certificate, and its key.
func (a *Authority) File() string { return a.file }

// Certificate gives the authority's certificate, for those who shall trust it.
func (a *Authority) Certificate() *x509.Certificate { return a.cert }

func (a *Authority) read() error {
	text, err := os.ReadFile(a.file)
	if err != nil {
		return err //nolint:wrapcheck // OpenAuthority says which file
	}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "CERTIFICATE":
			a.cert, err = x509.ParseCertificate(block.Bytes)
		case "EC PRIVATE KEY":
			a.key, err = x509.ParseECPrivateKey(block.Bytes)
		}
		if err != nil {
			return err //nolint:wrapcheck // OpenAuthority says which file
		}
	}
	switch {
	case a.cert == nil || a.key == nil:
		return errors.New("it lacks a certificate or its key")
	case !a.key.PublicKey.Equal(a.cert.PublicKey):
		return errors.New("its key is not the certificate's")
	}
	return os.Chmod(a.file, 0o600) //nolint:wrapcheck // OpenAuthority says which file
}

// newStranger makes an authority that nobody has reason to trust; it is kept in
// memory only.
func newStranger(clock id.Clock) (*Authority, error) {
	a := &Authority{clock: clock}
	if _, err := a.generate(); err != nil {
		return nil, fmt.Errorf("make a certificate that nobody trusts: %w", err)
	}
	return a, nil
}

// make makes the authority, and writes it to its file.
func (a *Authority) make() error {
	der, err := a.generate()
	if err != nil {
		return err
	}
	keyDER, err := x509.MarshalECPrivateKey(a.key)
	if err != nil {
		return fmt.Errorf("write its key: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	text = append(text, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER})...)
	return writePrivate(a.file, text)
}

// generate makes the key and the certificate, whose bytes it gives.
func (a *Authority) generate() (der []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	now := a.clock()
	self := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{Organization: []string{"Patchboard demo"}, CommonName: "Patchboard sandbox authority"},
		NotBefore: now.Add(-clockSlack), NotAfter: now.Add(authorityLife),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign,
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: permittedDomains,
		PermittedIPRanges: []*net.IPNet{{IP: net.IPv4(127, 0, 0, 0).To4(), Mask: net.CIDRMask(8, 32)}},
	}
	if der, err = x509.CreateCertificate(rand.Reader, self, self, &key.PublicKey, key); err != nil {
		return nil, fmt.Errorf("sign its certificate: %w", err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		return nil, fmt.Errorf("read its certificate: %w", err)
	}
	a.key = key
	return der, nil
}

// writePrivate replaces a file as a whole, readable by its owner alone.
func writePrivate(file string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return fmt.Errorf("make its folder: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".new-*") // made with mode 0600
	if err != nil {
		return fmt.Errorf("write it: %w", err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write it: %w", err), os.Remove(f.Name()))
	}
	return nil
}

// certificate gives the receiver's certificate, made anew long before the old
// one expires. It is kept in memory only.
func (a *Authority) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.clock()
	if a.leaf != nil && now.Before(a.leaf.Leaf.NotAfter.Add(-leafRenew)) {
		return a.leaf, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the receiver's key: %w", err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{Organization: []string{"Patchboard demo"}, CommonName: "Patchboard sandbox"},
		// As long as the authority itself: a test's clock may be ahead of its client's.
		NotBefore: a.cert.NotBefore, NotAfter: now.Add(leafLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: leafNames, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1).To4()},
	}, a.cert, &key.PublicKey, a.key)
	if err != nil {
		return nil, fmt.Errorf("sign the receiver's certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("read the receiver's certificate: %w", err)
	}
	a.leaf = &tls.Certificate{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: key, Leaf: leaf}
	return a.leaf, nil
}

// serial gives 127 random bits: authorities may not repeat one (RFC 5280).
func serial() *big.Int {
	var b [16]byte
	_, _ = rand.Read(b[:]) // documented to never fail: the program ends instead
	b[0] = b[0]&0x7f | 0x40
	return new(big.Int).SetBytes(b[:])
}
