package egress

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxURL is the longest URL accepted, in bytes.
const maxURL = 2048

// CheckURL judges a URL by its text alone, without a look-up. A good one comes
// back ready for Send, its host in lower case and punycode; else the verdict
// says exactly what is wrong. An IP address that the policy refuses is an
// address_refused verdict, everything else a format one.
func (c *Client) CheckURL(raw string) (*url.URL, *Verdict) {
	if reason := badText(raw); reason != "" {
		return nil, malformed(reason)
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, malformed(parseReason(err))
	}
	if reason := c.badScheme(u, raw); reason != "" {
		return nil, malformed(reason)
	}
	if u.User != nil {
		return nil, malformed("The URL contains a user name or password; use the signing secret or a custom header instead.")
	}
	if reason := badPort(u); reason != "" {
		return nil, malformed(reason)
	}
	// net/url has decoded the host: what it hid is seen in the raw text only.
	bracketed := strings.HasPrefix(u.Host, "[")
	if !bracketed && strings.Contains(authority(raw), "%") {
		return nil, malformed("The host name contains a percent sign.")
	}
	host, addr, reason := canonicalHost(u.Hostname(), bracketed)
	if reason != "" {
		return nil, malformed(reason)
	}
	if addr.IsValid() {
		if err := c.gate.permit(addr); err != nil {
			return nil, unreachable(CauseAddressRefused, refusedLiteral(err))
		}
	}
	setHost(u, host)
	u.RawQuery = escapeQuery(u.RawQuery)
	return u, nil
}

// CheckAddress looks up the URL's host and judges its addresses, without a
// connection: what is asked of a webhook that is saved switched off. u comes
// from CheckURL; nil means that all is well.
func (c *Client) CheckAddress(ctx context.Context, u *url.URL) *Verdict {
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, DefaultTimeout)
	defer cancel()
	_, err := c.gate.addresses(ctx, u.Hostname(), 0)
	if err == nil {
		return nil
	}
	f, ok := errors.AsType[*failure](err)
	if !ok {
		f = &failure{class: ClassDNS, detail: err.Error()}
	}
	cause := CauseDNS
	if f.class == ClassAddressRefused {
		cause = CauseAddressRefused
	}
	v := unreachable(cause, f.detail)
	v.Duration = time.Since(start)
	return v
}

// badText finds what no URL may contain, before anything is parsed: parsers
// differ in what they make of these characters, and the difference is what an
// attacker uses.
func badText(raw string) string {
	switch {
	case raw == "":
		return "The URL is empty."
	case len(raw) > maxURL:
		return fmt.Sprintf("The URL is %d bytes long; at most %d are allowed.", len(raw), maxURL)
	case !utf8.ValidString(raw):
		return "The URL contains bytes that are not text (UTF-8)."
	}
	for i, r := range raw {
		switch {
		case r == 0:
			return "The URL contains a NUL character."
		case unicode.IsSpace(r) || unicode.In(r, unicode.Z):
			return "The URL contains a space or a line end."
		case unicode.IsControl(r):
			return "The URL contains a control character."
		case r == '\\':
			return "The URL contains a backslash."
		case r == '#':
			return "The URL contains a fragment (#…), which is never sent to a server."
		case r == '%' && !isEscape(raw[i:]):
			return "The URL contains a % that is not followed by two hexadecimal digits."
		case r == utf8.RuneError || unicode.Is(unicode.Bidi_Control, r) || r == '\u200b' || r == '\u2060' || r == '\ufeff':
			return "The URL contains an invisible character."
		}
	}
	return ""
}

func isEscape(s string) bool { return len(s) >= 3 && isHex(s[1]) && isHex(s[2]) }

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// parseReason gives net/url's complaint without the URL, which may be secret.
func parseReason(err error) string {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	text := err.Error()
	switch {
	case strings.Contains(text, "port"):
		return "The port is not a number from 1 to 65535."
	case strings.Contains(text, "host") || strings.Contains(text, "IP-literal") || strings.Contains(text, "URL escape") || strings.Contains(text, "']'"):
		return "The host name or address is not valid."
	case strings.Contains(text, "missing protocol scheme"):
		return "The URL is not absolute; it must start with https://."
	case strings.Contains(text, "userinfo"):
		return "The URL contains a user name or password that cannot be read."
	}
	return "The URL cannot be read; it must look like https://example.com/path."
}

func (c *Client) badScheme(u *url.URL, raw string) string {
	switch {
	case u.Scheme == "":
		return "The URL is not absolute; it must start with https://."
	case u.Scheme == "http" && !c.gate.http:
		return "The URL starts with http://; only https:// is accepted."
	case u.Scheme != "https" && u.Scheme != "http":
		// Without "//" this is rather a host with a port: example.com:8080.
		if u.Opaque != "" {
			return "The URL is not absolute; it must start with https://."
		}
		return fmt.Sprintf("The URL starts with %s:; only https:// is accepted.", u.Scheme)
	case u.Opaque != "" || !strings.HasPrefix(raw[len(u.Scheme):], "://"):
		return "After https: the URL needs two slashes and a host name."
	case u.Hostname() == "":
		return "The URL has no host name."
	}
	return ""
}

// authority is what stands between "//" and the path.
func authority(raw string) string {
	_, rest, _ := strings.Cut(raw, "//")
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		return rest[:i]
	}
	return rest
}

func badPort(u *url.URL) string {
	text, found := cutPort(u.Host)
	if !found {
		return ""
	}
	if text == "" {
		return "The URL has a colon without a port after the host name."
	}
	if n, err := strconv.ParseUint(text, 10, 16); err != nil || n == 0 {
		return "The port is not a number from 1 to 65535."
	}
	if text[0] == '0' {
		return "The port starts with a zero."
	}
	return ""
}

// cutPort takes the port off "host:port" without judging it.
func cutPort(hostport string) (port string, found bool) {
	i := strings.LastIndexByte(hostport, ':')
	if i < 0 || i < strings.LastIndexByte(hostport, ']') {
		return "", false
	}
	return hostport[i+1:], true
}

func setHost(u *url.URL, host string) {
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port, found := cutPort(u.Host); found {
		host += ":" + port
	}
	u.Host = host
}

// escapeQuery escapes what may not stand in a request line; net/http sends the
// query as it is given.
func escapeQuery(q string) string {
	clean := true
	for i := range len(q) {
		if mustEscape(q[i]) {
			clean = false
			break
		}
	}
	if clean {
		return q
	}
	var b strings.Builder
	for i := range len(q) {
		if mustEscape(q[i]) {
			fmt.Fprintf(&b, "%%%02X", q[i])
		} else {
			b.WriteByte(q[i])
		}
	}
	return b.String()
}

func mustEscape(c byte) bool {
	return c >= utf8.RuneSelf || c == '"' || c == '<' || c == '>' || c == '`'
}

func refusedLiteral(err error) string {
	return fmt.Sprintf("The URL leads to %v; only public addresses are allowed.", err)
}

// literal reads a host that is an IP address.
func literal(host string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(host)
	return a, err == nil
}
