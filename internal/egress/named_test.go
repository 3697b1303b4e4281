package egress_test

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"patchboard/internal/egress"
)

// names answers from a map; what is not in it does not exist.
type names map[string]string

func (n names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	a, ok := n[host]
	if !ok {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return []netip.Addr{netip.MustParseAddr(a)}, nil
}

// What the operator names may lie in a private network, and is looked up, tried
// and told like everything else.
func TestOperatorsServersMayBePrivate(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	address := server.Listener.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	c, err := egress.New(egress.Policy{TrustedCAs: pool, Resolver: names{"example.com": "127.0.0.1", "other.test": "127.0.0.1"},
		Lost: func(host string) bool { return host == "lost.test" }, Resolve: map[string]string{"fixed.test": address}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	for _, to := range []string{address, "example.com:" + port, "fixed.test:1"} {
		conn, err := c.DialNamed(t.Context(), to)
		if err != nil {
			t.Errorf("%s: %v", to, err)
			continue
		}
		conn.Close()
	}
	for _, to := range []string{address, "example.com:" + port} {
		conn, err := c.DialNamedTLS(t.Context(), to)
		if err != nil {
			t.Errorf("%s: %v", to, err)
			continue
		}
		conn.Close()
	}
	for to, want := range map[string]string{
		"lost.test:1": "does not resolve", "nothing.test:1": "does not resolve", "example.com": "not valid", "example.com:x": "port is not a number",
		"other.test:" + port: "not for other.test", "127.0.0.1:1": "connection refused",
	} {
		conn, err := c.DialNamedTLS(t.Context(), to)
		if err == nil {
			conn.Close()
			t.Errorf("%s: connected", to)
			continue
		}
		if got := egress.Sentence(to, err); !strings.Contains(got, want) {
			t.Errorf("%s: %q", to, got)
		}
	}
	if got := c.TLSFor("mail.test"); got.ServerName != "mail.test" || got.RootCAs != pool {
		t.Errorf("%+v", got)
	}
}
