package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// loadJob is what a generator of events does, a process of its own.
type loadJob struct {
	URL   string   `json:"url"` // of the ingest route
	Key   string   `json:"key"`
	Types []string `json:"types"` // taken in turn
	Conns int      `json:"conns"`
	Batch int      `json:"batch"` // events a request; 0 or 1: a request an event

	// How fast: Rate events a second, or, when it is 0, each connection sends
	// again when it is answered (a closed loop).
	Rate int `json:"rate"`
	// How long: until Total events are accepted, or, when it is 0, a window of
	// For after Warm.
	Total int64         `json:"total"`
	Warm  time.Duration `json:"warm"`
	For   time.Duration `json:"for"`

	// Where the events arrive: a group of a sink. A closed loop pauses while more
	// than Backlog of them are on their way, so that it finds the rate that lasts.
	Sink    sinkPlace `json:"sink"`
	Group   string    `json:"group"`
	Backlog int64     `json:"backlog"`
}

// loadReport is what came of it, in the window.
type loadReport struct {
	Accepted  int64   `json:"accepted"`  // in all, the time before the window too
	PerSecond float64 `json:"perSecond"` // accepted
	Delivered float64 `json:"delivered"` // a second
	AckP50    float64 `json:"ackP50"`    // from sending to the answer, milliseconds
	AckP99    float64 `json:"ackP99"`
	P50       float64 `json:"p50"` // from sending to the arrival, milliseconds
	P99       float64 `json:"p99"`
	Samples   int     `json:"samples"`
	Missing   int64   `json:"missing"` // accepted and not arrived within stragglers
}

// stragglers bounds the wait for the last arrivals after the window.
const stragglers = 20 * time.Second

// load is a running generator.
type load struct {
	job  loadJob
	http *http.Client
	sink *sinkClient
	base int64 // arrivals before it began

	turn     atomic.Int64
	accepted atomic.Int64
	started  atomic.Int64 // events that requests were begun for
	since    atomic.Int64 // when the window began, by the sink; events sent later are its samples
	sampled  atomic.Int64 // accepted of these
	gate     gate
	stop     context.CancelFunc
	failure  chan error // the first

	mu   sync.Mutex
	acks []int64
}

func runLoad(ctx context.Context, text []byte) error {
	l := &load{failure: make(chan error, 1)}
	if err := json.Unmarshal(text, &l.job); err != nil {
		return fmt.Errorf("read the job: %w", err)
	}
	l.job.Batch = max(l.job.Batch, 1)
	l.http = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConns: l.job.Conns, MaxIdleConnsPerHost: l.job.Conns, DisableCompression: true}}
	l.gate.open()
	if l.job.Group != "" {
		l.sink = newSinkClient(l.job.Sink)
		var err error
		if l.base, err = l.sink.count(ctx, l.job.Group); err != nil {
			return err
		}
	}
	r, err := l.run(ctx)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r) //nolint:wrapcheck // the pipe is gone: who reads this knows
}

func (l *load) run(ctx context.Context) (r loadReport, err error) {
	sending, stop := context.WithCancel(ctx)
	l.stop = stop
	var senders sync.WaitGroup
	switch {
	case l.job.Rate > 0:
		senders.Go(func() { l.paced(sending, &senders) })
	default:
		for range l.job.Conns {
			senders.Go(func() { l.closedLoop(sending) })
		}
		if l.sink != nil && l.job.Backlog > 0 {
			senders.Go(func() { l.watch(sending) })
		}
	}
	if l.job.Total > 0 {
		<-sending.Done()
	} else {
		r, err = l.window(sending)
	}
	stop()
	l.gate.open()
	senders.Wait()
	select {
	case err := <-l.failure:
		return r, err
	default:
	}
	if err != nil {
		return r, err
	}
	r.Accepted = l.accepted.Load()
	slices.Sort(l.acks)
	r.AckP50, r.AckP99 = quantile(l.acks, 0.5), quantile(l.acks, 0.99)
	if l.sink == nil || l.job.Total > 0 {
		return r, nil
	}
	return r, l.arrivals(ctx, &r)
}

// window measures rates.
func (l *load) window(ctx context.Context) (r loadReport, err error) {
	if err := pause(ctx, l.job.Warm); err != nil {
		return r, l.why(err)
	}
	var from, to int64
	if l.sink != nil {
		if from, err = l.sink.count(ctx, l.job.Group); err != nil {
			return r, l.why(err)
		}
		since, err := l.sink.sample(ctx, l.job.Group)
		if err != nil {
			return r, l.why(err)
		}
		l.since.Store(since)
	}
	a, start := l.accepted.Load(), time.Now()
	if err := pause(ctx, l.job.For); err != nil {
		return r, l.why(err)
	}
	r.PerSecond = float64(l.accepted.Load()-a) / time.Since(start).Seconds()
	if l.sink != nil {
		if to, err = l.sink.count(ctx, l.job.Group); err != nil {
			return r, l.why(err)
		}
		r.Delivered = float64(to-from) / time.Since(start).Seconds()
	}
	return r, nil
}

