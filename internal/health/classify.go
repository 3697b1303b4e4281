package health

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"

	"golang.org/x/oauth2"
)

// Transport names the error of a request that got no answer. ok is false where
// err is not one: it is nil, says what an answer said, or is the caller's own
// cancellation, which says nothing about the connection.
func Transport(err error) (c Class, ok bool) {
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return None, false
	case errors.As(err, &dns):
		return NetworkDNS, true
	case isTLS(err):
		return TLS, true
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return NetworkTimeout, true
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return ProviderDown, true
	}
	return None, false
}

func isTLS(err error) bool {
	// What the other side says in an alert, or we do, has no type of its own.
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "remote error" || op.Op == "local error") {
		return true
	}
	var verification *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var authority x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var host x509.HostnameError
	var roots x509.SystemRootsError
	return errors.As(err, &verification) || errors.As(err, &record) || errors.As(err, &alert) ||
		errors.As(err, &authority) || errors.As(err, &invalid) || errors.As(err, &host) || errors.As(err, &roots)
}

// Token names what a token endpoint answered, as golang.org/x/oauth2 gives it;
// other errors are none (RFC 6749, section 5.2).
func Token(err error) (c Class, ok bool) {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) {
		return None, false
	}
	switch refused.ErrorCode {
	case "invalid_grant":
		return TokenRevoked, true
	case "invalid_client", "deleted_client", "unauthorized_client", "redirect_uri_mismatch", "invalid_scope", "unsupported_grant_type":
		return MisconfiguredApp, true
	}
	if refused.Response != nil {
		if c := Answer(refused.Response.StatusCode, refused.Response.Header, false); c != None {
			return c, true
		}
	}
	return Unknown, true // some refuse with status 200
}

// Answer names an answer by its status and type alone, where its body says
// nothing more. scope tells that the body speaks of permissions; without it a 403
// has many reasons.
func Answer(status int, header http.Header, scope bool) Class {
	html := strings.HasPrefix(strings.ToLower(header.Get("Content-Type")), "text/html")
	switch {
	case status == http.StatusUnauthorized:
		return TokenExpired
	case status == http.StatusForbidden && scope:
		return ScopeMissing
	case status == http.StatusTooManyRequests:
		return RateLimited
	case status >= http.StatusInternalServerError:
		return ProviderDown
	case status < http.StatusMultipleChoices && !html:
		return None
	}
	return Unknown // a page where JSON was asked for comes from something in between
}
