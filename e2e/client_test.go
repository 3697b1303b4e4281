package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

var client = &http.Client{Timeout: 40 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}} //nolint:gochecknoglobals // shares its connections

// caller makes requests to a node with one credential.
type caller struct {
	n             *node
	header, value string
	ctx           context.Context //nolint:containedctx // ends requests to a node that hangs; nil: none does
}

// key calls with the organization's API key.
func (n *node) key() *caller { return n.bearer(n.in.org.APIKey) }

func (n *node) bearer(key string) *caller {
	return &caller{n: n, header: "Authorization", value: "Bearer " + key}
}

// admin signs in as the organization's first administrator.
func (n *node) admin() *caller {
	n.t.Helper()
	c, a := n.signIn(email, password)
	if a.status != http.StatusCreated {
		n.t.Fatalf("sign in: %d %s", a.status, a.body)
	}
	return c
}

// signIn makes a session; the answer says whether it came about.
func (n *node) signIn(email, password string) (*caller, answer) {
	n.t.Helper()
	c := &caller{n: n}
	a, err := c.call(http.MethodPost, "/session", map[string]any{"email": email, "password": password})
	if err != nil {
		n.t.Fatal(err)
	}
	for _, cookie := range (&http.Response{Header: a.header}).Cookies() {
		c.header, c.value = "Cookie", cookie.Name+"="+cookie.Value
	}
	return c, a
}

// token is the secret of a session.
func (c *caller) token() string {
	_, token, _ := strings.Cut(c.value, "=")
	return token
}

// at is the same credential at another node.
func (c *caller) at(n *node) *caller { return &caller{n: n, header: c.header, value: c.value} }

type answer struct {
	status int
	header http.Header
	body   []byte
}

// raw is a body that is sent as it is.
type raw []byte

func (c *caller) call(method, path string, body any, headers ...string) (answer, error) {
	r, err := bodyOf(body)
	if err != nil {
		return answer{}, err
	}
	ctx := c.ctx
	if ctx == nil {
		ctx = context.Background()
	}
	q, err := http.NewRequestWithContext(ctx, method, c.n.url+"/api/v1"+path, r)
	if err != nil {
		return answer{}, err
	}
	if c.header != "" {
		q.Header.Set(c.header, c.value)
	}
	if body != nil {
		q.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		q.Header.Set(headers[i], headers[i+1])
	}
	rs, err := client.Do(q)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = rs.Body.Close() }()
	b, err := io.ReadAll(rs.Body)
	if rs.StatusCode >= http.StatusBadRequest {
		route, _, _ := strings.Cut(path, "?") // the answer alone is looked through
		_, _ = fmt.Fprintf(&c.n.in.refusals, "%s %s: %d %v\n%s\n", method, route, rs.StatusCode, rs.Header, b)
	}
	return answer{rs.StatusCode, rs.Header, b}, err
}

func bodyOf(body any) (io.Reader, error) {
	switch b := body.(type) {
	case nil:
		return http.NoBody, nil
	case raw:
		return bytes.NewReader(b), nil
	}
	b, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return bytes.NewReader(b), nil
}

// must calls and wants a status; out may be nil.
func (c *caller) must(status int, method, path string, body, out any) {
	c.n.t.Helper()
	a, err := c.call(method, path, body)
	if err != nil || a.status != status {
		c.n.t.Fatalf("%s %s: %d %s %v, want %d", method, path, a.status, a.body, err, status)
	}
	if out != nil {
		a.decode(c.n.t, out)
	}
}

func (c *caller) get(path string, out any) {
	c.n.t.Helper()
	c.must(http.StatusOK, http.MethodGet, path, nil, out)
}

func (a answer) decode(t *testing.T, out any) {
	t.Helper()
	if err := json.Unmarshal(a.body, out); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
}

// problem is a refusal.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Fix    string `json:"fix"`
}

// problemOf wants a complete problem document of a status.
func (a answer) problemOf(t *testing.T, status int) problem {
	t.Helper()
	var p problem
	a.decode(t, &p)
	if a.status != status || p.Status != status || a.header.Get("Content-Type") != "application/problem+json" || p.Type == "" || p.Title == "" || p.Detail == "" || p.Fix == "" {
		t.Errorf("the refusal is %d %v\n%s", a.status, a.header, a.body)
	}
	return p
}

