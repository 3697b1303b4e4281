package egress

import (
	"container/list"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// Limits of every request.
const (
	DefaultTimeout = 15 * time.Second
	MaxTimeout     = 30 * time.Second

	maxHeaderBytes = 64 << 10 // of an answer, interim answers included
	maxHeaderLines = 100      // of an answer that are kept
	keptBody       = 16 << 10 // of an answer that is kept
	apiBody        = 16 << 20 // of an answer to a client of HTTPClient
	drainedBody    = 64 << 10 // of an answer that is read to save the connection

	idlePerHost = 128 // twice what one webhook has on its way: a burst opens some more than it needs
	idleTotal   = 4096
	idleClient  = 32 // of HTTPClient
	idleTime    = 30 * time.Second
	tlsSessions = 4096
)

// Client sends. It is safe for concurrent use; one a process is meant.
type Client struct {
	gate      *gate
	tls       *tls.Config
	dialer    net.Dialer      // asks the policy once more right before connecting
	unguarded net.Dialer      // for the addresses of Policy.Resolve, and DialNamed
	transport *http.Transport // of HTTPClient
	idle      idle
}

// New makes the client of a policy.
func New(p Policy) (*Client, error) {
	g, err := newGate(p)
	if err != nil {
		return nil, err
	}
	c := &Client{gate: g, dialer: net.Dialer{Control: g.control}, idle: idle{places: map[string]*list.List{}}}
	c.idle.sweep = time.AfterFunc(idleTime, c.idle.expire)
	c.tls = &tls.Config{
		RootCAs:    p.TrustedCAs,
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"http/1.1"},
		// A resumed session checks the name and the expiry again, and spares an
		// endpoint that hears from us every few minutes the costly half.
		ClientSessionCache: tls.NewLRUClientSessionCache(tlsSessions),
	}
	// HTTP/1.1 only. Over HTTP/2 all requests to a host share one connection,
	// and with it one congestion window, one flow control and one fate: a
	// server that stalls one stream would delay the others, and a connection
	// that breaks would fail every request in flight at once. One connection a
	// request in flight keeps them apart.
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	c.transport = &http.Transport{
		Proxy:                  nil, // a proxy would connect where no policy looks
		DialContext:            c.dialPlain,
		DialTLSContext:         c.dialTLS,
		DisableCompression:     true, // nothing to unpack, no bomb to unpack
		MaxIdleConns:           idleClient,
		MaxIdleConnsPerHost:    idleClient,
		IdleConnTimeout:        idleTime,
		MaxResponseHeaderBytes: maxHeaderBytes,
		Protocols:              protocols,
	}
	return c, nil
}

// Close closes the connections that no request uses.
func (c *Client) Close() {
	c.transport.CloseIdleConnections()
	c.idle.close()
}

// ErrTooLarge is the error of a body that goes on after what a client of HTTPClient
// reads: 16 MiB.
var ErrTooLarge = errors.New("the answer is larger than 16 MiB")

// HTTPClient gives a plain client under the same policy, for libraries that
// want one (the providers' APIs). It follows no redirect, keeps no cookies,
// reads no body to its end that is larger than ErrTooLarge says, and gives up
// after MaxTimeout, body included.
func (c *Client) HTTPClient() *http.Client {
	return &http.Client{
		Transport:     bounded{c.transport},
		Timeout:       MaxTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// bounded is a transport whose bodies have an end.
type bounded struct{ next http.RoundTripper }

// RoundTrip sends a request.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.next.RoundTrip(r)
	if err == nil {
		answer.Body = &boundedBody{ReadCloser: answer.Body, left: apiBody}
	}
	return answer, err //nolint:wrapcheck // an http.RoundTripper's own contract
}

type boundedBody struct {
	io.ReadCloser

	left int64
}

// Read reads as much as is allowed.
func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		n, err := b.ReadCloser.Read(make([]byte, 1)) // it may be at its end
		if n > 0 {
			err = ErrTooLarge
		}
		return 0, err
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err //nolint:wrapcheck // an io.Reader's own contract
}
