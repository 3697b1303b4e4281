package connector_test

import (
	"testing"
	"time"

	"patchboard/internal/connector"
)

func TestSpent(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 11, 28, 10, 40, 0, 0, time.UTC)
	var s connector.Spent
	if n, free := s.Total(begin); n != 0 || !free.IsZero() {
		t.Errorf("%d until %s", n, free)
	}
	s = s.Add(3, begin).Add(0, begin)
	before := s
	s = s.Add(4, begin.Add(10*time.Minute)).Add(5, begin.Add(2*time.Hour))
	if n, free := s.Total(begin.Add(3 * time.Hour)); n != 12 || !free.Equal(begin.Add(24*time.Hour+20*time.Minute)) {
		t.Errorf("%d until %s", n, free)
	}
	if n, _ := before.Total(begin); n != 3 {
		t.Errorf("a count was changed by another: %d", n)
	}
	if n, _ := s.Total(begin.Add(25 * time.Hour)); n != 5 {
		t.Errorf("a day later: %d", n)
	}
	if s = s.Add(1, begin.Add(30*time.Hour)); len(s) != 1 {
		t.Errorf("what counts no more is kept: %v", s)
	}
	if n, _ := (connector.Spent{"nonsense": 7}).Total(begin); n != 0 {
		t.Errorf("%d", n)
	}
}
