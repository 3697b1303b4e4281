package egress_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"patchboard/internal/egress"
)

func ok(http.ResponseWriter, *http.Request) {}

func TestSendOverTLS(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	s := secureServer(t, &tls.Config{Certificates: []tls.Certificate{ca.leaf(t, nil)}, NextProtos: []string{"h2", "http/1.1"}}, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Proto+" "+r.Host)
	})
	resolver := answer("127.0.0.1")
	c := newClient(t, egress.Policy{AllowNetworks: loopback, TrustedCAs: ca.pool(), Resolver: resolver})
	port := portOf(t, s.URL)
	r := send(t, c, "https://hook.example.com:"+port, 0)
	expect(t, r, egress.ClassOK, 200, "")
	if string(r.Body) != "HTTP/1.1 hook.example.com:"+port || r.Timing.TLS <= 0 || r.Timing.Reused || r.RemoteAddr != "127.0.0.1:"+port {
		t.Errorf("body %q, %+v", r.Body, r)
	}
	if r = send(t, c, "https://hook.example.com:"+port, 0); !r.Timing.Reused || r.Timing.TLS != 0 {
		t.Errorf("not reused: %+v", r.Timing)
	}
	if asked := len(resolver.asked); asked != 1 {
		t.Errorf("%d look-ups for one connection", asked)
	}
	expect(t, send(t, c, "https://127.0.0.1:"+port, 0), egress.ClassOK, 200, "")
	// A new connection resumes the session and is still good.
	c.Close()
	if r = send(t, c, "https://hook.example.com:"+port, 0); r.Class != egress.ClassOK || r.Timing.Reused {
		t.Errorf("after a resumed handshake: %+v", r)
	}
}

func TestSendRefusesBadTLS(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	day := 24 * time.Hour
	expired := time.Now().Add(-2 * day)
	tomorrow := time.Now().Add(day)
	with := func(change func(*x509.Certificate)) *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{ca.leaf(t, change)}}
	}
	tlsServer := func(config *tls.Config) string { return secureServer(t, config, ok).URL }
	old := with(nil)
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 // what the client must refuse
	for _, k := range []struct{ name, address, detail string }{
		{"expired", tlsServer(with(func(c *x509.Certificate) { c.NotAfter = expired; c.NotBefore = expired.Add(-day) })), "certificate expired on " + expired.UTC().Format(time.DateOnly)},
		{"not yet", tlsServer(with(func(c *x509.Certificate) { c.NotBefore = tomorrow; c.NotAfter = tomorrow.Add(day) })), "certificate is not valid before " + tomorrow.UTC().Format(time.DateOnly)},
		{"wrong name", tlsServer(with(func(c *x509.Certificate) { c.DNSNames = []string{"other.example.com"}; c.IPAddresses = nil })), "not for hook.example.com but for other.example.com"},
		{"no name", tlsServer(with(func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = nil, nil })), "no name at all"},
		{"many names", tlsServer(with(func(c *x509.Certificate) { c.DNSNames = strings.Fields("a.x b.x c.x d.x") })), "for a.x, b.x, c.x and others"},
		{"unknown authority", tlsServer(&tls.Config{Certificates: []tls.Certificate{newAuthority(t).leaf(t, nil)}}), "authority that is not trusted"},
		{"self-signed", selfSigned(t), "self-signed"},
		{"client certificate only", tlsServer(with(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} })), "is not valid: "},
		{"old version", tlsServer(old), "older than 1.2"},
		{"plain HTTP", rawServer(t, func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n") }), "answered in plain HTTP"},
		{"other protocol", rawServer(t, func(c net.Conn) { _, _ = io.WriteString(c, "220 mail.example.com ESMTP ready\r\n") }), "does not speak TLS"},
		{"closes", rawServer(t, func(net.Conn) {}), "closed the connection during the TLS handshake"},
		{"alert", rawServer(t, func(c net.Conn) { _, _ = c.Read(make([]byte, 4096)); _, _ = c.Write([]byte{21, 3, 3, 0, 2, 2, 40}) }), "refused the TLS handshake: "},
	} {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, egress.Policy{AllowNetworks: loopback, TrustedCAs: ca.pool(), Resolver: answer("127.0.0.1")})
			r := send(t, c, "https://hook.example.com:"+portOf(t, k.address), 5*time.Second)
			expect(t, r, egress.ClassTLS, 0, k.detail)
			if r.Verdict().Cause != egress.CauseTLS || r.RemoteAddr == "" || r.Timing.TLS <= 0 {
				t.Errorf("verdict %+v, %+v", r.Verdict(), r)
			}
		})
	}
}

func selfSigned(t *testing.T) string {
	t.Helper()
	ca := newAuthority(t)
	return secureServer(t, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{ca.cert.Raw}, PrivateKey: ca.key}}}, ok).URL
}

