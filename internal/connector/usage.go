package connector

import "time"

// Usage is how much of a quota of calls is used, as the provider says: by all who share
// it, not by this connection alone.
type Usage struct {
	Label       string // for people: "API calls in 24 hours"
	Used, Limit int
	At          time.Time // when it was read
}

// Spent counts calls by the hour in which they were made. It knows those of a rolling
// day.
type Spent map[string]int

const (
	spentForm = "2006-01-02T15"
	// spentKept is how long an hour counts from its beginning: until its last call is a
	// day old.
	spentKept = 25 * time.Hour
)

// Add gives the count with n more calls, and without those that count no more.
func (s Spent) Add(n int, now time.Time) Spent {
	out := Spent{}
	for hour, calls := range s {
		if free := freeAt(hour); free.After(now) {
			out[hour] = calls
		}
	}
	if n > 0 {
		out[now.UTC().Format(spentForm)] += n
	}
	return out
}

// Total gives the calls of a day, and when the first of them count no more; the zero
// time: there are none.
func (s Spent) Total(now time.Time) (calls int, free time.Time) {
	for hour, n := range s {
		at := freeAt(hour)
		if !at.After(now) {
			continue
		}
		calls += n
		if free.IsZero() || at.Before(free) {
			free = at
		}
	}
	return calls, free
}

// freeAt is when the calls of an hour count no more.
func freeAt(hour string) time.Time {
	t, err := time.Parse(spentForm, hour)
	if err != nil {
		return time.Time{} // it is none of ours
	}
	return t.Add(spentKept)
}
