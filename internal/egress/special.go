package egress

import (
	"fmt"
	"net/netip"
)

// special is one block of addresses that is not the public internet.
type special struct {
	prefix netip.Prefix
	name   string
}

// specials are the blocks of the IANA special-purpose registries (IPv4:
// iana-ipv4-special-registry, IPv6: iana-ipv6-special-registry, multicast from
// the multicast registries) and the one metadata address that cloud providers
// put into public space. The narrower block stands before the wider one, so
// that a refusal names the narrower. The ssrf library's list is in force too:
// this one names the blocks for people and fills the gaps.
var specials = []special{
	{netip.MustParsePrefix("0.0.0.0/32"), "the unspecified address"},
	{netip.MustParsePrefix("0.0.0.0/8"), "this network"},
	{netip.MustParsePrefix("10.0.0.0/8"), "private"},
	{netip.MustParsePrefix("100.64.0.0/10"), "shared by a carrier, not public"},
	{netip.MustParsePrefix("127.0.0.0/8"), "loopback"},
	{netip.MustParsePrefix("168.63.129.16/32"), "a cloud's metadata service"},
	{netip.MustParsePrefix("169.254.169.254/32"), "a cloud's metadata service"},
	{netip.MustParsePrefix("169.254.0.0/16"), "link-local"},
	{netip.MustParsePrefix("172.16.0.0/12"), "private"},
	{netip.MustParsePrefix("192.0.0.0/24"), "reserved for protocols"},
	{netip.MustParsePrefix("192.0.2.0/24"), "for documentation"},
	{netip.MustParsePrefix("192.31.196.0/24"), "the AS112 sink"},
	{netip.MustParsePrefix("192.52.193.0/24"), "for multicast relays"},
	{netip.MustParsePrefix("192.88.99.0/24"), "the 6to4 relay, deprecated"},
	{netip.MustParsePrefix("192.168.0.0/16"), "private"},
	{netip.MustParsePrefix("192.175.48.0/24"), "the AS112 sink"},
	{netip.MustParsePrefix("198.18.0.0/15"), "for benchmarks"},
	{netip.MustParsePrefix("198.51.100.0/24"), "for documentation"},
	{netip.MustParsePrefix("203.0.113.0/24"), "for documentation"},
	{netip.MustParsePrefix("224.0.0.0/4"), "multicast"},
	{netip.MustParsePrefix("255.255.255.255/32"), "broadcast"},
	{netip.MustParsePrefix("240.0.0.0/4"), "reserved"},

	{netip.MustParsePrefix("::/128"), "the unspecified address"},
	{netip.MustParsePrefix("::1/128"), "loopback"},
	{netip.MustParsePrefix("::ffff:0:0/96"), "IPv4 in an IPv6 spelling"},
	{netip.MustParsePrefix("::/96"), "IPv4 in an IPv6 spelling, deprecated"},
	{netip.MustParsePrefix("64:ff9b::/96"), "an IPv4 address behind NAT64"},
	{netip.MustParsePrefix("64:ff9b:1::/48"), "an IPv4 address behind a local NAT64"},
	{netip.MustParsePrefix("100::/64"), "discarded by routers"},
	{netip.MustParsePrefix("100:0:0:1::/64"), "a dummy prefix"},
	{netip.MustParsePrefix("2001::/32"), "a Teredo tunnel"},
	{netip.MustParsePrefix("2001:2::/48"), "for benchmarks"},
	{netip.MustParsePrefix("2001:10::/28"), "an ORCHID identifier, deprecated"},
	{netip.MustParsePrefix("2001:20::/28"), "an ORCHID identifier"},
	{netip.MustParsePrefix("2001:30::/28"), "a drone identifier"},
	{netip.MustParsePrefix("2001::/23"), "reserved for protocols"},
	{netip.MustParsePrefix("2001:db8::/32"), "for documentation"},
	{netip.MustParsePrefix("2002::/16"), "a 6to4 tunnel"},
	{netip.MustParsePrefix("2620:4f:8000::/48"), "the AS112 sink"},
	{netip.MustParsePrefix("3fff::/20"), "for documentation"},
	{netip.MustParsePrefix("5f00::/16"), "a segment routing identifier"},
	{netip.MustParsePrefix("fd00:ec2::254/128"), "a cloud's metadata service"},
	{netip.MustParsePrefix("fc00::/7"), "private (unique local)"},
	{netip.MustParsePrefix("fe80::/10"), "link-local"},
	{netip.MustParsePrefix("fec0::/10"), "site-local, deprecated"},
	{netip.MustParsePrefix("ff00::/8"), "multicast"},
}

func deniedPrefixes() (v4, v6 []netip.Prefix) {
	for _, s := range specials {
		if s.prefix.Addr().Is4() {
			v4 = append(v4, s.prefix)
		} else {
			v6 = append(v6, s.prefix)
		}
	}
	return v4, v6
}

// refusal names an address and the block that makes it not public, as in
// "10.1.2.3 (private)".
func refusal(a netip.Addr) error {
	if a.Is4In6() {
		// Prefix.Contains never matches an IPv4-mapped address.
		return fmt.Errorf("%s (IPv4 in an IPv6 spelling)", a)
	}
	for _, s := range specials {
		if s.prefix.Contains(a) {
			return fmt.Errorf("%s (%s)", a, s.name)
		}
	}
	return fmt.Errorf("%s (outside the public IPv6 range)", a)
}

var (
	sixToFour  = netip.MustParsePrefix("2002::/16")
	compatible = netip.MustParsePrefix("::/96")
	nat64      = netip.MustParsePrefix("64:ff9b::/96")
	localNAT64 = netip.MustParsePrefix("64:ff9b:1::/48")
)

// embeddedIPv4 gives the IPv4 address that a carries by the rules of 6to4,
// NAT64 or the old IPv4-compatible form. Where a local NAT64 prefix puts it
// depends on the prefix's length (RFC 6052, section 2.2): the length of the
// operator's allowed network counts.
func embeddedIPv4(a netip.Addr, allowed []netip.Prefix) (netip.Addr, bool) {
	if !a.Is6() || a.Is4In6() {
		return netip.Addr{}, false
	}
	b := a.As16()
	switch {
	case sixToFour.Contains(a):
		return netip.AddrFrom4([4]byte(b[2:6])), true
	case nat64.Contains(a), compatible.Contains(a) && !a.IsLoopback():
		return netip.AddrFrom4([4]byte(b[12:16])), true
	case localNAT64.Contains(a):
		for _, n := range allowed {
			if n.Contains(a) && localNAT64.Overlaps(n) {
				return rfc6052(b, n.Bits()), true
			}
		}
		return rfc6052(b, mappedBits), true
	}
	return netip.Addr{}, false
}

// rfc6052 takes the IPv4 address out of an IPv6 one. Bits 64 to 71 are always
// zero and are skipped; a length that the RFC does not know counts as 96.
func rfc6052(b [16]byte, bits int) netip.Addr {
	switch bits {
	case 48:
		return netip.AddrFrom4([4]byte{b[6], b[7], b[9], b[10]})
	case 56:
		return netip.AddrFrom4([4]byte{b[7], b[9], b[10], b[11]})
	case 64:
		return netip.AddrFrom4([4]byte{b[9], b[10], b[11], b[12]})
	default:
		return netip.AddrFrom4([4]byte(b[12:16]))
	}
}
