package e2e

import (
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// hostile is a receiver that passes the test request and then misbehaves.
type hostile struct {
	name   string
	answer http.HandlerFunc
	state  string // of the delivery after its first try
	class  string
	detail string        // in the attempt's sentence
	next   time.Duration // the next try at the earliest, after the first has ended
	status int

	r    *receiver
	hook hook
}

const (
	firstGap = 5 * time.Second // of the default schedule; jitter adds a tenth at most
	day      = 24 * time.Hour
)

// hostiles are the receivers that misbehave in an answer. What they have sent
// counts in flood.
func hostiles(flood *atomic.Int64) []*hostile {
	return []*hostile{
		{name: "hangs", class: "timeout", detail: "did not answer within 15 s", next: firstGap,
			answer: func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() }},
		{name: "drips its headers", class: "timeout", detail: "did not finish its headers within 15 s", next: firstGap,
			answer: hijacked(func(c net.Conn) { drip(c, "HTTP/1.1 200 OK\r\nX-Long: ") })},
		{name: "drips its body", class: "timeout", detail: "the answer was not complete within 15 s", next: firstGap, status: 200,
			answer: hijacked(func(c net.Conn) { drip(c, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n") })},
		{name: "sends headers without end", class: "protocol", detail: "headers are larger than 64 KiB", next: firstGap,
			answer: hijacked(func(c net.Conn) {
				pour(c, "HTTP/1.1 200 OK\r\n", "X-Endless: "+strings.Repeat("x", 1000)+"\r\n", flood)
			})},
		{name: "sends a gigabyte", state: "delivered", status: 200,
			answer: hijacked(func(c net.Conn) {
				pour(c, "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", strings.Repeat("x", 32<<10), flood)
			})},
		{name: "refuses with a gigabyte", class: "status_5xx", detail: "a fault of its own", next: firstGap, status: 500,
			answer: hijacked(func(c net.Conn) {
				pour(c, "HTTP/1.1 500 Oops\r\nContent-Length: 1073741824\r\n\r\n", strings.Repeat("x", 32<<10), flood)
			})},
		{name: "redirects to the metadata of the cloud", class: "status_3xx", detail: "a redirect to http://169.254.169.254/latest/meta-data/: redirects are not followed", next: firstGap, status: 307,
			answer: func(w http.ResponseWriter, q *http.Request) {
				http.Redirect(w, q, "http://169.254.169.254/latest/meta-data/", http.StatusTemporaryRedirect)
			}},
		{name: "asks to come back in a year", class: "status_4xx", detail: "wants fewer requests", next: day, status: 429,
			answer: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "31536000")
				w.WriteHeader(http.StatusTooManyRequests)
			}},
		{name: "asks to come back on a day next year", class: "status_5xx", next: day, status: 503,
			answer: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", time.Now().Add(365*day).UTC().Format(http.TimeFormat))
				w.WriteHeader(http.StatusServiceUnavailable)
			}},
		{name: "closes without an answer", class: "protocol", detail: "closed the connection without an answer", next: firstGap,
			answer: hijacked(func(net.Conn) {})},
		{name: "closes within its headers", class: "protocol", detail: "broke off in the middle of its answer", next: firstGap,
			answer: hijacked(func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/") })},
		{name: "closes within its body", class: "protocol", detail: "broke off before the answer was complete", next: firstGap, status: 200,
			answer: hijacked(func(c net.Conn) {
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of")
			})},
		{name: "speaks no HTTP", class: "protocol", detail: "not valid HTTP", next: firstGap,
			answer: hijacked(func(c net.Conn) { _, _ = io.WriteString(c, "SSH-2.0-OpenSSH_9.9\r\n\r\n") })},
		{name: "is gone", state: "failed", class: "status_4xx", detail: "gone for good", status: 410,
			answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }},
	}
}

// certificates are the receivers that turn out not to be who they were.
func certificates() []*hostile {
	return []*hostile{
		{name: "has an expired certificate", class: "tls", detail: "expired on ", next: firstGap},
		{name: "has another's certificate", class: "tls", detail: "not for 127.0.0.1 but for other.example", next: firstGap},
		{name: "has a certificate of nobody", class: "tls", detail: "not trusted", next: firstGap},
		{name: "has left", class: "connect", detail: "connection refused", next: firstGap},
	}
}

func hijacked(speak func(c net.Conn)) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer func() { _ = c.Close() }()
		speak(c)
	}
}

