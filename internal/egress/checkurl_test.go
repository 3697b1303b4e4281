package egress_test

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"patchboard/internal/egress"
)

func newClient(tb testing.TB, p egress.Policy) *egress.Client {
	tb.Helper()
	c, err := egress.New(p)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.Close)
	return c
}

func TestCheckURLAccepts(t *testing.T) {
	t.Parallel()
	c := newClient(t, egress.Policy{})
	for raw, want := range map[string]string{
		"https://api.example.com/webhooks/contacts":   "https://api.example.com/webhooks/contacts",
		"https://your-api.com/webhooks":               "https://your-api.com/webhooks",
		"HTTPS://API.Example.COM/Path?Query=A":        "https://api.example.com/Path?Query=A",
		"https://example.com":                         "https://example.com",
		"https://example.com:8443/x":                  "https://example.com:8443/x",
		"https://example.com:65535":                   "https://example.com:65535",
		"https://bücher.example/ö?q=ü":                "https://xn--bcher-kva.example/%C3%B6?q=%C3%BC",
		"https://xn--bcher-kva.example/":              "https://xn--bcher-kva.example/",
		"https://\u4f8b\u3048.\u30c6\u30b9\u30c8/":    "https://xn--r8jz45g.xn--zckzah/",
		"https://example。com/":                        "https://example.com/", // the ideographic full stop
		"https://8.8.8.8/x":                           "https://8.8.8.8/x",
		"https://[2606:4700:0:0::1111]:8443/x":        "https://[2606:4700::1111]:8443/x",
		"https://a_b.example.com/":                    "https://a_b.example.com/",
		"https://r3---x.example.com/":                 "https://r3---x.example.com/",
		"https://intranet/":                           "https://intranet/",
		"https://1.example.com/a%20b/%2e%2e?x=%00&y=": "https://1.example.com/a%20b/%2e%2e?x=%00&y=",
		"https://0x7f.1.example/":                     "https://0x7f.1.example/",
		"https://example.com/?a={\"b\":<1>}":          "https://example.com/?a={%22b%22:%3C1%3E}",
		"https://example.com/😀":                       "https://example.com/%F0%9F%98%80",
		"https://example.com//double//slash/../x":     "https://example.com//double//slash/../x",
		"https://" + strings.Repeat("a", 63) + ".com": "https://" + strings.Repeat("a", 63) + ".com",
	} {
		u, v := c.CheckURL(raw)
		if v != nil {
			t.Errorf("%q is refused: %s", raw, v.Detail)
			continue
		}
		if u.String() != want {
			t.Errorf("%q gives %q, want %q", raw, u, want)
		}
	}
}

