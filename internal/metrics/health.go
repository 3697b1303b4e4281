package metrics

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"
)

// checkLimit bounds a check; load balancers ask every few seconds.
const checkLimit = 2 * time.Second

// Check is one thing that must be well for the node to take requests.
type Check struct {
	Reason string // said if it is not, to anybody who asks
	Run    func(ctx context.Context) error
}

// Health answers /healthz and /readyz.
type Health struct {
	checks  []Check
	log     *slog.Logger
	started atomic.Bool
	stops   atomic.Bool
}

// NewHealth makes a node that is starting.
func NewHealth(log *slog.Logger, checks ...Check) *Health { return &Health{checks: checks, log: log} }

// Started says that the node takes requests.
func (h *Health) Started() { h.started.Store(true) }

// Stopping says that the node takes no more requests.
func (h *Health) Stopping() { h.stops.Store(true) }

type readiness struct {
	Ready   bool     `json:"ready"`
	Reasons []string `json:"reasons"`
}

// Alive is /healthz: the process answers.
func (h *Health) Alive(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, `{"status":"alive"}`)
}

// Ready is /readyz: this node may be sent requests, or why not.
func (h *Health) Ready(w http.ResponseWriter, r *http.Request) {
	reasons := h.reasons(r.Context())
	status := http.StatusOK
	if len(reasons) > 0 {
		status = http.StatusServiceUnavailable
	}
	body, err := json.Marshal(readiness{Ready: len(reasons) == 0, Reasons: reasons})
	if err != nil { // a flag and texts always marshal
		status = http.StatusInternalServerError
	}
	answer(w, status, string(body))
}

func (h *Health) reasons(ctx context.Context) []string {
	switch {
	case h.stops.Load():
		return []string{"stopping"}
	case !h.started.Load():
		return []string{"starting"}
	}
	ctx, cancel := context.WithTimeout(ctx, checkLimit)
	defer cancel()
	reasons := []string{}
	for _, c := range h.checks {
		if err := c.Run(ctx); err != nil {
			h.log.Warn("not ready", "reason", c.Reason, "error", err)
			reasons = append(reasons, c.Reason)
		}
	}
	return reasons
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body+"\n") // the client may be gone
}
