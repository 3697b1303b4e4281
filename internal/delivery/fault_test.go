package delivery

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"patchboard/internal/event"
	"patchboard/internal/fault"
	"patchboard/internal/webhook"
)

// rawReceiver answers every request with the same bytes.
func rawReceiver(t *testing.T) (address string, answer *atomic.Pointer[string]) {
	t.Helper()
	answer = &atomic.Pointer[string]{}
	answer.Store(new("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
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
			go func() {
				defer func() { _ = c.Close() }()
				if q, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
					_, _ = bufio.NewReader(q.Body).WriteTo(nopWriter{})
					_, _ = c.Write([]byte(*answer.Load()))
				}
			}()
		}
	}()
	return "http://" + l.Addr().String(), answer
}

type nopWriter struct{}

func (nopWriter) Write(p []byte) (int, error) { return len(p), nil }

func TestAnyBytesOfAnAnswerAreRecorded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		n := w.build()
		n.schedule = Schedule{Gaps: []time.Duration{}}
		n.events.Start()
		n.Start(t.Context())
		address, answer := rawReceiver(t)
		hook := n.webhook(address)
		body := "a\x00b\xff\xfe\xf0\x28\x8c\x28" + strings.Repeat("\x00", 20_000)
		for i, raw := range []string{
			"HTTP/1.1 200 OK\r\nX-Odd: caf\xe9 \xff\"\\\r\nX-Odd: two\r\n",
			"HTTP/1.1 200 O\xff\x01K\r\n",
			"HTTP/1.1 500 \xff\xfe\r\nX-\xff: \xfe\r\n",
			"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\xff\x80\r\n",
			"HTTP/1.1 200 OK\r\nX-Nul: a\x00b\r\n",
			"\x00\xff\xfe garbage\r\n",
		} {
			answer.Store(new(fmt.Sprintf("%sContent-Length: %d\r\nConnection: close\r\n\r\n%s", raw, len(body), body)))
			n.accept(1)
			n.until(fmt.Sprintf("answer %d is recorded", i), func() bool { c := n.books(); return c.Delivered+c.Failed == int64(i+1) })
		}
		p, err := n.List(t.Context(), w.sys, Filter{WebhookID: hook.Webhook.ID})
		if err != nil || len(p.Items) != 6 {
			t.Fatal(p, err)
		}
		for i, d := range p.Items {
			as, err := n.Attempts(t.Context(), w.sys, d.ID)
			if err != nil || len(as) != 1 {
				t.Fatalf("%d: %+v %v", i, as, err)
			}
			t.Log(d.State, as[0].Status, as[0].Class, as[0].Detail, as[0].ResponseHeader)
			if as[0].Status == 200 && (string(as[0].ResponseBody) != body[:16<<10] || !as[0].Truncated) {
				t.Errorf("%d bytes of the body were kept", len(as[0].ResponseBody))
			}
		}
		if d := p.Items[5]; d.State != Delivered {
			t.Errorf("odd header bytes: %+v", d)
		}
	})
}

func TestRetryAfterOfAYearIsOneDay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		n, r := w.start(), newReceiver(t)
		n.webhook(r.URL)
		n.webhook(r.URL + "/other")
		asked := []string{"31536000", "3600", "1"}
		var i atomic.Int64
		r.answerWith(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", asked[(i.Add(1)-1)%3])
			w.WriteHeader(http.StatusTooManyRequests)
		})
		before := w.clock.read()
		n.accept(1) // to both
		r.waitFor(2)
		n.until("recorded", func() bool { return n.attempts() == 2 })
		p, err := n.List(t.Context(), w.sys, Filter{State: "pending"})
		if err != nil || len(p.Items) != 2 {
			t.Fatal(p, err)
		}
		var waits []time.Duration
		for _, d := range p.Items {
			waits = append(waits, d.NextAttempt.Sub(before))
		}
		slices.Sort(waits)
		if waits[0] < time.Hour || waits[0] > time.Hour+time.Minute || waits[1] < 24*time.Hour || waits[1] > 24*time.Hour+time.Minute {
			t.Errorf("next tries in %v", waits)
		}
	})
}

