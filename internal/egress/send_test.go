package egress_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"patchboard/internal/egress"
)

// short is a time-out for requests that are to run into it.
const short = 250 * time.Millisecond

func TestSend(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var body []byte
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.Header().Set("X-Answer", "yes")
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, "thanks\x00\xff")
	}))
	t.Cleanup(s.Close)
	c := newClient(t, open())
	sent := bytes.Repeat([]byte("0123456789abcdef"), 16<<10)
	h := http.Header{"Content-Type": {"application/json"}, "webhook-id": {"evt_1"}}
	r := c.Send(t.Context(), egress.Request{URL: mustURL(t, c, s.URL+"/a%20b?c=d"), Header: h, Body: sent})
	expect(t, r, egress.ClassOK, 202, "")
	if string(r.Body) != "thanks\x00\xff" || r.Truncated || r.Header.Get("X-Answer") != "yes" || r.Err != nil {
		t.Errorf("answer %q, %v", r.Body, r)
	}
	if r.RemoteAddr != s.Listener.Addr().String() || r.Timing.Reused || r.Timing.Connect <= 0 || r.Timing.FirstByte <= 0 || r.Timing.Total < r.Timing.FirstByte || r.Timing.TLS != 0 {
		t.Errorf("address %s, timing %+v", r.RemoteAddr, r.Timing)
	}
	if got.Method != http.MethodPost || got.Proto != "HTTP/1.1" || got.RequestURI != "/a%20b?c=d" || got.Header.Get("Webhook-Id") != "evt_1" ||
		got.Header.Get("User-Agent") == "" || got.Header.Get("Accept-Encoding") != "" || got.ContentLength != int64(len(sent)) || !bytes.Equal(body, sent) {
		t.Errorf("the receiver got %v with %d bytes", got, len(body))
	}
	if v := r.Verdict(); !v.OK || v.Cause != "" || v.Message != "" || v.Duration != r.Timing.Total {
		t.Errorf("verdict %+v", v)
	}
}

func TestSendReusesConnections(t *testing.T) {
	t.Parallel()
	var connections atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		size := 0
		_, _ = fmt.Sscanf(r.URL.Path, "/%d", &size)
		_, _ = w.Write(make([]byte, size))
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	c := newClient(t, open())
	for i, k := range []struct {
		size, kept int
		reused     bool
		want       int32
	}{
		{0, 0, false, 1},
		{5, 5, true, 1},
		{16 << 10, 16 << 10, true, 1},
		{16<<10 + 1, 16 << 10, true, 1},
		{60_000, 16 << 10, true, 1},
		{10_000_000, 16 << 10, true, 1}, // uses the connection up
		{1, 1, false, 2},
	} {
		r := send(t, c, fmt.Sprintf("%s/%d", s.URL, k.size), 0)
		expect(t, r, egress.ClassOK, 200, "")
		if len(r.Body) != k.kept || r.Truncated != (k.size > k.kept) || r.Timing.Reused != k.reused || connections.Load() != k.want {
			t.Errorf("%d: size %d: kept %d, truncated %v, reused %v, %d connections", i, k.size, len(r.Body), r.Truncated, r.Timing.Reused, connections.Load())
		}
		if k.reused && (r.Timing.Connect != 0 || r.Timing.DNS != 0) {
			t.Errorf("%d: a kept connection cost %+v", i, r.Timing)
		}
	}
}

