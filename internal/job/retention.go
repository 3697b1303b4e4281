package job

import (
	"context"
	"errors"
	"time"

	"patchboard/internal/delivery"
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
	l := delivery.Limits{Held: now.Add(-n.Keep.Deliveries), Ended: now.Add(-n.Keep.Deliveries), Events: now.Add(-n.Keep.Events)}
	if err := n.retainBefore(ctx, l); err != nil {
		return err
	}
	newest := now.Add(-keepLeast)
	for n.Keep.Bytes > 0 && (l.Ended.Before(newest) || l.Events.Before(newest)) {
		size, err := n.DB.Size(ctx)
		if err != nil {
			return err
		}
		if size <= n.Keep.Bytes {
			break
		}
		older := earlier(l.Ended, l.Events).Add(day)
		l.Ended, l.Events = earlier(later(l.Ended, older), newest), earlier(later(l.Events, older), newest)
		n.Log.Info("the database is over its size: older work goes first", "bytes", size, "limit", n.Keep.Bytes, "before", older)
		if err := n.retainBefore(ctx, l); err != nil {
			return err
		}
	}
	return n.DB.Vacuum(ctx)
}

// retainBefore removes deliveries first: a deleted webhook's row stays as long
// as its log.
func (n Nouns) retainBefore(ctx context.Context, l delivery.Limits) error {
	removed, err := n.Delivery.Retain(ctx, l)
	if removed.Deliveries+removed.Attempts+removed.Events+removed.Discarded > 0 {
		n.Log.Info("retention", "before", l.Ended, "deliveries", removed.Deliveries, "attempts", removed.Attempts, "events", removed.Events, "discarded", removed.Discarded)
	}
	return errors.Join(err, untilNone(ctx, func() (int64, error) { return n.Webhook.Retain(ctx, l.Ended, chunk) }))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
