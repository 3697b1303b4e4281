// Package alerttest gives tests a mail server on the loopback interface, with a
// certificate of its own, that keeps what it takes and refuses what it is told to.
package alerttest

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// MailServer is a running server.
type MailServer struct {
	Address     string
	Authorities *x509.CertPool
	Got         chan Mail // what it took

	t        testing.TB
	tls      *tls.Config
	mu       sync.Mutex // guards what follows
	refuse   map[string]*smtp.SMTPError
	password string
	hold     chan struct{}
	reached  chan struct{}
}

// Mail is a mail as it arrived.
type Mail struct {
	From   string
	To     []string
	Header mail.Header
	Body   string // with its parts, as it came
	Raw    string
	TLS    bool
	User   string // who signed in
}

// Subject gives the subject, decoded.
func (m Mail) Subject() string {
	s, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		return err.Error()
	}
	return s
}

// Modes of a server.
const (
	Plain     = "none"
	StartTLS  = "starttls"
	DirectTLS = "tls"
)

// NewMailServer starts a server, until the test's end.
func NewMailServer(t testing.TB, mode string) *MailServer {
	t.Helper()
	s := &MailServer{t: t, Got: make(chan Mail, 1000), reached: make(chan struct{}, 1000), refuse: map[string]*smtp.SMTPError{}}
	certified := httptest.NewTLSServer(http.NotFoundHandler()) // it has a certificate for 127.0.0.1
	certified.Close()
	s.Authorities = x509.NewCertPool()
	s.Authorities.AddCert(certified.Certificate())
	s.tls = &tls.Config{Certificates: certified.TLS.Certificates}
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // at once
	if err != nil {
		t.Fatal(err)
	}
	s.Address = l.Addr().String()
	server := smtp.NewServer(smtp.BackendFunc(s.session))
	server.Domain, server.ReadTimeout, server.WriteTimeout = "mail.test", time.Minute, time.Minute
	server.ErrorLog = silent{}
	switch mode {
	case StartTLS:
		server.TLSConfig = s.tls
	case DirectTLS:
		l = tls.NewListener(l, s.tls)
	}
	var running sync.WaitGroup
	running.Go(func() {
		if err := server.Serve(l); err != nil && !errors.Is(err, smtp.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		s.Release()
		_ = server.Close()
		_ = l.Close() // it may not have begun to serve, and the server does not know it then
		running.Wait()
	})
	return s
}

type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

// Refuse has the server answer so to a recipient ("" for everybody) from now on;
// a code of 0 takes it back.
func (s *MailServer) Refuse(to string, code int, message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.refuse, to)
	if code != 0 {
		s.refuse[to] = &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCodeNotSet, Message: message}
	}
}

// Password has the server ask for it.
func (s *MailServer) Password(password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.password = password
}

// Hang has the server swallow mails without an answer, until Release.
func (s *MailServer) Hang() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hold = make(chan struct{})
}

// Release lets what hangs go on.
func (s *MailServer) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hold != nil {
		close(s.hold)
		s.hold = nil
	}
}

// Reached waits until so many mails have come as far as their text.
func (s *MailServer) Reached(mails int) {
	s.t.Helper()
	for range mails {
		select {
		case <-s.reached:
		case <-time.After(20 * time.Second):
			s.t.Fatal("no mail came")
		}
	}
}

// Next waits for a mail.
func (s *MailServer) Next() Mail {
	s.t.Helper()
	select {
	case m := <-s.Got:
		return m
	case <-time.After(20 * time.Second):
		s.t.Fatal("no mail came")
	}
	return Mail{}
}

func (s *MailServer) session(c *smtp.Conn) (smtp.Session, error) {
	return &session{s: s, c: c}, nil
}

type session struct {
	s    *MailServer
	c    *smtp.Conn
	mail Mail
}

func (c *session) AuthMechanisms() []string {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if c.s.password == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (c *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		c.s.mu.Lock()
		defer c.s.mu.Unlock()
		if password != c.s.password {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "Wrong user or password"}
		}
		c.mail.User = user
		return nil
	}), nil
}

func (c *session) Mail(from string, _ *smtp.MailOptions) error {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if c.s.password != "" && c.mail.User == "" {
		return smtp.ErrAuthRequired
	}
	c.mail.From = from
	return nil
}

func (c *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	for _, who := range []string{"", to} {
		if e := c.s.refuse[who]; e != nil {
			return e
		}
	}
	c.mail.To = append(c.mail.To, to)
	return nil
}

func (c *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err //nolint:wrapcheck // the server's own
	}
	c.s.mu.Lock()
	hold := c.s.hold
	c.s.mu.Unlock()
	c.s.reached <- struct{}{}
	if hold != nil {
		<-hold
	}
	m, err := mail.ReadMessage(strings.NewReader(string(raw)))
	if err != nil {
		return err //nolint:wrapcheck // the server's own
	}
	body, err := io.ReadAll(m.Body)
	if err != nil {
		return err //nolint:wrapcheck // the server's own
	}
	got := c.mail
	got.Header, got.Body, got.Raw = m.Header, string(body), string(raw)
	_, got.TLS = c.c.TLSConnectionState()
	c.s.Got <- got
	return nil
}

func (c *session) Reset()        { c.mail.To = nil }
func (c *session) Logout() error { return nil }
