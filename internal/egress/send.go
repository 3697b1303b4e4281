package egress

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Request is one POST.
type Request struct {
	URL     *url.URL // from CheckURL
	Header  http.Header
	Body    []byte        // must not change until Send returns
	Timeout time.Duration // for everything from look-up to the answer's last byte; 0 = DefaultTimeout, at most MaxTimeout
}

// Lines yields the request's header lines as they go out: what Send adds, and
// those of Header.
func (r Request) Lines(yield func(name, value string) bool) {
	if !yield("Host", r.URL.Host) || !yield("Content-Length", strconv.Itoa(len(r.Body))) {
		return
	}
	if _, ok := r.Header["User-Agent"]; !ok && !yield("User-Agent", userAgent) {
		return
	}
	for name, values := range r.Header {
		for _, v := range values {
			if !yield(name, v) {
				return
			}
		}
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
const userAgent = "Patchboard-Webhook/1.0"

// Send makes one POST and says how it went; it neither panics on bad input nor
// returns an error beside the result. At most one request reaches the receiver:
// a kept connection that turns out closed is replaced before anything is
// written, and never after.
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
	x := &exchange{ctx: ctx, start: time.Now(), limit: min(timeout, MaxTimeout)}
	x.deadline = x.start.Add(x.limit)
	if earlier, ok := ctx.Deadline(); ok && earlier.Before(x.deadline) {
		x.deadline = earlier
	}
	if r.URL == nil || r.URL.Host == "" || (r.URL.Scheme != "https" && r.URL.Scheme != "http") {
		return Result{Class: ClassAddressRefused, Detail: "The URL is not a complete https:// address.", Err: errNoURL}
	}
	if err := ctx.Err(); err != nil {
		return x.failed(err)
	}
	resp, err := x.run(c, r) //nolint:bodyclose,contextcheck // its body is the connection's, see readBody; x carries the context
	if err != nil {
		x.release(c, false)
		return x.failed(err)
	}
	return x.answered(c, resp)
}

// answered judges an answer and reads its body.
func (x *exchange) answered(c *Client, resp *http.Response) Result {
	res := Result{Status: resp.StatusCode, Header: resp.Header}
	if boundHeader(resp.Header) {
		res.Truncated = true
	}
	body, more, whole, err := readBody(resp)
	res.Body, res.Truncated = body, res.Truncated || more
	x.release(c, whole && !resp.Close && resp.StatusCode != http.StatusSwitchingProtocols)
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
	t.FirstByte = x.firstByte
	switch {
	case x.conn == nil:
		res.RemoteAddr = x.progress.remote
		t.DNS, t.Connect, t.TLS = x.progress.took[stageDNS], x.progress.took[stageConnect], x.progress.took[stageTLS]
	case x.reused:
		res.RemoteAddr, t.Reused = x.conn.remote, true
	default:
		res.RemoteAddr = x.conn.remote
		t.DNS, t.Connect, t.TLS = x.conn.dns, x.conn.connect, x.conn.tls
	}
}

// bodies are the buffers that answers are read into.
var bodies = sync.Pool{New: func() any { return new([keptBody]byte) }}

// readBody reads an answer's body to its end or to drainedBody, keeps the first
// keptBody bytes and says whether there were more, and whether it came to the
// end. It does not close the body, which would read the rest: an answer that was
// not read to its end takes its connection along.
func readBody(resp *http.Response) (kept []byte, more, whole bool, err error) {
	if resp.ContentLength == 0 {
		return nil, false, true, nil
	}
	buf := bodies.Get().(*[keptBody]byte) //nolint:forcetypeassert // the pool holds nothing else
	defer bodies.Put(buf)
	n, err := fill(resp.Body, buf[:])
	if n > 0 {
		kept = bytes.Clone(buf[:n])
	}
	for total := n; err == nil; total += n {
		if total >= drainedBody {
			return kept, true, false, nil
		}
		n, err = fill(resp.Body, buf[:])
		more = more || n > 0
	}
	if errors.Is(err, io.EOF) {
		return kept, more, true, nil
	}
	return kept, more, false, err
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
