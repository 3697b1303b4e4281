package egress_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"

	"patchboard/internal/egress"
)

// fixed is a resolver with given answers, one a call; the last one repeats.
type fixed struct {
	answers [][]netip.Addr
	err     error
	asked   chan string
}

func answer(addresses ...string) *fixed { return answers(addresses) }

func answers(each ...[]string) *fixed {
	f := &fixed{asked: make(chan string, 100)}
	for _, list := range each {
		var one []netip.Addr
		for _, a := range list {
			one = append(one, netip.MustParseAddr(a))
		}
		f.answers = append(f.answers, one)
	}
	return f
}

func (f *fixed) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	f.asked <- host
	if f.err != nil {
		return nil, f.err
	}
	return f.answers[min(len(f.asked), len(f.answers))-1], nil
}

// specialBlocks are the registries as IANA publishes them (IPv4 and IPv6
// Special-Purpose Address Registry, multicast), typed from there and not from
// the code, with the address that one cloud serves metadata on in public space.
var specialBlocks = []string{
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.0.0/29",
	"192.0.0.8/32", "192.0.0.9/32", "192.0.0.10/32", "192.0.0.170/32", "192.0.0.171/32", "192.0.2.0/24", "192.31.196.0/24",
	"192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
	"224.0.0.0/4", "240.0.0.0/4", "255.255.255.255/32",
	"168.63.129.16/32", "169.254.169.254/32", "100.100.100.200/32", "192.0.0.192/32", "fd00:ec2::254/128",
	"::1/128", "::/128", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64", "2001::/23", "2001::/32",
	"2001:1::1/128", "2001:1::2/128", "2001:1::3/128", "2001:2::/48", "2001:3::/32", "2001:4:112::/48", "2001:10::/28", "2001:20::/28",
	"2001:30::/28", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10",
	"ff00::/8", "::/96", "4000::/3", "e000::/4",
}

