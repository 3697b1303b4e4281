package app_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"patchboard/internal/account"
	"patchboard/internal/api"
	"patchboard/internal/app"
	"patchboard/internal/config"
	"patchboard/internal/db/dbtest"
)

func getFrom(t *testing.T, url string, header ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// systemPage reads the System page as a system administrator sees it.
func systemPage(t *testing.T, a *app.App) (view api.SystemView) {
	t.Helper()
	organization(t, a)
	s, _, err := a.Account.SignIn(t.Context(), account.SignIn{Email: "ada@example.com", Password: password, Address: "192.0.2.1"})
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(a.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	status, body := getFrom(t, "http://"+a.Addr().String()+"/api/v1/system", "Cookie", "pb_session_"+port+"="+s.Token)
	if status != http.StatusOK {
		t.Fatal(status, body)
	}
	if err := json.Unmarshal([]byte(body), &view); err != nil {
		t.Fatal(err)
	}
	return view
}

func TestMetricsNeedTheTokenOrTheirOwnListener(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e dbtest.Engine) {
		c := settings(t, e)
		c.MetricsListen = "127.0.0.1:0"
		c.MetricsToken = config.NewSecret("a-token-of-the-test")
		a := start(t, c)
		_, key := organization(t, a)
		if status, body := call(t, a, "POST", "/api/v1/events", key, `{"type": "contact.created", "data": {}}`); status != http.StatusAccepted {
			t.Fatal(status, body)
		}
		mine := "http://" + a.Addr().String() + "/metrics"
		for _, header := range [][]string{nil, {"Authorization", "Bearer wrong"}, {"Authorization", "Basic a-token-of-the-test"}, {"Authorization", "Bearer " + key}} {
			if status, body := getFrom(t, mine, header...); status != http.StatusUnauthorized || strings.Contains(body, "patchboard_deliveries") {
				t.Errorf("%v: %d %s", header, status, body)
			}
		}
		status, guarded := getFrom(t, mine, "Authorization", "Bearer a-token-of-the-test")
		if status != http.StatusOK {
			t.Fatal(status, guarded)
		}
		status, open := getFrom(t, "http://"+a.MetricsAddr().String()+"/metrics")
		if status != http.StatusOK {
			t.Fatal(status, open)
		}
		for _, want := range []string{
			`patchboard_events_accepted_total 1`,
			`patchboard_deliveries{state="pending"} 0`,
			`patchboard_deliveries_created_total 0`,
			`patchboard_http_request_duration_seconds_count{method="POST",route="/api/v1/events",status="202"} 1`,
			`patchboard_live_streams 0`, `patchboard_nodes 1`, `patchboard_lanes_held 0`, `patchboard_scrape_failed 0`,
			`patchboard_build_info{version="test"} 1`, `patchboard_delivery_counts_balanced`, `go_goroutines`, `process_resident_memory_bytes`,
		} {
			if !strings.Contains(open, want) || !strings.Contains(guarded, want) {
				t.Errorf("%s is missing", want)
			}
		}
	})
}

func TestMetricsAreClosedUnlessAskedFor(t *testing.T) {
	t.Parallel()
	a := start(t, settings(t, dbtest.SQLite))
	if status, _ := getFrom(t, "http://"+a.Addr().String()+"/metrics"); status != http.StatusNotFound {
		t.Error(status)
	}
	if a.MetricsAddr() != nil {
		t.Error("there is a listener")
	}
}

// The engine's wiring, on both databases: every job runs, by itself and well.
func TestBackgroundWorkRuns(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e dbtest.Engine) {
		c := settings(t, e)
		c.MetricsListen = "127.0.0.1:0"
		c.JobTick = time.Second
		a := start(t, c)
		var figures string
		for _, job := range []string{"retention", "api_usage", "sessions", "idempotency_keys", "delivery_counts", "audit_check", "audit_denials"} {
			eventually(t, job, func() bool {
				_, figures = getFrom(t, "http://"+a.MetricsAddr().String()+"/metrics")
				return strings.Contains(figures, `patchboard_job_runs_total{job="`+job+`",outcome="ok"}`)
			})
		}
		if strings.Contains(figures, `outcome="failed"`) || !strings.Contains(figures, "patchboard_job_engine_faults_total 0") {
			t.Error("some work failed")
		}
		if !strings.Contains(figures, "patchboard_delivery_counts_balanced 1") {
			t.Error("the check of the counts is not shown")
		}
		view := systemPage(t, a)
		if view.Deliveries.Check == nil || view.Deliveries.Check.Verdict != "holds" || view.Deliveries.Check.At.IsZero() {
			t.Errorf("the check of the counts: %+v", view.Deliveries)
		}
		if free := view.Disk.FreeBytes; view.Disk.DatabaseBytes <= 0 || free == nil || view.Disk.TotalBytes == nil || *free > *view.Disk.TotalBytes {
			t.Errorf("disk: %+v", view.Disk)
		}
	})
}
