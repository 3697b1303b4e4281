package main

import (
	"bytes"
	"strconv"
	"time"
)

// The event of every measurement: a contact with the fields of the catalog's
// schema and the time of sending as "ts". What a webhook gets of it has about
// 500 bytes.
const contact = `"email":"ada.lovelace@analytical-engines.example","firstName":"Ada","lastName":"Lovelace","company":"Analytical Engines Ltd",` +
	`"phone":"+44 20 7946 0958","tags":["newsletter","vip","conference-2026","mathematics","engines"],"source":"web form on the page about prices",` +
	`"createdAt":"2026-11-23T09:30:00Z","note":"Asked for the price of the larger engine, with delivery to London, and for a talk next week."`

// appendData writes an event's data.
func appendData(b []byte, at time.Time) []byte {
	b = append(b, `{"id":"con_1042","ts":`...)
	b = strconv.AppendInt(b, at.UnixNano(), 10)
	b = append(b, ',')
	b = append(b, contact...)
	return append(b, '}')
}

// appendEvent writes an event as it is sent to Patchboard.
func appendEvent(b []byte, kind string, at time.Time) []byte {
	b = append(b, `{"type":"`...)
	b = append(b, kind...)
	b = append(b, `","data":`...)
	b = appendData(b, at)
	return append(b, '}')
}

// appendBatch writes a batch of n events.
func appendBatch(b []byte, kinds func() string, n int, at time.Time) []byte {
	b = append(b, `{"events":[`...)
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendEvent(b, kinds(), at)
	}
	return append(b, `]}`...)
}

// appendDelivery writes an event as a webhook gets it from Patchboard, for those
// who send without it.
func appendDelivery(b []byte, kind string, at time.Time) []byte {
	b = append(b, `{"type":"`...)
	b = append(b, kind...)
	b = append(b, `","timestamp":"`...)
	b = at.UTC().AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","data":`...)
	b = appendData(b, at)
	return append(b, '}')
}

// sentAt reads the time of sending back, in nanoseconds; 0 if there is none.
func sentAt(body []byte) int64 {
	_, rest, found := bytes.Cut(body, []byte(`"ts":`))
	if !found {
		return 0
	}
	end := bytes.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		return 0
	}
	n, err := strconv.ParseInt(string(rest[:end]), 10, 64)
	if err != nil {
		return 0
	}
	return n
}
