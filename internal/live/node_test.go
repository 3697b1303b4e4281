package live_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/live"
)

func TestACommitIsHeardAndARollbackIsNot(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := live.New(d, live.Config{})
		t.Cleanup(h.Close)
		s, err := h.Subscribe(live.Options{Organization: "org_1"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		no := errors.New("no")
		err = d.Write(t.Context(), func(tx *db.Tx) error {
			h.Publish(tx, "org_1", live.Message{Topic: "users"})
			return no
		})
		if !errors.Is(err, no) {
			t.Fatal(err)
		}
		if err := d.Write(t.Context(), func(tx *db.Tx) error {
			h.Publish(tx, "org_1", live.Message{Topic: "webhooks", IDs: []string{"wh_1"}})
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		h.PublishNow("org_1", live.Message{Topic: "deliveries", IDs: []string{"dlv_1"}})
		wantNext(t, s, live.Ready, "")
		wantNext(t, s, live.Change, "webhooks", "wh_1")
		wantNext(t, s, live.Change, "deliveries", "dlv_1")
	})
}

func wantNext(t *testing.T, s *live.Stream, kind live.Kind, topic string, ids ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	e, err := s.Next(ctx)
	if err != nil || e.Kind != kind || e.Message.Topic != topic || !slices.Equal(e.Message.IDs, ids) {
		t.Fatalf("next is %+v, %v; want %s %s %v", e, err, kind, topic, ids)
	}
}

func TestAnotherNodeHears(t *testing.T) {
	t.Parallel()
	c := dbtest.Fresh(t, dbtest.Postgres)
	here, there := dbtest.OpenConfig(t, c), dbtest.OpenConfig(t, c)
	a, b := live.New(here, live.Config{}), live.New(there, live.Config{})
	t.Cleanup(a.Close)
	t.Cleanup(b.Close)
	first, err := a.Subscribe(live.Options{Organization: "org_1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(first.Close)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	e, err := first.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}

	s, err := b.Subscribe(live.Options{Organization: "org_1", LastID: e.ID})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	wantNext(t, s, live.Resync, "") // a's position means nothing to b
	// LISTEN may begin after the first message, which then ends in a resync;
	// from then on every message arrives.
	for heard := false; !heard; {
		a.PublishNow("org_1", live.Message{Topic: "webhooks", IDs: []string{"wh_1"}})
		e, err := s.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		heard = e.Kind == live.Change && e.Message.Topic == "webhooks" && slices.Equal(e.Message.IDs, []string{"wh_1"})
	}
	if err := here.Write(ctx, func(tx *db.Tx) error {
		a.Publish(tx, "org_1", live.Message{Topic: "apiKey", IDs: []string{"key_1"}})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for {
		e, err := s.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if e.Message.Topic == "apiKey" {
			return
		}
	}
}
