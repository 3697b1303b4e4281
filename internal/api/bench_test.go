package api_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"patchboard/internal/api"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/event"
	"patchboard/internal/rbac"
)

const benchEvent = `{"type":"contact.created","data":{"id":"ct_123456","email":"ada@example.com","firstName":"Ada","lastName":"Lovelace","company":"Analytical Engines","tags":["vip","newsletter"]}}`

// The two benchmarks below differ by the way through the handler: their
// difference in cpu-µs/op is what the adapter, the guard and huma cost.

func BenchmarkSendEvent(b *testing.B) {
	w := newWorld(b, dbtest.Open(b, dbtest.SQLite), quietLog)
	bench(b, func() error {
		r := httptest.NewRequest(http.MethodPost, "/api/v1/events", strings.NewReader(benchEvent))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+w.org.key)
		out := httptest.NewRecorder()
		w.api.ServeHTTP(out, r)
		if out.Code != http.StatusAccepted {
			b.Errorf("%d %s", out.Code, out.Body)
		}
		return nil
	})
}

func BenchmarkAccept(b *testing.B) {
	w := newWorld(b, dbtest.Open(b, dbtest.SQLite), quietLog)
	actor := rbac.Actor{OrganizationID: w.org.id, Role: rbac.Machine, KeyID: "key_1"}
	bench(b, func() error {
		in, err := event.Decode([]byte(benchEvent))
		if err != nil {
			return err
		}
		_, err = w.deps.Event.Accept(b.Context(), actor, []event.Input{in}, event.Options{})
		return err
	})
}

// BenchmarkRecorder is what the benchmark's own request and recorder cost.
func BenchmarkRecorder(b *testing.B) {
	bench(b, func() error {
		r := httptest.NewRequest(http.MethodPost, "/api/v1/events", strings.NewReader(benchEvent))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer x")
		_, err := httptest.NewRecorder().Write([]byte(benchEvent))
		return err
	})
}

func quietLog(d *api.Deps) {
	d.Log = slog.New(slog.NewJSONHandler(nowhere{}, nil)) // Info, as serve has it
}

func bench(b *testing.B, one func() error) {
	b.Helper()
	b.ReportAllocs()
	b.SetParallelism(32)
	before := cpu(b)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			check(b, one())
		}
	})
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// nowhere takes log lines, which io.Discard would keep from being made.
type nowhere struct{}

func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
