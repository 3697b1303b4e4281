package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"patchboard/internal/app"
	"patchboard/internal/config"
	"patchboard/internal/fault"
	"patchboard/internal/sandbox"
)

// demoCommand is "patchboard demo". It takes nothing from the environment or a
// settings file: those are a real installation's.
type demoCommand struct {
	DataDir string `default:".demo" help:"Folder of the demo's data, kept across restarts. Made if missing." name:"data-dir" placeholder:"DIR"`
	Listen  string `default:"localhost:8480" help:"Address that the server listens on; if its port is taken, the next free one. Port 0 takes any." placeholder:"HOST:PORT"`
	Fresh   bool   `help:"Delete everything in the demo's folder, and start anew."`
}

// Run starts the demo, prints what there is to try, and serves until the first
// signal.
func (c *demoCommand) Run(ctx context.Context, k console) error {
	d, err := startDemo(ctx, *c, k.err)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(k.out, d.welcome()); err != nil {
		d.log.Warn("the welcome could not be printed", "error", err)
	}
	if err := d.wait(ctx); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(k.out, "\nStopped. The data stay in %s.\n", c.DataDir); err != nil {
		return fmt.Errorf("say that it has stopped: %w", err)
	}
	return nil
}

// demo is the running demo: the server that "serve" starts, and the sandbox.
type demo struct {
	server   *app.App
	dir      string
	page     string // the inbox's address
	sandbox  *sandbox.Sandbox
	log      *slog.Logger
	logFile  *os.File
	accounts []demoAccount
	apiKey   string
	webhook  demoWebhook
}

// demoStopLimit is for answers of the sandbox; by then its only guests are
// browsers.
const demoStopLimit = time.Second

// startDemo opens the folder, starts sandbox and server, and sees to it that
// there is something to try. On an error everything is stopped again.
func startDemo(ctx context.Context, c demoCommand, terminal io.Writer) (*demo, error) {
	if c.DataDir == "" { // or --fresh would look at the working directory
		return nil, fault.New(fault.Invalid, "configuration", "--data-dir: is empty", "Leave it out to use the default, or name a folder. Example: .demo.")
	}
	settings := config.Default()
	settings.DataDir, settings.Listen = c.DataDir, c.Listen
	if err := settings.Validate(); err != nil {
		return nil, err
	}
	folder, err := openDemoFolder(c.DataDir, c.Fresh)
	if err != nil {
		return nil, err
	}
	d := &demo{dir: c.DataDir}
	if err := d.openLog(terminal); err != nil {
		return nil, err
	}
	if err := d.start(ctx, settings, folder); err != nil {
		return nil, errors.Join(err, d.close(context.WithoutCancel(ctx)))
	}
	return d, nil
}

// openLog keeps the terminal for the welcome: it gets errors alone, and the
// whole log is a file.
func (d *demo) openLog(terminal io.Writer) error {
	f, err := os.OpenFile(filepath.Join(d.dir, "demo.log"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("open the demo's log: %w", err)
	}
	d.logFile = f
	d.log = slog.New(slog.NewMultiHandler(
		slog.NewTextHandler(f, nil),
		slog.NewTextHandler(terminal, &slog.HandlerOptions{Level: slog.LevelError}),
	))
	return nil
}

func (d *demo) start(ctx context.Context, settings config.Serve, folder *demoFolder) error {
	port, err := freePort(ctx, settings.Listen)
	if err != nil {
		return err
	}
	host, _, err := net.SplitHostPort(settings.Listen)
	if err != nil {
		return fmt.Errorf("read --listen: %w", err)
	}
	settings.Listen = net.JoinHostPort(host, strconv.Itoa(port))
	page, err := listenForPage(ctx, host, port)
	if err != nil {
		return err
	}
	there := config.Network{Listen: net.JoinHostPort(host, "0")}
	d.page = there.Origin(page.Addr())
	if d.sandbox, err = sandbox.Start(ctx, sandbox.Config{Dir: d.dir, Page: page, Clock: time.Now, Log: d.log}); err != nil {
		return err
	}
	settings.TrustedCA = []string{d.sandbox.Authority().File()}
	d.emulate(&settings)
	d.server, err = app.New(ctx, app.Config{Serve: settings, Version: version(), Logger: d.log, Resolve: d.sandbox.Addresses(), Lost: d.sandbox.Lost, CheckEvery: demoCheckEvery, Unpaced: true})
	if err != nil {
		return err
	}
	return d.seed(ctx, folder)
}

// wait serves until ctx ends or the server fails, and stops everything.
func (d *demo) wait(ctx context.Context) error {
	// A receiver that hangs would have the server wait for its time-out.
	cancel := context.AfterFunc(ctx, d.sandbox.Calm)
	defer cancel()
	return errors.Join(d.server.Run(ctx), d.close(context.WithoutCancel(ctx)))
}

// close stops what was started, the server before the receiver of its requests.
func (d *demo) close(ctx context.Context) error {
	var errs []error
	if d.server != nil {
		errs = append(errs, d.server.Close(ctx))
	}
	if d.sandbox != nil {
		ctx, cancel := context.WithTimeout(ctx, demoStopLimit)
		defer cancel()
		errs = append(errs, d.sandbox.Close(ctx))
	}
	return errors.Join(append(errs, d.logFile.Close())...)
}

// portsTried is how far a free port is looked for.
const portsTried = 50

// freePort gives the port of an address if it is free, or the next free one.
func freePort(ctx context.Context, address string) (int, error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return 0, fmt.Errorf("read --listen: %w", err)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("read --listen: %w", err)
	}
	for n := 0; port > 0; n++ {
		err := portTaken(ctx, host, port+n)
		if err == nil {
			return port + n, nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) || n == portsTried || port+n == 65535 {
			return 0, fmt.Errorf("listen on %s: %w", net.JoinHostPort(host, strconv.Itoa(port+n)), err)
		}
	}
	return 0, nil
}

// portTaken tries a port. A browser that is told "localhost" tries the IPv6
// address as well, so another program's page there would be in the way.
func portTaken(ctx context.Context, host string, port int) error {
	hosts := []string{host}
	if host == "localhost" {
		hosts = append(hosts, "::1")
	}
	for i, h := range hosts {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(h, strconv.Itoa(port)))
		if err != nil {
			if i > 0 && !errors.Is(err, syscall.EADDRINUSE) {
				continue // no IPv6 on this machine
			}
			return err //nolint:wrapcheck // freePort says which address
		}
		if err := l.Close(); err != nil {
			return err //nolint:wrapcheck // freePort says which address
		}
	}
	return nil
}

// listenForPage opens the inbox's address: the port after the server's, or the
// next free one.
func listenForPage(ctx context.Context, host string, after int) (net.Listener, error) {
	port := 0
	if after > 0 && after < 65535 {
		var err error
		if port, err = freePort(ctx, net.JoinHostPort(host, strconv.Itoa(after+1))); err != nil {
			return nil, err
		}
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return nil, fmt.Errorf("open the inbox's page: %w", err)
	}
	return l, nil
}
