package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"

	"patchboard/internal/api"
	"patchboard/internal/metrics"
	"patchboard/internal/ui"
)

var errLease = errors.New("its lease has run out")

// listen takes the addresses early: one that is taken is told before anything
// has run. Connections wait until serve.
func (a *App) listen(ctx context.Context) error {
	var err error
	if a.listener, err = a.open(ctx, "listen", a.config.Listen); err != nil {
		return err
	}
	a.origin = a.config.Origin(a.listener.Addr())
	if a.config.MetricsListen == "" {
		return nil
	}
	a.metricsListener, err = a.open(ctx, "metrics-listen", a.config.MetricsListen)
	return err
}

func (a *App) open(ctx context.Context, setting, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("--%s %s cannot be used: %w; stop what uses it, or choose another, as --%s localhost:8481", setting, address, err, setting)
	}
	a.onStop("listener", func(context.Context) error {
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) { // its server has closed it
			return fmt.Errorf("close the listener: %w", err)
		}
		return nil
	})
	return l, nil
}

// serve begins to answer.
func (a *App) serve(context.Context) error {
	a.health = metrics.NewHealth(a.log,
		metrics.Check{Reason: "the database does not answer", Run: a.DB.Ping},
		metrics.Check{Reason: "this node's lease has run out", Run: a.leased},
	)
	a.metrics.Stored(a.Delivery, a.log)
	a.metrics.Gauge("live_streams", "Open live streams of this node.", func() float64 { return float64(a.Live.Streams()) })
	a.metrics.Gauge("database_notifications_current", "1 while notifications of other nodes arrive.", func() float64 {
		if a.DB.Current() {
			return 1
		}
		return 0
	})
	deps, err := a.deps()
	if err != nil {
		return err
	}
	handler, err := api.New(deps)
	if err != nil {
		return err
	}
	if a.metricsListener != nil { // stops after the other, which may wait for requests
		a.start("metrics server", a.metricsListener, metrics.Pages(a.metrics, a.health), func() {})
	}
	a.start("server", a.listener, handler, func() {
		a.health.Stopping()
		a.Delivery.Finish() // new work, which does not wait for requests to end
		a.Live.Close()      // streams would keep the server waiting
	})
	a.health.Started()
	return nil
}

// start serves a listener until the stop, which first calls last.
func (a *App) start(what string, l net.Listener, h http.Handler, last func()) {
	server := api.NewServer(h, a.log)
	go func() { // ends with Shutdown, or tells Run
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			a.failed <- err
		}
	}()
	a.onStopWork(what, func(ctx context.Context) error {
		last()
		if err := server.Shutdown(ctx); err != nil {
			a.log.Warn("requests were cut off", "server", what, "error", err)
			return server.Close()
		}
		return nil
	})
}

func (a *App) deps() (api.Deps, error) {
	console, err := ui.Handler()
	if err != nil {
		return api.Deps{}, err
	}
	d := api.Deps{
		Account: a.Account, APIKey: a.APIKey, Audit: a.Audit, Webhook: a.Webhook, Event: a.Event, Delivery: a.Delivery, Record: a.Record, Integration: a.Integration, Tracking: a.Tracking, Alert: a.Alert,
		Live: a.Live, DB: a.DB,
		Log: a.log, Clock: a.clock, Version: a.config.Version, TrustedProxies: a.config.TrustedProxy,
		DataDir: a.config.DataDir, CountsChecked: a.countsChecked,
		Observe: a.metrics.Request,
		Mount: map[string]http.Handler{
			"GET /healthz": http.HandlerFunc(a.health.Alive),
			"GET /readyz":  http.HandlerFunc(a.health.Ready),
			"/":            console,
		},
	}
	if u, err := url.Parse(a.config.PublicURL); err == nil && u.Host != "" {
		d.PublicURL = u
	}
	if token := a.config.MetricsToken; !token.IsZero() {
		d.Mount["GET /metrics"] = a.metrics.Guarded(token.Reveal())
	}
	maps.Copy(d.Mount, a.config.Mount)
	return d, nil
}

func (a *App) leased(context.Context) error {
	if !a.Node.Leased() {
		return errLease
	}
	return nil
}

// offerSetup prints the one-time address while there is no organization. It
// goes to the operator's terminal and never to the log.
func (a *App) offerSetup(ctx context.Context) error {
	if a.config.Out == nil {
		return nil
	}
	// The server is ready by now: a stop at this moment is a stop, not a start that failed.
	token, needed, err := a.Account.SetupToken(context.WithoutCancel(ctx))
	if err != nil || !needed {
		return err
	}
	_, err = fmt.Fprintf(a.config.Out, setupText, a.origin, token)
	if err != nil {
		a.log.Warn("the set-up address could not be printed", slog.Any("error", err))
	}
	return nil
}

const setupText = `
Patchboard has no organization yet. Set it up at this address, which works once and for 24 hours:

    %s/setup#token=%s

Without a browser: patchboard admin create-org

`
