package salesforce

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/health"
)

// pinned is the version of the API that this connector is written for, Spring '26.
const pinned = "66.0"

// client makes calls of one session.
type client struct {
	session *connector.Session
	version string
	looked  bool // at the versions that there are

	served time.Time // the time there, as the last answer says
}

// newClient is for a version that was found before; empty is the pinned one.
func newClient(s *connector.Session, version string) *client {
	if version == "" {
		version = pinned
	}
	return &client{session: s, version: version}
}

// get reads a resource: "limits", or an absolute path of an answer.
func (c *client) get(ctx context.Context, path string, out any, header ...string) error {
	return c.call(ctx, http.MethodGet, path, nil, out, header...)
}

// call makes a call whose answer is JSON; out may be nil.
func (c *client) call(ctx context.Context, method, path string, body []byte, out any, header ...string) error {
	answer, err := c.do(ctx, method, path, body, header...)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }() // it is read, or not wanted
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(answer.Body).Decode(out); err != nil {
		return connector.FailureOf(fmt.Errorf("read %s: %w", what(path), err))
	}
	return nil
}

// what names a call in errors without what it asks for.
func what(path string) string {
	path, _, _ = strings.Cut(path, "?")
	return path
}

// do makes a call, and gives its answer if it is a good one.
func (c *client) do(ctx context.Context, method, path string, body []byte, header ...string) (*http.Response, error) {
	answer, err := c.once(ctx, method, path, body, header...)
	if !hasCode(err, "NOT_FOUND", "UNSUPPORTED_API_VERSION") || c.looked || strings.HasPrefix(path, "/") {
		return answer, err
	}
	if other := c.otherVersion(ctx); other != nil {
		return nil, other
	}
	if c.version == pinned {
		return nil, err
	}
	return c.once(ctx, method, path, body, header...)
}

// otherVersion takes the newest version if the pinned one is not there.
func (c *client) otherVersion(ctx context.Context) error {
	c.looked = true
	answer, err := c.once(ctx, http.MethodGet, "/services/data/", nil)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }() // it is read
	var all []struct {
		Version string `json:"version"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&all); err != nil {
		return connector.FailureOf(fmt.Errorf("read the versions: %w", err))
	}
	newest := 0.0
	for _, v := range all {
		if v.Version == pinned {
			return nil
		}
		if n, err := strconv.ParseFloat(v.Version, 64); err == nil {
			newest = max(newest, n)
		}
	}
	if newest > 0 {
		c.version = strconv.FormatFloat(newest, 'f', 1, 64)
	}
	return nil
}

func (c *client) once(ctx context.Context, method, path string, body []byte, header ...string) (*http.Response, error) {
	if !strings.HasPrefix(path, "/") {
		path = "/services/data/v" + c.version + "/" + path
	}
	r, err := http.NewRequestWithContext(ctx, method, c.session.API+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("call %s: %w", what(path), err)
	}
	r.Header.Set("Accept", "application/json")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	c.session.Calls++
	answer, err := c.session.HTTP.Do(r)
	if err != nil {
		return nil, c.unanswered(fmt.Errorf("call %s: %w", what(path), withoutURL(err)))
	}
	c.note(answer.Header)
	html := strings.HasPrefix(strings.ToLower(answer.Header.Get("Content-Type")), "text/html")
	if answer.StatusCode < http.StatusMultipleChoices && !html {
		return answer, nil
	}
	defer func() { _ = answer.Body.Close() }() // what it says is read
	return nil, c.refused(answer, html)
}

// withoutURL leaves the address out, whose query holds what was asked for.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// note keeps what each answer says of the calls of the day, and of the time there.
func (c *client) note(h http.Header) {
	for part := range strings.SplitSeq(h.Get("Sforce-Limit-Info"), ",") {
		text, ok := strings.CutPrefix(strings.TrimSpace(part), "api-usage=")
		used, all, both := strings.Cut(text, "/")
		u, err1 := strconv.Atoi(used)
		a, err2 := strconv.Atoi(all)
		if ok && both && err1 == nil && err2 == nil && a > 0 {
			c.session.Usage = &connector.Usage{Label: "API calls in 24 hours, by all programs", Used: u, Limit: a, At: c.session.Now}
		}
	}
	if at, err := http.ParseTime(h.Get("Date")); err == nil {
		c.served = at.UTC()
	}
}

// now is the time there, or here if that is earlier: what is read up to it is not lost
// by a clock that is ahead.
func (c *client) now() time.Time {
	here := c.session.Now.UTC().Truncate(time.Second)
	if c.served.IsZero() || here.Before(c.served) {
		return here
	}
	return c.served
}

// unanswered names a call without an answer. A name that is not there any more may be
// that of an organization that has moved.
func (c *client) unanswered(err error) error {
	err = connector.FailureOf(err)
	f, named := errors.AsType[*connector.Failure](err)
	dns, missing := errors.AsType[*net.DNSError](err)
	if !named || !missing || !dns.IsNotFound {
		return err
	}
	f.Moved = true
	if c.session.Renewed {
		f.Class, f.Code = health.MisconfiguredApp, "instance_gone"
		f.Detail = "The organization’s address " + strings.TrimPrefix(c.session.API, "https://") + " is not there any more, and a new token names no other one."
	}
	return f
}

// saidMost bounds what is read of a refusal.
const saidMost = 64 << 10

// refused names an answer that is none of the good ones.
func (c *client) refused(answer *http.Response, html bool) error {
	if answer.StatusCode >= 300 && answer.StatusCode < 400 {
		f := &connector.Failure{
			Class: health.MisconfiguredApp, Code: "instance_moved", Moved: true,
			Detail: fmt.Sprintf("The organization’s address answers %d, as one that has moved.", answer.StatusCode),
		}
		return f
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, saidMost))
	if err != nil {
		return connector.FailureOf(fmt.Errorf("read a refusal: %w", err))
	}
	f := &connector.Failure{
		Class: health.Answer(answer.StatusCode, answer.Header, false),
		Err:   fmt.Errorf("salesforce answers %s", answer.Status),
	}
	if html {
		if answer.StatusCode < http.StatusInternalServerError {
			f.Class, f.Code, f.Detail = health.Unknown, "no_json", "The answer is a page. A proxy, or a network that one has to sign in to, may stand in between."
		}
		return f
	}
	var all []said
	if json.Unmarshal(text, &all) != nil || len(all) == 0 {
		f.Code = strconv.Itoa(answer.StatusCode)
		return f
	}
	return c.named(f, all[0])
}

// said is what a refusal says.
type said struct {
	Code    string `json:"errorCode"`
	Message string `json:"message"`
}

// hasCode reports whether an error is a failure with one of Salesforce's codes.
func hasCode(err error, codes ...string) bool {
	f, ok := errors.AsType[*connector.Failure](err)
	return ok && slices.Contains(codes, f.Code)
}
