package event

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"patchboard/internal/db/dbtest"
)

// BenchmarkAccept takes single events from 64 senders, decoded as they come in,
// until each is committed; no webhook wants them.
func BenchmarkAccept(b *testing.B) {
	for _, engine := range dbtest.Engines {
		b.Run(string(engine), func(b *testing.B) {
			s := start(b, dbtest.Open(b, engine))
			in, _ := Example("contact.created")
			body := []byte(`{"type":"contact.created","data":` + string(in.Data) + `}`)
			benchSenders(b, func() (int, error) {
				in, err := Decode(body)
				if err != nil {
					return 0, err
				}
				_, err = s.Accept(context.Background(), machine, []Input{in}, Options{})
				return 1, err
			})
		})
	}
}

// BenchmarkAcceptBatch takes batches of 100 from 64 senders.
func BenchmarkAcceptBatch(b *testing.B) {
	for _, engine := range dbtest.Engines {
		b.Run(string(engine), func(b *testing.B) {
			s := start(b, dbtest.Open(b, engine))
			in, _ := Example("contact.created")
			one := `{"type":"contact.created","data":` + string(in.Data) + `}`
			body := []byte(`{"events":[` + one)
			for range 99 {
				body = append(body, ","+one...)
			}
			body = append(body, "]}"...)
			benchSenders(b, func() (int, error) {
				batch, err := DecodeBatch(body)
				if err != nil {
					return 0, err
				}
				_, err = s.Accept(context.Background(), machine, batch.Events, Options{})
				return len(batch.Events), err
			})
		})
	}
}

func benchSenders(b *testing.B, send func() (int, error)) {
	b.Helper()
	const senders = 64
	var left, events atomic.Int64
	left.Store(int64(b.N))
	b.ReportAllocs()
	b.ResetTimer()
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				n, err := send()
				if err != nil {
					b.Error(err)
					return
				}
				events.Add(int64(n))
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(events.Load())/b.Elapsed().Seconds(), "events/s")
}
