package account

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"time"
)

// A limit allows a number of failures at once and gives one back every
// per/burst: a token bucket, kept as the time at which it is full again (the
// generic cell rate algorithm), so that a row holds one number and any node can
// judge it.
type limit struct {
	burst int
	per   time.Duration
}

// The limits of failed sign-ins and confirmations. A success empties the
// account's bucket, never the address's: whoever guesses many accounts from one
// place may own one of them.
var (
	perAccount = limit{burst: 10, per: 15 * time.Minute}
	perAddress = limit{burst: 50, per: 15 * time.Minute}
)

func (l limit) interval() time.Duration { return l.per / time.Duration(l.burst) }

// wait says how long no further failure is allowed; 0 means that one is.
func (l limit) wait(recovers, now time.Time) time.Duration {
	return max(0, recovers.Add(l.interval()).Sub(now.Add(l.per)))
}

// accountKey names an account's bucket: by what was typed, so that an address
// that nobody has is limited as one that somebody has.
func accountKey(email string) string {
	sum := sha256.Sum256([]byte(email))
	return "account:" + hex.EncodeToString(sum[:16])
}

// addressKey names a network address's bucket: an IPv4 address, or the /64 of
// an IPv6 one, which is what one customer gets.
func addressKey(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return "address:unknown"
	}
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return "address:" + a.String()
	}
	p, err := a.Prefix(64)
	if err != nil {
		return "address:unknown"
	}
	return "address:" + p.String()
}
