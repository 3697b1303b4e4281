package delivery

import (
	"errors"
	"strings"
	"testing"
	"time"

	"patchboard/internal/egress"
	"patchboard/internal/fault"
	"patchboard/internal/id"
)

func TestCounting(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)
	at := func(d time.Duration) id.Key { return id.KeyAt(now.Add(-d)) }
	c := newCounting(now, 100, 100)
	for i, row := range []struct {
		event, attempt time.Duration
		class          egress.Class
		took           time.Duration
	}{
		{1 * time.Minute, 1 * time.Minute, "", 10 * time.Millisecond},
		{2 * time.Minute, 1 * time.Minute, "", 30 * time.Millisecond},
		{2 * time.Minute, 2 * time.Minute, egress.ClassTimeout, time.Hour},
		{90 * time.Minute, 50 * time.Minute, egress.ClassCancelled, time.Hour},
		{90 * time.Minute, 80 * time.Minute, "", 20 * time.Millisecond},
		{48 * time.Hour, 23 * time.Hour, egress.ClassConnect, time.Second},
		{50 * time.Hour, 24 * time.Hour, "", time.Hour}, // before the first hour
	} {
		if err := c.add(at(row.event), at(row.attempt), row.class, row.took); err != nil {
			t.Fatal(i, err)
		}
	}
	if err := c.add(at(60*time.Hour), 0, "", 0); err != nil { // no attempt
		t.Fatal(err)
	}
	s := c.finish()
	if s.Sampled || s.Attempts != 5 || s.Failures != 2 || s.P50 != 20*time.Millisecond || s.P95 != 30*time.Millisecond || !s.LastAttempt.Equal(now.Add(-time.Minute)) {
		t.Errorf("%+v", s)
	}
	if len(s.Hours) != 24 || !s.Since.Equal(time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)) || !s.Hours[0].Start.Equal(s.Since) {
		t.Errorf("since %v, %d hours from %v", s.Since, len(s.Hours), s.Hours[0].Start)
	}
	for i, want := range map[int]Hour{0: {Attempts: 1, Failures: 1}, 22: {Attempts: 1}, 23: {Attempts: 3, Failures: 1}, 12: {}} {
		if h := s.Hours[i]; h.Attempts != want.Attempts || h.Failures != want.Failures || h.Start.Sub(s.Since) != time.Duration(i)*time.Hour {
			t.Errorf("hour %d: %+v", i, h)
		}
	}
}

func TestCountingStops(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		deliveries, attempts, tries int
		wantSince                   time.Duration
	}{
		"deliveries": {3, 100, 1, 3 * time.Minute},
		"attempts":   {100, 4, 2, 2 * time.Minute},
	} {
		c := newCounting(now, tt.deliveries, tt.attempts)
		var err error
		rows := 0
		for back := time.Minute; err == nil; back += time.Minute {
			for range tt.tries {
				if err = c.add(id.KeyAt(now.Add(-back)), id.KeyAt(now), "", time.Second); err == nil {
					rows++
				}
			}
		}
		if s := c.finish(); !errors.Is(err, errEnough) || !s.Sampled || int(s.Attempts) != rows || !s.Since.Equal(now.Add(-tt.wantSince)) || s.P95 != time.Second {
			t.Errorf("%s: %+v after %d rows, %v", name, s, rows, err)
		}
	}
}

func TestPercentile(t *testing.T) {
	t.Parallel()
	var all []time.Duration
	for i := range 100 {
		all = append(all, time.Duration(i+1))
	}
	for n, want := range map[int][2]time.Duration{0: {0, 0}, 1: {1, 1}, 2: {1, 2}, 20: {10, 19}, 100: {50, 95}} {
		if got := [2]time.Duration{percentile(all[:n], 50), percentile(all[:n], 95)}; got != want {
			t.Errorf("of %d: %v, want %v", n, got, want)
		}
	}
}

func TestStatisticsOfAWebhook(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		n, r := w.start(), newReceiver(t)
		hook, other := n.webhook(r.URL), n.webhook(r.URL+"/other", forType("contact.updated"))
		n.accept(20)
		r.waitFor(20)
		r.answerWith(status(500))
		n.acceptType("contact.updated")
		r.wait()
		n.until("recorded", func() bool {
			c := n.books()
			s, err := n.Statistics(t.Context(), w.util, other.Webhook.ID)
			w.check(err)
			return c.Delivered == 20 && s.Attempts == 1
		})
		s, err := n.Statistics(t.Context(), w.util, hook.Webhook.ID)
		w.check(err)
		if s.Sampled || s.Attempts != 20 || s.Failures != 0 || s.P50 <= 0 || s.P95 < s.P50 || s.LastAttempt.IsZero() || s.Last == nil || s.Last.State != Delivered {
			t.Errorf("%+v", s)
		}
		sum := int64(0)
		for _, h := range s.Hours {
			sum += h.Attempts
		}
		if sum != 20 {
			t.Errorf("%d attempts in all hours", sum)
		}
		s, err = n.Statistics(t.Context(), w.sys, other.Webhook.ID)
		if err != nil || s.Failures != 1 || s.P50 != 0 || s.Last == nil || s.Last.State != Pending {
			t.Errorf("%+v %v", s, err)
		}
		w.clock.add(25 * time.Hour)
		s, err = n.Statistics(t.Context(), w.sys, hook.Webhook.ID)
		if err != nil || s.Attempts != 0 || !s.LastAttempt.IsZero() || s.Last == nil {
			t.Errorf("a day later: %+v %v", s, err)
		}
		var f *fault.Error
		if _, err = n.Statistics(t.Context(), w.other, hook.Webhook.ID); !errors.As(err, &f) || f.Type != "webhook-not-found" {
			t.Errorf("another organization: %v", err)
		}
	})
}

// The sample is read by the webhook's deliveries and each one's attempts.
func TestStatisticsUseIndexes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		n := w.build()
		n.events.Start()
		n.webhook(newReceiver(t).URL, off)
		n.accept(3)
		n.wantIndex("statistics", statisticsSQL, int64(1), int64(1), deliveriesMost, int64(1), attemptsMost)
		plan := n.explain(statisticsSQL, int64(1), int64(1), deliveriesMost, int64(1), attemptsMost)
		for _, index := range []string{"deliveries_webhook", "attempts_delivery"} {
			if !strings.Contains(plan, index) {
				t.Errorf("%s is not used:\n%s", index, plan)
			}
		}
		n.wantIndex("fates", fatesSQL, "org_a", int64(1), fatesMost)
	})
}
