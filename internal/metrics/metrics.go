// Package metrics shows how the program does: Prometheus figures and the health
// pages (/healthz, /readyz). It counts and reads; it decides nothing, and what
// it is told on a hot path costs an atomic addition.
package metrics

import (
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

const namespace = "patchboard"

// Metrics is the registry with the figures that the program feeds. Its methods
// are safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry

	requests *prometheus.HistogramVec // method and route, status
	events   prometheus.Counter
	attempts *prometheus.HistogramVec // class

	jobRuns    *prometheus.CounterVec // job, outcome
	jobSeconds *prometheus.GaugeVec   // job
	jobSuccess *prometheus.GaugeVec   // job
	jobFaults  prometheus.Counter

	balanced prometheus.Gauge
	drift    *prometheus.GaugeVec // state
}

// New makes the registry.
func New(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "http_request_duration_seconds", Help: "Duration of API requests by route and status.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"method", "route", "status"}),
		events: counter("events_accepted_total", "Events that were committed on this node."),
		attempts: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "delivery_attempt_duration_seconds", Help: "Duration of delivery attempts by class of failure (ok for none).",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 15, 30},
		}, []string{"class"}),
		jobRuns:    prometheus.NewCounterVec(opts("job_runs_total", "Runs of periodic work on this node by outcome."), []string{"job", "outcome"}),
		jobSeconds: gauges("job_last_duration_seconds", "How long the last run of a periodic work took on this node.", "job"),
		jobSuccess: gauges("job_last_success_timestamp_seconds", "When a periodic work last succeeded on this node.", "job"),
		jobFaults:  counter("job_engine_faults_total", "Faults of the engine of background jobs itself."),
		balanced: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: namespace, Name: "delivery_counts_balanced",
			Help: "1 if the last check found the bookkeeping of deliveries in order, 0 if not, -1 before the first check on this node.",
		}),
		drift: gauges("delivery_counts_drift", "Rows less books of the last check on this node, by state.", "state"),
	}
	m.balanced.Set(-1)
	m.registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), buildInfo(version),
		m.requests, m.events, m.attempts, m.jobRuns, m.jobSeconds, m.jobSuccess, m.jobFaults, m.balanced, m.drift,
	)
	return m
}

func opts(name, help string) prometheus.CounterOpts {
	return prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}
}

func counter(name, help string) prometheus.Counter { return prometheus.NewCounter(opts(name, help)) }

func gauges(name, help string, labels ...string) *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

func buildInfo(version string) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: namespace, Name: "build_info", Help: "1; the label names the version.", ConstLabels: prometheus.Labels{"version": version},
	}, func() float64 { return 1 })
}

// Request is told of every API request by its route ("GET /api/v1/webhooks").
func (m *Metrics) Request(route string, status int, took time.Duration) {
	method, path, ok := strings.Cut(route, " ")
	if !ok { // no route of the table: whatever a stranger asks for is one label
		method, path = "", "other"
	}
	m.requests.WithLabelValues(method, path, strconv.Itoa(status)).Observe(took.Seconds())
}

// Accepted counts committed events.
func (m *Metrics) Accepted(n int) { m.events.Add(float64(n)) }

// Attempt is told of a delivery attempt; class is "" on success.
func (m *Metrics) Attempt(class string, took time.Duration) {
	if class == "" {
		class = "ok"
	}
	m.attempts.WithLabelValues(class).Observe(took.Seconds())
}

// Job is told of a run of periodic work.
func (m *Metrics) Job(name string, err error, took time.Duration) {
	outcome := "ok"
	if err != nil {
		outcome = "failed"
	} else {
		m.jobSuccess.WithLabelValues(name).SetToCurrentTime()
	}
	m.jobRuns.WithLabelValues(name, outcome).Inc()
	m.jobSeconds.WithLabelValues(name).Set(took.Seconds())
}

// JobFault counts a fault of the job engine itself.
func (m *Metrics) JobFault() { m.jobFaults.Inc() }

// Book is the bookkeeping of a state beside its rows.
type Book struct {
	State       string
	Books, Rows int64
}

// Balanced is told what a check of the delivery counts found.
func (m *Metrics) Balanced(ok bool, books ...Book) {
	m.balanced.Set(0)
	if ok {
		m.balanced.Set(1)
	}
	for _, b := range books {
		m.drift.WithLabelValues(b.State).Set(float64(b.Rows - b.Books))
	}
}

// Gauge adds a figure that is read at each scrape, which must not block.
func (m *Metrics) Gauge(name, help string, read func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, read))
}