func TestSendNamesEveryStatus(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := 0
		_, _ = fmt.Sscanf(r.URL.Path, "/%d", &status)
		w.Header().Set("Retry-After", "31536000")
		w.WriteHeader(status)
	}))
	t.Cleanup(s.Close)
	c := newClient(t, open())
	for _, k := range []struct {
		status int
		class  egress.Class
		cause  egress.Cause
		detail string
	}{
		{200, egress.ClassOK, "", ""}, {204, egress.ClassOK, "", ""}, {299, egress.ClassOK, "", ""},
		{304, egress.ClassStatus3xx, egress.CauseStatus, "answered 304, a redirect: redirects are not followed"},
		{400, egress.ClassStatus4xx, egress.CauseStatus, "answered 400: reached, but it did not accept the request"},
		{401, egress.ClassStatus4xx, egress.CauseStatus, "answered 401: reached, but it refused the request"},
		{403, egress.ClassStatus4xx, egress.CauseStatus, "answered 403: reached, but it refused the request"},
		{404, egress.ClassStatus4xx, egress.CauseStatus, "nothing is at this path"},
		{405, egress.ClassStatus4xx, egress.CauseStatus, "POST"},
		{410, egress.ClassStatus4xx, egress.CauseStatus, "gone for good"},
		{413, egress.ClassStatus4xx, egress.CauseStatus, "too large"},
		{429, egress.ClassStatus4xx, egress.CauseStatus, "fewer requests"},
		{500, egress.ClassStatus5xx, egress.CauseStatus, "answered 500: the receiver has a fault"},
		{599, egress.ClassStatus5xx, egress.CauseStatus, "answered 599"},
		{999, egress.ClassProtocol, egress.CauseConnect, "answered 999, a status that HTTP does not define"},
	} {
		r := send(t, c, fmt.Sprintf("%s/%d", s.URL, k.status), 0)
		expect(t, r, k.class, k.status, k.detail)
		if v := r.Verdict(); v.Cause != k.cause || v.OK != (k.cause == "") || (v.Message == "Webhook endpoint unreachable") != (k.cause != "") {
			t.Errorf("%d: verdict %+v", k.status, v)
		}
		if r.RetryAfter != 24*time.Hour {
			t.Errorf("%d: a year of Retry-After gives %s", k.status, r.RetryAfter)
		}
		if (egress.Guidance(r.Class, r.Status) == "") != (r.Class == egress.ClassOK) {
			t.Errorf("%d: guidance %q", k.status, egress.Guidance(r.Class, r.Status))
		}
	}
}

func TestSendFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		to := "http://169.254.169.254/latest/meta-data/"
		if r.URL.Path == "/self" {
			to = "/elsewhere"
		}
		http.Redirect(w, r, to, http.StatusTemporaryRedirect)
	}))
	t.Cleanup(s.Close)
	resolver := answer("127.0.0.1")
	p := open()
	p.Resolver = resolver
	c := newClient(t, p)
	base := "http://hook.example.com:" + portOf(t, s.URL)
	expect(t, send(t, c, base+"/meta", 0), egress.ClassStatus3xx, 307, "a redirect to http://169.254.169.254/latest/meta-data/: redirects are not followed")
	expect(t, send(t, c, base+"/self", 0), egress.ClassStatus3xx, 307, "a redirect to /elsewhere")
	resp, err := c.HTTPClient().Get(base + "/self")
	if err != nil || resp.StatusCode != http.StatusTemporaryRedirect {
		t.Errorf("the plain client: %v, %v", resp, err)
	} else {
		_ = resp.Body.Close()
	}
	if requests.Load() != 3 {
		t.Errorf("%d requests", requests.Load())
	}
}

func TestSendIsBoundedInTime(t *testing.T) {
	t.Parallel()
	drip := func(first, each string) func(net.Conn) {
		return func(conn net.Conn) {
			if readRequest(bufio.NewReader(conn)) != nil {
				return
			}
			_, err := io.WriteString(conn, first)
			tick := time.NewTicker(20 * time.Millisecond)
			defer tick.Stop()
			for err == nil {
				<-tick.C
				_, err = io.WriteString(conn, each)
			}
		}
	}
	hang := func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }
	deaf := func(conn net.Conn) { _, _ = conn.Read(make([]byte, 1)); <-t.Context().Done() }
	for _, k := range []struct {
		name   string
		serve  func(net.Conn)
		class  egress.Class
		status int
		detail string
	}{
		{"no answer", hang, egress.ClassTimeout, 0, "took the connection, but did not answer within 0.3 s"},
		{"request not read", deaf, egress.ClassTimeout, 0, "did not answer within"},
		{"headers drip", drip("HTTP/1.1 200 OK\r\nX: ", "x"), egress.ClassTimeout, 0, "did not finish its headers within"},
		{"body drips", drip("HTTP/1.1 200 OK\r\n\r\n", "x"), egress.ClassTimeout, 200, "answered 200, but the answer was not complete within"},
		{"body drips, with a length", drip("HTTP/1.1 204 OK\r\nContent-Length: 100000\r\n\r\n", "x"), egress.ClassOK, 204, ""}, // 204 has no body
		{"chunks drip", drip("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"), egress.ClassTimeout, 200, "not complete within"},
		{"refusal drips", drip("HTTP/1.1 410 Gone\r\n\r\n", "x"), egress.ClassStatus4xx, 410, "gone for good"},
	} {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, open())
			began := time.Now()
			r := c.Send(t.Context(), egress.Request{URL: mustURL(t, c, "http://"+rawServer(t, k.serve)), Body: make([]byte, 256<<10), Timeout: short})
			expect(t, r, k.class, k.status, k.detail)
			if took := time.Since(began); took > 20*short {
				t.Errorf("took %s", took)
			}
			if k.class == egress.ClassTimeout && (r.Timing.Total < short || r.RemoteAddr == "" || r.Verdict().Cause != egress.CauseTimeout) {
				t.Errorf("timing %+v, address %q", r.Timing, r.RemoteAddr)
			}
		})
	}
}

