// Package sandbox plays the outside world for the demo and for tests: a webhook
// inbox over HTTPS, which shows what arrived and whether its signature holds, and
// Google, Slack, HubSpot, LinkedIn and Salesforce as far as their connectors need them.
// All of it can be told to misbehave. It keeps everything in memory and sends nothing.
// It does not know where Patchboard keeps webhooks: whoever
// starts it says which secrets a message may be signed with.
package sandbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"patchboard/internal/id"
)

// GoogleHost is where the emulated Google takes the calls of programs, over
// HTTPS: /token, /revoke, /gmail/v1/… and /calendar/v3/…. What a person opens, its
// consent page among it, is on the sandbox's page, below /google.
const GoogleHost = "google.example.com"

// Hosts are the names that lead to the inbox: those of the usual examples, so
// that an example can be typed as it stands.
var Hosts = []string{"api.example.com", "your-api.com"}

// recheckEvery is how often messages are judged again whose webhook was not
// known when they came.
const recheckEvery = time.Second

// Config is what a sandbox is started with.
type Config struct {
	Dir   string       // where its certificate authority is kept; made if missing
	Page  net.Listener // of the inbox's page; the sandbox closes it
	Clock id.Clock
	Log   *slog.Logger
}

// Sandbox is the running sandbox: an HTTPS receiver on a loopback port, and the
// inbox's page.
type Sandbox struct {
	authority *Authority
	stranger  *Authority // for providers in trouble
	providers map[string]provider
	google    *Google
	slack     *Slack
	hubspot   *HubSpot
	sales     *Salesforce
	linkedin  *LinkedIn
	inbox     *inbox
	receiver  net.Listener
	servers   []*http.Server
	log       *slog.Logger
	stop      context.CancelFunc // ends the streams, the waiting answers and recheck
	running   sync.WaitGroup
}

// provider is an emulated provider, as the calls of programs meet it.
type provider struct {
	ward *ward
	api  http.Handler
}

// Start opens the receiver and serves both until Close.
func Start(ctx context.Context, c Config) (*Sandbox, error) {
	authority, err := OpenAuthority(filepath.Join(c.Dir, "sandbox-ca.pem"), c.Clock)
	if err != nil {
		return nil, errors.Join(err, c.Page.Close())
	}
	stranger, err := newStranger(c.Clock)
	if err != nil {
		return nil, errors.Join(err, c.Page.Close())
	}
	plain, err := new(net.ListenConfig).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the webhook inbox: %w", err), c.Page.Close())
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	s := &Sandbox{
		authority: authority, stranger: stranger, google: newGoogle(c.Clock), slack: newSlack(c.Clock),
		hubspot: newHubSpot(c.Clock), linkedin: newLinkedIn(c.Clock), sales: newSalesforce(c.Clock),
		inbox: newInbox(c.Clock), receiver: plain, log: c.Log, stop: stop,
	}
	s.providers = map[string]provider{
		GoogleHost: {s.google.ward, s.google.api()}, SlackHost: {s.slack.ward, s.slack.api()},
		HubSpotHost: {s.hubspot.ward, s.hubspot.api()}, LinkedInHost: {s.linkedin.ward, s.linkedin.api()},
	}
	for _, host := range s.sales.hosts() {
		s.providers[host] = provider{s.sales.ward, s.sales.api()}
	}
	secure := tls.NewListener(plain, &tls.Config{
		GetCertificate: s.certificate, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		SessionTicketsDisabled: true, // a session that goes on shows no certificate
	})
	s.serve(ctx, secure, s.byHost(receiver{inbox: s.inbox}), longestAnswer+10*time.Second)
	s.serve(ctx, c.Page, newPage(s.inbox, c.Page.Addr(), s.google.pages, s.slack.pages, s.hubspot.pages, s.linkedin.pages, s.sales.pages), 0) // streams have no end; see stream
	s.running.Go(func() { s.recheck(ctx) })
	return s, nil
}

// byHost leads the providers' names to them, and all others to the inbox.
func (s *Sandbox) byHost(inbox http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := strings.ToLower(r.Host)
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if p, ok := s.providers[host]; ok {
			p.api.ServeHTTP(w, r)
			return
		}
		inbox.ServeHTTP(w, r)
	})
}

// serve runs one server. Both speak HTTP/1.1: an answer that breaks off takes
// its connection over, which HTTP/2 does not allow.
func (s *Sandbox) serve(ctx context.Context, l net.Listener, h http.Handler, write time.Duration) {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	server := &http.Server{
		Handler: h, Protocols: protocols, MaxHeaderBytes: 64 << 10,
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: time.Minute, WriteTimeout: write,
		BaseContext: func(net.Listener) context.Context { return ctx },
		// A client that breaks off a handshake is what the receiver is for.
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	s.servers = append(s.servers, server)
	s.running.Go(func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("the sandbox has stopped serving", "address", l.Addr().String(), "error", err)
		}
	})
}

func (s *Sandbox) recheck(ctx context.Context) {
	tick := time.NewTicker(recheckEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.inbox.recheck(ctx)
		}
	}
}

// Receiver gives the "address:port" of the HTTPS receiver.
func (s *Sandbox) Receiver() string { return s.receiver.Addr().String() }

// Google gives the emulated Google.
func (s *Sandbox) Google() *Google { return s.google }

// Slack gives the emulated Slack.
func (s *Sandbox) Slack() *Slack { return s.slack }

// HubSpot gives the emulated HubSpot.
func (s *Sandbox) HubSpot() *HubSpot { return s.hubspot }

// Salesforce gives the emulated Salesforce.
func (s *Sandbox) Salesforce() *Salesforce { return s.sales }

// LinkedIn gives the emulated LinkedIn.
func (s *Sandbox) LinkedIn() *LinkedIn { return s.linkedin }

// Addresses leads Hosts and the providers' to the receiver, in the form of
// egress.Policy.Resolve.
func (s *Sandbox) Addresses() map[string]string {
	all := make(map[string]string, len(Hosts)+len(s.providers))
	for h := range s.providers {
		all[h] = s.Receiver()
	}
	for _, h := range Hosts {
		all[h] = s.Receiver()
	}
	return all
}

// Authority gives the certificate authority behind the receiver.
func (s *Sandbox) Authority() *Authority { return s.authority }

// Trust says which secrets a message may be signed with. Until it is called,
// signatures are not checked.
func (s *Sandbox) Trust(secrets Secrets) { s.inbox.trust(secrets) }

// Calm ends all misbehaviour, that of answers under way included, so that
// whoever waits for an answer can stop soon.
func (s *Sandbox) Calm() {
	s.inbox.calm()
	for _, p := range s.providers {
		if p.ward.has(Slow) {
			p.ward.set(Fine)
		}
	}
}

// Close stops serving. Answers under way have until ctx ends, then they are cut
// off: a browser may hold a connection open for nothing.
func (s *Sandbox) Close(ctx context.Context) error {
	s.Calm()
	s.stop()
	var wrong []error
	for _, server := range s.servers {
		if err := server.Shutdown(ctx); err != nil {
			s.log.Debug("the sandbox cuts connections off", "error", err)
			wrong = append(wrong, server.Close())
		}
	}
	s.running.Wait()
	if err := errors.Join(wrong...); err != nil {
		return fmt.Errorf("stop the sandbox: %w", err)
	}
	return nil
}
