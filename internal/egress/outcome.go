package egress

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// failed names what went wrong with a request that got no answer.
func (x *exchange) failed(err error) Result {
	res := Result{Err: err}
	x.finish(&res)
	var f *failure
	switch {
	case x.callerGaveUp():
		res.Class, res.Detail = ClassCancelled, "The request was given up before an answer came."
	case errors.As(err, &f):
		res.Class, res.Detail = f.class, f.detail
		if f.timeout {
			res.Detail = x.timedOut()
		}
	case x.expired(err):
		res.Class = ClassTimeout
		if x.conn == nil && x.progress.stage == stageDNS {
			res.Class = ClassDNS
		}
		res.Detail = x.timedOut()
	default:
		res.Class, res.Detail = ClassProtocol, protocolSentence(err, x.firstByte > 0)
	}
	return res
}

// brokenBody names what went wrong with the body of a 2xx answer.
func (x *exchange) brokenBody(res *Result, err error) {
	res.Err = err
	switch {
	case x.callerGaveUp():
		res.Class, res.Detail = ClassCancelled, "The request was given up before the answer was complete."
	case x.expired(err):
		res.Class = ClassTimeout
		res.Detail = fmt.Sprintf("The server answered %d, but the answer was not complete within %s.", res.Status, seconds(x.elapsed()))
	default:
		res.Class = ClassProtocol
		res.Detail = fmt.Sprintf("The server answered %d, but broke off before the answer was complete.", res.Status)
	}
}

// callerGaveUp reports whether the caller's context, not ours, was cancelled: a
// deadline, whoever set it, is a time-out.
func (x *exchange) callerGaveUp() bool { return errors.Is(x.ctx.Err(), context.Canceled) }

func (x *exchange) expired(err error) bool { return isTimeout(x.ctx, err) }

// elapsed is the time that was allowed: the caller's own deadline may be
// earlier than the request's.
func (x *exchange) elapsed() time.Duration { return min(x.limit, time.Since(x.start)) }

func (x *exchange) timedOut() string {
	within := seconds(x.elapsed())
	if x.conn == nil {
		switch x.progress.stage {
		case stageDNS:
			return fmt.Sprintf("The look-up of the host name got no answer within %s.", within)
		case stageConnect:
			return fmt.Sprintf("The server did not accept a connection within %s.", within)
		case stageTLS:
			return fmt.Sprintf("The server did not finish the TLS handshake within %s.", within)
		case stageNone:
			return fmt.Sprintf("There was no time left for the request after %s.", within)
		}
	}
	if x.firstByte > 0 {
		return fmt.Sprintf("The server began to answer, but did not finish its headers within %s.", within)
	}
	return fmt.Sprintf("The server took the connection, but did not answer within %s.", within)
}

// seconds writes a time-out for a person: "15 s", "0.3 s".
func seconds(d time.Duration) string {
	return strconv.FormatFloat(d.Round(100*time.Millisecond).Seconds(), 'f', -1, 64) + " s"
}

// statusClass classes an answer. HTTP defines 100 to 599; a final answer below
// 200 or above that is no answer to this request.
func statusClass(status int) Class {
	switch status / 100 {
	case 2:
		return ClassOK
	case 3:
		return ClassStatus3xx
	case 4:
		return ClassStatus4xx
	case 5:
		return ClassStatus5xx
	}
	return ClassProtocol
}

// statusSentence says in words what an answer meant.
func statusSentence(status int, h http.Header) string {
	said := fmt.Sprintf("The server answered %d", status)
	switch {
	case status/100 == 2:
		return said + "."
	case status/100 == 3:
		if to := h.Get("Location"); to != "" {
			return fmt.Sprintf("%s, a redirect to %s: redirects are not followed.", said, clip(to))
		}
		return said + ", a redirect: redirects are not followed."
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return said + ": reached, but it refused the request."
	case status == http.StatusNotFound:
		return said + ": reached, but nothing is at this path."
	case status == http.StatusMethodNotAllowed:
		return said + ": reached, but it does not take POST requests at this path."
	case status == http.StatusGone:
		return said + ": the receiver says that this address is gone for good."
	case status == http.StatusRequestEntityTooLarge:
		return said + ": the event is too large for the receiver."
	case status == http.StatusTooManyRequests:
		return said + ": the receiver wants fewer requests."
	case status/100 == 4:
		return said + ": reached, but it did not accept the request."
	case status/100 == 5:
		return said + ": the receiver has a fault of its own."
	case status == http.StatusSwitchingProtocols:
		return said + ": it changed the protocol without being asked."
	}
	return said + ", a status that HTTP does not define."
}

// Guidance says in one sentence what to do about a class of failure; status
// matters for the status classes only, and success needs none.
func Guidance(class Class, status int) string {
	switch class {
	case ClassOK:
		return ""
	case ClassDNS:
		return "Check the host name for a typing error, and that its DNS record exists and is public."
	case ClassAddressRefused:
		return "Use an https:// address on the public internet, or ask whoever runs this server to allow the network."
	case ClassConnect:
		return "Check that the receiver is running and that its firewall lets this server connect to the port."
	case ClassTLS:
		return "Install a valid certificate for this host name, with its intermediate certificates, at the receiver."
	case ClassTimeout:
		return "Make the receiver answer at once and do its work afterwards; check also that no firewall drops the connection."
	case ClassStatus3xx:
		return "Enter the final address in the webhook: redirects are not followed."
	case ClassStatus4xx:
		return clientErrorGuidance(status)
	case ClassStatus5xx:
		return "Look into the receiver's log for this time; the delivery is tried again by itself."
	case ClassProtocol:
		return "Check that the address is that of an HTTP server and that nothing on the way cuts its answers."
	case ClassCancelled:
		return "Nothing needs to be done: the delivery is tried again."
	}
	return "Look into the receiver's log for this time."
}

func clientErrorGuidance(status int) string {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return "Check the signing secret and the custom headers that the receiver expects, and any address list in front of it."
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return "Check the path of the webhook's URL and that the receiver takes POST requests there."
	case http.StatusRequestTimeout:
		return "Check the receiver's load: it gave up waiting for the request."
	case http.StatusGone:
		return "Remove the webhook, or enter its new address and switch it on again."
	case http.StatusRequestEntityTooLarge:
		return "Raise the receiver's limit on the size of a request; events have up to 256 KiB."
	case http.StatusTooManyRequests:
		return "Raise the receiver's rate limit if this goes on; the delivery waits as long as the receiver asks."
	}
	return "Look into the receiver's log for why it did not accept the request."
}

// maxRetryAfter caps what a receiver may ask for.
const maxRetryAfter = 24 * time.Hour

// ParseRetryAfter reads a Retry-After header (RFC 9110, section 10.2.3): whole
// seconds, or a date in one of the three HTTP formats. The wait is capped at
// 24 h; a date that has passed is no wait. Anything else is not obeyed.
func ParseRetryAfter(value string, now time.Time) (time.Duration, bool) {
	value = strings.Trim(value, " \t")
	if value == "" {
		return 0, false
	}
	if strings.Trim(value, "0123456789") == "" {
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil || n > int64(maxRetryAfter/time.Second) {
			return maxRetryAfter, true // only digits: too large is the one way to fail
		}
		return time.Duration(n) * time.Second, true
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	return min(max(at.Sub(now), 0), maxRetryAfter), true
}
