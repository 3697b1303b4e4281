package e2e

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"patchboard/internal/signature"
)

// authority is a private certificate authority; a server is told to trust it by
// --trusted-ca.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, key: newKey(t), file: filepath.Join(t.TempDir(), "ca.pem")}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "e2e"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(a.file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return a
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// leaf issues a certificate for 127.0.0.1, or for another name, or a past one.
func (a *authority) leaf(name string, until time.Time) tls.Certificate {
	a.t.Helper()
	key := newKey(a.t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: until, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// receiver is a webhook endpoint over TLS that verifies what it gets. Test
// events are answered 200 and not counted, whatever answer is set.
type receiver struct {
	*httptest.Server
	t *testing.T

	mu       sync.Mutex
	secret   signature.Secret
	cert     *tls.Certificate
	answer   http.HandlerFunc // nil: 200
	gate     chan struct{}    // requests wait until it is closed; nil: none
	arrivals map[string]int   // by webhook-id
	first    map[string]message
	total    int
	tests    bool // test events wait and count as well
}

// message is a request as it arrived.
type message struct {
	at     time.Time
	header http.Header
	body   []byte
}

func newReceiver(t *testing.T, a *authority) *receiver {
	t.Helper()
	r := &receiver{t: t, arrivals: map[string]int{}, first: map[string]message{}}
	good := a.leaf("127.0.0.1", time.Now().Add(time.Hour))
	r.cert = &good
	r.Server = httptest.NewUnstartedServer(http.HandlerFunc(r.serve))
	r.Config.ErrorLog = log.New(io.Discard, "", 0)
	// Not GetCertificate, which is not asked by clients that name no host.
	r.TLS = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		return &tls.Config{Certificates: []tls.Certificate{*r.cert}, NextProtos: []string{"http/1.1"}}, nil
	}}
	r.StartTLS()
	t.Cleanup(func() {
		r.release()
		r.CloseClientConnections()
		r.Close()
	})
	return r
}

func (r *receiver) serve(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return // the sender was killed in the middle of it
	}
	test := bytes.HasPrefix(body, []byte(`{"type":"webhook.test"`))
	id := q.Header.Get("webhook-id")
	r.mu.Lock()
	answer, gate, secret := r.answer, r.gate, r.secret
	test = test && !r.tests
	if !test {
		r.total++
		r.arrivals[id]++
		if r.arrivals[id] == 1 {
			r.first[id] = message{time.Now(), q.Header.Clone(), body}
		}
	}
	r.mu.Unlock()
	if !secret.IsZero() {
		if err := signature.Verify(secret, q.Header, body, time.Now()); err != nil {
			r.t.Errorf("signature of %s: %v", id, err)
		}
	}
	if test {
		return
	}
	if gate != nil {
		select {
		case <-gate:
		case <-q.Context().Done(): // the sender was killed
		}
	}
	if answer != nil {
		answer(w, q)
	}
}

// verify checks every signature from now on.
func (r *receiver) verify(secret string) {
	r.t.Helper()
	s, err := signature.ParseSecret(secret)
	if err != nil {
		r.t.Fatal(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.secret = s
}

func (r *receiver) answerWith(h http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = h
}

// present uses another certificate from now on, also for the senders that are
// connected.
func (r *receiver) present(c tls.Certificate) {
	r.mu.Lock()
	r.cert = &c
	r.mu.Unlock()
	r.CloseClientConnections()
}

// hold lets requests wait for release.
func (r *receiver) hold() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gate = make(chan struct{})
}

func (r *receiver) release() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gate != nil {
		close(r.gate)
		r.gate = nil
	}
}

// count gives how many requests have arrived.
func (r *receiver) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.total
}

// next waits for so many more arrivals, or until none come for a while.
func (r *receiver) next(more int) {
	r.t.Helper()
	want, last, since := r.count()+more, 0, time.Now()
	until(r.t, "more arrivals", time.Minute, func() bool {
		now := r.count()
		if now != last {
			last, since = now, time.Now()
		}
		return now >= want || time.Since(since) > 300*time.Millisecond
	})
}

// quiet waits until nothing has arrived for a while.
func (r *receiver) quiet(pause time.Duration) int {
	r.t.Helper()
	n, since := r.count(), time.Now()
	until(r.t, "no more arrivals", time.Minute, func() bool {
		if now := r.count(); now != n {
			n, since = now, time.Now()
		}
		return time.Since(since) >= pause
	})
	return n
}

// got gives an event's first arrival; false if it has not come.
func (r *receiver) got(id string) (message, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m, ok := r.first[id]
	return m, ok
}

// await waits for an event.
func (r *receiver) await(id string, most time.Duration) message {
	r.t.Helper()
	var m message
	until(r.t, "arrival of "+id, most, func() (ok bool) {
		m, ok = r.got(id)
		return ok
	})
	return m
}

// missing gives how many of ids have not arrived, how many arrivals there were
// beyond the first of each, and the most of one.
func (r *receiver) missing(ids []string) (missing, extra, most int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range ids {
		n := r.arrivals[id]
		if n == 0 {
			missing++
			continue
		}
		extra += n - 1
		most = max(most, n)
	}
	return missing, extra, most
}
