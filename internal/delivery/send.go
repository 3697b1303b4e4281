package delivery

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"patchboard/internal/egress"
	"patchboard/internal/id"
	"patchboard/internal/webhook"
)

// result is a try that has ended.
type result struct {
	task   *task
	sent   bool // false: it was not tried
	key    id.Key
	at     time.Time
	header []byte // the request's, as it is stored
	res    egress.Result
	cut    bool // by this program's end: it uses up none of the tries

	// What the completer decides.
	change Change
	next   time.Time
}

func (r *result) ok() bool { return r.res.Class == egress.ClassOK }

// tries gives how many tries the delivery has had.
func (r *result) tries() int {
	if r.cut {
		return r.task.attempts
	}
	return r.task.attempts + 1
}

func (r *result) timedOut() bool { return r.res.Class == egress.ClassTimeout }

// send makes one try. The endpoint is read at the last moment: a webhook that
// was switched off, deleted or changed is seen here.
func (e *engine) send(t *task) *result {
	r := &result{task: t}
	end, err := e.s.webhooks.Endpoint(e.sendCtx, t.num)
	if err != nil {
		e.s.log.Warn("read a webhook", "webhook", t.lane.webhookID, "error", err)
		e.look(t.lane)
		return r
	}
	if !end.Enabled() || int64(t.key) < end.HoldBefore {
		e.look(t.lane)
		return r
	}
	if t.lane.gone.Load() || !e.s.node.Leased() {
		return r // while its webhook was read, the lane was given up
	}
	r.sent, r.key, r.at = true, e.s.keys.Next(), e.s.clock()
	if end.Refused != nil {
		r.res = egress.Result{Class: egress.ClassAddressRefused, Detail: end.Refused.Detail}
		r.header = []byte("{}")
	} else {
		req := end.Request(t.eventID, r.at, t.body)
		r.header = storedHeader(end, req)
		r.res = e.s.egress.Send(e.sendCtx, req)
	}
	e.decide(r)
	return r
}

// decide says what becomes of the delivery.
func (e *engine) decide(r *result) {
	t := r.task
	switch {
	case r.ok():
		r.change = Succeed
	case r.res.Class == egress.ClassCancelled:
		r.change, r.next, r.cut = Postpone, e.s.clock(), true
	default:
		var more bool
		r.next, more = e.s.schedule.After(e.s.clock(), t.attempts-t.retriesFrom+1, r.res.RetryAfter)
		r.change = Postpone
		if !more || r.res.Status == http.StatusGone {
			r.change, r.next = GiveUp, time.Time{}
		}
	}
}

// formatMark stands among an attempt's stored headers with the format of its
// body, if that is not the event's own; no header has such a name.
const formatMark = ":format"

// storedHeader is a request's headers as the log keeps them: JSON, each name
// once, since every header of ours has one value.
func storedHeader(end *webhook.Endpoint, r egress.Request) []byte {
	b := make([]byte, 0, 512)
	b = append(b, '{')
	add := func(name, value string) {
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = appendJSON(b, name)
		b = append(b, ':')
		b = appendJSON(b, value)
	}
	end.Lines(r, add)
	if end.Format != webhook.FormatStandard {
		add(formatMark, end.Format)
	}
	return append(b, '}')
}

// appendJSON appends a string as JSON; plain text, which is nearly all, without
// reflection.
func appendJSON(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			enc, err := json.Marshal(s)
			if err != nil { // a string always marshals
				return strconv.AppendQuote(b, "?")
			}
			return append(b, enc...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
