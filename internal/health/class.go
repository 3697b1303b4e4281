// Package health judges connections to other systems: it names why a call failed
// and says what follows from a result and from those before it. It is pure: it
// sends nothing, stores nothing and reads no clock. Who calls the provider, and
// what a person is told to do about a provider's own errors, is the connector's.
package health

import "time"

// Class is why a call failed. None is a call that worked.
type Class string

// The classes. What each means for a connection is in Rules.
const (
	None             Class = ""
	TokenExpired     Class = "token_expired"     // the access token is refused; a refresh helps
	TokenRevoked     Class = "token_revoked"     // the grant is gone
	ScopeMissing     Class = "scope_missing"     // the grant does not allow the call
	RateLimited      Class = "rate_limited"      // too many calls in a short time
	QuotaExhausted   Class = "quota_exhausted"   // too many calls until a reset
	ProviderDown     Class = "provider_down"     // the provider does not answer, or answers 5xx
	NetworkDNS       Class = "network_dns"       // its name has no address
	NetworkTimeout   Class = "network_timeout"   // not finished in time
	TLS              Class = "tls"               // no trusted TLS connection
	MisconfiguredApp Class = "misconfigured_app" // client id, secret, callback address or API are not set up
	Unknown          Class = "unknown"           // none of these
	// TokenExpiring is of a call that worked: the access ends soon, and nothing but a
	// person can prolong it.
	TokenExpiring Class = "token_expiring"
)

// Rule is what follows from a class.
type Rule struct {
	Status Status // of a connection whose last check failed so, until the failure lasts
	// Lasting is the status once LastsAfter checks in a row have failed, of
	// whatever class.
	Lasting Status
	// AdminActs: it does not end by itself, and somebody has to do something.
	AdminActs bool
	// AlertAfter is how many checks in a row have to fail before somebody is told;
	// AlertAge is how long they have to have failed.
	AlertAfter int
	AlertAge   time.Duration
}

// LastsAfter is the number of failed checks in a row from which a failure that
// usually passes is taken for one that stays.
const LastsAfter = 3

// Reminders are how many days before the end of an access, which nothing but a person
// can prolong, people are told of it; the first one first.
var Reminders = [...]int{10, 2}

// Rules are the classes and what follows from them.
var Rules = map[Class]Rule{
	TokenExpired:     {Status: Degraded, Lasting: Failing, AlertAfter: LastsAfter},
	TokenRevoked:     {Status: Reauthorize, Lasting: Reauthorize, AdminActs: true, AlertAfter: 1},
	ScopeMissing:     {Status: Reauthorize, Lasting: Reauthorize, AdminActs: true, AlertAfter: 1},
	RateLimited:      {Status: Degraded, Lasting: Degraded, AlertAfter: 1, AlertAge: time.Hour},
	QuotaExhausted:   {Status: Degraded, Lasting: Degraded, AdminActs: true, AlertAfter: 1},
	ProviderDown:     {Status: Degraded, Lasting: Failing, AlertAfter: LastsAfter},
	NetworkDNS:       {Status: Degraded, Lasting: Failing, AlertAfter: LastsAfter},
	NetworkTimeout:   {Status: Degraded, Lasting: Failing, AlertAfter: LastsAfter},
	TLS:              {Status: Degraded, Lasting: Failing, AlertAfter: LastsAfter},
	MisconfiguredApp: {Status: Failing, Lasting: Failing, AdminActs: true, AlertAfter: 1},
	Unknown:          {Status: Degraded, Lasting: Failing, AlertAfter: LastsAfter},
	TokenExpiring:    {Status: Degraded, Lasting: Degraded, AdminActs: true, AlertAfter: 1},
}

// Status is how a connection is, in the words of the tracking plan.
type Status string

// The statuses of a connection.
const (
	Healthy     Status = "healthy"
	Degraded    Status = "degraded"    // a call failed, and it may pass
	Failing     Status = "error"       // calls fail, and go on failing
	Reauthorize Status = "reauthorize" // a person has to connect it again
)
