package delivery

import (
	"math/rand/v2"
	"time"
)

// Schedule is when a delivery is tried again: Gaps[i] after try i+1 has failed.
// A delivery is tried len(Gaps)+1 times.
type Schedule struct {
	Gaps   []time.Duration
	Jitter float64 // the largest share of a gap that is added at random; nothing is ever taken off
}

// DefaultSchedule is that of the Standard Webhooks recommendation: ten tries in
// about three days.
var DefaultSchedule = Schedule{
	Gaps: []time.Duration{
		5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
		10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
	},
	Jitter: 0.1,
}

// After gives when the next try is due after try number (1 for the first) has
// failed, and whether there is one. A Retry-After of the answer moves it back,
// never forward; package egress has capped it at 24 h.
func (s Schedule) After(now time.Time, number int, retryAfter time.Duration) (time.Time, bool) {
	if number < 1 || number > len(s.Gaps) {
		return time.Time{}, false
	}
	gap := s.Gaps[number-1]
	gap += time.Duration(rand.Float64() * s.Jitter * float64(gap)) //nolint:gosec // a spread of load, no secret
	return now.Add(max(gap, retryAfter)), true
}

// breaker is how long a lane waits after its last try failed, the streak-th in
// a row: a dead endpoint is asked twice a minute, whatever waits for it. A
// Retry-After holds back the whole lane for a minute at most; the delivery that
// got it waits as long as was asked.
func breaker(streak int, retryAfter time.Duration) time.Duration {
	const first, most = 100 * time.Millisecond, 30 * time.Second
	pause := most
	if streak < 10 {
		pause = min(first<<max(streak-1, 0), most)
	}
	return max(pause, min(retryAfter, time.Minute))
}
