package egress

import (
	"bufio"
	"container/list"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// maxAddresses bounds how many addresses of one name are tried. All of them
	// are judged, however many there are.
	maxAddresses = 8
	// minShare is the least time that one of several addresses gets.
	minShare = time.Second
)

// conn is a connection that remembers what it cost to make.
type conn struct {
	net.Conn // with TLS around it, if it has some

	socket            syscall.Conn // without TLS
	remote            string
	dns, connect, tls time.Duration

	// Of the exchange that has it.
	reader *bufio.Reader
	left   int64 // bytes that may still be read, or noLimit

	// While it is idle; guarded by the mutex of idle.
	place          string
	since          time.Time
	inPlace, inAll *list.Element
}

const noLimit = math.MaxInt64

// Read reads as much as is allowed.
func (c *conn) Read(p []byte) (int, error) {
	if c.left == noLimit {
		return c.Conn.Read(p) //nolint:wrapcheck // an io.Reader's own contract
	}
	if c.left <= 0 {
		return 0, errHeaders
	}
	n, err := c.Conn.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err //nolint:wrapcheck // an io.Reader's own contract
}

// discard closes the connection without a word. Closing TLS in form writes, and
// may wait seconds for a receiver that takes nothing; nobody else must wait too.
func (c *conn) discard() {
	var under io.Closer = c.Conn
	if socket, ok := c.socket.(io.Closer); ok {
		under = socket
	}
	_ = under.Close() // nothing more is expected of it
}

// cut ends whatever waits for the connection.
func (c *conn) cut() { _ = c.SetDeadline(time.Unix(1, 0)) } // one that is closed already has ended it

// stage is how far a dial has come.
type stage int32

const (
	stageNone stage = iota
	stageDNS
	stageConnect
	stageTLS
)

// progress is how far a dial has come, for the log if it fails.
type progress struct {
	stage  stage
	took   [stageTLS + 1]time.Duration
	remote string // the address tried last
}

func (p *progress) enter(s stage) time.Time {
	p.stage = s
	return time.Now()
}

func (p *progress) leave(s stage, began time.Time) time.Duration {
	p.took[s] = time.Since(began)
	return p.took[s]
}

// dial connects for a request.
func (c *Client) dial(x *exchange, u *url.URL) (*conn, error) {
	ctx, cancel := context.WithDeadline(x.ctx, x.deadline)
	defer cancel()
	if u.Scheme == "https" {
		return c.connectTLS(ctx, &x.progress, withPort(u.Host, "443"))
	}
	return c.connectPlain(ctx, &x.progress, withPort(u.Host, "80"))
}

// withPort adds the port that a scheme stands for.
func withPort(host, port string) string {
	if _, found := cutPort(host); found {
		return host
	}
	return host + ":" + port
}

// dialPlain connects for the http:// URLs of HTTPClient. net/http takes the
// request's cancellation away, so that another may use the connection.
func (c *Client) dialPlain(ctx context.Context, _, hostport string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, DefaultTimeout)
	defer cancel()
	return c.connectPlain(ctx, &progress{}, hostport)
}

// dialTLS connects for its https:// URLs.
func (c *Client) dialTLS(ctx context.Context, _, hostport string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, DefaultTimeout)
	defer cancel()
	return c.connectTLS(ctx, &progress{}, hostport)
}

// connectPlain connects for http:// URLs.
func (c *Client) connectPlain(ctx context.Context, p *progress, hostport string) (*conn, error) {
	if !c.gate.http {
		return nil, &failure{class: ClassAddressRefused, detail: "Plain HTTP is not allowed on this server; the URL must start with https://."}
	}
	return c.connect(ctx, p, hostport)
}

// connectTLS connects for https:// URLs and shakes hands.
func (c *Client) connectTLS(ctx context.Context, p *progress, hostport string) (*conn, error) {
	plain, err := c.connect(ctx, p, hostport)
	if err != nil {
		return nil, err
	}
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	config := c.tls.Clone()
	config.ServerName = host
	began := p.enter(stageTLS)
	secure := tls.Client(plain.Conn, config)
	err = secure.HandshakeContext(ctx)
	plain.tls = p.leave(stageTLS, began)
	if err != nil {
		_ = plain.Close() // the handshake's error is the one that counts
		return nil, tlsFailure(ctx, host, err)
	}
	plain.Conn = secure
	return plain, nil
}

