package connector

import (
	"context"
	"time"
)

// Wait lets time pass, unless ctx ends before, whose error it gives then.
func Wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