func TestCheckURLRefusesTheFormat(t *testing.T) {
	t.Parallel()
	c := newClient(t, egress.Policy{})
	for raw, want := range map[string]string{
		"":                                                    "is empty",
		"example.com":                                         "not absolute",
		"example.com/hook":                                    "not absolute",
		"//example.com/hook":                                  "not absolute",
		"/hook":                                               "not absolute",
		"example.com:8080/hook":                               "not absolute",
		":":                                                   "not absolute",
		"http://example.com/":                                 "only https:// is accepted",
		"ftp://example.com/":                                  "starts with ftp:; only https",
		"file:///etc/passwd":                                  "starts with file:; only https",
		"javascript:alert(1)":                                 "not absolute",
		"gopher://example.com":                                "starts with gopher:; only https",
		"https:example.com":                                   "two slashes",
		"https:/example.com":                                  "two slashes",
		"https://":                                            "no host name",
		"https:///path":                                       "no host name",
		"https://:443/":                                       "no host name",
		"https://?x":                                          "no host name",
		"https://user@example.com/":                           "user name or password",
		"https://user:pw@example.com/":                        "user name or password",
		"https://@example.com/":                               "user name or password",
		"https://a:b@c@example.com/":                          "user name or password",
		"https://example.com/#part":                           "fragment",
		"https://example.com/#":                               "fragment",
		"https://example.com:0/":                              "from 1 to 65535",
		"https://example.com:65536/":                          "from 1 to 65535",
		"https://example.com:99999999999/":                    "from 1 to 65535",
		"https://example.com:-1/":                             "from 1 to 65535",
		"https://example.com:https/":                          "from 1 to 65535",
		"https://example.com:/":                               "colon without a port",
		"https://example.com:0443/":                           "starts with a zero",
		"https://exa mple.com/":                               "space",
		" https://example.com/":                               "space",
		"https://example.com/ ":                               "space",
		"https://example.com/\n":                              "space or a line end",
		"https://example.com/\r\nHost: x":                     "space or a line end",
		"https://example.com/\t":                              "space",
		"https://example.com/\u00a0":                          "space",
		"https://example.com/\u2028":                          "space",
		"https://example.com/\x00":                            "NUL",
		"https://example.com/\x01":                            "control character",
		"https://example.com/\x7f":                            "control character",
		"https://example.com\\@evil.example/":                 "backslash",
		"https:\\\\example.com":                               "backslash",
		"https://example.com/\u202e":                          "invisible",
		"https://exam\u200bple.com/":                          "invisible",
		"https://example.com/\xff":                            "not text",
		"https://example.com/%":                               "two hexadecimal digits",
		"https://example.com/%zz":                             "two hexadecimal digits",
		"https://example.com/?q=%2":                           "two hexadecimal digits",
		"https://example.com/?q=%u0041":                       "two hexadecimal digits",
		"https://%65xample.com/":                              "host",
		"https://%31%32%37.0.0.1/":                            "host",
		"https://ex%41mple.com/":                              "host",
		"https://%e4%be%8b.com/":                              "percent sign",
		"https://example.com./":                               "ends with a dot",
		"https://127.0.0.1./":                                 "ends with a dot",
		"https://./":                                          "ends with a dot",
		"https://example..com/":                               "empty part",
		"https://.example.com/":                               "empty part",
		"https://-a.example.com/":                             "hyphen",
		"https://a-.example.com/":                             "hyphen",
		"https://exa!mple.com/":                               "not allowed there",
		"https://a,b.example/":                                "not allowed there",
		"https://*.example.com/":                              "not allowed there",
		"https://xn--a.example/":                              "international",
		"https://xn--.example/":                               "empty part",
		"https://a\u2100b.example/":                           "international",
		"https://-ü.example/":                                 "international",
		"https://0x7f.1/":                                     "unusual spelling",
		"https://0x7f000001/":                                 "unusual spelling",
		"https://2130706433/":                                 "unusual spelling",
		"https://127.1/":                                      "unusual spelling",
		"https://127.0.1/":                                    "unusual spelling",
		"https://0177.0.0.1/":                                 "unusual spelling",
		"https://127.0.0.01/":                                 "unusual spelling",
		"https://0/":                                          "unusual spelling",
		"https://0x/":                                         "unusual spelling",
		"https://1.2.3.4.5/":                                  "unusual spelling",
		"https://256.1.1.1/":                                  "unusual spelling",
		"https://8.8.8.0x8/":                                  "unusual spelling",
		"https://１２７.０.０.１/":                                  "unusual spelling",
		"https://８.8.8.8/":                                    "unusual spelling",
		"https://8。8。8。8/":                                    "unusual spelling",
		"https://①②⑦.0.0.1/":                                  "unusual spelling",
		"https://[::1%25eth0]/":                               "zone",
		"https://[fe80::1%25eth0]/":                           "zone",
		"https://[fe80::1%eth0]/":                             "two hexadecimal digits",
		"https://[1.2.3.4]/":                                  "not valid",
		"https://[::g]/":                                      "not valid",
		"https://[::1/":                                       "not valid",
		"https://::1/":                                        "from 1 to 65535",
		"https://[v1.fe80::a]/":                               "not valid",
		"https://" + strings.Repeat("a", 64) + ".com/":        "63 characters",
		"https://" + strings.Repeat("a.", 127) + "com/":       "253 characters",
		"https://example.com/" + strings.Repeat("a", 2048-19): "at most 2048",
	} {
		u, v := c.CheckURL(raw)
		if v == nil {
			t.Errorf("%.60q is accepted as %s", raw, u)
			continue
		}
		if v.OK || v.Message != "Invalid webhook URL format" || v.Cause != egress.CauseFormat || !strings.Contains(v.Detail, want) {
			t.Errorf("%.60q gives %+v, want a format verdict that says %q", raw, *v, want)
		}
		if strings.Contains(v.Detail, "pw") {
			t.Errorf("%.60q: the verdict repeats the URL's secrets: %s", raw, v.Detail)
		}
	}
	if _, v := c.CheckURL("https://example.com/" + strings.Repeat("a", 2048-20)); v != nil {
		t.Errorf("a URL of 2048 bytes is refused: %s", v.Detail)
	}
}

