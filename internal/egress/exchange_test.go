package egress_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"patchboard/internal/egress"
)

// A receiver that closes a kept connection while nobody uses it costs nothing:
// the next request has a new one.
func TestAKeptConnectionThatWasClosedIsReplaced(t *testing.T) {
	t.Parallel()
	closed := make(chan struct{}, 1)
	address := rawServer(t, func(conn net.Conn) {
		saying("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")(conn)
		_ = conn.Close() // without having said that it would
		closed <- struct{}{}
	})
	c := newClient(t, open())
	for range 3 {
		r := send(t, c, "http://"+address, 0)
		expect(t, r, egress.ClassOK, 200, "")
		if r.Timing.Reused {
			t.Error("a closed connection was used")
		}
		<-closed
	}
}

// What a receiver sends unasked behind its answer must not become the answer to
// the next request.
func TestAnAnswerThatNobodyAskedForIsNotUsed(t *testing.T) {
	t.Parallel()
	said := make(chan struct{}, 1)
	address := rawServer(t, func(conn net.Conn) {
		in := bufio.NewReader(conn)
		for n := 0; readRequest(in) == nil; n++ {
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			if n == 0 {
				said <- struct{}{} // the answer has been read by then, or will be with what follows
				_, _ = io.WriteString(conn, "HTTP/1.1 500 Unasked\r\nContent-Length: 0\r\n\r\n")
				said <- struct{}{}
			}
		}
	})
	c := newClient(t, open())
	for range 3 {
		done := make(chan egress.Result, 1)
		go func() { done <- c.Send(t.Context(), egress.Request{URL: mustURL(t, c, "http://"+address)}) }()
		<-said
		r := <-done
		expect(t, r, egress.ClassOK, 200, "")
		<-said
	}
}

// A receiver may refuse a large request by its head, and read no more of it.
func TestAnAnswerBeforeTheRequestIsThere(t *testing.T) {
	t.Parallel()
	address := rawServer(t, func(conn net.Conn) {
		in := bufio.NewReader(conn)
		if _, err := http.ReadRequest(in); err == nil {
			_, _ = io.WriteString(conn, "HTTP/1.1 413 Too Large\r\nContent-Length: 9\r\n\r\ntoo large")
			<-t.Context().Done() // neither reads on nor closes
		}
	})
	c := newClient(t, open())
	for range 2 { // the connection is not kept: the second request has its own
		r := c.Send(t.Context(), egress.Request{URL: mustURL(t, c, "http://"+address), Body: bytes.Repeat([]byte("x"), 64<<20), Timeout: 10 * time.Second})
		expect(t, r, egress.ClassStatus4xx, 413, "too large for the receiver")
		if string(r.Body) != "too large" || r.Timing.Reused {
			t.Errorf("answer %q, reused %v", r.Body, r.Timing.Reused)
		}
	}
}

// Interim answers (RFC 9110, section 15.2) come before the one that counts.
func TestInterimAnswersArePassedOver(t *testing.T) {
	t.Parallel()
	address := rawServer(t, func(conn net.Conn) {
		in := bufio.NewReader(conn)
		for readRequest(in) == nil {
			_, _ = io.WriteString(conn, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")
		}
	})
	c := newClient(t, open())
	for n := range 2 {
		r := send(t, c, "http://"+address, 0)
		expect(t, r, egress.ClassOK, 204, "")
		if r.Timing.Reused != (n == 1) {
			t.Errorf("request %d: reused %v", n, r.Timing.Reused)
		}
	}
}

// The request is the one that net/http would send: a server reads it back.
func TestTheRequestOnTheWire(t *testing.T) {
	t.Parallel()
	got := make(chan string, 1)
	address := rawServer(t, func(conn net.Conn) {
		in := bufio.NewReader(conn)
		q, err := http.ReadRequest(in)
		if err != nil {
			got <- err.Error()
			return
		}
		body, err := io.ReadAll(q.Body)
		got <- fmt.Sprintf("%s %s %s %s %s %v %q %v", q.Method, q.RequestURI, q.Proto, q.Host, q.UserAgent(), q.Header["X-Two"], body, err)
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	})
	c := newClient(t, open())
	r := c.Send(t.Context(), egress.Request{
		URL: mustURL(t, c, "http://"+address+"?q=%20a&b"), Header: http.Header{"X-Two": {"1", "2"}, "User-Agent": {"mine"}}, Body: []byte("{}"),
	})
	expect(t, r, egress.ClassOK, 200, "")
	want := fmt.Sprintf("POST /?q=%%20a&b HTTP/1.1 %s mine [1 2] %q <nil>", address, "{}")
	if line := <-got; line != want {
		t.Errorf("arrived %s\nwant    %s", line, want)
	}
}