// why prefers the failure that ended the sending to its consequence.
func (l *load) why(err error) error {
	select {
	case first := <-l.failure:
		return first
	default:
		return err
	}
}

// arrivals waits for what was sent in the window. What does not come in time
// counts with the time that was waited: it is that late at least.
func (l *load) arrivals(ctx context.Context, r *loadReport) error {
	waiting, cancel := context.WithTimeout(ctx, stragglers)
	defer cancel()
	var s sinkReport
	want := int(l.sampled.Load())
	err := poll(waiting, 20*time.Millisecond, func() (bool, error) {
		var err error
		s, err = l.sink.report(ctx, l.job.Group)
		return s.Samples >= want, err
	})
	if err != nil && waiting.Err() == nil {
		return err
	}
	r.P50, r.P99, r.Samples, r.Missing = s.P50, s.P99, s.Samples, int64(max(want-s.Samples, 0))
	lost, late := float64(r.Missing)/float64(max(want, 1)), float64(stragglers.Milliseconds())
	if lost > 0.01 {
		r.P99 = late
	}
	if lost > 0.5 {
		r.P50 = late
	}
	return ctx.Err()
}

func (l *load) closedLoop(ctx context.Context) {
	var buf []byte
	for ctx.Err() == nil {
		l.gate.pass()
		n := int64(l.job.Batch)
		if total := l.job.Total; total > 0 {
			n = min(n, total-l.started.Add(n)+n)
			if n <= 0 {
				return
			}
		}
		buf = l.post(ctx, buf[:0], int(n))
		if l.job.Total > 0 && l.accepted.Load() >= l.job.Total {
			l.stop()
		}
	}
}

// paced starts requests at fixed times, whether or not earlier ones are answered.
func (l *load) paced(ctx context.Context, senders *sync.WaitGroup) {
	start := time.Now()
	for n := 0; ctx.Err() == nil; n++ {
		if pause(ctx, time.Until(start.Add(time.Duration(n)*time.Second/time.Duration(l.job.Rate)))) != nil {
			return
		}
		senders.Go(func() { l.post(ctx, nil, 1) })
	}
}

// post sends n events in a request and notes the answer.
func (l *load) post(ctx context.Context, buf []byte, n int) []byte {
	now := time.Now()
	address, want := l.job.URL, `{"id":"`
	if l.job.Batch > 1 {
		buf = appendBatch(buf, l.kind, n, now)
		address, want = address+"/batch", fmt.Sprintf(`{"accepted":%d,`, n)
	} else {
		buf = appendEvent(buf, l.kind(), now)
	}
	err := l.exchange(context.WithoutCancel(ctx), address, buf, want)
	if err != nil {
		select {
		case l.failure <- err:
		default:
		}
		l.stop()
		return buf
	}
	l.accepted.Add(int64(n))
	if since := l.since.Load(); since > 0 && now.UnixNano() > since {
		took := time.Since(now).Nanoseconds()
		l.sampled.Add(int64(n))
		l.mu.Lock()
		l.acks = append(l.acks, took)
		l.mu.Unlock()
	}
	return buf
}

func (l *load) kind() string { return l.job.Types[int(l.turn.Add(1))%len(l.job.Types)] }

// exchange sends a request that is not cut off when sending ends: what the
// server has accepted must be counted.
func (l *load) exchange(ctx context.Context, address string, body []byte, want string) error {
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("make a request: %w", err)
	}
	q.Header["Content-Type"] = []string{"application/json"}
	q.Header["Authorization"] = []string{"Bearer " + l.job.Key}
	a, err := l.http.Do(q)
	if err != nil {
		return fmt.Errorf("send events: %w", err)
	}
	defer func() { _ = a.Body.Close() }()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if a.StatusCode != http.StatusAccepted || !bytes.HasPrefix(text, []byte(want)) {
		return fmt.Errorf("events were answered with %s: %.500s", a.Status, text)
	}
	return nil
}

// watch closes the gate while the backlog is too long.
func (l *load) watch(ctx context.Context) {
	err := poll(ctx, 20*time.Millisecond, func() (bool, error) {
		n, err := l.sink.count(ctx, l.job.Group)
		if err != nil {
			return false, err
		}
		if l.accepted.Load()-(n-l.base) > l.job.Backlog {
			l.gate.shut()
		} else {
			l.gate.open()
		}
		return false, nil
	})
	if !errors.Is(err, context.Canceled) && ctx.Err() == nil {
		select {
		case l.failure <- err:
		default:
		}
		l.stop()
	}
	l.gate.open()
}

// gate holds senders back while it is shut.
type gate struct {
	mu     sync.Mutex
	opened chan struct{} // closed while the gate is open
	isOpen bool
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.opened == nil {
		g.opened = make(chan struct{})
	}
	if !g.isOpen {
		g.isOpen = true
		close(g.opened)
	}
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.isOpen {
		g.isOpen, g.opened = false, make(chan struct{})
	}
}

func (g *gate) pass() {
	g.mu.Lock()
	opened := g.opened
	g.mu.Unlock()
	<-opened
}
