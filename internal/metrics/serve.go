package metrics

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Handler gives the figures to whoever asks: for a listener of its own.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Timeout: 2 * scrapeLimit, MaxRequestsInFlight: 2})
}

// Guarded gives the figures to whoever has the bearer token.
func (m *Metrics) Guarded(token string) http.Handler {
	want := sha256.Sum256([]byte(token))
	figures := m.Handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		got := sha256.Sum256([]byte(given))
		if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			w.Header().Set("WWW-Authenticate", `Bearer realm="metrics"`)
			http.Error(w, "the metrics need the bearer token of --metrics-token", http.StatusUnauthorized)
			return
		}
		figures.ServeHTTP(w, r)
	})
}

// Pages is what the metrics' own listener serves.
func Pages(m *Metrics, h *Health) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", m.Handler())
	mux.HandleFunc("GET /healthz", h.Alive)
	mux.HandleFunc("GET /readyz", h.Ready)
	return mux
}
