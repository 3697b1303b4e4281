package db

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Nodes tell each other what changed over one Postgres channel. A message is a
// batch of notes; it is a hint, and what it hints at is in the tables.

const (
	wireChannel  = "patchboard"
	wireMost     = 7800                   // bytes; Postgres refuses 8,000
	coalesceTime = 5 * time.Millisecond   // notes of this long leave together
	probeAfter   = 400 * time.Millisecond // of silence; then the connection is asked
	retryAfter   = 200 * time.Millisecond
)

type wireMessage struct {
	Node  string      `json:"n"`
	Notes [][2]string `json:"m,omitempty"`
	Lost  bool        `json:"l,omitempty"`
}

// sendNotes is the goroutine that sends this node's notes to the others. At the
// end it sends what is left, once.
func (d *DB) sendNotes(ctx context.Context) {
	for last := false; !last; {
		select {
		case <-ctx.Done():
			last = true
		case <-d.bus.wake:
			pause(ctx, coalesceTime)
		}
		ns, lost := d.bus.take()
		for _, m := range d.bus.messages(ns, lost) {
			for {
				sendCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), connectLimit)
				_, err := d.write.ExecContext(sendCtx, "SELECT pg_notify($1, $2)", wireChannel, m)
				cancel()
				if err == nil {
					break
				}
				d.log.Warn("notify the other nodes", "error", err)
				if !pause(ctx, retryAfter) {
					return
				}
			}
		}
	}
}

// messages packs notes into messages that Postgres takes.
func (b *bus) messages(ns []note, lost bool) []string {
	var out []string
	m, size := wireMessage{Node: b.name, Lost: lost}, 0
	flush := func() {
		if len(m.Notes) > 0 || m.Lost {
			text, err := json.Marshal(m)
			if err == nil { // strings and a flag always marshal
				out = append(out, string(text))
			}
		}
		m, size = wireMessage{Node: b.name}, 0
	}
	for _, n := range ns {
		enc, err := json.Marshal([2]string{n.Channel, n.Payload})
		if err != nil || len(enc) > wireMost-200 {
			m.Lost = true // too long to send: the others reload
			continue
		}
		if size+len(enc) > wireMost-200 {
			flush()
		}
		m.Notes = append(m.Notes, [2]string{n.Channel, n.Payload})
		size += len(enc) + 1
	}
	flush()
	return out
}

// listen is the goroutine that receives the other nodes' notes. While it has no
// connection Current is false; when it has one again all subscribers reload.
func (d *DB) listen(ctx context.Context) {
	d.bus.current.Store(false)
	for ctx.Err() == nil {
		err := d.listenOnce(ctx)
		d.bus.current.Store(false)
		if ctx.Err() != nil {
			return
		}
		d.log.Warn("listening for the other nodes was interrupted", "error", err)
		if !pause(ctx, retryAfter) {
			return
		}
	}
}

func (d *DB) listenOnce(ctx context.Context) (err error) {
	connectCtx, cancel := context.WithTimeout(ctx, connectLimit)
	conn, err := pgx.Connect(connectCtx, d.url)
	cancel()
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() {
		closeCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if cerr := conn.Close(closeCtx); cerr != nil && err == nil {
			err = fmt.Errorf("close: %w", cerr)
		}
	}()
	if _, err := conn.Exec(ctx, "LISTEN "+wireChannel); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	d.bus.resync()
	d.bus.current.Store(true)
	for {
		n, err := d.waitNote(ctx, conn)
		if err != nil {
			return err
		}
		if n != nil {
			d.receive(n.Payload)
		}
	}
}

// waitNote waits for a notification; after a silence it asks whether the
// connection still lives, so that a lost one is known within a second.
func (d *DB) waitNote(ctx context.Context, conn *pgx.Conn) (*pgconn.Notification, error) {
	waitCtx, cancel := context.WithTimeout(ctx, probeAfter)
	n, err := conn.WaitForNotification(waitCtx)
	cancel()
	if err == nil {
		return n, nil
	}
	if ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) && !pgconn.Timeout(err) {
		return nil, fmt.Errorf("wait: %w", err)
	}
	pingCtx, cancel := context.WithTimeout(ctx, probeAfter)
	defer cancel()
	if err := conn.Ping(pingCtx); err != nil {
		return nil, fmt.Errorf("ping: %w", err)
	}
	return nil, nil //nolint:nilnil // silence is neither a note nor an error
}

func (d *DB) receive(payload string) {
	var m wireMessage
	if err := json.Unmarshal([]byte(payload), &m); err != nil {
		d.log.Warn("a notification that cannot be read", "error", err)
		return
	}
	if m.Node == d.bus.name {
		return
	}
	if m.Lost {
		d.bus.resync()
		return
	}
	for _, n := range m.Notes {
		d.bus.deliver(note{n[0], n[1]})
	}
}

// pause waits, and reports false when ctx ended first.
func pause(ctx context.Context, t time.Duration) bool {
	timer := time.NewTimer(t)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
