package live

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"patchboard/internal/fault"
)

// alone makes a hub whose notifications come back at once, as those of its own
// node do.
func alone(t *testing.T, c Config) *Hub {
	t.Helper()
	var h *Hub
	h = newHub(c, func(_, payload string) { h.receive(payload) })
	t.Cleanup(h.Close)
	return h
}

func (h *Hub) say(org, topic string, ids ...string) {
	h.receive(h.encode(org, Message{Topic: topic, IDs: ids}))
}

func open(t *testing.T, h *Hub, o Options) *Stream {
	t.Helper()
	s, err := h.Subscribe(o)
	if err != nil {
		t.Fatalf("subscribe: %v", err)
	}
	t.Cleanup(s.Close)
	return s
}

func next(t *testing.T, s *Stream, want Kind) Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	e, err := s.Next(ctx)
	if err != nil {
		t.Fatalf("next: %v, want %s", err, want)
	}
	if e.Kind != want {
		t.Fatalf("next is %+v, want %s", e, want)
	}
	return e
}

func TestAMessageReachesItsOrganizationOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := alone(t, Config{})
		a, b := open(t, h, Options{Organization: "org_a"}), open(t, h, Options{Organization: "org_b"})
		next(t, a, Ready)
		next(t, b, Ready)
		h.say("org_a", "webhooks", "wh_1", "wh_2")
		e := next(t, a, Change)
		if e.Message.Topic != "webhooks" || !slices.Equal(e.Message.IDs, []string{"wh_1", "wh_2"}) || e.ID == "" {
			t.Errorf("got %+v", e)
		}
		began := time.Now()
		next(t, b, Heartbeat)
		if d := time.Since(began); d != 15*time.Second {
			t.Errorf("heartbeat after %v, want 15s of silence", d)
		}
	})
}

func TestATopicThatIsNotAllowedIsPassedOver(t *testing.T) {
	t.Parallel()
	h := alone(t, Config{})
	s := open(t, h, Options{Organization: "o", Allow: func(topic string) bool { return topic != "users" }})
	next(t, s, Ready)
	h.say("o", "users", "usr_1")
	h.say("o", "audit", "1")
	if e := next(t, s, Change); e.Message.Topic != "audit" {
		t.Errorf("got %+v", e)
	}
}

func TestAReaderGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	h := alone(t, Config{Keep: 5})
	s := open(t, h, Options{Organization: "o"})
	start := next(t, s, Ready).ID
	for i := range 4 {
		h.say("o", "webhooks", fmt.Sprint(i))
	}
	second := ""
	for range 2 {
		second = next(t, s, Change).ID
	}
	s.Close()
	s.Close() // twice is once

	again := open(t, h, Options{Organization: "o", LastID: second})
	next(t, again, Ready)
	for want := 2; want < 4; want++ {
		if e := next(t, again, Change); e.Message.IDs[0] != fmt.Sprint(want) {
			t.Errorf("got %v, want %d", e.Message.IDs, want)
		}
	}
	h.say("o", "webhooks", "4")
	h.say("o", "webhooks", "5") // pushes out the first: start is not known any more
	for name, id := range map[string]string{
		"forgotten": start, "another node's": "abcdefghij-1", "the future's": h.idOf(1000), "negative": h.node + "--1",
		"garbage": "x", "no number": h.node + "-", "huge": h.node + "-99999999999999999999", "NUL": "\x00", "long": strings.Repeat("9", 1<<16),
	} {
		lost := open(t, h, Options{Organization: "o", LastID: id})
		if e := next(t, lost, Resync); e.ID != h.idOf(6) {
			t.Errorf("%s: position after resync is %s", name, e.ID)
		}
	}
	if h.Streams() != 10 {
		t.Errorf("%d streams are open, want 10", h.Streams())
	}
}

func TestOldMessagesAndRoomsAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := alone(t, Config{KeepFor: time.Minute})
		s := open(t, h, Options{Organization: "o"})
		start := next(t, s, Ready).ID
		h.say("o", "audit", "1")
		s.Close()
		<-time.After(30 * time.Second) // synctest's clock
		h.say("o", "audit", "2")
		back := open(t, h, Options{Organization: "o", LastID: start})
		next(t, back, Ready)
		next(t, back, Change)
		next(t, back, Change)
		back.Close()
		<-time.After(2 * time.Minute)
		h.say("o", "audit", "3") // nobody came back: the room goes
		if n := len(h.rooms); n != 0 {
			t.Errorf("%d rooms are kept", n)
		}
		next(t, open(t, h, Options{Organization: "o", LastID: start}), Resync)
	})
}

func TestASlowReaderIsCutOff(t *testing.T) {
	t.Parallel()
	h := alone(t, Config{Keep: 10})
	slow, fast := open(t, h, Options{Organization: "o"}), open(t, h, Options{Organization: "o"})
	next(t, slow, Ready)
	next(t, fast, Ready)
	for i := range 100 {
		h.say("o", "deliveries", fmt.Sprint(i))
		next(t, fast, Change)
	}
	if _, err := slow.Next(t.Context()); !errors.Is(err, ErrSlow) {
		t.Errorf("slow reader got %v, want ErrSlow", err)
	}
	if n := len(h.rooms["o"].ring); n != 10 {
		t.Errorf("%d messages kept, want 10", n)
	}
}

func TestAStreamEndsWithItsSessionAndItsHub(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := alone(t, Config{})
		end := make(chan struct{})
		a, b := open(t, h, Options{Organization: "o", End: end}), open(t, h, Options{Organization: "o"})
		next(t, a, Ready)
		next(t, b, Ready)
		errs := make(chan error, 2)
		for _, s := range []*Stream{a, b} {
			go func() { _, err := s.Next(t.Context()); errs <- err }()
		}
		synctest.Wait()
		close(end)
		if err := <-errs; !errors.Is(err, ErrEnded) {
			t.Errorf("ended session: %v", err)
		}
		h.say("o", "audit") // b gets it
		if err := <-errs; err != nil {
			t.Errorf("the other session: %v", err)
		}
		h.say("o", "audit")
		if _, err := a.Next(t.Context()); !errors.Is(err, ErrEnded) {
			t.Errorf("an ended session read on: %v", err)
		}
		h.Close()
		if _, err := b.Next(t.Context()); !errors.Is(err, ErrEnded) {
			t.Errorf("closed hub: %v", err)
		}
		if _, err := h.Subscribe(Options{}); !errors.Is(err, ErrEnded) {
			t.Errorf("subscribe on a closed hub: %v", err)
		}
		h.PublishNow("o", Message{Topic: "audit"})
	})
}

func TestStreamsAreLimited(t *testing.T) {
	t.Parallel()
	h := alone(t, Config{MaxStreams: 1})
	s := open(t, h, Options{Organization: "o"})
	if _, err := h.Subscribe(Options{Organization: "p"}); !errors.Is(err, errFull) {
		t.Errorf("second stream: %v", err)
	}
	s.Close()
	open(t, h, Options{Organization: "p"})
}

func TestStreamsOfASessionAreLimited(t *testing.T) {
	t.Parallel()
	h := alone(t, Config{MaxSession: 2})
	first := open(t, h, Options{Organization: "o", Session: "ses_1"})
	open(t, h, Options{Organization: "o", Session: "ses_1"})
	_, err := h.Subscribe(Options{Organization: "o", Session: "ses_1"})
	if f := fault.From(err); !errors.Is(err, errMany) || f.Kind != fault.RateLimited || f.RetryAfter <= 0 {
		t.Errorf("third stream: %v", err)
	}
	open(t, h, Options{Organization: "o", Session: "ses_2"}).Close()
	for range 3 {
		open(t, h, Options{Organization: "o"})
	}
	first.Close()
	first.Close() // counts once
	open(t, h, Options{Organization: "o", Session: "ses_1"})
	if _, err := h.Subscribe(Options{Organization: "o", Session: "ses_1"}); !errors.Is(err, errMany) {
		t.Errorf("after one was closed: %v", err)
	}
	if len(h.of) != 1 {
		t.Errorf("sessions without a stream are remembered: %v", h.of)
	}
}