// connect resolves, judges and dials. There is one look-up a connection, and
// what it gave is what is connected to: a name that changes its answer between
// the check and the use (DNS rebinding) gains nothing.
func (c *Client) connect(ctx context.Context, p *progress, hostport string) (*conn, error) {
	host, portText, err := net.SplitHostPort(hostport)
	if err != nil {
		return nil, &failure{class: ClassDNS, detail: "The host name is not valid.", err: err}
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, &failure{class: ClassConnect, detail: "The port is not a number from 1 to 65535.", err: err}
	}
	began := p.enter(stageDNS)
	targets, err := c.gate.addresses(ctx, host, uint16(port))
	made := &conn{dns: p.leave(stageDNS, began), left: noLimit}
	if err != nil {
		return nil, err
	}
	began = p.enter(stageConnect)
	dialer := &c.dialer
	if _, pinned := c.gate.pinned[strings.ToLower(host)]; pinned {
		dialer = &c.unguarded
	}
	made.Conn, err = tryEach(ctx, p, dialer, host, targets)
	made.connect = p.leave(stageConnect, began)
	if err != nil {
		return nil, err
	}
	made.remote = p.remote
	made.socket, _ = made.Conn.(syscall.Conn) // as every TCP connection is
	return made, nil
}

// addresses gives where a host may be connected to, or the failure. Every
// address of the answer must be allowed: a public one beside a private one is
// no server's honest answer, and which one is used would be chance.
func (g *gate) addresses(ctx context.Context, host string, port uint16) ([]netip.AddrPort, error) {
	if g.lost != nil && g.lost(strings.ToLower(host)) {
		return nil, dnsFailure(ctx, host, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true})
	}
	if to, ok := g.pinned[strings.ToLower(host)]; ok {
		return []netip.AddrPort{to}, nil
	}
	if a, ok := literal(host); ok {
		if err := g.permit(a); err != nil {
			return nil, &failure{class: ClassAddressRefused, detail: refusedLiteral(err), err: err}
		}
		return []netip.AddrPort{netip.AddrPortFrom(a.Unmap(), port)}, nil
	}
	found, err := g.resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, dnsFailure(ctx, host, err)
	}
	if len(found) == 0 {
		return nil, &failure{class: ClassDNS, detail: fmt.Sprintf("The host name %s has no address.", host)}
	}
	targets := make([]netip.AddrPort, 0, len(found))
	for _, a := range found {
		// Go's resolver gives A records as ::ffff:…, so that the form says
		// nothing here; the IPv4 address inside is what is judged and dialled.
		a = a.Unmap()
		if err := g.permit(a); err != nil {
			return nil, &failure{class: ClassAddressRefused, err: err,
				detail: fmt.Sprintf("The host name %s leads to %v; only public addresses are allowed.", host, err)}
		}
		targets = append(targets, netip.AddrPortFrom(a, port))
	}
	return targets, nil
}

// tryEach connects to the first address that accepts. The time left is shared
// among the addresses that are left, so that one that swallows packets does not
// use up the turn of the next. The first failure is the one reported.
func tryEach(ctx context.Context, p *progress, dialer *net.Dialer, host string, targets []netip.AddrPort) (net.Conn, error) {
	targets = targets[:min(len(targets), maxAddresses)]
	var first error
	for i, to := range targets {
		text := to.String()
		p.remote = text
		turn, cancel := ctx, context.CancelFunc(func() {})
		if left := len(targets) - i; left > 1 {
			turn, cancel = share(ctx, left)
		}
		network := "tcp6"
		if to.Addr().Is4() {
			network = "tcp4"
		}
		made, err := dialer.DialContext(turn, network, text)
		cancel()
		if err == nil {
			return made, nil
		}
		if first == nil {
			first = err
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, connectFailure(ctx, host, targets, first)
}

func share(ctx context.Context, left int) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, max(time.Until(end)/time.Duration(left), minShare))
}

// isTimeout reports whether err is one, or ctx has run out.
func isTimeout(ctx context.Context, err error) bool {
	var t interface{ Timeout() bool }
	return errors.Is(ctx.Err(), context.DeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}
