package account

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNormalEmail(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"ada@example.com":                        "ada@example.com",
		" \tAda.Lovelace+x@Example.COM\n":        "ada.lovelace+x@example.com", //nolint:gocritic // what is trimmed
		"root@localhost":                         "root@localhost",
		"JOSE\u0301@example.com":                 "jos\u00e9@example.com",
		"ada@M\u00dcLLER.de":                     "ada@m\u00fcller.de",
		"ada@xn--mller-kva.de":                   "ada@m\u00fcller.de",
		"\u7528\u6237@\u4f8b\u5b50.\u4e2d\u56fd": "\u7528\u6237@\u4f8b\u5b50.\u4e2d\u56fd",
		"o'brien@example.com":                    "o'brien@example.com",
	} {
		if got, err := normalEmail(in); err != nil || got != want {
			t.Errorf("normalEmail(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{
		"", "   ", "ada", "@example.com", "ada@", "a@b@", "ada @example.com", "a\x00da@example.com", "ada@exam\x00ple.com",
		"a\u200bda@example.com", "ada@example..com", ".ada@example.com", "ada.@example.com", "a..b@example.com",
		"ada@-example.com", "ada@exa_mple.com", "ada@[127.0.0.1]", `"ada b"@example.com`, "Ada <ada@example.com>", "ada@example.com\r\nBcc: x@y.z",
		strings.Repeat("a", 65) + "@example.com", "ada@" + strings.Repeat("a", 64) + ".com", "a@" + strings.Repeat("abcdefgh.", 30) + "com",
		strings.Repeat("a", 1<<20) + "@example.com", "ada\xff@example.com", "a(b)@example.com", "a,b@example.com", "ada@example.com.",
	} {
		if got, err := normalEmail(in); !errors.Is(err, errEmail) {
			t.Errorf("normalEmail(%.60q) = %q, %v; want it refused", in, got, err)
		}
	}
}

func FuzzNormalEmail(f *testing.F) {
	for _, s := range []string{"ada@example.com", "\u0130@m\u00fcller.de", "x@xn--mller-kva.de", "\u212b@a.b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		once, err := normalEmail(in)
		if err != nil {
			return
		}
		twice, err := normalEmail(once)
		if err != nil || twice != once {
			t.Fatalf("%q -> %q -> %q, %v", in, once, twice, err)
		}
		if len(once) > emailMost || !utf8.ValidString(once) || strings.ContainsAny(once, "\x00\r\n ") {
			t.Fatalf("%q -> %q", in, once)
		}
	})
}

func TestNormalName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		" Acme ":                      "Acme",
		"Zoe\u0308 & Co":              "Zo\u00eb & Co",
		strings.Repeat("\u754c", 200): strings.Repeat("\u754c", 200),
		"\U0001F469\u200d\U0001F680":  "\U0001F469\u200d\U0001F680",
	} {
		if got, err := normalName(in); err != nil || got != want {
			t.Errorf("normalName(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", " \n ", "a\x00b", "a\nb", "a\u202eb", "a\u2028b", strings.Repeat("x", 201), strings.Repeat("x", 1<<20), "\xff"} {
		if got, err := normalName(in); !errors.Is(err, errName) {
			t.Errorf("normalName(%.40q) = %q, %v; want it refused", in, got, err)
		}
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	if got := plain("Moz\x00illa\xff\n" + strings.Repeat("\u754c", 200)); !utf8.ValidString(got) || len(got) > 256 || !strings.HasPrefix(got, "Mozilla\u754c") {
		t.Errorf("plain = %q", got)
	}
}
