package event

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/fault"
	"patchboard/internal/id"
)

func TestAcceptStoresAndFansOut(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var fanned []Accepted
		var told []string
		b := start(t, d, func(s *Service) {
			s.FanOut = func(_ context.Context, _ *db.Tx, es []*Accepted) error {
				fanned = nil
				for _, e := range es {
					fanned = append(fanned, *e)
				}
				return nil
			}
			s.OnAccepted = func(org string) { told = append(told, org) }
		})
		in, err := Decode([]byte(`{"type":"contact.created","data":{"id":"7","x":1e400},"id":"mine","occurredAt":"2026-11-23T11:00:00+01:00"}`))
		if err != nil {
			t.Fatal(err)
		}
		r := b.send(machine, in)
		if r.Status != StatusAccepted || !id.Is(Prefix, r.ID) || r.Fault != nil || r.Warnings != nil {
			t.Fatalf("result %+v", r)
		}
		want := `{"type":"contact.created","timestamp":"2026-11-23T10:00:00Z","data":{"id":"7","x":1e400}}`
		if len(fanned) != 1 || fanned[0].PublicID != r.ID || string(fanned[0].Body) != want || fanned[0].OrganizationID != orgA ||
			fanned[0].Type != "contact.created" || !fanned[0].AcceptedAt.Equal(b.clock.now()) {
			t.Errorf("fanned out %+v", fanned)
		}
		e, err := b.Get(t.Context(), admin, r.ID)
		if err != nil {
			t.Fatal(err)
		}
		if string(e.Data) != `{"id":"7","x":1e400}` || e.SenderID != "mine" || !e.AcceptedAt.Equal(b.clock.now()) ||
			!e.OccurredAt.Equal(time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)) {
			t.Errorf("stored %+v", e)
		}
		if err := b.Stop(t.Context()); err != nil { // OnAccepted runs after the answer
			t.Fatal(err)
		}
		if !slices.Equal(told, []string{orgA}) {
			t.Errorf("told %v", told)
		}
	})
}

func TestDataReachesTheDatabaseAsGiven(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := start(t, d)
		in, err := Decode([]byte(`{"type":"email.sent","data":` + oddData + `}`))
		if err != nil {
			t.Fatal(err)
		}
		r := b.send(machine, in)
		e, err := b.Get(t.Context(), admin, r.ID)
		if err != nil || string(e.Data) != oddData {
			t.Fatalf("got %q, %v", e.Data, err)
		}
		if !e.OccurredAt.Equal(b.clock.now()) {
			t.Errorf("occurred at %s, not at acceptance", e.OccurredAt)
		}
	})
}

func TestAcceptRefusals(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := start(t, d)
		late := b.clock.now().Add(futureLimit + time.Second)
		for _, tt := range []struct {
			in       Input
			slug, at string
		}{
			{Input{Type: "contact.craeted", Data: []byte(`{}`)}, "event-type-unknown", "body.type"},
			{Input{Type: "", Data: []byte(`{}`)}, "event-type-unknown", "body.type"},
			{Input{Type: strings.Repeat("x", 200_000), Data: []byte(`{}`)}, "event-type-unknown", "body.type"},
			{Input{Type: "a\x00b", Data: []byte(`{}`)}, "event-type-unknown", "body.type"},
			{Input{Type: "contact.created", Data: []byte(`{}`), OccurredAt: late}, "occurred-at-invalid", "body.occurredAt"},
			{Input{Type: "contact.created", Data: []byte(`[]`)}, "field-type", "body.data"},
			{Input{Type: "contact.created", Data: nil}, "field-type", "body.data"},
			{Input{Type: "contact.created", Data: []byte(`{} {}`)}, "field-type", "body.data"},
			{Input{Type: "contact.created", Data: []byte(`{}`), ID: "\x00"}, "id-invalid", "body.id"},
		} {
			r := b.send(machine, tt.in)
			if r.Status != StatusRefused || r.ID != "" {
				t.Errorf("result %+v", r)
			}
			wantFault(t, r.Fault, fault.Invalid, tt.slug, tt.at)
		}
		if n := b.count("events"); n != 0 {
			t.Errorf("%d events were stored", n)
		}
		r := b.send(machine, Input{Type: "contact.craeted", Data: []byte(`{}`)})
		if r.Fault.Extra["nearest"] != "contact.created" || !strings.Contains(r.Fault.Fix, `"contact.created"`) || !strings.Contains(r.Fault.Fix, "POST /api/v1/event-types") {
			t.Errorf("the fault does not help: %+v", r.Fault)
		}
	})
}

