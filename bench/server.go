package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	startLimit = time.Minute
	stopLimit  = time.Minute
)

// server is a running patchboard serve.
type server struct {
	*child

	address string        // 127.0.0.1:port
	ready   time.Duration // from its start to the first good answer of /readyz
}

// build compiles the program that is measured, as "make build" does.
func build(ctx context.Context, to string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", to, "./cmd/patchboard") //nolint:gosec // a path of the bench's own
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build patchboard: %w\n%s", err, out)
	}
	return nil
}

// serve starts a server on a place and waits until it is ready.
func (b *bench) serve(ctx context.Context, p *place) (*server, error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(logFile(p), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the server's log: %w", err)
	}
	defer func() { _ = log.Close() }() // the server has its own
	flags := append([]string{"serve", "--listen", address, "--allow-http", "--allow-network", "127.0.0.0/8", "--log-level", "warn"}, p.flags()...)
	cmd := exec.CommandContext(ctx, b.binary, flags...) //nolint:gosec // the program that was just built
	cmd.Env, cmd.Stdout, cmd.Stderr = environment(), log, log
	began := time.Now()
	c, err := start("patchboard serve", cmd, nil)
	if err != nil {
		return nil, err
	}
	s := &server{child: c, address: address}
	if err := s.await(ctx); err != nil {
		c.kill()
		return nil, fmt.Errorf("%w\n%s", err, tail(logFile(p)))
	}
	s.ready = time.Since(began)
	return s, nil
}

// await polls /readyz.
func (s *server) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	h := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	err := poll(ctx, time.Millisecond, func() (bool, error) {
		select {
		case <-s.done:
			return false, fmt.Errorf("the server ended: %w", s.err)
		default:
		}
		q, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url()+"/readyz", http.NoBody)
		if err != nil {
			return false, fmt.Errorf("ask whether it is ready: %w", err)
		}
		a, err := h.Do(q)
		if err != nil {
			return false, nil // not listening yet
		}
		defer func() { _ = a.Body.Close() }()
		return a.StatusCode == http.StatusOK, nil
	})
	if err != nil {
		return fmt.Errorf("start patchboard: %w", err)
	}
	return nil
}

func (s *server) url() string { return "http://" + s.address }

// stop ends the server in order; meanwhile is called once it takes no more
// connections, and can let requests that are on their way end.
func (s *server) stop(ctx context.Context, meanwhile func() error) error {
	ended := make(chan error, 1)
	go func() { ended <- s.end(stopLimit) }()
	err := poll(ctx, 2*time.Millisecond, func() (bool, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.address)
		if err == nil {
			_ = c.Close()
		}
		return err != nil, nil
	})
	if err == nil && meanwhile != nil {
		err = meanwhile()
	}
	return errors.Join(err, <-ended)
}

// resident gives the server's memory in megabytes.
func (s *server) resident() (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("read the server's memory: %w", err)
	}
	return residentIn(text)
}

func residentIn(status []byte) (float64, error) {
	_, rest, found := bytes.Cut(status, []byte("VmRSS:"))
	fields := strings.Fields(string(rest))
	if !found || len(fields) < 2 {
		return 0, errors.New("read the server's memory: /proc does not say")
	}
	kib, err := strconv.ParseFloat(fields[0], 64)
	if err != nil {
		return 0, fmt.Errorf("read the server's memory: %w", err)
	}
	return kib * 1024 / 1e6, nil
}

// processorTime gives how long a process has used a processor so far.
func processorTime(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("read a process's time: %w", err)
	}
	return processorTimeIn(text)
}

// ticks is how many a second /proc counts in, on every Linux.
const ticks = 100

// processorTimeIn reads user and system time, the 14th and 15th field; the
// second is the program's name in brackets, which can hold anything.
func processorTimeIn(stat []byte) (time.Duration, error) {
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 13 {
		return 0, errors.New("read a process's time: /proc does not say")
	}
	var sum time.Duration
	for _, text := range fields[11:13] {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read a process's time: %w", err)
		}
		sum += time.Duration(n) * time.Second / ticks
	}
	return sum, nil
}

// eachOf gives a processor time in microseconds for each of n.
func eachOf(n int64, took time.Duration) float64 { return took.Seconds() * 1e6 / float64(n) }

// createOrganization makes the organization of the measurements by the command
// line, as an operator does, and gives its API key.
func (b *bench) createOrganization(ctx context.Context, p *place) (string, error) {
	file := filepath.Join(p.dir, "password.txt")
	if err := os.WriteFile(file, []byte(adminPassword), 0o600); err != nil {
		return "", fmt.Errorf("write the password: %w", err)
	}
	flags := append([]string{"admin", "create-org", "--name", "Bench", "--email", adminEmail, "--password-file", file}, p.flags()...)
	cmd := exec.CommandContext(ctx, b.binary, flags...) //nolint:gosec // the program that was just built
	var said bytes.Buffer
	cmd.Env, cmd.Stderr = environment(), &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("admin create-org: %w: %s", err, said.Bytes())
	}
	var made struct {
		APIKey string `json:"apiKey"`
	}
	if err := json.Unmarshal(out, &made); err != nil || made.APIKey == "" {
		return "", fmt.Errorf("admin create-org printed %q (%w)", out, errors.Join(err, errors.New("no key")))
	}
	return made.APIKey, nil
}

// environment is that of the bench without settings of Patchboard: a machine's
// own must not decide what is measured.
func environment() []string {
	var kept []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "PATCHBOARD_") {
			kept = append(kept, v)
		}
	}
	return kept
}

// freeAddress finds a free port of the loopback address.
func freeAddress(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String(), nil
}

func logFile(p *place) string { return filepath.Join(p.dir, "serve.log") }

// tail gives the end of a file, for an error.
func tail(file string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	const most = 4 << 10
	if info, err := f.Stat(); err == nil && info.Size() > most {
		_, _ = f.Seek(-most, io.SeekEnd) // from its start, if it fails
	}
	text, _ := io.ReadAll(io.LimitReader(f, most)) // what can be read helps
	return string(text)
}
