package egress

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"
)

// Class is why an attempt failed.
type Class string

// The classes of an attempt. ClassOK is an answer with status 2xx that arrived
// whole; nothing else is success.
const (
	ClassOK             Class = ""
	ClassDNS            Class = "dns"             // no address for the host name
	ClassAddressRefused Class = "address_refused" // the policy forbids where it leads
	ClassConnect        Class = "connect"         // no TCP connection
	ClassTLS            Class = "tls"             // no trusted TLS connection
	ClassTimeout        Class = "timeout"         // not finished in time
	ClassStatus3xx      Class = "status_3xx"      // redirects are not followed
	ClassStatus4xx      Class = "status_4xx"
	ClassStatus5xx      Class = "status_5xx"
	ClassProtocol       Class = "protocol"  // not HTTP, or broken off
	ClassCancelled      Class = "cancelled" // the caller gave up
)

// failure carries a class and its sentence from where they are known through
// net/http to Send. It never leaves the package.
type failure struct {
	class   Class
	detail  string
	timeout bool // the reason is time; Send knows better how much of it
	err     error
}

func (f *failure) Error() string {
	if f.err == nil {
		return f.detail
	}
	return f.detail + " (" + f.err.Error() + ")"
}

func (f *failure) Unwrap() error { return f.err }

func dnsFailure(ctx context.Context, host string, err error) *failure {
	var e *net.DNSError
	switch {
	case errors.As(err, &e) && e.IsNotFound:
		return &failure{class: ClassDNS, err: err, detail: fmt.Sprintf("The host name %s does not resolve.", host)}
	case isTimeout(ctx, err):
		return &failure{class: ClassDNS, err: err, detail: fmt.Sprintf("The look-up of the host name %s got no answer in time.", host)}
	case e != nil:
		return &failure{class: ClassDNS, err: err, detail: fmt.Sprintf("The look-up of the host name %s failed: %s.", host, clip(e.Err))}
	}
	return &failure{class: ClassDNS, err: err, detail: fmt.Sprintf("The look-up of the host name %s failed: %s.", host, clip(err.Error()))}
}

func connectFailure(ctx context.Context, host string, tried []netip.AddrPort, err error) *failure {
	where := fmt.Sprintf("%s (%s)", host, tried[0])
	if len(tried) > 1 {
		where = fmt.Sprintf("%s (%s and %d more addresses)", host, tried[0], len(tried)-1)
	}
	f := &failure{class: ClassConnect, err: err}
	if refused, ok := errors.AsType[*failure](err); ok {
		return refused // by control
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		f.detail = fmt.Sprintf("Nothing accepts connections at %s: connection refused.", where)
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		f.detail = fmt.Sprintf("There is no network route to %s.", where)
	case errors.Is(err, syscall.ECONNRESET):
		f.detail = fmt.Sprintf("The connection to %s was reset while it was made.", where)
	case isTimeout(ctx, err):
		f.class, f.timeout = ClassTimeout, true
		f.detail = fmt.Sprintf("No connection to %s came about in time.", where)
	default:
		f.detail = fmt.Sprintf("The connection to %s failed: %s.", where, clip(rootCause(err).Error()))
	}
	return f
}

func tlsFailure(ctx context.Context, host string, err error) *failure {
	f := &failure{class: ClassTLS, err: err}
	if isTimeout(ctx, err) {
		f.class, f.timeout = ClassTimeout, true
		f.detail = fmt.Sprintf("The TLS handshake with %s was not finished in time.", host)
		return f
	}
	f.detail = tlsSentence(host, err)
	return f
}

func tlsSentence(host string, err error) string {
	var (
		invalid   x509.CertificateInvalidError
		name      x509.HostnameError
		authority x509.UnknownAuthorityError
		notTLS    tls.RecordHeaderError
		op        *net.OpError
	)
	switch {
	case errors.As(err, &invalid):
		return invalidCertificate(host, invalid)
	case errors.As(err, &name):
		return fmt.Sprintf("The certificate is not for %s but for %s.", host, names(name.Certificate))
	case errors.As(err, &authority):
		if c := authority.Cert; c != nil && bytes.Equal(c.RawIssuer, c.RawSubject) {
			return fmt.Sprintf("The certificate of %s is self-signed and not trusted.", host)
		}
		return fmt.Sprintf("The certificate of %s is signed by an authority that is not trusted, or the server does not send the intermediate certificates.", host)
	case errors.As(err, &notTLS):
		if string(notTLS.RecordHeader[:]) == "HTTP/" {
			return host + " answered in plain HTTP on this port; TLS was expected."
		}
		return host + " does not speak TLS on this port."
	case strings.Contains(err.Error(), "unsupported protocol version"), strings.Contains(err.Error(), "protocol version not supported"):
		return host + " only offers TLS versions older than 1.2."
	case errors.As(err, &op) && op.Op == "remote error": // how crypto/tls reports an alert
		return fmt.Sprintf("%s refused the TLS handshake: %s.", host, clip(strings.TrimPrefix(op.Err.Error(), "tls: ")))
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return host + " closed the connection during the TLS handshake."
	}
	return fmt.Sprintf("The TLS handshake with %s failed: %s.", host, clip(strings.TrimPrefix(rootCause(err).Error(), "tls: ")))
}

func invalidCertificate(host string, e x509.CertificateInvalidError) string {
	if e.Reason == x509.Expired && e.Cert != nil {
		if now := time.Now(); now.Before(e.Cert.NotBefore) {
			return fmt.Sprintf("The server's certificate is not valid before %s.", e.Cert.NotBefore.UTC().Format(time.DateOnly))
		}
		return fmt.Sprintf("The server's certificate expired on %s.", e.Cert.NotAfter.UTC().Format(time.DateOnly))
	}
	return fmt.Sprintf("The certificate of %s is not valid: %s.", host, clip(strings.TrimPrefix(e.Error(), "x509: ")))
}

// names tells whom a certificate is for, in few words.
func names(c *x509.Certificate) string {
	const most = 3
	if c == nil {
		return "another name"
	}
	all := c.DNSNames
	for _, a := range c.IPAddresses {
		all = append(all, a.String())
	}
	switch {
	case len(all) == 0:
		return "no name at all"
	case len(all) > most:
		return clip(strings.Join(all[:most], ", ")) + " and others"
	}
	return clip(strings.Join(all, ", "))
}

// protocolSentence says what was wrong with an answer that is not one; begun
// tells whether any byte of it came.
func protocolSentence(err error, begun bool) string {
	text := rootCause(err).Error()
	switch {
	case strings.Contains(text, "response headers exceeded"):
		return "The answer's headers are larger than 64 KiB."
	case begun && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET)):
		return "The server broke off in the middle of its answer."
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.EPIPE),
		strings.Contains(text, "server closed idle connection"):
		return "The server closed the connection without an answer."
	case errors.Is(err, syscall.ECONNRESET):
		return "The server cut the connection before it answered."
	case strings.Contains(text, "invalid header field"), strings.Contains(text, "invalid header"):
		return "The request has a header that HTTP does not allow: " + clip(strings.TrimPrefix(text, "net/http: ")) + "."
	}
	return "The answer is not valid HTTP: " + clip(text) + "."
}

// rootCause is the innermost error: the outer ones repeat addresses that the
// sentence has already.
func rootCause(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// clip shortens what a server said, and keeps it to one printable line.
func clip(s string) string {
	const most = 200
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0xfffd {
			return '?'
		}
		return r
	}, s[:min(len(s), most)])
	return s
}
