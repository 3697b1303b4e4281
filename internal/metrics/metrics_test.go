package metrics_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/delivery"
	"patchboard/internal/metrics"
	"patchboard/internal/webhook"
)

var errGone = errors.New("password=hunter2 host=db.internal: gone")

func get(t *testing.T, h http.Handler, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

func contains(t *testing.T, figures string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(figures, want) {
			t.Errorf("no %s in:\n%s", want, figures)
		}
	}
}

func TestReadyTellsWhyNot(t *testing.T) {
	t.Parallel()
	var broken error
	h := metrics.NewHealth(slog.New(slog.DiscardHandler), metrics.Check{Reason: "the database does not answer", Run: func(context.Context) error { return broken }})
	pages := metrics.Pages(metrics.New("1"), h)
	for _, step := range []struct {
		before func()
		status int
		body   string
	}{
		{func() {}, 503, `{"ready":false,"reasons":["starting"]}`},
		{h.Started, 200, `{"ready":true,"reasons":[]}`},
		{func() { broken = errGone }, 503, `{"ready":false,"reasons":["the database does not answer"]}`}, // and not the error's text
		{func() { broken = nil }, 200, `{"ready":true,"reasons":[]}`},
		{h.Stopping, 503, `{"ready":false,"reasons":["stopping"]}`},
	} {
		step.before()
		if status, body := get(t, pages, "/readyz"); status != step.status || strings.TrimSpace(body) != step.body {
			t.Errorf("got %d %s, want %d %s", status, body, step.status, step.body)
		}
		if status, body := get(t, pages, "/healthz"); status != http.StatusOK || strings.TrimSpace(body) != `{"status":"alive"}` {
			t.Errorf("healthz: %d %s", status, body)
		}
	}
}

func TestFiguresThatTheProgramFeeds(t *testing.T) {
	t.Parallel()
	m := metrics.New("1.2.3")
	m.Request("GET /api/v1/webhooks", 200, time.Millisecond)
	m.Request("", 404, time.Millisecond) // a stranger's address is no label
	m.Accepted(3)
	m.Attempt("", time.Millisecond)
	m.Attempt("timeout", time.Second)
	m.Job("retention", nil, 2*time.Second)
	m.Job("retention", errGone, time.Second)
	m.JobFault()
	m.Gauge("extra", "A figure of the test.", func() float64 { return 7 })
	_, figures := get(t, m.Handler(), "/metrics")
	contains(t, figures,
		`patchboard_build_info{version="1.2.3"} 1`,
		`patchboard_http_request_duration_seconds_count{method="GET",route="/api/v1/webhooks",status="200"} 1`,
		`patchboard_http_request_duration_seconds_count{method="",route="other",status="404"} 1`,
		`patchboard_events_accepted_total 3`,
		`patchboard_delivery_attempt_duration_seconds_count{class="ok"} 1`,
		`patchboard_delivery_attempt_duration_seconds_count{class="timeout"} 1`,
		`patchboard_job_runs_total{job="retention",outcome="failed"} 1`,
		`patchboard_job_runs_total{job="retention",outcome="ok"} 1`,
		`patchboard_job_last_duration_seconds{job="retention"} 1`,
		`patchboard_job_engine_faults_total 1`,
		`patchboard_delivery_counts_balanced -1`,
		`patchboard_extra 7`,
	)
	m.Balanced(false, metrics.Book{State: "pending", Books: 5, Rows: 3})
	_, figures = get(t, m.Handler(), "/metrics")
	contains(t, figures, `patchboard_delivery_counts_balanced 0`, `patchboard_delivery_counts_drift{state="pending"} -2`)
	m.Balanced(true, metrics.Book{State: "pending", Books: 5, Rows: 5})
	_, figures = get(t, m.Handler(), "/metrics")
	contains(t, figures, `patchboard_delivery_counts_balanced 1`, `patchboard_delivery_counts_drift{state="pending"} 0`)
}

// What cannot be read is missing, and said; the rest of the scrape is there.
func TestScrapeWithoutTheDatabase(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		log := slog.New(slog.DiscardHandler)
		node, err := delivery.Join(t.Context(), d, "localhost:1", "1", log)
		if err != nil {
			t.Fatal(err)
		}
		m := metrics.New("1")
		m.Stored(delivery.New(delivery.Config{DB: d, Node: node, Webhooks: &webhook.Service{}, Clock: time.Now}), log)
		_, figures := get(t, m.Handler(), "/metrics")
		contains(t, figures, "patchboard_scrape_failed 0", `patchboard_deliveries{state="held"} 0`, "patchboard_lanes_held 0", "patchboard_nodes 1")
		if err := d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), "ALTER TABLE delivery_counts RENAME TO lost")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		status, figures := get(t, m.Handler(), "/metrics")
		contains(t, figures, "patchboard_scrape_failed 1", "go_goroutines")
		if status != http.StatusOK || strings.Contains(figures, "patchboard_deliveries{") {
			t.Errorf("%d, with figures that could not be read", status)
		}
	})
}
