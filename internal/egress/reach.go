package egress

import (
	"context"
	"net/url"
	"time"
)

// Reached is how far a connection to an address came.
type Reached struct {
	Resolved          bool // its name has addresses that are allowed
	Plain             bool // without TLS
	DNS, Connect, TLS time.Duration
	Err               error // what stopped it; nil: it was made
}

// Reach connects to the host of an address, under the policy of every request, and
// closes the connection again: it tells a name that does not resolve from a server
// that does not answer and from a certificate that is not trusted.
func (c *Client) Reach(ctx context.Context, u *url.URL) Reached {
	p := progress{}
	r := Reached{Plain: u.Scheme == "http"}
	var made *conn
	if r.Plain {
		made, r.Err = c.connectPlain(ctx, &p, withPort(u.Host, "80"))
	} else {
		made, r.Err = c.connectTLS(ctx, &p, withPort(u.Host, "443"))
	}
	r.Resolved = p.stage > stageDNS
	r.DNS, r.Connect, r.TLS = p.took[stageDNS], p.took[stageConnect], p.took[stageTLS]
	if made != nil {
		made.discard()
	}
	return r
}