func TestSendIsBoundedInSize(t *testing.T) {
	t.Parallel()
	flood := func(first, each string) func(net.Conn) {
		return func(conn net.Conn) {
			if readRequest(bufio.NewReader(conn)) != nil {
				return
			}
			_, err := io.WriteString(conn, first)
			for sent := 0; err == nil && sent < 1<<30; sent += len(each) {
				_, err = io.WriteString(conn, each)
			}
		}
	}
	mega := strings.Repeat("x", 1<<16)
	for _, k := range []struct {
		name   string
		serve  func(net.Conn)
		class  egress.Class
		status int
		detail string
		body   int
	}{
		{"body of 1 GB", flood("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", mega), egress.ClassOK, 200, "", 16 << 10},
		{"body without end", flood("HTTP/1.1 200 OK\r\n\r\n", mega), egress.ClassOK, 200, "", 16 << 10},
		{"chunks without end", flood("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "10000\r\n"+mega+"\r\n"), egress.ClassOK, 200, "", 16 << 10},
		{"error of 1 GB", flood("HTTP/1.1 500 No\r\nContent-Length: 1073741824\r\n\r\n", mega), egress.ClassStatus5xx, 500, "answered 500", 16 << 10},
		{"headers without end", flood("HTTP/1.1 200 OK\r\n", "X-A: "+mega[:1000]+"\r\n"), egress.ClassProtocol, 0, "headers are larger than 64 KiB", 0},
		{"one header without end", flood("HTTP/1.1 200 OK\r\nX-A: ", mega), egress.ClassProtocol, 0, "headers are larger than 64 KiB", 0},
		{"status line without end", flood("HTTP/1.1 200 ", mega), egress.ClassProtocol, 0, "headers are larger than 64 KiB", 0},
		{"interim answers without end", flood("", "HTTP/1.1 100 Continue\r\nX-A: "+mega[:1000]+"\r\n\r\n"), egress.ClassProtocol, 0, "headers are larger than 64 KiB", 0},
	} {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, open())
			r := send(t, c, "http://"+rawServer(t, k.serve), 0)
			expect(t, r, k.class, k.status, k.detail)
			if len(r.Body) != k.body || r.Truncated != (k.body > 0) {
				t.Errorf("kept %d bytes, truncated %v", len(r.Body), r.Truncated)
			}
		})
	}
}

func TestSendKeepsFewHeaders(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for i := range 2000 {
			w.Header().Add(fmt.Sprintf("X-%d", i%700), "v")
		}
		if r.URL.Path == "/many" {
			w.Header()["A"] = make([]string, 500)
		}
	}))
	t.Cleanup(s.Close)
	c := newClient(t, open())
	for _, path := range []string{"/", "/many"} {
		r := send(t, c, s.URL+path, 0)
		expect(t, r, egress.ClassOK, 200, "")
		lines := 0
		for _, values := range r.Header {
			lines += len(values)
		}
		if lines != 100 || !r.Truncated {
			t.Errorf("%s: %d lines kept, truncated %v", path, lines, r.Truncated)
		}
	}
}

