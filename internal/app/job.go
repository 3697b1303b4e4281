package app

import (
	"context"

	"patchboard/internal/delivery"
	"patchboard/internal/job"
	"patchboard/internal/metrics"
)

// startJobs starts the periodic work.
func (a *App) startJobs(ctx context.Context) error {
	nouns := job.Nouns{
		DB: a.DB, Account: a.Account, APIKey: a.APIKey, Audit: a.Audit, Event: a.Event, Webhook: a.Webhook, Delivery: a.Delivery, Tracking: a.Tracking, Alert: a.Alert, Record: a.Record,
		Integration: a.Integration,
		Keep:        a.keep(), Clock: a.clock, Log: a.log, Counted: a.counted,
	}
	runner := job.New(job.Config{
		DB: a.DB, Node: a.Node.ID, Log: a.log, Tick: a.config.JobTick, Ran: a.metrics.Job, Fault: a.metrics.JobFault,
	}, nouns.Tasks()...)
	a.countsChecked = runner.CountsChecked
	runner.Start(ctx)
	a.onStop("background work", runner.Stop)
	return nil
}

func (a *App) keep() job.Keep {
	r := a.config.Retention
	return job.Keep{
		Deliveries: r.RetainDeliveriesDays.Duration(), Events: r.RetainEventsDays.Duration(), Bytes: int64(r.RetainBytes),
		Tracking: a.config.RetainTrackingDays.Duration(),
	}
}

func (a *App) counted(c delivery.CountCheck) {
	b, r := c.Books, c.Rows
	a.metrics.Balanced(c.OK,
		metrics.Book{State: "pending", Books: b.Pending, Rows: r.Pending},
		metrics.Book{State: "held", Books: b.Held, Rows: r.Held},
		metrics.Book{State: "delivered", Books: b.Delivered - b.RemovedDelivered, Rows: r.Delivered},
		metrics.Book{State: "failed", Books: b.Failed - b.RemovedFailed, Rows: r.Failed},
		metrics.Book{State: "discarded", Books: b.Discarded - b.RemovedDiscarded, Rows: r.Discarded},
	)
}