func TestBatches(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := start(t, d)
		batch, err := DecodeBatch([]byte(`{"events":[{"type":"contact.created","data":{"id":"1"}},{"type":"no.such","data":{}},{"type":"contact.created"},{"type":"email.sent","data":{}}]}`))
		if err != nil {
			t.Fatal(err)
		}
		rs, err := b.Accept(t.Context(), machine, batch.Events, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if rs[0].Status != StatusAccepted || rs[3].Status != StatusAccepted || len(rs[3].Warnings) != 1 || rs[3].Warnings[0] != (Warning{"data", `lacks "id"`}) {
			t.Errorf("good events: %+v %+v", rs[0], rs[3])
		}
		wantFault(t, rs[1].Fault, fault.Invalid, "event-type-unknown", "body.events[1].type")
		wantFault(t, rs[2].Fault, fault.Invalid, "field-missing", "body.events[2].data")
		rs, err = b.Accept(t.Context(), machine, batch.Events, Options{AllOrNothing: true})
		wantFault(t, err, fault.Invalid, "batch-refused", "body.events[1]")
		if rs[0].Status != StatusSkipped || rs[1].Status != StatusRefused || rs[2].Status != StatusRefused || rs[3].Status != StatusSkipped {
			t.Errorf("all or nothing: %+v", rs)
		}
		if n := b.count("events"); n != 2 {
			t.Errorf("%d events are stored, want 2", n)
		}
		many := make([]Input, MaxBatchCount)
		for i := range many {
			many[i] = contact(i)
		}
		if rs, err = b.Accept(t.Context(), machine, many, Options{AllOrNothing: true}); err != nil || slices.ContainsFunc(rs, func(r Result) bool { return r.Status != StatusAccepted }) {
			t.Errorf("a full batch: %v", err)
		}
		_, err = b.Accept(t.Context(), machine, nil, Options{})
		wantFault(t, err, fault.Invalid, "batch-empty", "body")
	})
}

func TestManySendersAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		fanned := map[string]int{}
		var mu sync.Mutex
		b := start(t, d, func(s *Service) {
			s.FanOut = func(_ context.Context, tx *db.Tx, es []*Accepted) error {
				tx.AfterCommit(func() {
					mu.Lock()
					defer mu.Unlock()
					for _, e := range es {
						fanned[e.PublicID]++
					}
				})
				return nil
			}
		})
		const senders, each = 32, 20
		ids := make(chan string, senders*each)
		var wg sync.WaitGroup
		for n := range senders {
			wg.Go(func() {
				for i := range each {
					rs, err := b.Accept(context.Background(), machine, []Input{contact(n*each + i)}, Options{})
					if err != nil || rs[0].Status != StatusAccepted {
						t.Errorf("%v %+v", err, rs)
						return
					}
					ids <- rs[0].ID
				}
			})
		}
		wg.Wait()
		close(ids)
		mu.Lock()
		defer mu.Unlock()
		for i := range ids {
			if fanned[i] != 1 {
				t.Errorf("%s was fanned out %d times", i, fanned[i])
			}
		}
		if n := b.count("events"); n != senders*each || len(fanned) != senders*each {
			t.Errorf("%d events are stored, %d fanned out", n, len(fanned))
		}
	})
}

// TestOneSendersEventsFailAlone has a shared transaction fail because of one
// sender.
func TestOneSendersEventsFailAlone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := start(t, d, func(s *Service) {
			s.FanOut = func(ctx context.Context, tx *db.Tx, es []*Accepted) error {
				for _, e := range es {
					if e.Type == "campaign.started" {
						_, err := tx.Exec(ctx, "INSERT INTO no_such_table (id) VALUES (1)")
						return err
					}
				}
				return nil
			}
		})
		var us []*unit
		for i := range 12 {
			in := contact(i)
			if i == 5 {
				in.Type = "campaign.started"
			}
			us = append(us, b.unit(machine, in))
		}
		b.commit(func() []*unit { return us })
		for i, u := range us {
			err := <-u.done
			if (err != nil) != (i == 5) || (u.items[0].result.Status == StatusAccepted) != (i != 5) {
				t.Errorf("sender %d: %v, %+v", i, err, u.items[0].result)
			}
			if i == 5 && fault.KindOf(err) != fault.Internal {
				t.Errorf("kind %s", fault.KindOf(err))
			}
		}
		if n := b.count("events"); n != 11 {
			t.Errorf("%d events are stored, want 11", n)
		}
	})
}

