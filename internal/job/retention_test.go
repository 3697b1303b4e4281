package job_test

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"patchboard/internal/account"
	"patchboard/internal/app"
	"patchboard/internal/config"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/delivery"
	"patchboard/internal/event"
	"patchboard/internal/job"
	"patchboard/internal/rbac"
	"patchboard/internal/webhook"
)

// past is a program whose clock the test moves.
type past struct {
	*app.App

	now   atomic.Int64 // microseconds
	actor rbac.Actor
	noise *rand.ChaCha8
}

func (p *past) clock() time.Time { return time.UnixMicro(p.now.Load()) }

func (p *past) at(when time.Time) { p.now.Store(when.UnixMicro()) }

func newPast(t *testing.T, e dbtest.Engine, server *httptest.Server) *past {
	t.Helper()
	p := &past{noise: rand.NewChaCha8([32]byte{1})}
	p.at(time.Now())
	c := app.Config{Serve: config.Default(), Logger: slog.New(slog.DiscardHandler), Clock: p.clock, JobTick: time.Hour}
	fresh := dbtest.Fresh(t, e)
	c.DataDir, c.Database, c.Listen = fresh.Dir, config.NewSecret(fresh.URL), "127.0.0.1:0"
	if c.DataDir == "" {
		c.DataDir = t.TempDir()
	}
	authority := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	c.AllowNetwork, c.TrustedCA = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, []string{authority}
	c.Schedule = delivery.Schedule{Gaps: []time.Duration{1000 * time.Hour, 1000 * time.Hour}}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	var err error
	if p.App, err = app.New(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	o, _, _, err := p.Account.CreateOrganization(t.Context(), account.NewOrganization{Name: "Acme", Email: "ada@example.com", Password: "correct horse battery staple"})
	if err != nil {
		t.Fatal(err)
	}
	p.actor = rbac.Actor{OrganizationID: o.ID, Role: rbac.SystemAdmin, UserID: "usr_test"}
	return p
}

// send accepts events of 64 KiB.
func (p *past) send(t *testing.T, eventType string, n int) {
	t.Helper()
	for range n {
		text := make([]byte, 48<<10)
		_, _ = p.noise.Read(text)
		data, err := json.Marshal(map[string]any{"noise": text})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Event.Accept(t.Context(), p.actor, []event.Input{{Type: eventType, Data: data}}, event.Options{}); err != nil {
			t.Fatal(err)
		}
	}
}

func (p *past) retain(t *testing.T, keep job.Keep) {
	t.Helper()
	n := job.Nouns{
		DB: p.DB, Account: p.Account, APIKey: p.APIKey, Audit: p.Audit, Event: p.Event, Webhook: p.Webhook, Delivery: p.Delivery,
		Keep: keep, Clock: p.clock, Log: slog.New(slog.DiscardHandler),
	}
	for _, task := range n.Tasks() {
		if task.Name == "retention" {
			if err := task.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// days counts the stored events by their age in days.
func (p *past) days(t *testing.T, now time.Time) map[int]int {
	t.Helper()
	m := map[int]int{}
	f := event.Filter{Limit: 200}
	for {
		page, err := p.Event.List(t.Context(), p.actor, f)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Items {
			m[int(now.Sub(e.AcceptedAt)/(24*time.Hour))]++
		}
		if f.Cursor = page.Next; f.Cursor == "" {
			return m
		}
	}
}

func TestRetentionByDaysAndBySize(t *testing.T) {
	t.Parallel()
	for _, e := range dbtest.Engines {
		t.Run(string(e), func(t *testing.T) {
			t.Parallel()
			tried := make(chan struct{}, 10)
			checked := false
			server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if checked {
					w.WriteHeader(http.StatusInternalServerError)
				}
				checked = true
				tried <- struct{}{}
			}))
			defer server.Close()
			now := time.Now()
			p := newPast(t, e, server)
			made, err := p.Webhook.Create(t.Context(), p.actor, webhook.NewWebhook{URL: server.URL, Events: []string{"email.sent"}})
			if err != nil {
				t.Fatal(err)
			}
			<-tried
			ago := func(days int) time.Time { return now.Add(-time.Duration(days)*24*time.Hour - time.Hour) }
			p.at(ago(20))
			p.send(t, "email.sent", 1) // stays pending for ever
			<-tried
			for day := 20; day >= 0; day-- {
				p.at(ago(day))
				p.send(t, "contact.created", 16) // 1 MiB, for nobody
			}
			p.at(now)

			p.retain(t, job.Keep{Deliveries: 15 * 24 * time.Hour, Events: 15 * 24 * time.Hour})
			kept := p.days(t, now)
			if kept[20] != 1 || kept[15] != 0 || kept[14] != 16 || kept[0] != 16 {
				t.Errorf("by days: %v", kept)
			}
			size, err := p.DB.Size(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			p.retain(t, job.Keep{Deliveries: 15 * 24 * time.Hour, Events: 15 * 24 * time.Hour, Bytes: size - 5<<20})
			kept = p.days(t, now)
			if kept[20] != 1 || kept[14] != 0 || kept[11] != 0 || kept[5] != 16 || kept[0] != 16 {
				t.Errorf("by size: %v", kept)
			}
			p.retain(t, job.Keep{Deliveries: 15 * 24 * time.Hour, Events: 15 * 24 * time.Hour, Bytes: 1})
			if kept = p.days(t, now); kept[20] != 1 || kept[1] != 0 || kept[0] != 16 {
				t.Errorf("the last day, and what is pending, stay: %v", kept)
			}
			pending, _, err := p.Delivery.Waiting(t.Context(), made.Webhook.Num)
			if err != nil || pending != 1 {
				t.Errorf("%d pending, %v", pending, err)
			}
			if check, err := p.Delivery.CheckCounts(t.Context()); err != nil || !check.OK {
				t.Error(fmt.Sprintf("%+v", check), err)
			}
		})
	}
}