func TestBurstsAreJoined(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := alone(t, Config{})
		s := open(t, h, Options{Organization: "o"})
		next(t, s, Ready)
		began := time.Now()
		for i := range 50 {
			h.PublishNow("o", Message{Topic: "deliveries", IDs: []string{fmt.Sprint(i % 40)}})
		}
		h.PublishNow("o", Message{Topic: "events", IDs: []string{"evt_1"}})
		if e := next(t, s, Change); len(e.Message.IDs) != 1 || time.Since(began) != 0 {
			t.Errorf("first of a burst: %+v after %v", e, time.Since(began))
		}
		if e := next(t, s, Change); e.Message.Topic != "events" {
			t.Errorf("another topic does not wait: %+v", e)
		}
		if e := next(t, s, Change); len(e.Message.IDs) != 40 || time.Since(began) != 100*time.Millisecond {
			t.Errorf("the rest: %d ids after %v", len(e.Message.IDs), time.Since(began))
		}
		for i := range 101 {
			h.PublishNow("o", Message{Topic: "deliveries", IDs: []string{fmt.Sprint(i)}})
		}
		if e := next(t, s, Change); e.Message.IDs != nil {
			t.Errorf("more than 100 ids must mean refetch, got %d", len(e.Message.IDs))
		}
		<-time.After(time.Second)
		h.mu.Lock()
		defer h.mu.Unlock()
		if n := len(h.windows); n != 0 {
			t.Errorf("%d windows stay open after silence", n)
		}
	})
}

func TestLongMessagesLoseTheirIDsNotTheirTopic(t *testing.T) {
	t.Parallel()
	h := alone(t, Config{})
	s := open(t, h, Options{Organization: "o"})
	next(t, s, Ready)
	for name, ids := range map[string][]string{
		"many": slices.Repeat([]string{"x"}, 101), "long": {strings.Repeat("x", 5000)}, "escaped": {strings.Repeat("\x00", 1000)},
	} {
		m := Message{Topic: "webhooks", IDs: ids}
		if n := len(h.encode("o", m)); n > maxPayload {
			t.Errorf("%s: %d bytes", name, n)
		}
		h.receive(h.encode("o", m))
		if e := next(t, s, Change); e.Message.Topic != "webhooks" || e.Message.IDs != nil {
			t.Errorf("%s: got %+v", name, e)
		}
	}
	for _, lost := range []string{"", "{", "[1]"} {
		h.receive(lost)
		next(t, s, Resync)
	}
}

func TestAThousandReadersHearEverything(t *testing.T) {
	t.Parallel()
	const readers, messages = 1000, 200
	h := alone(t, Config{})
	var wg sync.WaitGroup
	for range readers {
		s := open(t, h, Options{Organization: "o"})
		wg.Go(func() {
			defer s.Close()
			for n := 0; n < messages; {
				e, err := s.Next(t.Context())
				if err != nil {
					t.Errorf("after %d messages: %v", n, err)
					return
				}
				if e.Kind == Change {
					if want := fmt.Sprint(n); e.Message.IDs[0] != want {
						t.Errorf("got %s, want %s", e.Message.IDs[0], want)
						return
					}
					n++
				}
			}
		})
	}
	for i := range messages {
		h.say("o", "deliveries", fmt.Sprint(i))
	}
	wg.Wait()
	if h.Streams() != 0 {
		t.Errorf("%d streams stay open", h.Streams())
	}
}

func BenchmarkPublishNow(b *testing.B) {
	h := newHub(Config{}, func(string, string) {})
	defer h.Close()
	m := Message{Topic: "deliveries", IDs: []string{"dlv_01h455vb4pex5vsknk084sn02q"}}
	for b.Loop() {
		h.PublishNow("o", m)
	}
}
