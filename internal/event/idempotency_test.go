package event

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/fault"
)

func withID(in Input, id string) Input {
	in.ID = id
	return in
}

func TestARepeatAnswersTheFirstResult(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := start(t, d)
		in := Input{Type: "contact.created", Data: []byte(`{"email":1}`), ID: "k1"}
		first := b.send(machine, in)
		if first.Status != StatusAccepted || len(first.Warnings) != 2 {
			t.Fatalf("first %+v", first)
		}
		b.clock.forward(replayWindow - time.Microsecond)
		again := b.send(machine, in)
		if again.ID != first.ID || again.Status != StatusReplayed || !slices.Equal(again.Warnings, first.Warnings) || again.Fault != nil {
			t.Errorf("again %+v, first %+v", again, first)
		}
		for name, changed := range map[string]Input{
			"data": {Type: in.Type, Data: []byte(`{"email":1 }`), ID: "k1"},
			"type": {Type: "contact.updated", Data: in.Data, ID: "k1"},
			"time": {Type: in.Type, Data: in.Data, ID: "k1", OccurredAt: b.clock.now()},
		} {
			r := b.send(machine, changed)
			if r.Status != StatusRefused || r.ID != "" || r.Fault == nil {
				t.Fatalf("changed %s: %+v", name, r)
			}
			wantFault(t, r.Fault, fault.Conflict, "idempotency-conflict", "")
			if r.Fault.Extra["eventId"] != first.ID {
				t.Errorf("the conflict does not name the event: %+v", r.Fault)
			}
		}
		if elsewhere := b.send(other, in); elsewhere.Status != StatusAccepted || elsewhere.ID == first.ID {
			t.Errorf("another organization's same key: %+v", elsewhere)
		}
		b.clock.forward(time.Microsecond)
		late := b.send(machine, in)
		if late.Status != StatusAccepted || late.ID == first.ID {
			t.Errorf("after the window: %+v", late)
		}
		if r := b.send(machine, in); r.Status != StatusReplayed || r.ID != late.ID {
			t.Errorf("the second use starts a window of its own: %+v", r)
		}
		if n := b.count("events"); n != 3 {
			t.Errorf("%d events are stored, want 3", n)
		}
	})
}

func TestIdempotencyKeyHeader(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := start(t, d)
		accept := func(key string, inputs ...Input) (Result, error) {
			rs, err := b.Accept(t.Context(), machine, inputs, Options{IdempotencyKey: key})
			if err != nil {
				return Result{}, err
			}
			return rs[0], nil
		}
		first, err := accept("h1", contact(1))
		if err != nil || first.Status != StatusAccepted {
			t.Fatalf("%+v, %v", first, err)
		}
		for name, in := range map[string]Input{"header": contact(1), "both": withID(contact(1), "h1")} {
			if r, err := accept("h1", in); err != nil || r.ID != first.ID || r.Status != StatusReplayed {
				t.Errorf("%s: %+v, %v", name, r, err)
			}
		}
		if r := b.send(machine, withID(contact(1), "h1")); r.ID != first.ID || r.Status != StatusReplayed {
			t.Errorf("id alone: %+v", r)
		}
		if e, err := b.Get(t.Context(), admin, first.ID); err != nil || e.SenderID != "" {
			t.Errorf("the header became the sender's id: %+v, %v", e, err)
		}
		_, err = accept("h1", withID(contact(1), "h2"))
		wantFault(t, err, fault.Malformed, "idempotency-key-mismatch", "header.Idempotency-Key")
		_, err = accept("h1", contact(1), contact(2))
		wantFault(t, err, fault.Malformed, "idempotency-key-batch", "header.Idempotency-Key")
		_, err = accept(string(make([]byte, 300)), contact(1))
		wantFault(t, err, fault.Invalid, "id-invalid", "header.Idempotency-Key")
		_, err = accept("\xff", contact(1))
		wantFault(t, err, fault.Invalid, "id-invalid", "header.Idempotency-Key")
	})
}