// patience is longer than a busy machine needs for anything, and shorter than a
// request may hang: who waits longer has waited for a hanging one. How fast it
// really is, the benchmarks say.
const patience = 10 * time.Second

func TestAHangingReceiverDoesNotDelayOthers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		n, dead, r := w.start(), newReceiver(t), newReceiver(t)
		hang := make(chan struct{})
		defer close(hang)
		n.webhook(dead.URL)
		n.webhook(r.URL)
		dead.answerWith(func(http.ResponseWriter, *http.Request) { <-hang })
		n.accept(500)
		r.waitFor(500)
		for range 50 {
			start := time.Now()
			n.accept(1)
			r.wait()
			if d := time.Since(start); d > patience {
				t.Fatalf("a healthy endpoint waited %v", d)
			}
		}
		if got := len(dead.arrived); got > 2*laneStart {
			t.Errorf("%d requests at once for an endpoint that does not answer", got)
		}
	})
}

// A server that is cut off in the middle of a load, again and again, loses
// nothing, and the books hold.
func TestNothingIsLostWhenTheEngineIsCutOff(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		const total = 5000
		n, r := w.start(), newReceiver(t)
		n.webhook(r.URL)
		r.answerWith(func(http.ResponseWriter, *http.Request) {})
		want := map[string]bool{}
		in, err := event.Decode([]byte(`{"type":"contact.created","data":{"n":1}}`))
		w.check(err)
		inputs := slices.Repeat([]event.Input{in}, 1000)
		for range total / 1000 {
			rs, err := n.events.Accept(t.Context(), w.sys, inputs, event.Options{})
			w.check(err)
			for _, e := range rs {
				want[e.ID] = true
			}
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			w.check(n.events.Stop(t.Context()))
			n.stopped = true
			w.check(n.Stop(ctx))
			n.books()
			n = w.start()
		}
		n.until("all delivered", func() bool { return n.counts().Delivered == total })
		n.books()
		r.mu.Lock()
		defer r.mu.Unlock()
		twice := 0
		for e := range want {
			switch {
			case r.seen[e] == 0:
				t.Fatalf("%s was lost", e)
			case r.seen[e] > 1:
				twice++
			}
		}
		if most := total / 1000 * laneMost; twice > most {
			t.Errorf("%d came twice, more than %d that were on their way", twice, most)
		}
	})
}

func TestHeldAndRetriedByOthers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		n, r := w.start(), newReceiver(t)
		hook := n.webhook(r.URL, func(in *webhook.NewWebhook) { in.Off = true })
		n.accept(3)
		n.until("held", func() bool { return n.books().Held == 3 })
		p, err := n.List(t.Context(), w.sys, Filter{State: "held"})
		if err != nil || len(p.Items) != 3 {
			t.Fatal(p, err)
		}
		for name, err := range map[string]error{
			"held":    second(n.Held(t.Context(), w.other, hook.Webhook.ID, HeldDiscard)),
			"retry":   second(n.Retry(t.Context(), w.other, p.Items[0].ID)),
			"get":     second(n.Get(t.Context(), w.other, p.Items[0].ID)),
			"tries":   second(n.Attempts(t.Context(), w.other, p.Items[0].ID)),
			"replay":  second(n.Replay(t.Context(), w.other, Replay{WebhookID: hook.Webhook.ID, Since: time.Unix(1, 0)})),
			"list":    second(n.List(t.Context(), w.other, Filter{WebhookID: hook.Webhook.ID})),
			"bad id":  second(n.Get(t.Context(), w.sys, "dlv_\x00")),
			"no id":   second(n.Retry(t.Context(), w.sys, "")),
			"foreign": second(n.Get(t.Context(), w.sys, p.Items[0].EventID)),
		} {
			if fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s: %v", name, err)
			}
		}
		if all, err := n.List(t.Context(), w.other, Filter{}); err != nil || len(all.Items) != 0 {
			t.Errorf("another organization sees %+v %v", all, err)
		}
		if c := n.books(); c.Held != 3 {
			t.Errorf("%+v", c)
		}
	})
}

func second[T any](_ T, err error) error { return err }
