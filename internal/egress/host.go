package egress

import (
	"net/netip"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

const (
	maxHost  = 253 // RFC 1035, as text without the last dot
	maxLabel = 63

	oddAddress = "The host is an IP address in an unusual spelling; write it as 203.0.113.7."
)

// canonicalHost gives a host in lower case and punycode, and its address if it
// is one, or the reason why it is not accepted. Only one spelling of an IPv4
// address is: resolvers and libraries read 0x7f.1, 2130706433, 127.1 and 0177.1
// as 127.0.0.1 or not at all, and no two agree.
func canonicalHost(host string, bracketed bool) (string, netip.Addr, string) {
	if bracketed {
		addr, ok := literal(host)
		if !ok || !addr.Is6() {
			return "", netip.Addr{}, "The address in brackets is not a valid IPv6 address."
		}
		if addr.Zone() != "" {
			return "", netip.Addr{}, "The IPv6 address has a zone (%…), which only has a meaning on one machine."
		}
		return addr.String(), addr, ""
	}
	ascii, reason := toASCII(host)
	if reason != "" {
		return "", netip.Addr{}, reason
	}
	if strings.HasSuffix(ascii, ".") {
		return "", netip.Addr{}, "The host name ends with a dot."
	}
	if endsInNumber(ascii) {
		addr, ok := literal(ascii)
		if !ok || !addr.Is4() || len(ascii) != len(host) {
			return "", netip.Addr{}, oddAddress
		}
		return ascii, addr, ""
	}
	if reason := badName(ascii); reason != "" {
		return "", netip.Addr{}, reason
	}
	return ascii, netip.Addr{}, ""
}

// toASCII maps an international name by UTS 46. Plain names pass untouched but
// for their case: the mapping's rules on hyphens refuse some that exist.
func toASCII(host string) (ascii, reason string) {
	lower := strings.ToLower(host)
	if isASCII(host) && !strings.HasPrefix(lower, "xn--") && !strings.Contains(lower, ".xn--") {
		return lower, ""
	}
	ascii, err := idna.Lookup.ToASCII(host)
	if err != nil || !isASCII(ascii) {
		return "", "The host name is not a valid international domain name."
	}
	return ascii, ""
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// endsInNumber is the URL standard's test for a host that some parser takes for
// an IPv4 address: its last label is a decimal or hexadecimal number.
func endsInNumber(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	if hex, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}

// badName checks the labels of a host name. Underscores pass: they are no host
// names by RFC 952, but exist and resolve.
func badName(host string) string {
	if len(host) > maxHost {
		return "The host name is longer than 253 characters."
	}
	for label := range strings.SplitSeq(host, ".") {
		switch {
		case label == "":
			return "The host name has an empty part between its dots."
		case len(label) > maxLabel:
			return "A part of the host name is longer than 63 characters."
		case label[0] == '-' || label[len(label)-1] == '-':
			return "A part of the host name starts or ends with a hyphen."
		case strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "":
			return "The host name contains a character that is not allowed there."
		}
	}
	return ""
}

// RegistrableDomain gives the part of a host that someone registered
// ("api.shop.example.co.uk" gives "example.co.uk"): what is stored about a URL
// where the URL itself would tell too much. An address, and a name without such
// a part, is given back as it is.
func RegistrableDomain(host string) string {
	if _, ok := literal(host); ok {
		return host
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return host
	}
	return domain
}
