package webhook

import (
	"errors"
	"sync"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
)

func TestTargetsOfNobody(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		if set := w.targets(t, w.Service); set.Version != 0 || len(set.Match("contact.created")) != 0 {
			t.Errorf("%+v", set)
		}
	})
}

func TestSetOfALostTransactionIsNotKept(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		ctx := t.Context()
		w.create(t, w.util, NewWebhook{URL: "https://example.com/", Off: true})
		err := d.Write(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(ctx, `UPDATE webhooks SET state = 'active'`); err != nil {
				return err
			}
			if err := bumpSet(ctx, tx, w.org); err != nil {
				return err
			}
			set, err := w.Targets(ctx, tx, w.org)
			if err != nil || set.Version != 2 || set.Match("contact.created")[0].Hold {
				t.Errorf("%+v, %v", set, err)
			}
			return errRolledBack
		})
		if !errors.Is(err, errRolledBack) {
			t.Fatal(err)
		}
		// Version 2 comes about in another way now.
		w.create(t, w.util, NewWebhook{URL: "https://example.com/2", Off: true})
		set := w.targets(t, w.Service)
		if m := set.Match("contact.created"); set.Version != 2 || len(m) != 2 || !m[0].Hold {
			t.Errorf("%d: %+v", set.Version, m)
		}
	})
}

func TestTenThousandWebhooks(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		ctx := t.Context()
		const doublings = 14
		w.create(t, w.util, NewWebhook{URL: "https://example.com/", Off: true, Events: []string{"contact.created"}})
		err := d.Write(ctx, func(tx *db.Tx) error {
			for i := range doublings {
				if _, err := tx.Exec(ctx, `INSERT INTO webhooks (id, organization_id, url, description, events, format, state, state_reason, state_at,
					secret, previous_until, header_names, created_at, created_by, updated_at, version, changes, deleted_at, hold_before,
					first_failure_at, failures, last_success_at, warned, verdict_at, verdict_kind, verdict_ok, verdict_cause, verdict_message, verdict_detail)
					SELECT id || $1, organization_id, url, '', events, format, 'active', '', 1, secret, 0, '[]', 1, '', 1, 1, '[]', 0, 0, 0, 0, 0, 0, 0, '', 0, '', '', ''
					FROM webhooks`, string(rune('a'+i))); err != nil {
					return err
				}
			}
			if _, err := tx.Exec(ctx, `UPDATE webhooks SET events = '["email.opened"]' WHERE num = 1`); err != nil {
				return err
			}
			return bumpSet(ctx, tx, w.org)
		})
		if err != nil {
			t.Fatal(err)
		}
		const many = 1 << doublings
		set := w.targets(t, w.Service)
		if n := len(set.Match("contact.created")); n != many-1 {
			t.Fatalf("%d targets", n)
		}
		start := time.Now()
		for range 100 {
			if w.targets(t, w.Service) != set || len(set.Match("email.opened")) != 1 {
				t.Fatal("the set is read again")
			}
		}
		t.Logf("a look at the set: %v", time.Since(start)/100)
		start = time.Now()
		if all, err := w.List(ctx, w.util); err != nil || len(all) != many {
			t.Fatalf("%d, %v", len(all), err)
		}
		t.Logf("list of %d: %v", many, time.Since(start))
	})
}

// A toggle must come through while events are accepted without a pause.
func TestToggleIsNotStarvedByIngest(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		ctx := t.Context()
		c := w.create(t, w.util, NewWebhook{URL: "https://example.com/", Off: true})
		stop := make(chan struct{})
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					err := d.Write(ctx, func(tx *db.Tx) error {
						set, err := w.Targets(ctx, tx, w.org)
						if err != nil {
							return err
						}
						_, err = tx.Exec(ctx, `INSERT INTO webhook_verdicts (organization_id, at, kind, ok, cause, duration, domain) VALUES ('x', $1, 'save', $2, '', 0, '')`,
							set.Version, flag(set.Match("contact.created")[0].Hold))
						return err
					})
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		var slowest time.Duration
		for i := range 20 {
			start := time.Now()
			if _, err := w.Update(ctx, w.util, c.Webhook.ID, Patch{Enabled: new(i%2 == 0)}); err != nil {
				t.Error(err)
			}
			slowest = max(slowest, time.Since(start))
		}
		close(stop)
		wg.Wait()
		t.Logf("slowest toggle: %v", slowest)
		if slowest > 5*time.Second {
			t.Errorf("a toggle took %v", slowest)
		}
		// Whoever saw a version saw its state.
		wrong, err := db.Value[int64](ctx, d, `SELECT COUNT(*) FROM webhook_verdicts WHERE organization_id = 'x' AND ok <> at % 2`)
		if err != nil || wrong != 0 {
			t.Errorf("%d events saw another state than their version's, %v", wrong, err)
		}
	})
}

func TestEndpointOfTwoNodes(t *testing.T) {
	t.Parallel()
	c := dbtest.Fresh(t, dbtest.Postgres)
	d1, d2 := dbtest.OpenConfig(t, c), dbtest.OpenConfig(t, c)
	w := newWorld(t, d1)
	ctx := t.Context()
	made := w.create(t, w.util, NewWebhook{URL: "https://example.com/", Off: true})
	second := w.node(t, d2, w.vault)
	if e, err := second.Endpoint(ctx, made.Webhook.Num); err != nil || e.Enabled() {
		t.Fatalf("%+v, %v", e, err)
	}
	told := make(chan string, 16)
	unsubscribe := d2.Subscribe(channel, func(payload string) { told <- payload })
	defer unsubscribe()
	if _, err := w.Update(ctx, w.util, made.Webhook.ID, Patch{Enabled: new(true)}); err != nil {
		t.Fatal(err)
	}
	for {
		select {
		case <-told:
		case <-ctx.Done():
			t.Fatal("the second node was never told")
		}
		e, err := second.Endpoint(ctx, made.Webhook.Num)
		if err != nil {
			t.Fatal(err)
		}
		if e.Enabled() {
			return
		}
	}
}

func TestEndpointReadBeforeAChangeIsNotKept(t *testing.T) {
	t.Parallel()
	c := endpoints{byNum: map[int64]*Endpoint{}, byID: map[string]int64{}}
	_, seen := c.get(1)
	c.forget("wh_x") // a change comes while the row is being read
	c.put(&Endpoint{Num: 1, ID: "wh_x"}, seen)
	if e, _ := c.get(1); e != nil {
		t.Error("an old endpoint was kept")
	}
	_, seen = c.get(1)
	c.put(&Endpoint{Num: 1, ID: "wh_x"}, seen)
	if e, _ := c.get(1); e == nil {
		t.Error("nothing is kept")
	}
	c.forget("")
	if e, _ := c.get(1); e != nil {
		t.Error("kept after a resync")
	}
}
