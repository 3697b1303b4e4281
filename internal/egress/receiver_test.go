package egress_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"patchboard/internal/egress"
)

// authority is a certificate authority of the test's own.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(tb testing.TB) *authority {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-1000 * time.Hour), NotAfter: time.Now().Add(1000 * time.Hour), KeyUsage: x509.KeyUsageCertSign,
		DNSNames: []string{"hook.example.com"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		tb.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	return &authority{cert: cert, key: key}
}

func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

// leaf makes a server certificate; change may alter it before it is signed.
func (a *authority) leaf(tb testing.TB, change func(*x509.Certificate)) tls.Certificate {
	tb.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "receiver"}, DNSNames: []string{"hook.example.com"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if change != nil {
		change(template)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		tb.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// secureServer is a real HTTPS receiver for hook.example.com.
func secureServer(tb testing.TB, config *tls.Config, handler http.HandlerFunc) *httptest.Server {
	tb.Helper()
	s := httptest.NewUnstartedServer(handler)
	s.TLS = config
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	tb.Cleanup(s.Close)
	return s
}

// rawServer accepts connections and gives each to serve, which owns it until it
// returns. All are closed at the end of the test.
func rawServer(tb testing.TB, serve func(net.Conn)) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	done := make(chan struct{})
	tb.Cleanup(func() { close(done); _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() { <-done; _ = conn.Close() }()
			go func() { serve(conn); _ = conn.Close() }()
		}
	}()
	return l.Addr().String()
}

// saying answers every request on a connection with the same bytes.
func saying(text string) func(net.Conn) {
	return func(conn net.Conn) {
		in := bufio.NewReader(conn)
		if readRequest(in) == nil {
			_, _ = io.WriteString(conn, text)
		}
	}
}

func readRequest(in *bufio.Reader) error {
	req, err := http.ReadRequest(in)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, req.Body)
	return err
}

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// open is a policy for receivers on this machine.
func open() egress.Policy { return egress.Policy{AllowHTTP: true, AllowNetworks: loopback} }

func portOf(tb testing.TB, address string) string {
	tb.Helper()
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		address = u.Host
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		tb.Fatal(err)
	}
	return port
}

func mustURL(tb testing.TB, c *egress.Client, raw string) *url.URL {
	tb.Helper()
	u, v := c.CheckURL(raw)
	if v != nil {
		tb.Fatalf("%s: %s", raw, v.Detail)
	}
	return u
}

func send(t *testing.T, c *egress.Client, raw string, timeout time.Duration) egress.Result {
	t.Helper()
	return c.Send(t.Context(), egress.Request{URL: mustURL(t, c, raw), Body: []byte(`{"a":1}`), Timeout: timeout})
}

// expect checks class, status and a part of the sentence of a failure.
func expect(t *testing.T, r egress.Result, class egress.Class, status int, detail string) {
	t.Helper()
	if r.Class != class || r.Status != status || !strings.Contains(r.Detail, detail) {
		t.Errorf("got class %q, status %d, detail %q (error %v); want %q, %d, %q", r.Class, r.Status, r.Detail, r.Err, class, status, detail)
	}
	if (r.Class == egress.ClassOK) != (r.Detail == "") || strings.Count(r.Detail, "\n") > 0 {
		t.Errorf("class %q with detail %q", r.Class, r.Detail)
	}
}