func TestStopCommitsWhatWasTaken(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		gate, entered := make(chan struct{}), make(chan struct{})
		var first sync.Once
		b := start(t, d, func(s *Service) {
			s.FanOut = func(context.Context, *db.Tx, []*Accepted) error {
				first.Do(func() { close(entered); <-gate })
				return nil
			}
		})
		results := make(chan error, 2)
		send := func(n int) {
			_, err := b.Accept(context.Background(), machine, []Input{contact(n)}, Options{})
			results <- err
		}
		go send(1)
		<-entered
		gone, leave := context.WithCancel(t.Context())
		leave()
		_, err := b.Accept(gone, machine, []Input{contact(2)}, Options{})
		wantFault(t, err, fault.Unavailable, "events-unavailable", "")
		short, cancel := context.WithCancel(t.Context())
		cancel()
		if err := b.Stop(short); !errors.Is(err, context.Canceled) {
			t.Errorf("stop before the commit: %v", err)
		}
		_, err = b.Accept(t.Context(), machine, []Input{contact(3)}, Options{})
		wantFault(t, err, fault.Unavailable, "events-unavailable", "")
		close(gate)
		if err := b.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		if err := <-results; err != nil {
			t.Error(err)
		}
	})
}

func TestAFullQueueAnswersAtOnce(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.SQLite)
	gate, entered := make(chan struct{}), make(chan struct{})
	var first sync.Once
	b := start(t, d, func(s *Service) {
		s.FanOut = func(context.Context, *db.Tx, []*Accepted) error {
			first.Do(func() { close(entered); <-gate })
			return nil
		}
	})
	var wg sync.WaitGroup
	wg.Go(func() { b.send(machine, contact(0)) })
	<-entered
	large := Input{Type: "email.sent", Data: []byte(`{"id":"` + strings.Repeat("x", 200<<10) + `"}`)}
	batch := slices.Repeat([]Input{large}, 40) // 8 MiB
	const senders = 12                         // more than fit
	full := make(chan error, senders)
	for range senders {
		wg.Go(func() {
			_, err := b.Accept(context.Background(), machine, batch, Options{})
			full <- err
		})
	}
	var f *fault.Error
	if err := <-full; !errors.As(err, &f) || f.Kind != fault.Unavailable || f.RetryAfter <= 0 {
		t.Errorf("got %v", err)
	}
	close(gate)
	wg.Wait()
	if b.queued.Load() != 0 {
		t.Errorf("%d bytes are still counted as queued", b.queued.Load())
	}
}

func TestAcceptWithoutDatabase(t *testing.T) {
	t.Parallel()
	for _, engine := range dbtest.Engines {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			c := dbtest.Fresh(t, engine)
			cut := func() {}
			if engine == dbtest.Postgres {
				c.URL, cut = behindProxy(t, c.URL)
			}
			d, err := db.Open(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if engine == dbtest.SQLite {
				cut = func() {
					if err := d.Close(); err != nil {
						t.Error(err)
					}
				}
			} else {
				defer func() { _ = d.Close() }() // its connections are cut
			}
			if err := d.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			b := start(t, d)
			b.send(machine, contact(1))
			cut()
			_, err = b.Accept(t.Context(), machine, []Input{contact(2)}, Options{})
			var f *fault.Error
			if !errors.As(err, &f) || f.Kind != fault.Unavailable || f.RetryAfter <= 0 || f.Err == nil {
				t.Errorf("got %#v", err)
			}
		})
	}
}

// behindProxy gives the address of a proxy in front of a database; cut takes the
// database away.
func behindProxy(t *testing.T, address string) (proxied string, cut func()) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	target := u.Host
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := new(net.Dialer).DialContext(ctx, "tcp", target)
			if err != nil {
				_ = in.Close()
				continue
			}
			context.AfterFunc(ctx, func() { _, _ = in.Close(), out.Close() })
			wg.Go(func() { _, _ = io.Copy(out, in); _ = out.Close() })
			wg.Go(func() { _, _ = io.Copy(in, out); _ = in.Close() })
		}
	})
	u.Host = l.Addr().String()
	return u.String(), func() {
		_ = l.Close()
		cancel()
		wg.Wait()
	}
}