func TestSendTimesOutInTheHandshake(t *testing.T) {
	t.Parallel()
	address := rawServer(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	c := newClient(t, open())
	r := send(t, c, "https://"+address, short)
	expect(t, r, egress.ClassTimeout, 0, "did not finish the TLS handshake within 0.3 s")
	if r.Timing.TLS <= 0 || r.Timing.Connect <= 0 || r.RemoteAddr != address {
		t.Errorf("timing %+v, address %q", r.Timing, r.RemoteAddr)
	}
}

// blackHole listens without accepting and has its queue filled, so that further
// connections get no answer at all.
func blackHole(t *testing.T, address string) netip.AddrPort {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	ap := netip.MustParseAddrPort(address)
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: ap.Addr().As4(), Port: int(ap.Port())}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	bound, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	ap = netip.AddrPortFrom(ap.Addr(), uint16(bound.(*syscall.SockaddrInet4).Port))
	for range 10 {
		conn, err := net.DialTimeout("tcp", ap.String(), 50*time.Millisecond)
		if err != nil {
			return ap
		}
		t.Cleanup(func() { _ = conn.Close() })
	}
	t.Skip("this kernel takes connections beyond the queue")
	return ap
}

func TestSendTimesOutInTheConnection(t *testing.T) {
	t.Parallel()
	hole := blackHole(t, "127.0.0.1:0")
	r := send(t, newClient(t, open()), "https://"+hole.String(), short)
	expect(t, r, egress.ClassTimeout, 0, "did not accept a connection within 0.3 s")
	if r.Timing.Connect <= 0 || r.Timing.TLS != 0 || r.RemoteAddr != hole.String() || r.Verdict().Cause != egress.CauseTimeout {
		t.Errorf("timing %+v, address %q", r.Timing, r.RemoteAddr)
	}
}

func TestSendTriesEachAddress(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(ok))
	t.Cleanup(s.Close)
	port := portOf(t, s.URL)
	hole := blackHole(t, "127.0.0.3:"+port)
	for name, first := range map[string]string{"refused": "127.0.0.2", "silent": hole.Addr().String()} {
		p := open()
		p.Resolver = answer(first, "127.0.0.1")
		r := send(t, newClient(t, p), "http://hook.example.com:"+port, 4*time.Second)
		expect(t, r, egress.ClassOK, 200, "")
		if r.RemoteAddr != "127.0.0.1:"+port {
			t.Errorf("%s: connected to %s", name, r.RemoteAddr)
		}
	}
	p := open()
	p.Resolver = answer("127.0.0.4", "127.0.0.5", "127.0.0.6")
	r := send(t, newClient(t, p), "http://hook.example.com:"+port, 0)
	expect(t, r, egress.ClassConnect, 0, "Nothing accepts connections at hook.example.com (127.0.0.4:"+port+" and 2 more addresses): connection refused")
	if r.RemoteAddr != "127.0.0.6:"+port || r.Verdict().Cause != egress.CauseConnect {
		t.Errorf("%+v", r)
	}
}

func TestSendRefusesAddresses(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	t.Cleanup(s.Close)
	port := portOf(t, s.URL)
	// Rebinding: good when it is saved, loopback when it is sent to.
	rebinding := answers([]string{"8.8.8.8"}, []string{"127.0.0.1"})
	c := newClient(t, egress.Policy{AllowHTTP: true, Resolver: rebinding})
	u := mustURL(t, c, "http://hook.example.com:"+port)
	if v := c.CheckAddress(t.Context(), u); v != nil {
		t.Fatal(v.Detail)
	}
	r := c.Send(t.Context(), egress.Request{URL: u})
	expect(t, r, egress.ClassAddressRefused, 0, "hook.example.com leads to 127.0.0.1 (loopback)")
	if r.RemoteAddr != "" || r.Verdict().Cause != egress.CauseAddressRefused {
		t.Errorf("%+v", r)
	}
	mixed := newClient(t, egress.Policy{AllowHTTP: true, Resolver: answer("8.8.8.8", "127.0.0.1")})
	expect(t, send(t, mixed, "http://hook.example.com:"+port, 0), egress.ClassAddressRefused, 0, "127.0.0.1 (loopback)")
	// A URL that came in under a wider policy is refused under this one.
	wide := newClient(t, open())
	strict := newClient(t, egress.Policy{Resolver: answer("8.8.8.8")})
	expect(t, strict.Send(t.Context(), egress.Request{URL: mustURL(t, wide, "http://127.0.0.1:"+port)}), egress.ClassAddressRefused, 0, "Plain HTTP is not allowed")
	expect(t, strict.Send(t.Context(), egress.Request{URL: mustURL(t, wide, "https://127.0.0.1:"+port)}), egress.ClassAddressRefused, 0, "127.0.0.1 (loopback)")
	for _, address := range []string{"http://hook.example.com:" + port, "https://127.0.0.1:" + port, "https://localhost:" + port} {
		resp, err := newClient(t, egress.Policy{Resolver: answer("127.0.0.1")}).HTTPClient().Get(address)
		if err == nil {
			_ = resp.Body.Close()
			t.Errorf("the plain client reaches %s", address)
		}
	}
	if requests.Load() != 0 {
		t.Errorf("%d requests arrived", requests.Load())
	}
}