func TestSendNamesBrokenAnswers(t *testing.T) {
	t.Parallel()
	for _, k := range []struct {
		name, answer string
		class        egress.Class
		status       int
		detail, body string
	}{
		{"closed without a word", "", egress.ClassProtocol, 0, "closed the connection without an answer", ""},
		{"closed in the status", "HTTP/1.", egress.ClassProtocol, 0, "not valid HTTP", ""},
		{"closed in the headers", "HTTP/1.1 200 OK\r\nX-A: b", egress.ClassProtocol, 0, "broke off in the middle of its answer", ""},
		{"closed in the body", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", egress.ClassProtocol, 200, "answered 200, but broke off", "half"},
		{"closed in a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", egress.ClassProtocol, 200, "answered 200, but broke off", "half"},
		{"bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", egress.ClassProtocol, 200, "answered 200, but broke off", ""},
		{"closed in an error's body", "HTTP/1.1 503 No\r\nContent-Length: 100\r\n\r\nhalf", egress.ClassStatus5xx, 503, "answered 503", "half"},
		{"ends by closing", "HTTP/1.1 200 OK\r\n\r\nwhole", egress.ClassOK, 200, "", "whole"},
		{"old and plain", "HTTP/1.0 200 OK\r\n\r\n", egress.ClassOK, 200, "", ""},
		{"no HTTP", "220 mail.example.com ESMTP\r\n", egress.ClassProtocol, 0, "not valid HTTP", ""},
		{"bad header", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", egress.ClassProtocol, 0, "not valid HTTP", ""},
		{"control characters", "HTTP/1.1 \x1b[31m200\r\n\r\n", egress.ClassProtocol, 0, "not valid HTTP", ""},
		{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", egress.ClassProtocol, 0, "not valid HTTP", ""},
		{"negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", egress.ClassProtocol, 0, "not valid HTTP", ""},
		{"other protocol", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", egress.ClassProtocol, 101, "changed the protocol", ""},
		{"status of two digits", "HTTP/1.1 99 Odd\r\n\r\n", egress.ClassProtocol, 0, "not valid HTTP", ""},
		{"zero status", "HTTP/1.1 000 Odd\r\n\r\n", egress.ClassProtocol, 0, "status that HTTP does not define", ""},
	} {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, open())
			r := send(t, c, "http://"+rawServer(t, saying(k.answer)), 0)
			expect(t, r, k.class, k.status, k.detail)
			if string(r.Body) != k.body {
				t.Errorf("body %q", r.Body)
			}
			if k.class == egress.ClassProtocol && r.Verdict().Cause != egress.CauseConnect {
				t.Errorf("verdict %+v", r.Verdict())
			}
		})
	}
}

// A receiver that takes a request and closes gets it once an attempt, also on a
// kept connection: the attempt log shows every request that was made.
func TestSendDoesNotRepeatARequest(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	address := rawServer(t, func(conn net.Conn) {
		in := bufio.NewReader(conn)
		for i := 0; readRequest(in) == nil; i++ {
			requests.Add(1)
			if i > 0 {
				return
			}
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}
	})
	c := newClient(t, open())
	expect(t, send(t, c, "http://"+address, 0), egress.ClassOK, 200, "")
	r := send(t, c, "http://"+address, 0)
	expect(t, r, egress.ClassProtocol, 0, "closed the connection without an answer")
	if !r.Timing.Reused || requests.Load() != 2 {
		t.Errorf("reused %v, %d requests", r.Timing.Reused, requests.Load())
	}
}

func TestSendIsCancelled(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{}, 2)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush()
		}
		arrived <- struct{}{}
		<-r.Context().Done()
	}))
	t.Cleanup(s.Close)
	c := newClient(t, open())
	for path, status := range map[string]int{"/": 0, "/body": 200} {
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-arrived; cancel() }()
		r := c.Send(ctx, egress.Request{URL: mustURL(t, c, s.URL+path)})
		if r.Status == 0 {
			status = 0 // the cancellation overtook the status line
		}
		expect(t, r, egress.ClassCancelled, status, "given up")
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("switched off"))
	expect(t, c.Send(ctx, egress.Request{URL: mustURL(t, c, s.URL)}), egress.ClassCancelled, 0, "given up")
	expired, stop := context.WithTimeout(t.Context(), -1)
	defer stop()
	expect(t, c.Send(expired, egress.Request{URL: mustURL(t, c, s.URL)}), egress.ClassTimeout, 0, "no time left")
}

func TestSendBadInput(t *testing.T) {
	t.Parallel()
	c := newClient(t, open())
	s := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(s.Close)
	u := mustURL(t, c, s.URL)
	file, empty := *u, *u
	file.Scheme, empty.Host = "file", ""
	expect(t, c.Send(t.Context(), egress.Request{}), egress.ClassAddressRefused, 0, "not a complete")
	expect(t, c.Send(t.Context(), egress.Request{URL: &file}), egress.ClassAddressRefused, 0, "not a complete")
	expect(t, c.Send(t.Context(), egress.Request{URL: &empty}), egress.ClassAddressRefused, 0, "not a complete")
	for _, h := range []http.Header{{"X": {"a\r\nB: c"}}, {"A B": {"c"}}, {"": {"c"}}, {"X": {"a\x00"}}} {
		expect(t, c.Send(t.Context(), egress.Request{URL: u, Header: h}), egress.ClassProtocol, 0, "request has a header that HTTP does not allow")
	}
}
