package egress

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Request is one POST.
type Request struct {
	URL     *url.URL      // from CheckURL
	Header  http.Header   // handed over: Send may add to it, and a map serves one Send
	Body    []byte        // must not change until Send returns
	Timeout time.Duration // for everything from look-up to the answer's last byte; 0 = DefaultTimeout, at most MaxTimeout
}

// Lines yields the request's header lines as they go out, before Send: those of
// Header, and what Send and net/http add.
func (r Request) Lines(yield func(name, value string) bool) {
	for name, values := range r.Header {
		for _, v := range values {
			if !yield(name, v) {
				return
			}
		}
	}
	if _, ok := r.Header["User-Agent"]; !ok && !yield("User-Agent", userAgent[0]) {
		return
	}
	if yield("Host", r.URL.Host) {
		yield("Content-Length", strconv.Itoa(len(r.Body)))
	}
}

// Timing tells where the time went. DNS, Connect and TLS are zero if the
// connection was there already; FirstByte and Total count from the start.
type Timing struct {
	DNS, Connect, TLS time.Duration
	FirstByte, Total  time.Duration
	Reused            bool
}

// Result is the outcome of one request, good or bad.
type Result struct {
	Status     int         // 0 if no answer came
	Header     http.Header // of the answer, at most 100 lines
	Body       []byte      // the answer's first 16 KiB, any bytes
	Truncated  bool        // Header or Body is not all that came
	RemoteAddr string      // "address:port" connected to, or tried last
	Timing     Timing
	Class      Class         // ClassOK on success
	Detail     string        // a sentence for the administrator; "" on success
	Err        error         // the cause, for the log
	RetryAfter time.Duration // what the answer asked for, at most 24 h; 0 if nothing
}

var errNoURL = errors.New("egress: request without an absolute http or https URL")

// userAgent is sent where the caller gives none.
var userAgent = []string{"Patchboard-Webhook/1.0"}

// Send makes one POST and says how it went; it neither panics on bad input nor
// returns an error beside the result. At most one request reaches the receiver:
// net/http starts anew by itself only if a kept connection turned out closed
// before anything was written.
//
// Success is status 2xx and an answer that was read to its end, or past
// 64 KiB, where reading stops and the connection is closed. A 2xx whose body
// breaks off is ClassProtocol and one whose body does not end in time is
// ClassTimeout: the receiver may have died in the middle of its work, and a
// delivery that comes twice does less harm than one that was lost. Any other
// status keeps its class whatever its body does.
func (c *Client) Send(ctx context.Context, r Request) Result {
	timeout := r.Timeout
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	x := &exchange{start: time.Now(), limit: min(timeout, MaxTimeout)}
	x.deadline = x.start.Add(x.limit)
	timed, cancel := context.WithDeadline(ctx, x.deadline)
	defer cancel()
	x.Context = timed
	x.trace.GotConn = x.gotConn
	x.trace.GotFirstResponseByte = x.gotFirstByte

	if r.URL == nil || r.URL.Host == "" || (r.URL.Scheme != "https" && r.URL.Scheme != "http") {
		return Result{Class: ClassAddressRefused, Detail: "The URL is not a complete https:// address.", Err: errNoURL}
	}
	resp, err := c.transport.RoundTrip(x.request(r)) //nolint:contextcheck // x is the context
	if err != nil {
		return x.failed(err) //nolint:contextcheck // x is the context
	}
	return x.answered(resp) //nolint:contextcheck // x is the context
}

// exchange is one request on its way: its context, and what the transport
// reports about it. It is not pooled, since a dial may look at it after Send
// has returned.
type exchange struct {
	context.Context //nolint:containedctx // it is one: with the time-out, and itself as a value

	start     time.Time
	deadline  time.Time
	limit     time.Duration
	trace     httptrace.ClientTrace
	conn      *conn // nil until the request has a connection
	reused    bool
	firstByte atomic.Int64 // since start; set by the transport's reader
	progress  progress     // of the dial made for this request, if any
}

// Value lets the dialer find the exchange.
func (x *exchange) Value(key any) any {
	if _, ok := key.(exchangeKey); ok {
		return x
	}
	return x.Context.Value(key)
}

func (x *exchange) gotConn(info httptrace.GotConnInfo) {
	x.conn, _ = info.Conn.(*conn)
	x.reused = info.Reused
}

// gotFirstByte passes over what comes after the end: a receiver that hung may
// answer when it sees the connection close.
func (x *exchange) gotFirstByte() {
	if x.Err() == nil {
		x.firstByte.Store(int64(time.Since(x.start)))
	}
}

// blank is copied for every request: http.NewRequest would parse the URL anew.
var blank = &http.Request{Method: http.MethodPost, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}

