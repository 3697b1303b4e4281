package hubspot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/health"
)

// client calls HubSpot's APIs.
type client struct {
	http *http.Client
	api  string
	now  time.Time
	zone *time.Location // of the account, for what begins anew at midnight; nil: not known
	// wait lets time pass; nil: neither a limit that is near nor one that was met is
	// waited for.
	wait func(ctx context.Context, d time.Duration) error
}

func newClient(s *connector.Session, by *http.Client) *client {
	return &client{http: by, api: s.API, now: s.Now}
}

// client gives one that does not wait: of a single call.
func (HubSpot) client(s *connector.Session) *client { return newClient(s, s.HTTP) }

// patient gives one that waits, for many calls.
func (h HubSpot) patient(s *connector.Session) *client {
	c := newClient(s, s.HTTP)
	if c.wait = h.wait; c.wait == nil {
		c.wait = connector.Wait
	}
	return c
}

func (c *client) get(ctx context.Context, path string, q url.Values, out any) error {
	address := c.api + path
	if len(q) > 0 {
		address += "?" + q.Encode()
	}
	return c.call(ctx, func() (*http.Request, error) { return http.NewRequestWithContext(ctx, http.MethodGet, address, nil) }, out)
}

func (c *client) post(ctx context.Context, path string, body, out any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("write a request: %w", err)
	}
	return c.call(ctx, func() (*http.Request, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.api+path, bytes.NewReader(text))
		if err == nil {
			r.Header.Set("Content-Type", "application/json")
		}
		return r, err //nolint:wrapcheck // call says what it was
	}, out)
}

// waitOnce is how long a limit is waited for within a run; for a longer one the run ends,
// and the next one goes on there.
const waitOnce = 10 * time.Second

// call makes a call, and once more if it was one too many of a few seconds. Nothing else
// that is refused is tried again here: of an application's answers few may be errors.
func (c *client) call(ctx context.Context, build func() (*http.Request, error), out any) error {
	for tries := 1; ; tries++ {
		r, err := build()
		if err != nil {
			return fmt.Errorf("make a request: %w", err)
		}
		err = c.send(r, out)
		f, ok := errors.AsType[*connector.Failure](err)
		if !ok || f.Class != health.RateLimited || c.wait == nil || tries > 1 || f.RetryAfter > waitOnce {
			return err
		}
		if err := c.wait(ctx, f.RetryAfter); err != nil {
			return fmt.Errorf("wait for HubSpot: %w", err)
		}
	}
}

// send sends a request and reads its answer.
func (c *client) send(r *http.Request, out any) error {
	answer, err := c.http.Do(r)
	if err != nil {
		return connector.FailureOf(fmt.Errorf("%s %s: %w", r.Method, r.URL.Path, err))
	}
	defer func() { _ = answer.Body.Close() }() // read to its end
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return connector.FailureOf(fmt.Errorf("read %s: %w", r.URL.Path, err))
	}
	if answer.StatusCode < http.StatusOK || answer.StatusCode >= http.StatusMultipleChoices {
		return c.failure(r, answer, body)
	}
	if out != nil {
		if err := json.Unmarshal(body, out); err != nil {
			return connector.FailureOf(fmt.Errorf("read %s: %w", r.URL.Path, err))
		}
	}
	return c.slow(r.Context(), answer.Header)
}

// slow waits when less than a tenth is left of the calls that an account has in some
// seconds: those that are left are spread over that time. Searches say nothing of it.
func (c *client) slow(ctx context.Context, h http.Header) error {
	most, left, ms := numberIn(h, "Max"), numberIn(h, "Remaining"), numberIn(h, "Interval-Milliseconds")
	if c.wait == nil || most < 0 || left < 0 || left*10 >= most {
		return nil
	}
	interval := waitOnce
	if ms > 0 {
		interval = min(time.Duration(ms)*time.Millisecond, time.Minute)
	}
	if err := c.wait(ctx, interval/time.Duration(max(left, 1))); err != nil {
		return fmt.Errorf("slow down for HubSpot: %w", err)
	}
	return nil
}

// numberIn reads a number of the headers about limits; below 0: there is none.
func numberIn(h http.Header, name string) int {
	n, err := strconv.Atoi(h.Get("X-HubSpot-RateLimit-" + name))
	if err != nil {
		return -1
	}
	return n
}

// text is a string that some answers write as a number, and some leave out.
type text string

// UnmarshalJSON reads either.
func (t *text) UnmarshalJSON(raw []byte) error {
	var s string
	switch {
	case string(raw) == "null":
		*t = ""
	case json.Unmarshal(raw, &s) == nil:
		*t = text(s)
	default:
		*t = text(raw)
	}
	return nil
}

// timeOf reads a time; what is none is zero.
func timeOf(s text) time.Time {
	if t, err := time.Parse(time.RFC3339, string(s)); err == nil {
		return t.UTC()
	}
	if ms, err := strconv.ParseInt(string(s), 10, 64); err == nil && ms > 0 {
		return time.UnixMilli(ms).UTC()
	}
	return time.Time{}
}

// paging says where a list goes on; empty: nowhere.
type paging struct {
	Next struct {
		After text `json:"after"`
	} `json:"next"`
}
