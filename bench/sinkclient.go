package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// sinkClient gives orders to a sink.
type sinkClient struct {
	place sinkPlace
	http  *http.Client
}

func newSinkClient(p sinkPlace) *sinkClient {
	return &sinkClient{p, &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{}}}
}

// url is the address of an endpoint of a group.
func (c *sinkClient) url(group string, i int) string {
	return fmt.Sprintf("http://%s/%s/%d", c.place.Address, group, i)
}

// deadURL is the address of an endpoint that can be made to refuse connections.
func (c *sinkClient) deadURL(group string, i int) string {
	return fmt.Sprintf("http://%s/%s/%d", net.JoinHostPort(deadHost(i), strconv.Itoa(c.place.DeadPort)), group, i)
}

// count gives how many requests of a group were answered.
func (c *sinkClient) count(ctx context.Context, group string) (int64, error) {
	b, err := c.order(ctx, http.MethodGet, "count", group)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("count of the sink: %w", err)
	}
	return n, nil
}

// report gives a group's state; unsigned requests are an error.
func (c *sinkClient) report(ctx context.Context, group string) (sinkReport, error) {
	b, err := c.order(ctx, http.MethodGet, "report", group)
	if err != nil {
		return sinkReport{}, err
	}
	var r sinkReport
	if err := json.Unmarshal(b, &r); err != nil {
		return r, fmt.Errorf("report of the sink: %w", err)
	}
	if r.Unsigned > 0 {
		return r, fmt.Errorf("%d requests of group %s had no signature", r.Unsigned, group)
	}
	return r, nil
}

// sample has the latencies of a group begin anew, and gives the moment.
func (c *sinkClient) sample(ctx context.Context, group string) (int64, error) {
	b, err := c.order(ctx, http.MethodPost, "sample", group)
	if err != nil {
		return 0, err
	}
	since, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("sample of the sink: %w", err)
	}
	return since, nil
}

// tell has the sink do something with a group: reset, hold, release, refuse.
func (c *sinkClient) tell(ctx context.Context, order, group string) error {
	_, err := c.order(ctx, http.MethodPost, order, group)
	return err
}

// wait returns when so many requests of a group were answered.
func (c *sinkClient) wait(ctx context.Context, group string, n int64) error {
	var got int64
	err := poll(ctx, 5*time.Millisecond, func() (bool, error) {
		var err error
		got, err = c.count(ctx, group)
		return got >= n, err
	})
	if err != nil {
		return fmt.Errorf("%d of %d requests arrived: %w", got, n, err)
	}
	return nil
}

func (c *sinkClient) order(ctx context.Context, method, order, group string) ([]byte, error) {
	address := fmt.Sprintf("http://%s/%s/%s?group=%s", c.place.Address, controlPaths, order, url.QueryEscape(group))
	q, err := http.NewRequestWithContext(ctx, method, address, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("ask the sink: %w", err)
	}
	a, err := c.http.Do(q)
	if err != nil {
		return nil, fmt.Errorf("ask the sink: %w", err)
	}
	defer func() { _ = a.Body.Close() }()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		return nil, fmt.Errorf("ask the sink: %w", err)
	}
	if a.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the sink answered %s: %s", a.Status, b)
	}
	return b, nil
}

// poll asks again and again until the answer is yes, an error, or ctx ends.
func poll(ctx context.Context, every time.Duration, done func() (bool, error)) error {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
		}
	}
}
