// Package job runs the periodic background work: retention, checks, upkeep. It
// owns when work is due (rows of table periodic_runs), who runs it (the node
// whose claim succeeds) and the job engine, River, that wakes it. What the work
// does is the nouns' own. Nothing here is on the way of an event: a fault of
// the engine is logged and counted, and the server goes on.
package job

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"patchboard/internal/db"
)

// Task is one piece of periodic work. It must be able to go on where it was
// cut off: its time is limited, and the program may stop at any moment.
type Task struct {
	Name  string
	Every time.Duration
	Limit time.Duration // of one run; 0 is usualLimit
	Run   func(ctx context.Context) error
}

const (
	usualLimit = 10 * time.Minute
	grace      = time.Minute // after its limit, a run that has not ended is taken for dead
	endLimit   = 5 * time.Second
)

func (t Task) limit() time.Duration {
	if t.Limit == 0 {
		return usualLimit
	}
	return t.Limit
}

// Config is what a Runner is built from.
type Config struct {
	DB   *db.DB
	Node func() string // this node's name
	Log  *slog.Logger
	// Tick is how often the engine looks for work that is due; 0 is usualTick.
	Tick time.Duration
	// Ran is told of every run that was not cut off by Stop, Fault of every fault
	// of the engine itself.
	Ran   func(name string, err error, took time.Duration)
	Fault func()
}

// Runner runs tasks when they are due. Start begins, Stop ends it.
type Runner struct {
	Config

	tasks map[string]Task

	stop    context.CancelFunc
	running sync.WaitGroup
}

// New makes a runner of tasks.
func New(c Config, tasks ...Task) *Runner {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Ran == nil {
		c.Ran = func(string, error, time.Duration) {}
	}
	if c.Fault == nil {
		c.Fault = func() {}
	}
	if c.Tick == 0 {
		c.Tick = usualTick
	}
	r := &Runner{Config: c, tasks: make(map[string]Task, len(tasks))}
	for _, t := range tasks {
		r.tasks[t.Name] = t
	}
	return r
}

// Start begins to run what is due, in the background. It does not wait for the
// engine: the server is ready without it.
func (r *Runner) Start(ctx context.Context) {
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	r.stop = stop
	r.running.Go(func() { r.keepEngine(run) })
}

// Stop cuts off what runs and waits for its end, at most until ctx ends.
func (r *Runner) Stop(ctx context.Context) error {
	r.stop()
	done := make(chan struct{})
	go func() {
		r.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// RunDue runs, one after the other, everything that is due and that no other
// node has taken, until nothing is left or ctx ends.
func (r *Runner) RunDue(ctx context.Context) error {
	for ctx.Err() == nil {
		c, err := r.claim(ctx)
		if err != nil {
			return err
		}
		if c == nil {
			return nil
		}
		r.run(ctx, c)
	}
	return ctx.Err()
}

// run runs a claimed task and gives the claim back. A task's error is its own:
// it is logged, kept in its row, and the task is due again at its time.
func (r *Runner) run(ctx context.Context, c *claim) {
	limited, cancel := context.WithTimeout(ctx, c.task.limit())
	defer cancel()
	began := time.Now()
	err := call(limited, c.task)
	took := time.Since(began)
	if err != nil && ctx.Err() != nil {
		err = errCutOff
	}
	if !errors.Is(err, errCutOff) {
		r.Ran(c.task.Name, err, took)
	}
	switch {
	case errors.Is(err, errCutOff):
		r.Log.Info("background work was cut off", "job", c.task.Name, "took", took)
	case err != nil:
		r.Log.Error("background work failed", "job", c.task.Name, "took", took, "error", err)
	default:
		r.Log.Debug("background work done", "job", c.task.Name, "took", took)
	}
	end, cancelEnd := context.WithTimeout(context.WithoutCancel(ctx), endLimit)
	defer cancelEnd()
	if err := r.release(end, c, err); err != nil {
		r.Log.Error("background work could not be marked as ended", "job", c.task.Name, "error", err)
	}
}
