package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"patchboard/internal/signature"
)

// The sink is the receiver of all webhooks, a process of its own. The first word
// of a path is the group that a request is counted in: /ok/3 is of group ok.
//
//	GET  /control/count?group=G     how many were answered
//	GET  /control/report?group=G    count, first and last arrival, latencies
//	POST /control/reset?group=G     from nothing
//	POST /control/sample?group=G    latencies of what is sent from now on alone; answers since when
//	POST /control/hold?group=G      answer nothing from now on
//	POST /control/release?group=G   answer again, those that wait too
//	POST /control/refuse            close the listeners of the dead endpoints
//
// Beside its own address it listens on one port of deadHosts more loopback
// addresses, which can be closed, so that thousands of endpoints can die at once.
type sink struct {
	groups sync.Map // by name: *group
	dead   []net.Listener
}

const (
	deadHosts    = 100
	largestBody  = 16 << 10
	samplesMost  = 4 << 20
	controlPaths = "control"
)

// group is what one set of endpoints has received.
type group struct {
	answered, unsigned atomic.Int64

	mu          sync.Mutex
	first, last time.Time
	latencies   []int64       // nanoseconds from "ts" in the body to the arrival
	since       int64         // of those whose "ts" is not before
	held        chan struct{} // closed by release; nil while answering
}

// sinkReport is a group's state as JSON.
type sinkReport struct {
	Answered int64     `json:"answered"`
	Unsigned int64     `json:"unsigned"` // came without a signature
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
	Samples  int       `json:"samples"`
	P50      float64   `json:"p50"` // milliseconds
	P99      float64   `json:"p99"`
}

// sinkPlace is where a sink can be reached; it prints it when it is ready.
type sinkPlace struct {
	Address  string `json:"address"`  // 127.0.0.1:port
	DeadPort int    `json:"deadPort"` // on 127.1.0.1 to 127.1.0.100
}

func runSink(ctx context.Context, _ []byte) error {
	s := &sink{}
	own, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	port, err := s.listenDead(ctx)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	for _, l := range s.dead {
		go func() { _ = server.Serve(l) }() // ends with its listener
	}
	if err := json.NewEncoder(os.Stdout).Encode(sinkPlace{own.Addr().String(), port}); err != nil {
		return fmt.Errorf("say where it listens: %w", err)
	}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.Serve(own); ctx.Err() == nil {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// listenDead takes one port on all addresses of the dead.
func (s *sink) listenDead(ctx context.Context) (port int, err error) {
	for i := range deadHosts {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(deadHost(i), strconv.Itoa(port)))
		if err != nil {
			return 0, fmt.Errorf("listen for the dead: %w", err)
		}
		s.dead = append(s.dead, l)
		if a, ok := l.Addr().(*net.TCPAddr); ok {
			port = a.Port
		}
	}
	return port, nil
}

func deadHost(i int) string { return fmt.Sprintf("127.1.0.%d", 1+i%deadHosts) }

func (s *sink) group(name string) *group {
	if g, ok := s.groups.Load(name); ok {
		return g.(*group) //nolint:forcetypeassert // the map holds nothing else
	}
	g, _ := s.groups.LoadOrStore(name, &group{})
	return g.(*group) //nolint:forcetypeassert // as above
}

// ServeHTTP receives webhooks and takes orders.
func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if name == controlPaths {
		s.control(w, r, rest)
		return
	}
	g := s.group(name)
	held, err := g.receive(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if held != nil {
		select {
		case <-held:
		case <-r.Context().Done():
			return
		}
	}
	g.answered.Add(1)
	w.WriteHeader(http.StatusOK)
}

var bodies = sync.Pool{New: func() any { return new([largestBody]byte) }}

// receive reads a request and notes its arrival.
func (g *group) receive(r *http.Request) (held chan struct{}, err error) {
	b := bodies.Get().(*[largestBody]byte) //nolint:forcetypeassert // the pool holds nothing else
	defer bodies.Put(b)
	n, err := io.ReadFull(r.Body, b[:])
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, fmt.Errorf("read the body: %w", err)
	}
	now := time.Now()
	if len(r.Header[signature.HeaderSignature]) == 0 {
		g.unsigned.Add(1)
	}
	sent := sentAt(b[:n])
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.first.IsZero() {
		g.first = now
	}
	g.last = now
	if sent > g.since && len(g.latencies) < samplesMost {
		g.latencies = append(g.latencies, now.UnixNano()-sent)
	}
	return g.held, nil
}

func (s *sink) control(w http.ResponseWriter, r *http.Request, order string) {
	g := s.group(r.FormValue("group"))
	switch order {
	case "count":
		_, _ = io.WriteString(w, strconv.FormatInt(g.answered.Load(), 10)) // who asked has gone: nobody to tell
	case "report":
		if err := json.NewEncoder(w).Encode(g.report()); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	case "reset":
		g.reset()
	case "sample":
		_, _ = io.WriteString(w, strconv.FormatInt(g.sample(), 10)) // as for count
	case "hold":
		g.hold(true)
	case "release":
		g.hold(false)
	case "refuse":
		for _, l := range s.dead {
			_ = l.Close() // closed twice is closed
		}
	default:
		http.NotFound(w, r)
	}
}

func (g *group) report() sinkReport {
	g.mu.Lock()
	defer g.mu.Unlock()
	sorted := slices.Sorted(slices.Values(g.latencies))
	return sinkReport{
		Answered: g.answered.Load(), Unsigned: g.unsigned.Load(), First: g.first, Last: g.last,
		Samples: len(sorted), P50: quantile(sorted, 0.5), P99: quantile(sorted, 0.99),
	}
}

func (g *group) reset() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.answered.Store(0)
	g.unsigned.Store(0)
	g.first, g.last, g.latencies, g.since = time.Time{}, time.Time{}, nil, 0
}

func (g *group) sample() (since int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.latencies, g.since = nil, time.Now().UnixNano()
	return g.since
}

func (g *group) hold(on bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case on && g.held == nil:
		g.held = make(chan struct{})
	case !on && g.held != nil:
		close(g.held)
		g.held = nil
	}
}

// quantile of sorted nanoseconds, in milliseconds.
func quantile(sorted []int64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return float64(sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]) / 1e6
}
