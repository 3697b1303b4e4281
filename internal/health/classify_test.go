package health

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

func TestTransport(t *testing.T) {
	t.Parallel()
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	refusing := listen(t, func(c net.Conn) {
		_ = tls.Server(c, &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return nil, errors.New("no certificate")
		}, MinVersion: tls.VersionTLS12}).HandshakeContext(t.Context())
	})
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	silent := listen(t, func(net.Conn) {}) // it takes the connection and says nothing
	rude := listen(t, func(c net.Conn) { _ = c.Close() })
	closed := listen(t, func(net.Conn) {})
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	for _, c := range []struct {
		name string
		err  error
		want Class
	}{
		{"no such name", lookUp(t, closed.Addr().String()), NetworkDNS},
		{"an authority that nobody trusts", handshake(t, secure.Listener.Addr().String()), TLS},
		{"a handshake that is refused", handshake(t, refusing.Addr().String()), TLS},
		{"no TLS at all", handshake(t, plain.Listener.Addr().String()), TLS},
		{"no answer in time", get(t.Context(), t, silent.Addr().String()), NetworkTimeout},
		{"closed at once", get(t.Context(), t, rude.Addr().String()), ProviderDown},
		{"nobody listens", get(t.Context(), t, closed.Addr().String()), ProviderDown},
		{"a body that breaks off", fmt.Errorf("read: %w", io.ErrUnexpectedEOF), ProviderDown},
	} {
		if got, ok := Transport(c.err); got != c.want || !ok {
			t.Errorf("%s: %v is %q", c.name, c.err, got)
		}
	}
	for _, err := range []error{nil, get(ended, t, plain.Listener.Addr().String()), errors.New("anything else"), &oauth2.RetrieveError{}} {
		if got, ok := Transport(err); ok {
			t.Errorf("%v is %q", err, got)
		}
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		body   string
		want   Class
	}{
		{400, `{"error":"invalid_grant","error_description":"Token has been expired or revoked."}`, TokenRevoked},
		{400, `{"error":"invalid_grant","error_subtype":"invalid_rapt"}`, TokenRevoked},
		{401, `{"error":"invalid_client"}`, MisconfiguredApp},
		{401, `{"error":"deleted_client"}`, MisconfiguredApp},
		{400, `{"error":"redirect_uri_mismatch"}`, MisconfiguredApp},
		{400, `{"error":"invalid_scope"}`, MisconfiguredApp},
		{429, `{"error":"slow_down"}`, RateLimited},
		{503, `<html>`, ProviderDown},
		{400, `{"error":"something_new"}`, Unknown},
		{200, `{"ok":false,"error":"invalid_code"}`, Unknown},
	} {
		if got, ok := Token(exchange(t, c.status, c.body)); got != c.want || !ok {
			t.Errorf("%d %s is %q", c.status, c.body, got)
		}
	}
	if got, ok := Token(exchange(t, 200, `{"ok":true}`)); ok { // no access token, and no refusal either
		t.Errorf("an answer without a token is %q", got)
	}
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	json, html := http.Header{"Content-Type": {"application/json"}}, http.Header{"Content-Type": {"text/HTML; charset=utf-8"}}
	for _, c := range []struct {
		status int
		header http.Header
		scope  bool
		want   Class
	}{
		{200, json, false, None},
		{204, nil, false, None},
		{200, html, false, Unknown},
		{302, json, false, Unknown},
		{400, json, false, Unknown},
		{401, json, false, TokenExpired},
		{403, json, true, ScopeMissing},
		{403, json, false, Unknown},
		{404, json, false, Unknown},
		{429, html, false, RateLimited},
		{500, json, false, ProviderDown},
		{502, html, false, ProviderDown},
	} {
		if got := Answer(c.status, c.header, c.scope); got != c.want {
			t.Errorf("%d %v is %q, want %q", c.status, c.header, got, c.want)
		}
	}
}

// listen takes connections, each for itself.
func listen(t *testing.T, serve func(net.Conn)) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = c.Close() })
			serve(c)
		}
	}()
	return l
}

// get reads what a server says first, for 50 ms.
func get(ctx context.Context, t *testing.T, address string) error {
	t.Helper()
	c, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return &url.Error{Op: "Get", URL: "http://" + address, Err: err}
	}
	defer func() { _ = c.Close() }()
	if err := c.SetDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	_, err = c.Read(make([]byte, 1))
	return err
}

func handshake(t *testing.T, address string) error {
	t.Helper()
	d := tls.Dialer{NetDialer: &net.Dialer{Timeout: time.Minute}, Config: &tls.Config{ServerName: "example.com", MinVersion: tls.VersionTLS12}}
	c, err := d.DialContext(t.Context(), "tcp", address)
	if err == nil {
		_ = c.Close()
		t.Fatal("it was trusted")
	}
	return err
}

// lookUp asks a name server that is not there.
func lookUp(t *testing.T, server string) error {
	t.Helper()
	r := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", server)
	}}
	_, err := r.LookupNetIP(t.Context(), "ip4", "provider.example.")
	if err == nil {
		t.Fatal("there is an answer")
	}
	return err
}

// exchange gives the error of a token endpoint's answer.
func exchange(t *testing.T, status int, body string) error {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	defer s.Close()
	c := oauth2.Config{ClientID: "id", ClientSecret: "secret", Endpoint: oauth2.Endpoint{TokenURL: s.URL, AuthStyle: oauth2.AuthStyleInParams}}
	_, err := c.Exchange(t.Context(), "code")
	if err == nil {
		t.Fatal("there is a token")
	}
	return err
}
