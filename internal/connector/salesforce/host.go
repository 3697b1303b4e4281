package salesforce

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"patchboard/internal/connector"
	"patchboard/internal/health"
)

const (
	loginHost = "login.salesforce.com"
	testHost  = "test.salesforce.com"
	hostMost  = 253 // characters
)

// browsers are the ends of what a browser shows of an organization, where nobody can
// sign in for the API. The beginning is that of its My Domain.
var browsers = []string{".lightning.force.com", ".my.salesforce-setup.com", ".file.force.com"}

const domainSuffix = ".my.salesforce.com"

// hostName is a name of letters, digits and hyphens, so that nothing else can be read
// into an address that it becomes a part of.
var hostName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]+$`)

// readHost reads the host of a My Domain as people type or copy it.
func (p Salesforce) readHost(text string) (string, error) {
	host := strings.ToLower(strings.TrimSpace(text))
	if rest, ok := strings.CutPrefix(host, "http://"); ok {
		host = rest
	}
	host = strings.TrimPrefix(host, "https://")
	host, _, _ = strings.Cut(host, "/")
	for _, end := range browsers {
		if name, ok := strings.CutSuffix(host, end); ok {
			host = name + domainSuffix
		}
	}
	if len(host) > hostMost || !hostName.MatchString(host) || !p.ours(host, domainSuffix) && host != loginHost && host != testHost {
		return "", fmt.Errorf("domain is %q; it is a host like acme.my.salesforce.com, from Setup, My Domain", text)
	}
	return host, nil
}

// ours reports whether a host is one of Salesforce's: of a usual end, or one of those
// that the operator has named.
func (p Salesforce) ours(host, usual string) bool {
	return strings.HasSuffix(host, usual) || slices.ContainsFunc(p.Suffixes, func(s string) bool { return strings.HasSuffix(host, s) })
}

// Host is where people sign in.
func (Salesforce) Host(raw json.RawMessage) string {
	switch s := settings(raw); {
	case s.Login == sandbox:
		return testHost
	case s.Login == domain && s.Domain != "":
		return s.Domain
	}
	return loginHost
}

// At are the addresses at a host: authorize, token and revoke belong together.
func (Salesforce) At(host string) connector.Addresses {
	if host == "" {
		host = loginHost
	}
	at := "https://" + host + "/services/oauth2/"
	return connector.Addresses{Auth: at + "authorize", Token: at + "token", Revoke: at + "revoke"}
}

// identity is the path of the address that names the organization and the user.
var identity = regexp.MustCompile(`^/id/(00D[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?)/`)

// Located reads where the organization is: it can move with any answer.
func (p Salesforce) Located(extra func(name string) any) (connector.Place, error) {
	var at connector.Place
	text, _ := extra("id").(string) // none: the API is asked
	if u, err := url.Parse(text); err == nil {
		if found := identity.FindStringSubmatch(u.Path); found != nil {
			at.Account = found[1]
		}
	}
	text, _ = extra("instance_url").(string) // none is refused below
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.User != nil || u.Host != u.Hostname() || u.Path != "" && u.Path != "/" || u.RawQuery != "" ||
		!hostName.MatchString(u.Host) || !p.ours(u.Host, ".salesforce.com") {
		return at, &connector.Failure{
			Class: health.MisconfiguredApp, Code: "untrusted_place",
			Detail: "The token’s answer names an address for calls that is not one of Salesforce’s. Nothing was sent there.",
		}
	}
	at.API = "https://" + u.Host
	return at, nil
}
