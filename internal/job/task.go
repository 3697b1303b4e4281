package job

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"patchboard/internal/account"
	"patchboard/internal/alert"
	"patchboard/internal/apikey"
	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/delivery"
	"patchboard/internal/event"
	"patchboard/internal/id"
	"patchboard/internal/integration"
	"patchboard/internal/record"
	"patchboard/internal/tracking"
	"patchboard/internal/webhook"
)

// Keep says how long finished work is kept, and that it is kept less long while
// the database is larger than Bytes (0: no limit). What is held is discarded by
// its age alone.
type Keep struct {
	Deliveries, Events time.Duration
	Tracking           time.Duration // whatever the size: it is small
	Bytes              int64
}

// Nouns is whose work is done.
type Nouns struct {
	DB          *db.DB
	Account     *account.Service
	APIKey      *apikey.Service
	Audit       *audit.Log
	Event       *event.Service
	Webhook     *webhook.Service
	Delivery    *delivery.Service
	Tracking    *tracking.Service
	Alert       *alert.Service
	Record      *record.Service
	Integration *integration.Service
	Keep        Keep
	Clock       id.Clock
	Log         *slog.Logger

	// Counted is told what each check of the delivery counts found.
	Counted func(delivery.CountCheck)
}

const (
	keepUsage = 400 * 24 * time.Hour // calls by hour: a year and a month, to compare
	keepAlert = 90 * 24 * time.Hour  // after its end
	chunk     = 1000                 // rows of one small transaction
)

// Tasks is all periodic work.
func (n Nouns) Tasks() []Task {
	return []Task{
		{Name: "retention", Every: time.Hour, Limit: 30 * time.Minute, Run: n.retain},
		{Name: "api_usage", Every: 24 * time.Hour, Run: n.trimUsage},
		{Name: "tracking", Every: 24 * time.Hour, Run: n.trimTracking},
		{Name: "alerts", Every: 24 * time.Hour, Run: n.trimAlerts},
		{Name: "sessions", Every: 10 * time.Minute, Run: n.purgeSessions},
		{Name: "idempotency_keys", Every: 10 * time.Minute, Run: n.purgeKeys},
		{Name: countsTask, Every: time.Hour, Run: n.checkCounts},
		{Name: "audit_check", Every: 15 * time.Minute, Limit: 30 * time.Minute, Run: n.Audit.Check},
		{Name: "integrations_due", Every: integrationsEvery, Limit: time.Minute, Run: n.Integration.RunDue},
		{Name: "integration_attempts", Every: time.Minute, Run: n.Integration.LeaveUnfinished},
		{Name: "integration_revocations", Every: time.Minute, Run: n.Integration.RevokeDue},
		{Name: "integration_history", Every: 6 * time.Hour, Run: n.trimIntegrations},
		{Name: "campaigns_due", Every: 30 * time.Second, Limit: time.Minute, Run: n.Record.Progress},
		{Name: "engagements", Every: 6 * time.Hour, Run: n.Record.PurgeEngagements},
		{Name: "audit_denials", Every: time.Minute, Run: n.flushDenials},
	}
}

func (n Nouns) trimUsage(ctx context.Context) error {
	before := n.Clock().Add(-keepUsage)
	return untilNone(ctx, func() (int64, error) { return n.APIKey.DeleteUsage(ctx, before, chunk) })
}

// integrationsEvery is how late a check or a sync run may begin, for want of a look.
const integrationsEvery = 5 * time.Second

func (n Nouns) trimIntegrations(ctx context.Context) error {
	return untilNone(ctx, func() (int64, error) { return n.Integration.Retain(ctx, chunk) })
}

func (n Nouns) trimTracking(ctx context.Context) error {
	before := n.Clock().Add(-n.Keep.Tracking)
	return untilNone(ctx, func() (int64, error) { return n.Tracking.Retain(ctx, before, chunk) })
}

func (n Nouns) trimAlerts(ctx context.Context) error {
	before := n.Clock().Add(-keepAlert)
	return untilNone(ctx, func() (int64, error) { return n.Alert.Retain(ctx, before, chunk) })
}

func (n Nouns) purgeSessions(ctx context.Context) error {
	_, err := n.Account.Purge(ctx, n.Clock())
	return err
}

func (n Nouns) purgeKeys(ctx context.Context) error {
	return untilNone(ctx, func() (int64, error) { return n.Event.PurgeKeys(ctx, chunk) })
}

func (n Nouns) flushDenials(ctx context.Context) error { return n.Audit.FlushDenials(ctx, n.Clock()) }

const countsTask = "delivery_counts"

// What a check of the delivery counts can come to.
const (
	CountsHold       = "holds"
	CountsDiffer     = "differs"
	CountsUnfinished = "unfinished"
)

// CountsChecked says when the delivery counts of the installation were last
// held against their rows, and what came of it. Before the first time the time
// is zero.
func (r *Runner) CountsChecked(ctx context.Context) (at time.Time, verdict string, err error) {
	runs, err := r.Runs(ctx)
	if err != nil {
		return time.Time{}, "", err
	}
	for _, run := range runs {
		switch {
		case run.Name != countsTask || run.Ended.IsZero():
		case run.Problem == "":
			return run.Ended, CountsHold, nil
		case run.Problem == ErrCounts.Error():
			return run.Ended, CountsDiffer, nil
		default:
			return run.Ended, CountsUnfinished, nil
		}
	}
	return time.Time{}, "", nil
}

// ErrCounts is what a check of the delivery counts ends in when they differ from
// the rows.
var ErrCounts = errors.New("the bookkeeping of deliveries and their rows differ: this is a defect, please report it")

// checkCounts holds the promise that nothing accepted is lost against the rows.
func (n Nouns) checkCounts(ctx context.Context) error {
	c, err := n.Delivery.CheckCounts(ctx)
	if err != nil {
		return err
	}
	if n.Counted != nil {
		n.Counted(c)
	}
	if !c.OK {
		n.Log.Error("delivery counts do not add up", "books", c.Books, "rows", c.Rows)
		return ErrCounts
	}
	return nil
}

// untilNone repeats a step that removes some rows until it finds none.
func untilNone(ctx context.Context, step func() (int64, error)) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := step()
		if err != nil || n == 0 {
			return err
		}
	}
}
