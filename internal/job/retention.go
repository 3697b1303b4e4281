package job

import (
	"context"
	"errors"
	"time"
)

const (
	day = 24 * time.Hour
	// keepLeast is kept whatever the size: the log of what has just happened is
	// what people look for.
	keepLeast = day
)

// retain removes what is older than the limit in days, then, while the database
// is larger than the limit in bytes, one more day at a time.
func (n Nouns) retain(ctx context.Context) error {
	now := n.Clock()
	cutoff := now.Add(-n.Keep.For)
	if err := n.retainBefore(ctx, cutoff); err != nil {
		return err
	}
	for n.Keep.Bytes > 0 && cutoff.Before(now.Add(-keepLeast)) {
		size, err := n.DB.Size(ctx)
		if err != nil {
			return err
		}
		if size <= n.Keep.Bytes {
			break
		}
		cutoff = earlier(cutoff.Add(day), now.Add(-keepLeast))
		n.Log.Info("the database is over its size: older work goes first", "bytes", size, "limit", n.Keep.Bytes, "before", cutoff)
		if err := n.retainBefore(ctx, cutoff); err != nil {
			return err
		}
	}
	return n.DB.Vacuum(ctx)
}

// retainBefore removes deliveries first: a deleted webhook's row stays as long
// as its log.
func (n Nouns) retainBefore(ctx context.Context, cutoff time.Time) error {
	removed, err := n.Delivery.Retain(ctx, cutoff)
	if removed.Deliveries+removed.Attempts+removed.Events+removed.Discarded > 0 {
		n.Log.Info("retention", "before", cutoff, "deliveries", removed.Deliveries, "attempts", removed.Attempts, "events", removed.Events, "discarded", removed.Discarded)
	}
	return errors.Join(err, untilNone(ctx, func() (int64, error) { return n.Webhook.Retain(ctx, cutoff, chunk) }))
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