// later wants a refusal that asks to come back.
func (a answer) later(t *testing.T) {
	t.Helper()
	a.problemOf(t, http.StatusServiceUnavailable)
	if a.header.Get("Retry-After") == "" {
		t.Errorf("no Retry-After beside %s", a.body)
	}
}

type hook struct {
	ID      string `json:"id"`
	URL     string `json:"url"`
	Secret  string `json:"secret"`
	Status  string `json:"status"`
	Waiting struct {
		Pending int `json:"pending"`
		Held    int `json:"held"`
	} `json:"waiting"`
}

// addWebhook adds one for contact.created, or for other types.
func (n *node) addWebhook(address string, types ...string) hook {
	n.t.Helper()
	if len(types) == 0 {
		types = []string{"contact.created"}
	}
	var h hook
	n.key().must(http.StatusCreated, http.MethodPost, "/webhooks", map[string]any{"url": address, "events": types}, &h)
	return h
}

func (c *caller) webhook(id string) (h hook) {
	c.n.t.Helper()
	c.get("/webhooks/"+id, &h)
	return h
}

func (c *caller) toggle(id string, on bool) {
	c.n.t.Helper()
	c.must(http.StatusOK, http.MethodPatch, "/webhooks/"+id, map[string]any{"enabled": on}, nil)
}

// contact is an event of one type with a number in it.
func contact(number int) map[string]any {
	return map[string]any{"type": "contact.created", "data": map[string]any{"id": fmt.Sprint(number)}}
}

// send sends one event, which must be accepted, and gives its id.
func (n *node) send(event any) string {
	n.t.Helper()
	var out struct {
		ID string `json:"id"`
	}
	n.key().must(http.StatusAccepted, http.MethodPost, "/events", event, &out)
	return out.ID
}

// sendBatch sends events of a type in one request and gives their ids.
func (n *node) sendBatch(count int, eventType string) []string {
	n.t.Helper()
	events := make([]any, count)
	for i := range events {
		events[i] = map[string]any{"type": eventType, "data": map[string]any{"id": fmt.Sprint(i)}}
	}
	var out struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	n.key().must(http.StatusAccepted, http.MethodPost, "/events/batch", map[string]any{"events": events}, &out)
	ids := make([]string, len(out.Items))
	for i, item := range out.Items {
		ids[i] = item.ID
	}
	return ids
}

// delivery is one with its log.
type delivery struct {
	ID          string     `json:"id"`
	EventID     string     `json:"eventId"`
	WebhookID   string     `json:"webhookId"`
	State       string     `json:"state"`
	Attempts    int        `json:"attempts"`
	NextAttempt *time.Time `json:"nextAttempt"`
	LastClass   string     `json:"lastClass"`
	AttemptLog  []struct {
		Number int       `json:"number"`
		At     time.Time `json:"at"`
		Status int       `json:"status"`
		Timing struct {
			Total float64 `json:"totalMs"`
		} `json:"timing"`
		Class    string     `json:"class"`
		Detail   string     `json:"detail"`
		Guidance string     `json:"guidance"`
		Next     *time.Time `json:"next"`
		Request  *exchange  `json:"request"`
		Response *exchange  `json:"response"`
	} `json:"attemptLog"`
}

type exchange struct {
	Headers   map[string][]string `json:"headers"`
	Body      string              `json:"body"`
	Truncated bool                `json:"truncated"`
}

// deliveries lists all deliveries that a query asks for, over all pages.
func (c *caller) deliveries(query string) (all []delivery) {
	c.n.t.Helper()
	cursor := ""
	for {
		var page struct {
			Items []delivery `json:"items"`
			Next  string     `json:"next"`
		}
		c.get("/deliveries?limit=100&"+query+cursor, &page)
		all = append(all, page.Items...)
		if page.Next == "" {
			return all
		}
		cursor = "&cursor=" + page.Next
	}
}

// deliveryTo gives an event's delivery to a webhook with its log.
func (c *caller) deliveryTo(webhookID, eventID string) (d delivery) {
	c.n.t.Helper()
	list := c.deliveries("webhookId=" + webhookID + "&eventId=" + eventID)
	if len(list) != 1 {
		c.n.t.Fatalf("%d deliveries of %s to %s, want 1", len(list), eventID, webhookID)
	}
	c.get("/deliveries/"+list[0].ID, &d)
	return d
}