// stuck is a resolver that never answers.
type stuck struct{}

func (stuck) LookupNetIP(ctx context.Context, _, _ string) ([]netip.Addr, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestSendNamesDNSFailures(t *testing.T) {
	t.Parallel()
	notFound := &fixed{asked: make(chan string, 9), err: &net.DNSError{Err: "no such host", Name: "x", IsNotFound: true}}
	r := send(t, newClient(t, egress.Policy{Resolver: notFound}), "https://api.exmaple.com/", 0)
	expect(t, r, egress.ClassDNS, 0, "The host name api.exmaple.com does not resolve")
	r = send(t, newClient(t, egress.Policy{Resolver: stuck{}}), "https://api.exmaple.com/", short)
	expect(t, r, egress.ClassDNS, 0, "host name")
	if r.Timing.DNS <= 0 || r.Verdict().Cause != egress.CauseDNS {
		t.Errorf("%+v", r)
	}
}

func TestPinnedHosts(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	leaf := ca.leaf(t, func(c *x509.Certificate) { c.DNSNames = []string{"api.example.com"} })
	s := secureServer(t, &tls.Config{Certificates: []tls.Certificate{leaf}}, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Host) })
	resolver := answer("8.8.8.8")
	c := newClient(t, egress.Policy{TrustedCAs: ca.pool(), Resolver: resolver, Resolve: map[string]string{"API.example.com": s.Listener.Addr().String()}})
	u := mustURL(t, c, "https://Api.Example.com/webhooks/contacts")
	if v := c.CheckAddress(t.Context(), u); v != nil {
		t.Error(v.Detail)
	}
	r := c.Send(t.Context(), egress.Request{URL: u})
	expect(t, r, egress.ClassOK, 200, "")
	if string(r.Body) != "api.example.com" || len(resolver.asked) != 0 {
		t.Errorf("body %q, %d look-ups", r.Body, len(resolver.asked))
	}
	// The address itself stays refused.
	if _, v := c.CheckURL(s.URL); v == nil || v.Cause != egress.CauseAddressRefused {
		t.Errorf("the pinned address is open to all: %+v", v)
	}
}

func TestLostHosts(t *testing.T) {
	t.Parallel()
	var lost atomic.Bool
	s := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(s.Close)
	c := newClient(t, egress.Policy{
		AllowHTTP: true, Resolve: map[string]string{"api.example.com": s.Listener.Addr().String()},
		Lost: func(host string) bool { return host == "api.example.com" && lost.Load() },
	})
	get := func() error {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://API.example.com/", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Close = true
		answer, err := c.HTTPClient().Do(r)
		if err == nil {
			err = answer.Body.Close()
		}
		return err
	}
	if err := get(); err != nil {
		t.Error(err)
	}
	lost.Store(true)
	if dns, ok := errors.AsType[*net.DNSError](get()); !ok || !dns.IsNotFound {
		t.Errorf("%v", dns)
	}
	lost.Store(false)
	if err := get(); err != nil {
		t.Error(err)
	}
}

func TestTrustedCAs(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	dir := t.TempDir()
	good, bad := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "bad.pem")
	if err := os.WriteFile(good, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.cert.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(bad, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	pool, err := egress.TrustedCAs(good)
	if err != nil {
		t.Fatal(err)
	}
	s := secureServer(t, &tls.Config{Certificates: []tls.Certificate{ca.leaf(t, nil)}}, ok)
	c := newClient(t, egress.Policy{AllowNetworks: loopback, TrustedCAs: pool})
	expect(t, send(t, c, s.URL, 0), egress.ClassOK, 200, "")
	for _, name := range []string{bad, filepath.Join(dir, "missing.pem")} {
		if _, err := egress.TrustedCAs(good, name); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A kept connection that the receiver closes is not used again.
func TestSendSurvivesAClosedConnection(t *testing.T) {
	t.Parallel()
	closed := make(chan struct{}, 1)
	address := rawServer(t, func(conn net.Conn) {
		saying("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")(conn)
		_ = conn.Close()
		closed <- struct{}{}
	})
	c := newClient(t, open())
	for range 3 {
		expect(t, send(t, c, "http://"+address, 0), egress.ClassOK, 200, "")
		<-closed
	}
}
