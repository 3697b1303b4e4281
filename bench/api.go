package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// account is who the bench is for Patchboard: the API key of an organization,
// and the session cookie of its administrator.
type account struct {
	Key, Cookie string
}

const (
	adminEmail    = "bench@example.com"
	adminPassword = "a pass phrase that only the bench uses"
)

// client speaks to the API of a running server.
type client struct {
	base string // http://127.0.0.1:port
	account
	http *http.Client
}

func newClient(base string, a account) *client {
	return &client{base, a, &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: setUpConns}}}
}

// setUpConns is how many requests set something up at once.
const setUpConns = 16

// as is whose credentials a request carries.
type as int

const (
	nobody as = iota
	program
	person
)

func (c *client) do(ctx context.Context, who as, method, path string, in, out any) (http.Header, error) {
	var body io.Reader = http.NoBody
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", method, path, err)
		}
		body = bytes.NewReader(text)
	}
	q, err := http.NewRequestWithContext(ctx, method, c.base+"/api/v1"+path, body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if in != nil {
		q.Header.Set("Content-Type", "application/json")
	}
	switch who {
	case program:
		q.Header.Set("Authorization", "Bearer "+c.Key)
	case person:
		q.Header.Set("Cookie", c.Cookie)
	case nobody:
	}
	a, err := c.http.Do(q)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer func() { _ = a.Body.Close() }()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if a.StatusCode >= http.StatusMultipleChoices {
		return nil, fmt.Errorf("%s %s: %s: %.1000s", method, path, a.Status, text)
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			return nil, fmt.Errorf("%s %s: %w", method, path, err)
		}
	}
	return a.Header, nil
}

// signIn gives the session cookie of the administrator.
func (c *client) signIn(ctx context.Context) (string, error) {
	h, err := c.do(ctx, nobody, http.MethodPost, "/session", map[string]string{"email": adminEmail, "password": adminPassword}, nil)
	if err != nil {
		return "", err
	}
	cookie, _, _ := strings.Cut(h.Get("Set-Cookie"), ";")
	if cookie == "" {
		return "", errors.New("signing in gave no cookie")
	}
	return cookie, nil
}

// addType registers a type of event with the schema of the catalog's
// contact.created, so that what it costs to check is part of what is measured.
func (c *client) addType(ctx context.Context, name string) error {
	var like struct {
		Schema json.RawMessage `json:"schema"`
	}
	if _, err := c.do(ctx, person, http.MethodGet, "/event-types/contact.created", nil, &like); err != nil {
		return err
	}
	_, err := c.do(ctx, person, http.MethodPost, "/event-types", map[string]any{"type": name, "description": "Sent by the bench.", "schema": like.Schema}, nil)
	return err
}

// addWebhook makes a webhook that is on; its endpoint must answer.
func (c *client) addWebhook(ctx context.Context, url string, types ...string) (string, error) {
	var made struct {
		ID string `json:"id"`
	}
	_, err := c.do(ctx, program, http.MethodPost, "/webhooks", map[string]any{"url": url, "events": types}, &made)
	return made.ID, err
}

// switchWebhook switches a webhook on or off.
func (c *client) switchWebhook(ctx context.Context, id string, on bool) error {
	_, err := c.do(ctx, program, http.MethodPatch, "/webhooks/"+id, map[string]bool{"enabled": on}, nil)
	return err
}

// counts is the organization's bookkeeping of deliveries.
type counts struct {
	Created   int64 `json:"created"`
	Delivered int64 `json:"delivered"`
	Pending   int64 `json:"pending"`
	Held      int64 `json:"held"`
	Failed    int64 `json:"failed"`
	Balanced  bool  `json:"balanced"`
}

func (c *client) counts(ctx context.Context) (counts, error) {
	var system struct {
		Deliveries counts `json:"deliveries"`
	}
	_, err := c.do(ctx, person, http.MethodGet, "/system", nil, &system)
	if err == nil && !system.Deliveries.Balanced {
		err = fmt.Errorf("the counts of deliveries do not add up: %+v", system.Deliveries)
	}
	return system.Deliveries, err
}

// waitPending returns when no more than n deliveries are pending.
func (c *client) waitPending(ctx context.Context, n int64) error {
	var last counts
	err := poll(ctx, 10*time.Millisecond, func() (bool, error) {
		var err error
		last, err = c.counts(ctx)
		return last.Pending <= n, err
	})
	if err != nil {
		return fmt.Errorf("%d deliveries are pending: %w", last.Pending, err)
	}
	return nil
}
