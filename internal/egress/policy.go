// Package egress is the only way out: the one HTTP client of the program, and
// the one policy about where it may go. Saving a webhook, testing it and
// delivering to it all ask the same policy and send through the same client, so
// they cannot disagree. It owns URL rules, address rules, time-outs, limits and
// the naming of what went wrong; it knows nothing of webhooks, signatures,
// retries or storage.
package egress

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"

	"code.dny.dev/ssrf"
)

// Resolver looks up the addresses of a host name; *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Policy says where the program may send. The zero Policy is the strict one:
// HTTPS to public addresses, certificates by the system's authorities.
type Policy struct {
	// AllowNetworks are networks that are open although they are not public.
	// An IPv4 network admits its IPv4-mapped form (::ffff:…) too.
	AllowNetworks []netip.Prefix
	// AllowHTTP admits http:// beside https://, for development.
	AllowHTTP bool
	// TrustedCAs are the authorities for TLS; nil means the system's. See
	// TrustedCAs, the function, for the system's and more.
	TrustedCAs *x509.CertPool
	// Resolve leads host names to fixed "address:port" pairs without a look-up,
	// whatever the URL's port and wherever the address lies. Only the demo uses
	// it: the operator's own words count as allowed.
	Resolve map[string]string
	// Lost reports host names that for now have no address, those of Resolve too.
	// Only the demo uses it, to show what happens then; nil: none.
	Lost func(host string) bool
	// Resolver looks up all other names; nil means the system's resolver.
	Resolver Resolver
}

// gate is a Policy made ready for use: every check of an address goes through
// permit.
type gate struct {
	guardian *ssrf.Guardian
	allowed4 []netip.Prefix
	allowed6 []netip.Prefix
	pinned   map[string]netip.AddrPort
	lost     func(host string) bool
	resolver Resolver
	http     bool
}

func newGate(p Policy) (*gate, error) {
	g := &gate{resolver: p.Resolver, lost: p.Lost, http: p.AllowHTTP, pinned: make(map[string]netip.AddrPort, len(p.Resolve))}
	if g.resolver == nil {
		g.resolver = net.DefaultResolver
	}
	for _, n := range p.AllowNetworks {
		if !n.IsValid() {
			return nil, errors.New("egress: an allowed network is not valid; give it as 10.1.0.0/16 or fd12::/48")
		}
		if a := n.Addr(); a.Is4In6() && n.Bits() >= mappedBits {
			n = netip.PrefixFrom(a.Unmap(), n.Bits()-mappedBits)
		}
		if n = n.Masked(); n.Addr().Is4() {
			g.allowed4 = append(g.allowed4, n)
		} else {
			g.allowed6 = append(g.allowed6, n)
		}
	}
	for host, to := range p.Resolve {
		ap, err := netip.ParseAddrPort(to)
		if err != nil {
			return nil, fmt.Errorf("egress: host %s is to lead to %q, which is not an address:port: %w", host, to, err)
		}
		g.pinned[strings.ToLower(host)] = netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	}
	denied4, denied6 := deniedPrefixes()
	g.guardian = ssrf.New(ssrf.WithAnyPort(),
		ssrf.WithAllowedV4Prefixes(g.allowed4...), ssrf.WithAllowedV6Prefixes(g.allowed6...),
		ssrf.WithDeniedV4Prefixes(denied4...), ssrf.WithDeniedV6Prefixes(denied6...))
	return g, nil
}

// mappedBits is the length of ::ffff:0:0/96.
const mappedBits = 96

// permit gives nil if the policy lets the program connect to a, and otherwise
// says why not. The library's guardian decides; what it cannot know is added:
// an address that carries an IPv4 address inside is only as good as that one,
// even where the operator has allowed the network around it (a NAT64 gateway
// would else reach 127.0.0.1 and the cloud's metadata service).
func (g *gate) permit(a netip.Addr) error {
	if !a.IsValid() {
		return errors.New("an address that cannot be read")
	}
	if a.Zone() != "" {
		return fmt.Errorf("%s, an address of a local link", a)
	}
	if a.Is4In6() {
		// Only by an IPv4 network; ::/0 does not open every IPv4 address.
		if contains(g.allowed4, a.Unmap()) {
			return nil
		}
		return refusal(a)
	}
	if err := g.guardian.SafeAddr(a); err != nil {
		return refusal(a)
	}
	if inner, ok := embeddedIPv4(a, g.allowed6); ok {
		if err := g.permit(inner); err != nil {
			return fmt.Errorf("%s, which carries %w", a, err)
		}
	}
	return nil
}

// control is the dialer's last look at the address, after everything else and
// right before the connection is made.
func (g *gate) control(network, address string, raw syscall.RawConn) error {
	err := g.guardian.Safe(network, address, raw)
	if err == nil {
		var ap netip.AddrPort
		if ap, err = netip.ParseAddrPort(address); err == nil {
			err = g.permit(ap.Addr())
		}
	}
	if err != nil {
		return &failure{class: ClassAddressRefused, detail: "The address policy refuses to connect to " + address + ".", err: err}
	}
	return nil
}

func contains(networks []netip.Prefix, a netip.Addr) bool {
	for _, n := range networks {
		if n.Contains(a) {
			return true
		}
	}
	return false
}

// TrustedCAs gives the system's authorities and those of the PEM files.
func TrustedCAs(files ...string) (*x509.CertPool, error) {
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("read the system's certificate authorities: %w", err)
	}
	for _, name := range files {
		pem, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read trusted authority: %w", err)
		}
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read trusted authority %s: no PEM certificate in it", name)
		}
	}
	return pool, nil
}
