package sandbox

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func openAuthority(t *testing.T, file string, c *clock) *Authority {
	t.Helper()
	a, err := OpenAuthority(file, c.Now)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// vouches verifies a certificate as a client of the demo would.
func vouches(a *Authority, leaf *x509.Certificate, name string, at time.Time) error {
	pool := x509.NewCertPool()
	pool.AddCert(a.Certificate())
	_, err := leaf.Verify(x509.VerifyOptions{Roots: pool, DNSName: name, CurrentTime: at})
	return err
}

func TestAuthority(t *testing.T) {
	t.Parallel()
	c := newClock()
	file := filepath.Join(t.TempDir(), "demo", "ca.pem")
	a := openAuthority(t, file, c)
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info.Mode(), err)
	}
	if key, ok := a.Certificate().PublicKey.(*ecdsa.PublicKey); !ok || key.Curve != elliptic.P256() {
		t.Errorf("key %T", a.Certificate().PublicKey)
	}
	made, err := a.certificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{
		"api.example.com": true, "your-api.com": true, "hooks.example.com": true, "localhost": true, "127.0.0.1": true,
		"www.your-api.com": false, "example.com": false, "example.org": false, "127.0.0.2": false, "10.0.0.1": false,
	} {
		if err := vouches(a, made.Leaf, name, c.Now()); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := vouches(openAuthority(t, filepath.Join(t.TempDir(), "ca.pem"), c), made.Leaf, "localhost", c.Now()); err == nil {
		t.Error("another demo trusts it")
	}
}

// Whoever steals the key cannot pose as anybody else with it.
func TestAuthorityVouchesForLittle(t *testing.T) {
	t.Parallel()
	c := newClock()
	a := openAuthority(t, filepath.Join(t.TempDir(), "ca.pem"), c)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, stolen := range []*x509.Certificate{
		{DNSNames: []string{"bank.test"}},
		{IPAddresses: []net.IP{net.IPv4(192, 0, 2, 1)}},
		{DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign},
	} {
		stolen.SerialNumber, stolen.NotBefore, stolen.NotAfter = serial(), c.Now().Add(-clockSlack), c.Now().Add(day)
		der, err := x509.CreateCertificate(rand.Reader, stolen, a.cert, &key.PublicKey, a.key)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		if !stolen.IsCA {
			name := slices.Concat(stolen.DNSNames, []string{"192.0.2.1"})[0]
			if err := vouches(a, leaf, name, c.Now()); err == nil {
				t.Errorf("vouches for %s", name)
			}
			continue
		}
		grandchild, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
			SerialNumber: serial(), NotBefore: stolen.NotBefore, NotAfter: stolen.NotAfter, DNSNames: []string{"localhost"},
		}, leaf, &key.PublicKey, key)
		if err != nil {
			t.Fatal(err)
		}
		last, err := x509.ParseCertificate(grandchild)
		if err != nil {
			t.Fatal(err)
		}
		roots, between := x509.NewCertPool(), x509.NewCertPool()
		roots.AddCert(a.Certificate())
		between.AddCert(leaf)
		if _, err := last.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: c.Now()}); err == nil {
			t.Error("vouches for another authority")
		}
	}
}

func TestAuthorityIsKeptAndRenewed(t *testing.T) {
	t.Parallel()
	c := newClock()
	file := filepath.Join(t.TempDir(), "ca.pem")
	first := openAuthority(t, file, c)
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if again := openAuthority(t, file, c); !again.Certificate().Equal(first.Certificate()) {
		t.Error("a restart makes a new authority")
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("its file stays open to others: %v %v", info.Mode(), err)
	}
	c.add(authorityLife - authorityRenew + day)
	renewed := openAuthority(t, file, c)
	if renewed.Certificate().Equal(first.Certificate()) || renewed.Certificate().NotAfter.Before(c.Now().Add(authorityRenew)) {
		t.Errorf("near its end it is not renewed: until %s", renewed.Certificate().NotAfter)
	}
}

func TestLeafIsRenewed(t *testing.T) {
	t.Parallel()
	c := newClock()
	a := openAuthority(t, filepath.Join(t.TempDir(), "ca.pem"), c)
	first, err := a.certificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := a.certificate(nil); err != nil || again != first {
		t.Errorf("made anew for every handshake: %v", err)
	}
	for range 5 {
		c.add(leafLife - leafRenew + time.Minute)
		now, err := a.certificate(nil)
		if err != nil || now == first {
			t.Fatalf("not renewed: %v", err)
		}
		if err := vouches(a, now.Leaf, "localhost", c.Now()); err != nil {
			t.Fatal(err)
		}
		first = now
	}
}

func TestAuthorityFileThatIsNone(t *testing.T) {
	t.Parallel()
	c := newClock()
	good := filepath.Join(t.TempDir(), "ca.pem")
	openAuthority(t, good, c)
	other := filepath.Join(t.TempDir(), "ca.pem")
	openAuthority(t, other, c)
	read := func(file string) []byte {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	certificate, _, _ := bytes.Cut(read(good), []byte("-----BEGIN EC"))
	_, key, _ := bytes.Cut(read(other), []byte("-----END CERTIFICATE-----\n"))
	for name, text := range map[string][]byte{
		"empty": {}, "text": []byte("hello"), "without its key": certificate, "with another's key": append(certificate, key...),
		"rubbish": []byte("-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n"),
	} {
		file := filepath.Join(t.TempDir(), "ca.pem")
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenAuthority(file, c.Now); err == nil || !strings.Contains(err.Error(), "delete the file") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