// drip writes a beginning and then a byte a second, until the other side leaves.
func drip(c net.Conn, begin string) {
	if _, err := io.WriteString(c, begin); err != nil {
		return
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for range tick.C {
		if _, err := io.WriteString(c, "x"); err != nil {
			return
		}
	}
}

// pour writes without end, and counts.
func pour(c net.Conn, begin, more string, flood *atomic.Int64) {
	_, err := io.WriteString(c, begin)
	for err == nil {
		_, err = io.WriteString(c, more)
		flood.Add(int64(len(more)))
	}
}

// TestReceiversThatMisbehave has all of them beside a healthy one, in one run of
// the server: each costs itself only, and the log says what is wrong with it.
func TestReceiversThatMisbehave(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, in *install) {
		var flood atomic.Int64
		all := slices.Concat(hostiles(&flood), certificates())
		ca := newAuthority(t)
		in.flags = []string{"--trusted-ca", ca.file, "--allow-network", "127.0.0.0/8"}
		n := in.serve()
		healthy := newReceiver(t, ca)
		healthy.verify(n.addWebhook(healthy.URL, "contact.created").Secret)
		for _, h := range all {
			h.r = newReceiver(t, ca)
			h.hook = n.addWebhook(h.r.URL, "contact.updated")
			h.r.answerWith(h.answer)
		}
		turnBad(t, ca, all)

		// Several events for each, so that lanes with a backlog stand in the way if
		// anything does.
		updated := map[string]any{"type": "contact.updated", "data": map[string]any{"id": "1"}}
		for range 20 {
			n.send(updated)
		}
		took := steady(t, n, healthy, 13*time.Second)
		admin := n.admin()
		for _, h := range all {
			t.Run(strings.ReplaceAll(h.name, " ", "-"), func(t *testing.T) { h.check(t, admin) })
		}
		if peak := n.peakMemory(); peak > 200<<10 {
			t.Errorf("the server had %d MiB in memory, want under 200", peak>>10)
		} else {
			t.Logf("peak memory %d MiB; %d MiB were poured at it", peak>>10, flood.Load()>>20)
		}
		p50, p95 := took[len(took)/2], took[len(took)*95/100]
		t.Logf("%d events to the healthy receiver: p50 %s, p95 %s, most %s", len(took), p50, p95, took[len(took)-1])
		// Far below the time-out of 15 s, far above what the machine alone costs
		// while other tests run on it.
		if p50 > 250*time.Millisecond || p95 > 1500*time.Millisecond {
			t.Errorf("the healthy receiver waits: p50 %s, p95 %s", p50, p95)
		}
		n.checkBooks()
		n.alive()
	})
}

// turnBad gives receivers certificates that do not hold, or ends them.
func turnBad(t *testing.T, ca *authority, all []*hostile) {
	t.Helper()
	later := time.Now().Add(time.Hour)
	for _, h := range all {
		switch h.name {
		case "has an expired certificate":
			h.r.present(ca.leaf("127.0.0.1", time.Now().Add(-time.Hour)))
		case "has another's certificate":
			h.r.present(ca.leaf("other.example", later))
		case "has a certificate of nobody":
			h.r.present(newAuthority(t).leaf("127.0.0.1", later))
		case "has left":
			h.r.Close()
		}
	}
}

// steady sends fifty events a second to the healthy receiver, and gives how long
// each took from its sending to its arrival, shortest first.
func steady(t *testing.T, n *node, r *receiver, long time.Duration) []time.Duration {
	t.Helper()
	began := map[string]time.Time{}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	end := time.After(long)
	for number := 0; ; number++ {
		select {
		case <-end:
			var took []time.Duration
			for id, at := range began {
				took = append(took, r.await(id, 20*time.Second).at.Sub(at).Round(10*time.Microsecond))
			}
			slices.Sort(took)
			return took
		case <-tick.C:
			at := time.Now()
			began[n.send(contact(number))] = at
		}
	}
}

// check reads what the log says of a delivery that was tried.
func (h *hostile) check(t *testing.T, admin *caller) {
	want := h.state
	if want == "" {
		want = "pending"
	}
	var d delivery
	// Of those that a rule holds, some may have been on their way then.
	until(t, "a tried delivery that is "+want, 15*time.Second, func() bool {
		for _, d = range admin.deliveries("webhookId=" + h.hook.ID) {
			if d.Attempts > 0 && d.State == want {
				admin.get("/deliveries/"+d.ID, &d)
				return true
			}
		}
		return false
	})
	try := d.AttemptLog[0]
	if try.Class != h.class || !strings.Contains(try.Detail, h.detail) || try.Status != h.status {
		t.Errorf("the log says %d %q: %q; want %d %q: …%s…", try.Status, try.Class, try.Detail, h.status, h.class, h.detail)
	}
	if (try.Guidance == "") != (h.class == "") {
		t.Errorf("guidance %q for class %q", try.Guidance, h.class)
	}
	if try.Response != nil && len(try.Response.Body) > 16<<10 {
		t.Errorf("%d bytes of the answer are kept", len(try.Response.Body))
	}
	if h.name == "is gone" {
		if w := admin.webhook(h.hook.ID); w.Status != "disabled" {
			t.Errorf("the webhook is %s after 410, want disabled", w.Status)
		}
	}
	if h.next == 0 {
		if try.Next != nil {
			t.Errorf("a next try is due at %s", try.Next)
		}
		return
	}
	if try.Next == nil {
		t.Fatal("no next try")
	}
	ended := try.At.Add(time.Duration(try.Timing.Total * float64(time.Millisecond)))
	most := h.next + h.next/10 + 3*time.Second // jitter, and a busy machine
	if h.next == day {
		most = day + 3*time.Second // a day is the cap, jitter included
	}
	if gap := try.Next.Sub(ended); gap < h.next-time.Millisecond || gap > most {
		t.Errorf("the next try is due %s after the first, want %s to %s", gap, h.next, most)
	}
}