func TestKeysWithinABatch(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := start(t, d)
		old := b.send(machine, withID(contact(0), "old"))
		inputs := []Input{
			withID(contact(1), "a"), withID(contact(2), "b"), withID(contact(1), "a"), withID(contact(9), "a"),
			withID(contact(0), "old"), withID(contact(9), "old"), contact(3),
		}
		rs, err := b.Accept(t.Context(), machine, inputs, Options{})
		if err != nil {
			t.Fatal(err)
		}
		want := []Status{StatusAccepted, StatusAccepted, StatusReplayed, StatusRefused, StatusReplayed, StatusRefused, StatusAccepted}
		for i, r := range rs {
			if r.Status != want[i] {
				t.Errorf("%d is %s, want %s", i, r.Status, want[i])
			}
		}
		if rs[2].ID != rs[0].ID || rs[4].ID != old.ID {
			t.Errorf("repeats answer %s and %s", rs[2].ID, rs[4].ID)
		}
		stored := b.count("events")

		whole := []Input{withID(contact(5), "c"), withID(contact(9), "old"), contact(6)}
		rs, err = b.Accept(t.Context(), machine, whole, Options{AllOrNothing: true})
		wantFault(t, err, fault.Invalid, "batch-refused", "body")
		if rs[0].Status != StatusSkipped || rs[0].ID != "" || rs[1].Status != StatusRefused || rs[2].Status != StatusSkipped {
			t.Errorf("all or nothing: %+v", rs)
		}
		if n := b.count("events"); n != stored {
			t.Errorf("a refused batch left %d events", n-stored)
		}
		whole[1] = withID(contact(0), "old")
		for _, status := range []Status{StatusAccepted, StatusReplayed} {
			rs, err = b.Accept(t.Context(), machine, whole[:2], Options{AllOrNothing: true})
			if err != nil || rs[0].Status != status || rs[1].Status != StatusReplayed {
				t.Errorf("corrected batch, key free again: %+v, %v", rs, err)
			}
		}
	})
}

// TestOneKeyManySenders has the same key used by many at once, within one commit
// and, on Postgres, in several transactions and on two nodes.
func TestOneKeyManySenders(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		pair := []*bench{start(t, d), start(t, d)}
		const keys, senders = 20, 8
		ids := make([][]string, keys)
		var mu sync.Mutex
		var wg sync.WaitGroup
		for n := range senders {
			wg.Go(func() {
				b := pair[n%2]
				var inputs []Input
				for k := range keys { // each sender has an order of its own
					k = (k*7 + n*3) % keys
					inputs = append(inputs, withID(contact(k), "k"+strconv.Itoa(k)))
				}
				for _, part := range slices.Collect(slices.Chunk(inputs, 7)) {
					rs, err := b.Accept(context.Background(), machine, part, Options{})
					if err != nil {
						t.Error(err)
						return
					}
					for i, r := range rs {
						k, err := strconv.Atoi(part[i].ID[1:])
						if err != nil {
							t.Error(err)
						}
						mu.Lock()
						ids[k] = append(ids[k], r.ID)
						mu.Unlock()
					}
				}
			})
		}
		wg.Wait()
		for k, got := range ids {
			slices.Sort(got)
			if len(got) != senders || len(slices.Compact(got)) != 1 {
				t.Errorf("key %d got %v", k, got)
			}
		}
		if n := pair[0].count("events"); n != keys {
			t.Errorf("%d events are stored, want %d", n, keys)
		}
	})
}

func TestARepeatIsAnsweredAfterTheTypeBecameStrict(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := start(t, d)
		if _, err := b.RegisterType(t.Context(), admin, Type{Type: "invoice.paid", Schema: []byte(`{"required":["n"]}`)}); err != nil {
			t.Fatal(err)
		}
		in := Input{Type: "invoice.paid", Data: []byte(`{}`), ID: "inv-1"}
		first := b.send(machine, in)
		strict := true
		if _, err := b.ChangeType(t.Context(), admin, "invoice.paid", 1, TypeChange{Strict: &strict}); err != nil {
			t.Fatal(err)
		}
		if r := b.send(machine, in); r.Status != StatusReplayed || r.ID != first.ID || len(r.Warnings) != 1 {
			t.Errorf("repeat: %+v", r)
		}
		for _, changed := range []Input{withID(in, ""), withID(in, "inv-2"), {Type: in.Type, Data: []byte(`{"m":1}`), ID: "inv-1"}} {
			r := b.send(machine, changed)
			wantFault(t, r.Fault, fault.Invalid, "event-schema", "body.data")
		}
	})
}

func TestPurgeKeys(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := start(t, d)
		for i := range 5 {
			b.send(machine, withID(contact(i), fmt.Sprint(i)))
		}
		b.clock.forward(replayWindow)
		b.send(machine, withID(contact(9), "new"))
		for _, want := range []int64{3, 2, 0} {
			if n, err := b.PurgeKeys(t.Context(), 3); err != nil || n != want {
				t.Errorf("purged %d, %v; want %d", n, err, want)
			}
		}
		if n := b.count("idempotency"); n != 1 {
			t.Errorf("%d keys are left", n)
		}
	})
}
