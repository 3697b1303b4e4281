package health

import (
	"slices"
	"testing"
	"time"
)

var start = time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)

const every = 5 * time.Minute

// run evaluates results that come at the usual interval.
func run(s State, at time.Time, classes ...Class) (State, [][]Signal) {
	var told [][]Signal
	for i, c := range classes {
		var out []Signal
		s, out = Evaluate(s, Result{At: at.Add(time.Duration(i) * every), Class: c})
		told = append(told, out)
	}
	return s, told
}

func TestEvaluate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		results []Class
		status  Status
		told    [][]Signal
	}{
		{"the first is good", []Class{None}, Healthy, [][]Signal{{Changed}}},
		{"all is well and stays so", []Class{None, None, None}, Healthy, [][]Signal{{Changed}, nil, nil}},
		{"a failure that passes is told to nobody", []Class{None, ProviderDown, None}, Healthy, [][]Signal{{Changed}, {Changed}, {Changed}}},
		{"two failures", []Class{None, NetworkDNS, NetworkDNS}, Degraded, [][]Signal{{Changed}, {Changed}, nil}},
		{"three are an error, and told", []Class{None, ProviderDown, ProviderDown, ProviderDown}, Failing, [][]Signal{{Changed}, {Changed}, nil, {Changed, Broken}}},
		{"once a problem", []Class{TLS, TLS, TLS, TLS, NetworkDNS, TLS}, Failing, [][]Signal{{Changed}, nil, {Changed, Broken}, nil, {Changed}, {Changed}}},
		{"and its end", []Class{TLS, TLS, TLS, None, None}, Healthy, [][]Signal{{Changed}, nil, {Changed, Broken}, {Changed, Recovered}, nil}},
		{"a revocation at once", []Class{None, TokenRevoked}, Reauthorize, [][]Signal{{Changed}, {Changed, Broken}}},
		{"the first is a revocation", []Class{TokenRevoked, TokenRevoked}, Reauthorize, [][]Signal{{Changed, Broken}, nil}},
		{"what is gone stays gone until something works", []Class{None, TokenRevoked, TokenExpired, ProviderDown, None}, Healthy, [][]Signal{{Changed}, {Changed, Broken}, nil, nil, {Changed, Recovered}}},
		{"who waited has to act now", []Class{ProviderDown, ProviderDown, ProviderDown, ScopeMissing, TokenRevoked}, Reauthorize, [][]Signal{{Changed}, nil, {Changed, Broken}, {Changed, Broken}, {Changed}}},
		{"a wrong client", []Class{MisconfiguredApp}, Failing, [][]Signal{{Changed, Broken}}},
		{"a class of another version", []Class{"solar_storm", "solar_storm", "solar_storm"}, Failing, [][]Signal{{Changed}, nil, {Changed, Broken}}},
		{"rate limits never become an error", []Class{RateLimited, RateLimited, RateLimited, RateLimited}, Degraded, [][]Signal{{Changed}, nil, nil, nil}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, told := run(State{}, start, c.results...)
			if s.Status != c.status || !slices.EqualFunc(told, c.told, slices.Equal[[]Signal]) {
				t.Errorf("%s %v, want %s %v", s.Status, told, c.status, c.told)
			}
		})
	}
}

func TestRateLimitsAreToldAfterAnHour(t *testing.T) {
	t.Parallel()
	s, told := run(State{}, start, slices.Repeat([]Class{RateLimited}, 20)...)
	for i, out := range told {
		if slices.Contains(out, Broken) != (time.Duration(i)*every == time.Hour) {
			t.Errorf("after %s: %v", time.Duration(i)*every, out)
		}
	}
	if s.Failing != start || s.Failures != 20 {
		t.Errorf("%+v", s)
	}
}

// However many checks fail at once, a connection dies only of days.
func TestABurstKillsNoConnection(t *testing.T) {
	t.Parallel()
	s := State{}
	for i := range 10_000 {
		var out []Signal
		s, out = Evaluate(s, Result{At: start.Add(time.Duration(i) * time.Millisecond), Class: ProviderDown})
		if s.Dead || slices.Contains(out, Died) {
			t.Fatalf("dead after %d failures", i+1)
		}
	}
	s, out := Evaluate(s, Result{At: start.Add(DeadAfter - time.Second), Class: NetworkDNS})
	if s.Dead || len(out) != 1 {
		t.Errorf("%+v %v", s, out)
	}
	s, out = Evaluate(s, Result{At: start.Add(DeadAfter), Class: NetworkDNS})
	if !s.Dead || !slices.Contains(out, Died) {
		t.Errorf("%+v %v", s, out)
	}
	if _, out = Evaluate(s, Result{At: start.Add(DeadAfter + every), Class: NetworkDNS}); len(out) != 0 {
		t.Errorf("it died again: %v", out)
	}
	if s, out = Evaluate(s, Result{At: start.Add(DeadAfter + 2*every)}); s.Dead || s.Status != Healthy || !slices.Equal(out, []Signal{Changed, Recovered}) {
		t.Errorf("%+v %v", s, out)
	}
}

// Two checks can overlap, and the slower one may have begun before the other.
func TestWhatIsOlderChangesNothing(t *testing.T) {
	t.Parallel()
	s, _ := run(State{}, start, None, None)
	if got, out := Evaluate(s, Result{At: start, Class: TokenRevoked}); got != s || out != nil {
		t.Errorf("%+v %v", got, out)
	}
	s, _ = run(s, start.Add(time.Hour), TLS)
	if got, out := Evaluate(s, Result{At: start.Add(time.Minute + every)}); got != s || out != nil {
		t.Errorf("%+v %v", got, out)
	}
}

func FuzzEvaluate(f *testing.F) {
	all := []Class{None, TokenExpired, TokenRevoked, ScopeMissing, RateLimited, QuotaExhausted, ProviderDown, NetworkDNS, NetworkTimeout, TLS, MisconfiguredApp, Unknown}
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})
	f.Fuzz(func(t *testing.T, script []byte) {
		s, at := State{}, start
		open := false // an alert that has not ended
		for _, b := range script {
			at = at.Add(time.Duration(b) * time.Minute)
			var out []Signal
			s, out = Evaluate(s, Result{At: at, Class: all[int(b)%len(all)]})
			if slices.Contains(out, Recovered) && !open {
				t.Fatal("a problem ended that nobody was told of")
			}
			open = (open || slices.Contains(out, Broken)) && !slices.Contains(out, Recovered)
			if open != (s.Alerted != None) || (s.Status == Healthy) != (s.Class == None) || s.Dead && at.Sub(s.Failing) < DeadAfter {
				t.Fatalf("%+v after %v", s, out)
			}
		}
	})
}

// What is found again right after a failure is none more.
func TestAgain(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	var s State
	for n := range 10 {
		s, _ = Evaluate(s, Result{At: at.Add(time.Duration(n) * time.Second), Class: ProviderDown, Again: n > 0})
	}
	if s.Failures != 1 || s.Status != Degraded || s.Alerted != None {
		t.Errorf("%+v", s)
	}
	if s, _ = Evaluate(s, Result{At: at.Add(time.Minute), Class: ProviderDown}); s.Failures != 2 {
		t.Errorf("%+v", s)
	}
}
