package main

import (
	"context"
	"time"
)

// row is one line of the yardsticks: what is measured, and for how long at most
// on each engine.
type row struct {
	name    string
	title   string
	limit   time.Duration
	measure func(ctx context.Context, b *bench, engine string) ([]figure, error)
}

var both = []string{sqlite, postgres}

var rows = []*row{
	{"drain", "Drain of a backlog", 4 * time.Minute, measureDrain},
	{"end-to-end", "From request to receiver, 64 connections, each event to one webhook", 4 * time.Minute, measureEndToEnd},
	{"latency", "200 events a second, from sending to arrival", 3 * time.Minute, measureLatency},
	{"hanging", "Healthy endpoints beside one that hangs and gets 20 % of 200 events a second", 5 * time.Minute, measureHanging},
	{"dead", "One healthy endpoint beside 10,000 dead ones, 200 events a second", 20 * time.Minute, measureDead},
	{"memory", "One million pending deliveries", 5 * time.Minute, measureMemory},
	{"start", "From start to ready", time.Minute, measureStart},
}

func rowNames() []string {
	names := make([]string, len(rows))
	for i, r := range rows {
		names[i] = r.name
	}
	return names
}
