package egress

import "time"

// The two messages that a refused webhook URL shows; the exact cause stands
// under them as Detail.
const (
	MessageFormat      = "Invalid webhook URL format"
	MessageUnreachable = "Webhook endpoint unreachable"
)

// Cause is why a URL was refused.
type Cause string

// The causes of a verdict that is not OK. The first comes with MessageFormat,
// the rest with MessageUnreachable.
const (
	CauseFormat         Cause = "format"
	CauseDNS            Cause = "dns"
	CauseAddressRefused Cause = "address_refused"
	CauseConnect        Cause = "connect"
	CauseTLS            Cause = "tls"
	CauseTimeout        Cause = "timeout"
	CauseStatus         Cause = "status"
)

// Verdict says whether a URL may be sent to and, if it was tried, whether it
// answered.
type Verdict struct {
	OK       bool
	Message  string // MessageFormat or MessageUnreachable; "" if OK
	Cause    Cause  // "" if OK
	Detail   string // one sentence for a person, exact
	Duration time.Duration
}

func malformed(detail string) *Verdict {
	return &Verdict{Message: MessageFormat, Cause: CauseFormat, Detail: detail}
}

func unreachable(cause Cause, detail string) *Verdict {
	return &Verdict{Message: MessageUnreachable, Cause: cause, Detail: detail}
}

// Verdict judges the outcome of a test request. Requests that broke off without
// an answer count as a failed connection: a verdict has no finer word for it,
// the detail has.
func (r Result) Verdict() Verdict {
	v := Verdict{OK: r.Class == ClassOK, Detail: r.Detail, Duration: r.Timing.Total}
	if v.OK {
		v.Detail = statusSentence(r.Status, nil)
		return v
	}
	v.Message = MessageUnreachable
	switch r.Class {
	case ClassDNS:
		v.Cause = CauseDNS
	case ClassAddressRefused:
		v.Cause = CauseAddressRefused
	case ClassTLS:
		v.Cause = CauseTLS
	case ClassTimeout, ClassCancelled:
		v.Cause = CauseTimeout
	case ClassStatus3xx, ClassStatus4xx, ClassStatus5xx:
		v.Cause = CauseStatus
	default:
		v.Cause = CauseConnect
	}
	return v
}
