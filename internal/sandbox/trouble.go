package sandbox

import (
	"crypto/tls"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Trouble is what is wrong with a provider until it is mended.
type Trouble string

// The troubles.
const (
	Fine        Trouble = ""
	Outage      Trouble = "outage"
	RateLimit   Trouble = "rate-limit"
	Slow        Trouble = "slow"
	NoDNS       Trouble = "dns"
	BadTLS      Trouble = "tls"
	NoJSON      Trouble = "html"
	WrongClient Trouble = "client"
)

type troubleLine struct {
	Trouble Trouble
	Label   string // of its button
	Says    string // what to expect of it
}

// troubles are those that a panel offers, in its order.
var troubles = []troubleLine{
	{Fine, "All is well", "Calls are answered."},
	{Outage, "Outage", "Each call is answered with 503."},
	{RateLimit, "Rate limit", "Each call is refused as one too many."},
	{Slow, "Slow", "Each answer takes a minute, longer than anybody waits."},
	{NoDNS, "No DNS", "The provider’s name has no address."},
	{BadTLS, "Bad TLS", "The provider shows a certificate that nobody vouches for."},
	{NoJSON, "A page instead", "Something in between answers with a page, as a proxy or a hotel’s network does."},
	{WrongClient, "Wrong client", "The application is not known any more: its id or its secret is refused."},
}

// slowAnswer is longer than any time-out of a caller.
const slowAnswer = time.Minute

// ward is the trouble of one provider. It can change while calls are on their way.
type ward struct {
	mu      sync.Mutex
	now     Trouble
	next    *refusal      // of the next call alone
	changed chan struct{} // closed by the next change
}

func newWard() *ward { return &ward{changed: make(chan struct{})} }

// set makes or mends trouble. Answers that are held back go on at once.
func (d *ward) set(t Trouble) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = t
	close(d.changed)
	d.changed = make(chan struct{})
}

// refuse has the next call refused.
func (d *ward) refuse(r *refusal) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.next = r
}

// takeRefusal gives the refusal of this call, once; nil for none.
func (d *ward) takeRefusal() *refusal {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.next
	d.next = nil
	return r
}

func (d *ward) get() (now Trouble, changed <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now, d.changed
}

func (d *ward) has(t Trouble) bool {
	now, _ := d.get()
	return now == t
}

// refusals are what a provider says in trouble: the answer of an outage, and that
// of one call too many.
type refusals struct{ outage, limit func(w http.ResponseWriter) }

// guard has calls fare as the trouble says. Each call has a connection of its own,
// so that a name or a certificate that is broken now is noticed at once.
func (d *ward) guard(says refusals, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		if refuse := d.takeRefusal(); refuse != nil {
			refuse.write(w)
			return
		}
		now, changed := d.get()
		switch now {
		case Outage:
			says.outage(w)
			return
		case RateLimit:
			says.limit(w)
			return
		case NoJSON:
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, "<!doctype html><title>Welcome</title><p>Please sign in to this network.</p>") // the caller may be gone
			return
		case Slow:
			wait := time.NewTimer(slowAnswer)
			defer wait.Stop()
			select {
			case <-wait.C:
			case <-changed:
			case <-r.Context().Done():
				return
			}
		case Fine, NoDNS, BadTLS, WrongClient: // seen elsewhere
		}
		next.ServeHTTP(w, r)
	})
}

// certificate gives a stranger's certificate for a host that is to be distrusted.
func (s *Sandbox) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	for host, p := range s.providers {
		if host == hello.ServerName && p.ward.has(BadTLS) {
			return s.stranger.certificate(hello)
		}
	}
	return s.authority.certificate(hello)
}

// Lost reports the providers' names that have no address now, in the form of
// egress.Policy.Lost.
func (s *Sandbox) Lost(host string) bool {
	p, ok := s.providers[host]
	return ok && (p.ward.has(NoDNS) || s.sales.gone(host))
}

// makeTrouble takes the form by which a panel breaks and mends a provider.
func (d *ward) makeTrouble(provider string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		t := Trouble(r.PostFormValue("trouble"))
		if !slices.ContainsFunc(troubles, func(one troubleLine) bool { return one.Trouble == t }) {
			http.Error(w, "There is no such trouble.", http.StatusUnprocessableEntity)
			return
		}
		d.set(t)
		http.Redirect(w, r, "/"+provider, http.StatusSeeOther)
	}
}
