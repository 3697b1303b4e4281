package event

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
)

// TestRaise: an event of the caller's transaction is what a sender's would be,
// and is not there when the transaction is not.
func TestRaise(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var fanned []*Accepted
		told := 0
		b := start(t, d, func(s *Service) {
			s.FanOut = func(_ context.Context, _ *db.Tx, as []*Accepted) error {
				fanned = as
				return nil
			}
			s.OnAccepted = func(string) { told++ }
		})
		ctx := t.Context()
		at := b.clock.now().Add(-time.Hour)
		raise := func(after error, inputs ...Input) error {
			return d.Write(ctx, func(tx *db.Tx) error {
				if err := b.Raise(ctx, tx, orgA, inputs); err != nil {
					return err
				}
				return after
			})
		}
		crash := errors.New("crash")
		if err := raise(crash, contact(1)); !errors.Is(err, crash) || b.count("events") != 0 || told != 0 {
			t.Fatalf("rolled back: %v, %d events, told %d times", err, b.count("events"), told)
		}
		if err := raise(nil); err != nil || told != 0 {
			t.Fatalf("nothing to raise: %v, told %d times", err, told)
		}
		if err := raise(nil, contact(1), Input{Type: "contact.deleted", Data: []byte(`{"id":"2"}`), OccurredAt: at}); err != nil {
			t.Fatal(err)
		}
		if len(fanned) != 2 || told != 1 || b.count("events") != 2 {
			t.Fatalf("fanned out %d, told %d times, %d events", len(fanned), told, b.count("events"))
		}
		e, err := b.Get(ctx, admin, fanned[1].PublicID)
		if err != nil || e.Type != "contact.deleted" || !e.OccurredAt.Equal(at) || !e.AcceptedAt.Equal(b.clock.now()) || string(e.Data) != `{"id":"2"}` {
			t.Errorf("stored: %+v, %v", e, err)
		}
		if _, err := b.Get(ctx, other, fanned[1].PublicID); err == nil {
			t.Error("another organization has the event")
		}
		for _, bad := range []Input{{Type: "own.type", Data: []byte(`{}`)}, {Type: "contact.created", Data: []byte(`[]`)}, {Type: "contact.created", Data: []byte("{\"id\":\"\xff\"}")}} {
			if err := raise(nil, bad); err == nil || b.count("events") != 2 {
				t.Errorf("%s %s: %v", bad.Type, bad.Data, err)
			}
		}
		if err := raise(nil, Input{Type: "contact.created", Data: []byte(`{"id":"` + strings.Repeat("x", 300) + `"}`)}); err != nil || b.count("events") != 3 {
			t.Errorf("data that differ from the schema: %v", err)
		}
	})
}