func TestCheckURLAllowsHTTPWhereTheOperatorDoes(t *testing.T) {
	t.Parallel()
	c := newClient(t, egress.Policy{AllowHTTP: true, AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	for _, raw := range []string{"http://example.com/", "http://127.0.0.1:8080/x", "https://127.0.0.1/", "https://[::ffff:127.0.0.1]/"} {
		if _, v := c.CheckURL(raw); v != nil {
			t.Errorf("%s: %s", raw, v.Detail)
		}
	}
	if _, v := c.CheckURL("http://10.0.0.1/"); v == nil || v.Cause != egress.CauseAddressRefused {
		t.Errorf("http must not open other networks: %+v", v)
	}
}

func TestRegistrableDomain(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"api.shop.example.co.uk": "example.co.uk", "example.com": "example.com", "a.b.github.io": "b.github.io",
		"localhost": "localhost", "8.8.8.8": "8.8.8.8", "2606:4700::1111": "2606:4700::1111", "co.uk": "co.uk", "": "",
	} {
		if got := egress.RegistrableDomain(host); got != want {
			t.Errorf("%q gives %q, want %q", host, got, want)
		}
	}
}

// What is accepted must be unambiguous: it checks again to itself, and carries
// nothing that another parser could read as another host.
func FuzzCheckURL(f *testing.F) {
	for _, seed := range []string{
		"https://api.example.com/webhooks/contacts", "https://bücher.example/ö?q=ü", "https://0x7f.1/", "https://[::ffff:127.0.0.1]:1/",
		"https://１２７.0.0.1/", "https://a:b@c/", "https://x\\@y/", "https://example.com:65536", "https://xn--a.example", "https:///", "https://a%41/",
		"https://example.com?a#b", "https://8.8.8.8:443", "HTTPS://[2606:4700::1111]/", "https://a.b.c.d.e.f.1", "https://K.example/",
	} {
		f.Add(seed)
	}
	c := newClient(f, egress.Policy{})
	f.Fuzz(func(t *testing.T, raw string) {
		u, v := c.CheckURL(raw)
		if (u == nil) == (v == nil) {
			t.Fatal("there must be a URL or a verdict")
		}
		if v != nil {
			if v.OK || v.Detail == "" || v.Message == "" {
				t.Fatalf("bad verdict %+v", *v)
			}
			return
		}
		text := u.String()
		again, v := c.CheckURL(text)
		if len(text) <= 2048 && (v != nil || again.String() != text) {
			t.Fatalf("%q gives %q, which gives %v, %+v", raw, text, again, v)
		}
		parsed, err := url.ParseRequestURI(text)
		if err != nil || parsed.Host != u.Host || u.Scheme != "https" || u.User != nil || u.Hostname() == "" {
			t.Fatalf("%q gives %q: %v", raw, text, err)
		}
		for _, r := range u.Host + u.RequestURI() {
			if r <= ' ' || r >= 0x7f || r == '\\' {
				t.Fatalf("%q puts %q on the wire in %q", raw, r, u.RequestURI())
			}
		}
	})
}
