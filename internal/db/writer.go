package db

import (
	"context"
	"time"
)

// Under load, which is when a transaction wrote paceRows or more, or half as many did
// the one before and so on, the first of the next waits paceWait for others: each
// transaction has a price of its own (an fsync, pages, round trips), which more rows
// share. Where there is little to write nobody waits.
const (
	paceRows = 16
	paceWait = 400 * time.Microsecond
)

// pace tells whether the next transaction waits for more. It is used by one goroutine
// at a time.
type pace struct{ load int }

// wait returns when the next transaction may begin, at once after ctx has ended.
func (p *pace) wait(ctx context.Context) {
	if p.busy() {
		pause(ctx, paceWait)
	}
}

// busy reports whether the next transaction waits.
func (p *pace) busy() bool { return p.load >= paceRows }

// wrote notes how many rows a transaction wrote.
func (p *pace) wrote(rows int) { p.load = max(rows, p.load/2) }

// Writer runs the transactions of a bulk writer: a goroutine that stores what
// others give it, as much at once as there is. It is used by one goroutine at a
// time.
type Writer struct {
	d     *DB
	delay delay
	pace  pace
	began time.Time // its last transaction, on Postgres
}

// Writer makes a bulk writer.
func (d *DB) Writer() *Writer { return &Writer{d: d} }

// delay is how long a transaction may wait to go along with others, and whether it
// waits even where nothing else is written.
type delay struct {
	most   time.Duration // 0: it does not wait
	always bool
}

// PatientWriter makes a bulk writer for whom nobody waits: it is like Writer where the
// database is at rest. Under load its transactions begin up to most later: on SQLite
// while others write, with whom it goes along, and on Postgres so long after the one before.
func (d *DB) PatientWriter(most time.Duration) *Writer {
	return &Writer{d: d, delay: delay{most: most}}
}

// LazyWriter makes a bulk writer of what comes rarely and is not urgent: its
// transactions begin up to most later, so that more goes into each. On SQLite, where one
// transaction runs at a time, what is late goes along with the next of the others if one
// comes sooner.
func (d *DB) LazyWriter(most time.Duration) *Writer { return &Writer{d: d, delay: delay{most, true}} }

// Write is DB.Write; under load it begins later, so that fewer and larger
// transactions do the same. Whoever gathers what to write does it inside fn, on
// its first run: all that came meanwhile goes along.
func (w *Writer) Write(ctx context.Context, fn func(tx *Tx) error) error {
	if w.d.engine == onSQLite { // the group has a pace for all
		return w.d.run(ctx, w.delay, fn)
	}
	switch {
	case w.delay.always:
		pause(ctx, w.delay.most)
	case w.delay.most == 0:
		w.pace.wait(ctx)
	case w.pace.busy(): // a long transaction was wait enough
		pause(ctx, w.delay.most-time.Since(w.began))
	}
	w.began = time.Now()
	return w.d.Write(ctx, func(tx *Tx) error {
		err := fn(tx)
		w.pace.wrote(tx.rows)
		return err
	})
}
