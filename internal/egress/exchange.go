package egress

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// exchange is one request on its way, in the goroutine of its sender alone: it
// writes the request and reads the answer itself. net/http's transport has two
// more goroutines a connection, and handing a request to and fro between them
// takes as long as all the rest (docs/adr/0004-a-sender-for-deliveries.md). What
// is written and read is net/http's own HTTP/1.1.
type exchange struct {
	ctx      context.Context //nolint:containedctx // the caller's
	start    time.Time
	deadline time.Time
	limit    time.Duration

	conn      *conn       // nil until the request has a connection
	unguard   func() bool // ends the watch over ctx; false if that has ended first
	reused    bool
	sentWhole bool
	firstByte time.Duration // since start; 0 until it came
	progress  progress      // of the dial made for this request, if any
}

// inlineWrite is the size of a request that fits into the socket's buffer.
const inlineWrite = 32 << 10

// buffers are what requests are put together in.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// run makes the request and gives the answer, whose body is still to be read.
func (x *exchange) run(c *Client, r Request) (*http.Response, error) {
	place := r.URL.Scheme + "://" + r.URL.Host
	x.unguard = func() bool { return false }
	if x.conn = c.idle.take(place); x.conn != nil {
		x.reused = true
	} else {
		made, err := c.dial(x, r.URL)
		if err != nil {
			return nil, err
		}
		made.place, made.reader, x.conn = place, bufio.NewReader(made), made
	}
	if err := x.conn.SetDeadline(x.deadline); err != nil {
		return nil, fmt.Errorf("set the time-out: %w", err)
	}
	x.unguard = context.AfterFunc(x.ctx, x.conn.cut)

	head := buffers.Get().(*bytes.Buffer) //nolint:forcetypeassert // the pool holds nothing else
	head.Reset()
	if err := r.write(head); err != nil {
		buffers.Put(head)
		return nil, err
	}
	written := x.send(head)
	resp, err := x.receive() // what the receiver says counts, also if it did not take all
	x.sentWhole = err == nil && written()
	return resp, err
}

// send writes the request. A large one is written beside the reading, since a
// receiver may answer before it has read everything, and read no more. written
// tells whether all of it has gone out by now.
func (x *exchange) send(b *bytes.Buffer) (written func() bool) {
	if b.Len() <= inlineWrite {
		_, err := x.conn.Write(b.Bytes())
		buffers.Put(b)
		return func() bool { return err == nil }
	}
	var gone atomic.Bool
	go func() { // ends with the connection, and that with its time-out
		_, err := x.conn.Write(b.Bytes())
		gone.Store(err == nil)
	}()
	return gone.Load
}

// receive reads the answer's head, past interim ones: all of them together are
// bounded by maxHeaderBytes.
func (x *exchange) receive() (*http.Response, error) {
	c := x.conn
	c.left = maxHeaderBytes
	if _, err := c.reader.Peek(1); err != nil {
		return nil, fmt.Errorf("wait for the answer: %w", err)
	}
	x.firstByte = time.Since(x.start)
	for {
		resp, err := http.ReadResponse(c.reader, posted)
		if err != nil {
			return nil, fmt.Errorf("read the answer: %w", err)
		}
		if resp.StatusCode/100 != 1 || resp.StatusCode == http.StatusSwitchingProtocols {
			c.left = noLimit
			return resp, nil
		}
	}
}

// posted tells ReadResponse to what it is an answer.
var posted = &http.Request{Method: http.MethodPost}

var errHeaders = errors.New("response headers exceeded the limit")

// release keeps the connection for the next request if reusable says that the
// answer was read to its end and nothing speaks against it, and else closes it.
func (x *exchange) release(c *Client, reusable bool) {
	if x.conn == nil {
		return
	}
	if x.unguard() && reusable && x.sentWhole && x.conn.reader.Buffered() == 0 {
		c.idle.put(x.conn)
		return
	}
	x.conn.discard()
}

// write puts the request together: its head and its body.
func (r Request) write(b *bytes.Buffer) error {
	b.WriteString("POST ")
	b.WriteString(r.URL.RequestURI())
	b.WriteString(" HTTP/1.1\r\n")
	for name, value := range r.Lines {
		if !validName(name) || !validValue(value) {
			return &failure{class: ClassProtocol, detail: "The request has a header that HTTP does not allow: " + clip(name) + "."}
		}
		b.WriteString(name)
		b.WriteString(": ")
		b.WriteString(value)
		b.WriteString("\r\n")
	}
	b.WriteString("\r\n")
	b.Write(r.Body)
	return nil
}

// validName and validValue are RFC 9110, sections 5.1 and 5.5.
func validName(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9'
		if !letter && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}

func validValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
