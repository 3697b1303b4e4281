package db

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestThePaceFollowsTheLoad(t *testing.T) {
	t.Parallel()
	for _, k := range []struct {
		rows int
		gone time.Duration // since the transaction before began
		want time.Duration
	}{
		{rows: 0, want: 0},
		{rows: 1, want: 0}, // too short to wait for
		{rows: 4, want: 4 * paceRow},
		{rows: 4, gone: 3 * paceRow, want: 0},
		{rows: 4, gone: 2 * paceRow, want: 2 * paceRow},
		{rows: 5000, want: paceMost},
		{rows: 5000, gone: paceMost, want: 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := pace{began: time.Now().Add(-k.gone), rows: k.rows}
			start := time.Now()
			p.wait(nil)
			if d := time.Since(start); d != k.want || p.rows != 0 || !p.began.Equal(time.Now()) {
				t.Errorf("%+v waited %v", k, d)
			}
		})
	}
}

func TestAStopEndsThePace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		close(stop)
		p := pace{began: time.Now(), rows: 5000}
		start := time.Now()
		if p.wait(stop); time.Since(start) != 0 {
			t.Error("it waited on")
		}
	})
}
