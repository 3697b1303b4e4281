package api

import (
	"context"
	"time"

	"patchboard/internal/delivery"
)

// StatisticsView is how a webhook has done in the last 24 hours.
type StatisticsView struct {
	Since        time.Time     `json:"since" doc:"From when on the figures are complete"`
	Until        time.Time     `json:"until"`
	Sampled      bool          `json:"sampled" doc:"There was too much to count: the figures are those of the newest events, since is when they begin"`
	Attempts     int64         `json:"attempts"`
	Failures     int64         `json:"failures"`
	SuccessShare *float64      `json:"successShare,omitempty" doc:"0 to 1; missing if nothing was tried"`
	P50          *float64      `json:"p50Ms,omitempty" doc:"How long successful attempts took, in milliseconds: half of them no longer; missing if none succeeded"`
	P95          *float64      `json:"p95Ms,omitempty" doc:"95 percent of them no longer"`
	LastAttempt  *time.Time    `json:"lastAttempt,omitempty"`
	LastDelivery *DeliveryView `json:"lastDelivery,omitempty" doc:"Of the newest event"`
	Hours        []HourView    `json:"hours" doc:"24, oldest first; the last one is the current hour"`
}

// HourView counts the attempts of one hour.
type HourView struct {
	Start    time.Time `json:"start"`
	Attempts int64     `json:"attempts"`
	Failures int64     `json:"failures"`
}

type statisticsResponse struct{ Body StatisticsView }

func (a *API) webhookStatistics(ctx context.Context, in *ByID) (*statisticsResponse, error) {
	s, err := a.Delivery.Statistics(ctx, actorOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &statisticsResponse{Body: statisticsView(s)}, nil
}

func statisticsView(s *delivery.Statistics) StatisticsView {
	v := StatisticsView{
		Since: s.Since, Until: s.Until, Sampled: s.Sampled, Attempts: s.Attempts, Failures: s.Failures,
		LastAttempt: ago(s.LastAttempt), Hours: make([]HourView, len(s.Hours)),
	}
	for i, h := range s.Hours {
		v.Hours[i] = HourView(h)
	}
	if s.Attempts > 0 {
		v.SuccessShare = new(float64(s.Attempts-s.Failures) / float64(s.Attempts))
	}
	if s.Attempts > s.Failures {
		v.P50, v.P95 = new(milliseconds(s.P50)), new(milliseconds(s.P95))
	}
	if s.Last != nil {
		v.LastDelivery = new(deliveryView(*s.Last))
	}
	return v
}
