// Package app is the composition root: it builds every part by hand, starts
// them in order and stops them in the reverse order. Tests and the demo start
// the very program that users start. It holds no rule of the product.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"patchboard/internal/config"
	"patchboard/internal/delivery"
	"patchboard/internal/id"
	"patchboard/internal/metrics"
)

// Config is what an App is built from: the operator's settings, and what is
// only given in code.
type Config struct {
	config.Serve // validated

	Version string
	Logger  *slog.Logger // nil: as the settings say, to standard error
	Out     io.Writer    // where the set-up address is printed; nil: nowhere

	// The rest is for the demo and for tests.
	Clock    id.Clock                // nil: time.Now
	Resolve  map[string]string       // host name -> address:port, see egress.Policy
	Lost     func(host string) bool  // host names without an address, see egress.Policy
	Mount    map[string]http.Handler // pages beside the API, see api.Deps
	Schedule delivery.Schedule       // zero: the usual one
	JobTick  time.Duration           // 0: the usual one
	// CheckEvery is the time between two checks of a connection; 0: the usual one.
	CheckEvery time.Duration
	Unpaced    bool // see integration.Config
}

// App is a running server.
type App struct {
	Nouns

	config  Config
	log     *slog.Logger
	clock   id.Clock
	metrics *metrics.Metrics
	health  *metrics.Health
	origin  string
	// countsChecked is set by startJobs, for the System page.
	countsChecked func(context.Context) (at time.Time, verdict string, err error)

	listener        net.Listener
	metricsListener net.Listener // nil without --metrics-listen
	heap            []byte       // see reserveHeap
	failed          chan error   // what ended a server that should run
	stops           []stop       // in the order of start
	started         bool         // every step of New was taken
	closing         sync.Once
	closed          error
}

// New builds and starts the program; it serves when New returns. On an error
// everything that was started has been stopped.
func New(ctx context.Context, c Config) (*App, error) {
	a := &App{config: c, log: c.Logger, clock: c.Clock, heap: reserveHeap(), failed: make(chan error, 2)}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	if a.clock == nil {
		a.clock = time.Now
	}
	began := time.Now()
	a.metrics = metrics.New(c.Version)
	for _, step := range []func(context.Context) error{
		a.openStorage, a.openOutbound, a.listen, a.join, a.build, a.startNouns, a.startJobs, a.serve, a.offerSetup,
	} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, a.Close(context.WithoutCancel(ctx)))
		}
	}
	a.started = true
	a.log.Info("ready", "address", a.origin, "database", a.DB.Name(), "node", a.Node.ID(), "version", c.Version, "took", time.Since(began))
	return a, nil
}

// Addr gives the address that the API listens on.
func (a *App) Addr() net.Addr { return a.listener.Addr() }

// MetricsAddr gives the address of the metrics' own listener, nil without one.
func (a *App) MetricsAddr() net.Addr {
	if a.metricsListener == nil {
		return nil
	}
	return a.metricsListener.Addr()
}

// URL gives the address under which people reach the server, without a slash at
// its end.
func (a *App) URL() string { return a.origin }

// Run waits until ctx ends, or the server fails, and closes the App.
func (a *App) Run(ctx context.Context) error {
	var err error
	select {
	case <-ctx.Done():
		a.log.Info("stopping")
	case err = <-a.failed:
		err = fmt.Errorf("serve: %w", err)
	}
	return errors.Join(err, a.Close(context.WithoutCancel(ctx)))
}
