package metrics

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"patchboard/internal/delivery"
)

// scrapeLimit bounds the queries of a scrape; Prometheus gives up after 10 s.
const scrapeLimit = 3 * time.Second

// stored reads figures from the database at each scrape. If it cannot, they are
// missing from the scrape, and the rest is there.
type stored struct {
	from *delivery.Service
	log  *slog.Logger

	deliveries, created, removed, nodes, lanes, failed *prometheus.Desc
}

// Stored adds the figures of the database.
func (m *Metrics) Stored(from *delivery.Service, log *slog.Logger) {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
	}
	m.registry.MustRegister(&stored{
		from: from, log: log,
		deliveries: desc("deliveries", "Deliveries of the installation by state, those that retention has removed included.", "state"),
		created:    desc("deliveries_created_total", "Deliveries that were ever created; the sum of all states."),
		removed:    desc("deliveries_removed_total", "Deliveries that retention has removed, by their last state.", "state"),
		nodes:      desc("nodes", "Nodes of the installation."),
		lanes:      desc("lanes_held", "Lanes that this node holds."),
		failed:     desc("scrape_failed", "1 if the figures of the database could not be read."),
	})
}

// Describe is prometheus.Collector's.
func (s *stored) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{s.deliveries, s.created, s.removed, s.nodes, s.lanes, s.failed} {
		to <- d
	}
}

// Collect is prometheus.Collector's, which knows no context.
func (s *stored) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeLimit)
	defer cancel()
	failed := 0.0
	if err := s.collect(ctx, to); err != nil {
		s.log.Warn("figures of the database cannot be read", "error", err)
		failed = 1
	}
	to <- prometheus.MustNewConstMetric(s.failed, prometheus.GaugeValue, failed)
}

func (s *stored) collect(ctx context.Context, to chan<- prometheus.Metric) error {
	c, err := s.from.Counts(ctx, "")
	if err != nil {
		return err
	}
	nodes, err := s.from.Nodes(ctx)
	if err != nil {
		return err
	}
	gauge := func(d *prometheus.Desc, n int64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(n), labels...)
	}
	counted := func(d *prometheus.Desc, n int64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	gauge(s.deliveries, c.Pending, "pending")
	gauge(s.deliveries, c.Held, "held")
	gauge(s.deliveries, c.Delivered, "delivered")
	gauge(s.deliveries, c.Failed, "failed")
	gauge(s.deliveries, c.Discarded, "discarded")
	counted(s.created, c.Created)
	counted(s.removed, c.RemovedDelivered, "delivered")
	counted(s.removed, c.RemovedFailed, "failed")
	counted(s.removed, c.RemovedDiscarded, "discarded")
	gauge(s.nodes, int64(len(nodes)))
	for _, n := range nodes {
		if n.Self {
			gauge(s.lanes, n.Lanes)
		}
	}
	return nil
}