func (x *exchange) request(r Request) *http.Request {
	req := blank.WithContext(httptrace.WithClientTrace(x, &x.trace))
	req.URL = r.URL
	req.Header = r.Header
	if req.Header == nil {
		req.Header = http.Header{}
	}
	if _, ok := req.Header["User-Agent"]; !ok {
		req.Header["User-Agent"] = userAgent
	}
	req.ContentLength = int64(len(r.Body))
	req.Body = http.NoBody
	if len(r.Body) > 0 {
		body := r.Body
		req.Body = &requestBody{*bytes.NewReader(body)}
		req.GetBody = func() (io.ReadCloser, error) { return &requestBody{*bytes.NewReader(body)}, nil }
	}
	return req
}

// requestBody is a bytes.Reader with a Close, in one allocation.
type requestBody struct{ bytes.Reader }

// Close does nothing; a request body needs one.
func (*requestBody) Close() error { return nil }

// answered judges an answer and reads its body.
func (x *exchange) answered(resp *http.Response) Result {
	res := Result{Status: resp.StatusCode, Header: resp.Header}
	if boundHeader(resp.Header) {
		res.Truncated = true
	}
	var err error
	if resp.StatusCode == http.StatusSwitchingProtocols {
		err = resp.Body.Close() // its body is the bare connection and has no end
	} else {
		var more bool
		res.Body, more, err = readBody(resp)
		res.Truncated = res.Truncated || more
	}
	x.finish(&res)
	switch class := statusClass(resp.StatusCode); {
	case class != ClassOK:
		res.Class, res.Detail = class, statusSentence(resp.StatusCode, resp.Header)
	case err != nil:
		x.brokenBody(&res, err)
	}
	if values := resp.Header["Retry-After"]; len(values) > 0 {
		res.RetryAfter, _ = ParseRetryAfter(values[0], time.Now())
	}
	return res
}

// finish fills in timings and the address.
func (x *exchange) finish(res *Result) {
	t := &res.Timing
	t.Total = time.Since(x.start)
	t.FirstByte = time.Duration(x.firstByte.Load())
	if x.conn != nil {
		res.RemoteAddr = x.conn.remote
		t.Reused = x.reused
		if !x.reused {
			t.DNS, t.Connect, t.TLS = x.conn.dns, x.conn.connect, x.conn.tls
		}
		return
	}
	if remote := x.progress.remote.Load(); remote != nil {
		res.RemoteAddr = *remote
	}
	phase := func(s stage) time.Duration {
		if d := x.progress.took[s].Load(); d > 0 || stage(x.progress.stage.Load()) != s {
			return time.Duration(d)
		}
		return max(time.Duration(time.Now().UnixNano()-x.progress.since.Load()), 0)
	}
	t.DNS, t.Connect, t.TLS = phase(stageDNS), phase(stageConnect), phase(stageTLS)
}

// bodies are the buffers that answers are read into.
var bodies = sync.Pool{New: func() any { return new([keptBody]byte) }}

// readBody reads an answer's body to its end or to drainedBody, keeps the first
// keptBody bytes and says whether there were more. It always closes the body:
// one that was not read to its end takes its connection along.
func readBody(resp *http.Response) (kept []byte, more bool, err error) {
	defer func() {
		// Closing reports only what reading has met before.
		_ = resp.Body.Close()
	}()
	if resp.ContentLength == 0 {
		return nil, false, nil
	}
	buf := bodies.Get().(*[keptBody]byte) //nolint:forcetypeassert // the pool holds nothing else
	defer bodies.Put(buf)
	n, err := fill(resp.Body, buf[:])
	if n > 0 {
		kept = bytes.Clone(buf[:n])
	}
	for total := n; err == nil; total += n {
		if total >= drainedBody {
			return kept, true, nil
		}
		n, err = fill(resp.Body, buf[:])
		more = more || n > 0
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return kept, more, err
}

// fill reads until p is full or there is an error; io.EOF stays io.EOF.
func fill(r io.Reader, p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		m, err = r.Read(p[n:])
		n += m
	}
	return n, err //nolint:wrapcheck // brokenBody looks for io.EOF and puts it into words
}

// boundHeader drops all but the first maxHeaderLines lines, by name, of an
// answer that floods us with headers. Their bytes are bounded by the transport.
func boundHeader(h http.Header) (cut bool) {
	lines := 0
	for _, values := range h {
		lines += len(values)
	}
	if lines <= maxHeaderLines {
		return false
	}
	left := maxHeaderLines
	for _, name := range slices.Sorted(maps.Keys(h)) {
		values := h[name]
		switch {
		case left == 0:
			delete(h, name)
			cut = true
		case len(values) > left:
			h[name] = values[:left:left]
			left, cut = 0, true
		default:
			left -= len(values)
		}
	}
	return cut
}
