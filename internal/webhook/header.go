package webhook

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"patchboard/internal/fault"
)

// Limits of custom headers.
const (
	headersMost      = 20
	headerNameMost   = 128      // bytes
	headerValueMost  = 4 << 10  // bytes
	headersTotalMost = 16 << 10 // bytes, names and values
)

// reservedHeaders are set by Patchboard or steer the connection (RFC 9110
// section 7.6, RFC 9112); a cookie would tie deliveries to a session.
var reservedHeaders = []string{
	"accept-encoding", "connection", "cookie", "cookie2", "date", "expect", "forwarded", "host", "http2-settings",
	"keep-alive", "set-cookie", "te", "trailer", "transfer-encoding", "upgrade", "user-agent", "via", "x-real-ip",
}

var reservedPrefixes = []string{"content-", "proxy-", "sec-", "webhook-", "x-forwarded-"}

// checkHeaders refuses names that are reserved, malformed or twice there in
// different spellings, values that would break the request, and too much of
// either. It gives the headers with their names in canonical form.
func checkHeaders(in map[string]string) (map[string]string, error) {
	if len(in) > headersMost {
		return nil, headerFault("webhook-headers-too-many", fmt.Sprintf("There are %d custom headers; at most %d are sent.", len(in), headersMost), "Leave some out.", "")
	}
	out := make(map[string]string, len(in))
	total := 0
	for _, name := range sortedKeys(in) {
		value := in[name]
		if err := checkHeaderName(name); err != nil {
			return nil, err
		}
		if err := checkHeaderValue(name, value); err != nil {
			return nil, err
		}
		canonical := http.CanonicalHeaderKey(name)
		if _, twice := out[canonical]; twice {
			return nil, headerFault("webhook-header-duplicate", fmt.Sprintf("The header %s is given twice.", canonical),
				"Give each header once; capital and small letters are the same.", name)
		}
		out[canonical] = value
		total += len(name) + len(value)
	}
	if total > headersTotalMost {
		return nil, headerFault("webhook-headers-too-large", fmt.Sprintf("The custom headers have %d bytes; at most %d are sent.", total, headersTotalMost), "Shorten the values.", "")
	}
	return out, nil
}

func checkHeaderName(name string) error {
	if name == "" || len(name) > headerNameMost || strings.ContainsFunc(name, func(r rune) bool { return !tokenRune(r) }) {
		return headerFault("webhook-header-name", fmt.Sprintf("%q is not a header name.", clip(name, 60)),
			fmt.Sprintf("Use 1 to %d letters, digits and hyphens.", headerNameMost), clip(name, 60))
	}
	lower := strings.ToLower(name)
	if slices.Contains(reservedHeaders, lower) || slices.ContainsFunc(reservedPrefixes, func(p string) bool { return strings.HasPrefix(lower, p) }) {
		return headerFault("webhook-header-reserved", fmt.Sprintf("The header %s is set by Patchboard or by the connection.", name),
			"Choose another name, such as Authorization or X-Api-Key.", name)
	}
	return nil
}

func checkHeaderValue(name, value string) error {
	f := func(problem, fix string) error {
		return headerFault("webhook-header-value", fmt.Sprintf("The value of the header %s %s.", name, problem), fix, name)
	}
	switch {
	case value == "":
		return f("is empty", "Give a value, or leave the header out.")
	case len(value) > headerValueMost:
		return f(fmt.Sprintf("has %d bytes", len(value)), fmt.Sprintf("Use at most %d bytes.", headerValueMost))
	case !utf8.ValidString(value), strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 }):
		return f("holds control characters", "Leave out line breaks, tabs and other control characters.")
	case strings.TrimSpace(value) != value:
		return f("begins or ends with a space", "Remove the spaces at both ends; they would be lost on the way.")
	}
	return nil
}

// headerFault never holds a value: it may be a secret.
func headerFault(slug, message, fix, name string) *fault.Error {
	where := "body.headers"
	if name != "" {
		where += "." + name
	}
	return fault.New(fault.Invalid, slug, message, fix).At(where, message)
}

// tokenRune is tchar of RFC 9110 section 5.6.2.
func tokenRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// plainHeaders is the reverse of httpHeader.
func plainHeaders(h http.Header) map[string]string {
	plain := make(map[string]string, len(h))
	for name := range h {
		plain[name] = h.Get(name)
	}
	return plain
}
