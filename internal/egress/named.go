package egress

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
)

// DialNamed connects to a server that the operator's own settings name, for
// protocols other than HTTP: the mail server. The address policy is for what
// users of the program name; an operator's words count as allowed, so the server
// may lie in a private network. Fixed names of the demo, name look-up, the tries
// of several addresses and the errors are those of every other request.
func (c *Client) DialNamed(ctx context.Context, hostport string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, DefaultTimeout)
	defer cancel()
	return c.dialNamed(ctx, hostport)
}

// DialNamedTLS is DialNamed with TLS from the start.
func (c *Client) DialNamedTLS(ctx context.Context, hostport string) (*tls.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, DefaultTimeout)
	defer cancel()
	plain, err := c.dialNamed(ctx, hostport)
	if err != nil {
		return nil, err
	}
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	secure := tls.Client(plain, c.TLSFor(host))
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = plain.Close() // the handshake's error is the one that counts
		return nil, tlsFailure(ctx, host, err)
	}
	return secure, nil
}

// TLSFor gives the TLS settings for a server that DialNamed reached, for
// protocols that turn to TLS on the way: certificates by the same authorities.
func (c *Client) TLSFor(host string) *tls.Config {
	return &tls.Config{RootCAs: c.tls.RootCAs, MinVersion: c.tls.MinVersion, ServerName: host}
}

func (c *Client) dialNamed(ctx context.Context, hostport string) (net.Conn, error) {
	host, portText, err := net.SplitHostPort(hostport)
	if err != nil {
		return nil, &failure{class: ClassDNS, detail: "The host name is not valid.", err: err}
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, &failure{class: ClassConnect, detail: "The port is not a number from 1 to 65535.", err: err}
	}
	targets, err := c.gate.namedAddresses(ctx, host, uint16(port))
	if err != nil {
		return nil, err
	}
	return tryEach(ctx, &progress{}, &c.unguarded, host, targets)
}

// namedAddresses is addresses without a judgement of where they lie.
func (g *gate) namedAddresses(ctx context.Context, host string, port uint16) ([]netip.AddrPort, error) {
	if g.lost != nil && g.lost(strings.ToLower(host)) {
		return nil, dnsFailure(ctx, host, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true})
	}
	if to, ok := g.pinned[strings.ToLower(host)]; ok {
		return []netip.AddrPort{to}, nil
	}
	if a, ok := literal(host); ok {
		return []netip.AddrPort{netip.AddrPortFrom(a.Unmap(), port)}, nil
	}
	found, err := g.resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, dnsFailure(ctx, host, err)
	}
	if len(found) == 0 {
		return nil, &failure{class: ClassDNS, detail: fmt.Sprintf("The host name %s has no address.", host)}
	}
	targets := make([]netip.AddrPort, len(found))
	for i, a := range found {
		targets[i] = netip.AddrPortFrom(a.Unmap(), port)
	}
	return targets, nil
}

// Sentence puts an error of DialNamed, or of the TLS that followed it with host,
// into a sentence for an administrator.
func Sentence(host string, err error) string {
	if f, ok := errors.AsType[*failure](err); ok {
		return f.detail
	}
	var (
		invalid   x509.CertificateInvalidError
		name      x509.HostnameError
		authority x509.UnknownAuthorityError
		notTLS    tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &invalid), errors.As(err, &name), errors.As(err, &authority), errors.As(err, &notTLS):
		return tlsSentence(host, err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, net.ErrClosed):
		return host + " closed the connection in the middle of the conversation."
	case isTimeout(context.Background(), err):
		return host + " did not answer in time."
	}
	return clip(rootCause(err).Error())
}
