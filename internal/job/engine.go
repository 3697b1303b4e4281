package job

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivertype"
)

const (
	usualTick   = 10 * time.Second
	workers     = 2 // a long retention does not keep the short jobs waiting
	engineAgain = 10 * time.Second
	startLimit  = 15 * time.Second
)

// lookArgs is the one River job: look which periodic work is due, and run it.
// The leader among the nodes inserts it; whichever node is free works it.
type lookArgs struct{}

// Kind is River's name of the job.
func (lookArgs) Kind() string { return "run_due" }

// engine is a running River client.
type engine struct {
	stop    func(ctx context.Context) error
	stopped <-chan struct{}
	close   func()
}

// keepEngine starts the engine, starts it again when it ends by itself, and
// stops it at the end of ctx.
func (r *Runner) keepEngine(ctx context.Context) {
	for ctx.Err() == nil {
		if err := r.runEngine(ctx); err != nil && ctx.Err() == nil {
			r.Fault()
			r.Log.Error("the engine of background jobs does not run; deliveries go on, and it is started again", "error", err)
		}
		timer := time.NewTimer(engineAgain)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

func (r *Runner) runEngine(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p) //nolint:err113 // only logged
		}
	}()
	begin, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if err := r.Register(begin); err != nil {
		return err
	}
	e, err := r.startEngine(context.WithoutCancel(ctx)) // ended by e.stop alone
	if err != nil {
		return err
	}
	defer e.close()
	select {
	case <-e.stopped:
		return fmt.Errorf("it has stopped by itself") //nolint:err113,perfsprint // only logged
	case <-ctx.Done():
	}
	end, cancelEnd := context.WithTimeout(context.WithoutCancel(ctx), startLimit)
	defer cancelEnd()
	if err := e.stop(end); err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	return nil
}

// startEngine starts River on the database's engine: on Postgres with a pool of
// its own, on SQLite on the single writer, where it only polls.
func (r *Runner) startEngine(ctx context.Context) (*engine, error) {
	if r.DB.URL() == "" {
		return start(ctx, riversqlite.New(r.DB.Conn()), r.riverConfig(true), func() {})
	}
	pool, err := r.DB.JobPool(ctx)
	if err != nil {
		return nil, err
	}
	e, err := start(ctx, riverpgxv5.New(pool), r.riverConfig(false), pool.Close)
	if err != nil {
		pool.Close()
		return nil, err
	}
	return e, nil
}

func start[T any](ctx context.Context, driver riverdriver.Driver[T], c *river.Config, done func()) (*engine, error) {
	client, err := river.NewClient(driver, c)
	if err != nil {
		return nil, fmt.Errorf("make the job client: %w", err)
	}
	if err := client.Start(ctx); err != nil {
		return nil, fmt.Errorf("start the job client: %w", err)
	}
	return &engine{stop: client.StopAndCancel, stopped: client.Stopped(), close: done}, nil
}

func (r *Runner) riverConfig(pollOnly bool) *river.Config {
	w := river.NewWorkers()
	river.AddWorker(w, river.WorkFunc(func(ctx context.Context, _ *river.Job[lookArgs]) error { return r.RunDue(ctx) }))
	return &river.Config{
		Logger:   slog.New(quiet{r.Log.Handler(), r.Fault}),
		Workers:  w,
		Queues:   map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}},
		PollOnly: pollOnly,
		// Inserts of this node wake its worker at once; polling finds those of others.
		FetchPollInterval: r.Tick / 2,
		PeriodicJobs: []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(r.Tick),
			func() (river.JobArgs, *river.InsertOpts) { return lookArgs{}, &river.InsertOpts{MaxAttempts: 1} },
			&river.PeriodicJobOpts{RunOnStart: true})},
		JobTimeout:                  -1, // each task has a limit of its own
		RescueStuckJobsAfter:        time.Hour,
		CompletedJobRetentionPeriod: 10 * time.Minute, // the outcomes are in our rows
		CancelledJobRetentionPeriod: 10 * time.Minute,
		DiscardedJobRetentionPeriod: time.Hour,
		ErrorHandler:                faults{r},
	}
}

// faults is told of looks that failed as a whole: the database was away, most
// likely. The next tick looks again.
type faults struct{ r *Runner }

// HandleError is river.ErrorHandler's.
func (f faults) HandleError(ctx context.Context, _ *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	if ctx.Err() == nil {
		f.r.Fault()
		f.r.Log.Warn("looking for background work failed", "error", err)
	}
	return nil
}

// HandlePanic is river.ErrorHandler's.
func (f faults) HandlePanic(_ context.Context, _ *rivertype.JobRow, value any, trace string) *river.ErrorHandlerResult {
	f.r.Fault()
	f.r.Log.Error("panic in the engine of background jobs", "panic", value, "stack", trace)
	return nil
}