func last(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

func literalURL(a netip.Addr) string { return "https://" + netip.AddrPortFrom(a, 443).String() + "/" }

func refused(c *egress.Client, a netip.Addr) bool {
	_, v := c.CheckURL(literalURL(a))
	return v != nil && v.Cause == egress.CauseAddressRefused && v.Message == "Webhook endpoint unreachable" && strings.Contains(v.Detail, a.String())
}

func TestSpecialAddressesAreRefused(t *testing.T) {
	t.Parallel()
	c := newClient(t, egress.Policy{})
	for _, text := range specialBlocks {
		p := netip.MustParsePrefix(text)
		for _, a := range []netip.Addr{p.Addr(), p.Addr().Next(), last(p), last(p).Prev()} {
			if p.Contains(a) || a == p.Addr() {
				if !refused(c, a) {
					t.Errorf("%s of %s is not refused", a, text)
				}
			}
			if a.Is4() && p.Contains(a) {
				if mapped := netip.AddrFrom16(a.As16()); !refused(c, mapped) {
					t.Errorf("%s of %s is not refused", mapped, text)
				}
			}
		}
	}
	// IPv4 addresses inside IPv6 ones are refused even when public.
	for _, a := range []string{"::ffff:8.8.8.8", "2002:808:808::1", "2001:0:808:808::1", "64:ff9b::8.8.8.8", "64:ff9b:1::808:808", "::8.8.8.8"} {
		if !refused(c, netip.MustParseAddr(a)) {
			t.Errorf("%s is not refused", a)
		}
	}
}

func TestNeighboursOfSpecialBlocksArePublic(t *testing.T) {
	t.Parallel()
	c := newClient(t, egress.Policy{})
	for _, a := range []string{
		"1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "168.63.129.15", "168.63.129.17",
		"169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0", "192.0.3.0", "192.31.195.255",
		"192.52.194.0", "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0", "192.175.47.255", "198.17.255.255", "198.20.0.0",
		"198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0", "223.255.255.255", "8.8.8.8",
		"2000::", "2001:200::", "2001:db7:ffff::1", "2001:db9::", "2003::", "2606:4700::1111", "2620:4f:7fff::", "2620:4f:8001::", "3ffe:ffff::", "3fff:1000::",
	} {
		if u, v := c.CheckURL(literalURL(netip.MustParseAddr(a))); v != nil {
			t.Errorf("%s is refused: %v %s", a, u, v.Detail)
		}
	}
}

func TestAllowedNetworks(t *testing.T) {
	t.Parallel()
	cases := []struct {
		networks    string
		allowed, no []string
	}{
		{"10.1.0.0/16", []string{"10.1.2.3", "::ffff:10.1.2.3"}, []string{"10.2.0.1", "::ffff:10.2.0.1", "127.0.0.1", "169.254.169.254"}},
		{"10.1.2.3/16", []string{"10.1.255.255"}, []string{"10.2.0.1"}}, // host bits are no mistake
		{"::ffff:10.1.0.0/112", []string{"10.1.2.3", "::ffff:10.1.2.3"}, []string{"10.2.0.1"}},
		{"fd12::/16", []string{"fd12::1"}, []string{"fd13::1", "fe80::1", "::1"}},
		{"::1/128", []string{"::1"}, []string{"127.0.0.1", "::ffff:127.0.0.1", "::"}},
		{"127.0.0.0/8 ::1/128", []string{"127.0.0.1", "::1", "::ffff:127.0.0.1"}, []string{"0.0.0.0", "10.0.0.1"}},
		{"::/0", []string{"fd00::1", "::1"}, []string{"::ffff:10.0.0.1", "10.0.0.1", "64:ff9b::10.0.0.1", "2002:a00:1::", "::10.0.0.1", "::"}},
		// NAT64: only what the IPv4 policy lets through.
		{"64:ff9b::/96", []string{"64:ff9b::8.8.8.8"}, []string{"64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "10.0.0.1"}},
		{"64:ff9b::/96 10.0.0.0/8", []string{"64:ff9b::10.0.0.1"}, []string{"64:ff9b::127.0.0.1"}},
		{"64:ff9b:1::/96", []string{"64:ff9b:1::8.8.8.8"}, []string{"64:ff9b:1::127.0.0.1"}},
		{"64:ff9b:1::/48", []string{"64:ff9b:1:808:8:800::"}, []string{"64:ff9b:1:7f00:0:100::"}},
		{"64:ff9b:1:ab00::/56", []string{"64:ff9b:1:ab08:8:808::"}, []string{"64:ff9b:1:ab7f:0:1::"}},
		{"64:ff9b:1:abcd::/64", []string{"64:ff9b:1:abcd:8:808:800::"}, []string{"64:ff9b:1:abcd:7f:0:100::"}},
		{"2002::/16", []string{"2002:808:808::1"}, []string{"2002:7f00:1::1", "2002:a9fe:a9fe::1"}},
	}
	for _, k := range cases {
		var p egress.Policy
		for n := range strings.FieldsSeq(k.networks) {
			p.AllowNetworks = append(p.AllowNetworks, netip.MustParsePrefix(n))
		}
		c := newClient(t, p)
		for _, a := range k.allowed {
			if _, v := c.CheckURL(literalURL(netip.MustParseAddr(a))); v != nil {
				t.Errorf("%s: %s is refused: %s", k.networks, a, v.Detail)
			}
		}
		for _, a := range k.no {
			if !refused(c, netip.MustParseAddr(a)) {
				t.Errorf("%s: %s is not refused", k.networks, a)
			}
		}
	}
}

func TestNewRefusesABrokenPolicy(t *testing.T) {
	t.Parallel()
	if _, err := egress.New(egress.Policy{AllowNetworks: []netip.Prefix{{}}}); err == nil {
		t.Error("an invalid network is accepted")
	}
	if _, err := egress.New(egress.Policy{Resolve: map[string]string{"a.example": "localhost:1"}}); err == nil || !strings.Contains(err.Error(), "a.example") {
		t.Errorf("a name instead of an address is accepted, or not named: %v", err)
	}
}

func TestCheckAddress(t *testing.T) {
	t.Parallel()
	notFound := &fixed{asked: make(chan string, 9), err: &net.DNSError{Err: "no such host", Name: "x", IsNotFound: true}}
	broken := &fixed{asked: make(chan string, 9), err: &net.DNSError{Err: "server misbehaving", Name: "x", IsTemporary: true}}
	odd := &fixed{asked: make(chan string, 9), err: errors.New("resolver gone")}
	cases := []struct {
		name   string
		r      *fixed
		cause  egress.Cause
		detail string
	}{
		{"public", answer("8.8.8.8", "2606:4700::1111"), "", ""},
		{"public in the resolver's form", answer("::ffff:8.8.8.8"), "", ""},
		{"private", answer("10.0.0.5"), egress.CauseAddressRefused, "api.example.com leads to 10.0.0.5 (private); only public addresses are allowed"},
		{"private in the resolver's form", answer("::ffff:127.0.0.1"), egress.CauseAddressRefused, "127.0.0.1 (loopback)"},
		{"mixed", answer("8.8.8.8", "169.254.169.254"), egress.CauseAddressRefused, "169.254.169.254 (a cloud's metadata service)"},
		{"mixed, other order", answer("::1", "8.8.8.8"), egress.CauseAddressRefused, "::1 (loopback)"},
		{"with a zone", answer("fe80::1%eth0"), egress.CauseAddressRefused, "local link"},
		{"outside", answer("4000::1"), egress.CauseAddressRefused, "outside the public IPv6 range"},
		{"none", answers(nil), egress.CauseDNS, "has no address"},
		{"not found", notFound, egress.CauseDNS, "The host name api.example.com does not resolve"},
		{"broken", broken, egress.CauseDNS, "failed: server misbehaving"},
		{"odd", odd, egress.CauseDNS, "failed: resolver gone"},
	}
	for _, k := range cases {
		c := newClient(t, egress.Policy{Resolver: k.r})
		u, v := c.CheckURL("https://api.example.com/x")
		if v != nil {
			t.Fatal(v.Detail)
		}
		switch v := c.CheckAddress(t.Context(), u); {
		case k.cause == "" && v != nil:
			t.Errorf("%s: refused: %s", k.name, v.Detail)
		case k.cause == "":
		case v == nil:
			t.Errorf("%s: accepted", k.name)
		case v.Cause != k.cause || v.Message != "Webhook endpoint unreachable" || !strings.Contains(v.Detail, k.detail):
			t.Errorf("%s: %+v, want %s: %s", k.name, *v, k.cause, k.detail)
		}
	}
}

// An address that passes must be one that Go's own predicates call global.
func FuzzAddress(f *testing.F) {
	for _, text := range specialBlocks {
		f.Add(netip.MustParsePrefix(text).Addr().AsSlice())
	}
	f.Add([]byte{8, 8, 8, 8})
	c := newClient(f, egress.Policy{})
	f.Fuzz(func(t *testing.T, b []byte) {
		a, ok := netip.AddrFromSlice(b)
		if !ok || refused(c, a) {
			return
		}
		if a.Is4In6() || !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLinkLocalUnicast() || a.IsLoopback() {
			t.Fatalf("%s passes", a)
		}
		for _, text := range specialBlocks {
			if netip.MustParsePrefix(text).Contains(a) {
				t.Fatalf("%s of %s passes", a, text)
			}
		}
	})
}
