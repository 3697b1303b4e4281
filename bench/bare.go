package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"patchboard/internal/signature"
)

// bareJob is what the bare loop does: signed requests of 64 workers, one after
// another, answers read, no product. It is the yardstick of sending: what is
// left over it is what bookkeeping costs.
type bareJob struct {
	URL  string        `json:"url"`
	Warm time.Duration `json:"warm"`
	For  time.Duration `json:"for"`
}

type bareReport struct {
	PerSecond float64       `json:"perSecond"`
	Requests  int64         `json:"requests"`
	Processor time.Duration `json:"processor"` // what all of them took
}

const bareWorkers = 64

func runBare(ctx context.Context, text []byte) error {
	var job bareJob
	if err := json.Unmarshal(text, &job); err != nil {
		return fmt.Errorf("read the job: %w", err)
	}
	s := newSender(bareWorkers)
	ctx, stop := context.WithCancel(ctx)
	var sent atomic.Int64
	var workers sync.WaitGroup
	failed := make(chan error, bareWorkers)
	for w := range bareWorkers {
		workers.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				now := time.Now()
				body := appendDelivery(make([]byte, 0, 768), "bench.contact0", now)
				if err := s.send(ctx, job.URL, "evt_"+strconv.Itoa(w)+"_"+strconv.Itoa(n), now, body); err != nil {
					if ctx.Err() == nil {
						failed <- err
					}
					return
				}
				sent.Add(1)
			}
		})
	}
	err := pause(ctx, job.Warm)
	from, start := sent.Load(), time.Now()
	if err == nil {
		err = pause(ctx, job.For)
	}
	rate := float64(sent.Load()-from) / time.Since(start).Seconds()
	stop()
	workers.Wait()
	select {
	case err = <-failed:
	default:
	}
	if err != nil {
		return fmt.Errorf("bare loop: %w", err)
	}
	took, err := processorTime(os.Getpid())
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(bareReport{rate, sent.Load(), took}) //nolint:wrapcheck // the pipe is gone: who reads this knows
}

// sender sends signed requests by net/http alone, and reads the answers.
type sender struct {
	http    *http.Client
	secrets []signature.Secret
}

func newSender(conns int) *sender {
	return &sender{
		http:    &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{MaxIdleConns: conns, MaxIdleConnsPerHost: conns, DisableCompression: true}},
		secrets: []signature.Secret{signature.NewSecret()},
	}
}

func (s *sender) send(ctx context.Context, url, id string, at time.Time, body []byte) error {
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("make a request: %w", err)
	}
	q.Header["Content-Type"] = []string{"application/json"}
	q.Header[signature.HeaderID] = []string{id}
	q.Header[signature.HeaderTimestamp] = []string{strconv.FormatInt(at.Unix(), 10)}
	q.Header[signature.HeaderSignature] = []string{string(signature.Sign(nil, s.secrets, id, at, body))}
	a, err := s.http.Do(q)
	if err != nil {
		return fmt.Errorf("send: %w", err)
	}
	defer func() { _ = a.Body.Close() }()
	if _, err := io.Copy(io.Discard, a.Body); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if a.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %s", a.Status)
	}
	return nil
}

// pause lets a measured time pass.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
