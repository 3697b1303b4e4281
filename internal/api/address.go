package api

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// proxies are the networks whose word about the client is taken.
type proxies []netip.Prefix

func (p proxies) trust(a netip.Addr) bool {
	for _, n := range p {
		if n.Contains(a) {
			return true
		}
	}
	return false
}

// client gives the address that a request came from. Trusted proxies append
// the address that they saw to X-Forwarded-For, so the list is read from the
// right, and the first address that is no trusted proxy is the client's; what
// stands left of it, anybody could have written.
func (p proxies) client(r *http.Request) (address string, viaProxy bool) {
	peer, ok := parseAddress(r.RemoteAddr)
	if !ok {
		return "", false
	}
	if !p.trust(peer) {
		return peer.String(), false
	}
	lines := r.Header.Values("X-Forwarded-For")
	last := peer
	for _, line := range slices.Backward(lines) {
		for _, text := range slices.Backward(strings.Split(line, ",")) {
			hop, ok := parseAddress(strings.TrimSpace(text))
			if !ok {
				return last.String(), true
			}
			if last = hop; !p.trust(hop) {
				return last.String(), true
			}
		}
	}
	return last.String(), true
}

// parseAddress reads "1.2.3.4", "1.2.3.4:80", "::1" and "[::1]:80"; an IPv4
// address inside an IPv6 one is the IPv4 address, and zones are dropped.
func parseAddress(s string) (netip.Addr, bool) {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone(""), true
	}
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		return netip.Addr{}, false
	}
	return a.Unmap().WithZone(""), true
}

// secure reports whether the client's connection is encrypted, as far as this
// server or a trusted proxy can tell.
func secure(r *http.Request, viaProxy bool) bool {
	if r.TLS != nil {
		return true
	}
	return viaProxy && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}
