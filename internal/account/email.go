package account

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"patchboard/internal/fault"
)

const (
	emailMost = 254 // bytes; RFC 5321's path of 256 without its angle brackets
	localMost = 64  // bytes; RFC 5321, 4.5.3.1.1
)

// atext is what RFC 5322 allows in an unquoted local part besides letters and
// digits; RFC 6531 adds everything above ASCII.
const atext = "!#$%&'*+/=?^_`{|}~-."

var errEmail = fault.New(fault.Invalid, "email-invalid", "This is not a valid e-mail address.",
	"Enter an address such as ada@example.com.")

// normalEmail gives the one form in which an e-mail address is stored and
// looked up: trimmed, lower case, NFC, the domain in Unicode.
func normalEmail(s string) (string, error) {
	refuse := func(why string) (string, error) { return "", errEmail.At("body.email", why) }
	if len(s) > 4*emailMost { // before any work on it
		return refuse("is longer than 254 bytes")
	}
	s = strings.TrimSpace(s)
	if s == "" {
		return refuse("is empty")
	}
	if !utf8.ValidString(s) {
		return refuse("is not valid UTF-8")
	}
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at == len(s)-1 {
		return refuse("needs a name, an @ and a domain")
	}
	local := norm.NFC.String(strings.ToLower(norm.NFC.String(s[:at])))
	if !validLocal(local) {
		return refuse("the part before the @ has a character that is not allowed there, a dot out of place, or more than 64 bytes")
	}
	domain, err := normalDomain(s[at+1:])
	if err != nil {
		return refuse("the part after the @ is not a domain name")
	}
	if s = local + "@" + domain; len(s) > emailMost {
		return refuse("is longer than 254 bytes")
	}
	return s, nil
}

func validLocal(s string) bool {
	if s == "" || len(s) > localMost || s[0] == '.' || s[len(s)-1] == '.' || strings.Contains(s, "..") {
		return false
	}
	for _, r := range s {
		letter := unicode.IsLetter(r) || unicode.IsDigit(r)
		// IsPrint leaves out spaces, controls and the invisible format
		// characters, with which two addresses would look alike.
		if r < utf8.RuneSelf && !letter && !strings.ContainsRune(atext, r) || !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// domains is idna.Lookup, and the lengths of DNS besides.
var domains = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false), idna.VerifyDNSLength(true))

// normalDomain brings a domain to Unicode, whether it was typed so or in its
// xn-- form, and checks both.
func normalDomain(s string) (string, error) {
	ascii, err := domains.ToASCII(s)
	if err != nil {
		return "", errEmail.Because(err)
	}
	if strings.HasSuffix(ascii, ".") { // the root is not written in an address
		return "", errEmail
	}
	unicoded, err := domains.ToUnicode(ascii)
	if err != nil {
		return "", errEmail.Because(err)
	}
	return unicoded, nil
}

const nameMost = 200 // characters of an organization's name

var errName = fault.New(fault.Invalid, "organization-name-invalid", "This is not a valid organization name.",
	"Enter 1 to 200 characters, without control characters.")

// normalName gives the stored form of an organization's name.
func normalName(s string) (string, error) {
	refuse := func(why string) (string, error) { return "", errName.At("body.organizationName", why) }
	if len(s) > 16*nameMost { // before any work on it
		return refuse("is longer than 200 characters")
	}
	if !utf8.ValidString(s) {
		return refuse("is not valid UTF-8")
	}
	s = norm.NFC.String(strings.TrimSpace(s))
	switch n := utf8.RuneCountInString(s); {
	case n == 0:
		return refuse("is empty")
	case n > nameMost:
		return refuse("is longer than 200 characters")
	case strings.ContainsFunc(s, hidden):
		return refuse("has a control character, or one that turns the direction of text")
	}
	return s, nil
}

// hidden reports characters that cannot be seen and mislead: controls, line
// separators, and the marks that turn the direction of text. Joiners stay, some
// scripts need them.
func hidden(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) || unicode.Is(unicode.Bidi_Control, r)
}

// plain makes a client's own words (its User-Agent) fit for storage: valid
// UTF-8, no controls, at most 256 bytes.
func plain(s string) string {
	const most = 256
	if len(s) > most {
		s = s[:most]
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}
