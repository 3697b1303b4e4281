package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

const (
	sqliteReaders   = 4
	groupMost       = 256                    // callers in one commit
	urgentLately    = 10 * time.Millisecond  // since others wrote: who may go along with them waits for them
	outsideInterval = 250 * time.Millisecond // how soon a change by another process is seen, and the log looked at
)

func (d *DB) openSQLite(ctx context.Context, c Config) error {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return fmt.Errorf("make data directory: %w", err)
	}
	path, err := filepath.Abs(filepath.Join(c.Dir, FileName))
	if err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	if err := private(path); err != nil {
		return err
	}
	// auto_vacuum has to come before the first table; it and journal_mode are kept in
	// the file, and wait for the lock of writers: the others must not say them, which
	// are opened when they are needed.
	w := []string{
		"busy_timeout(10000)", "auto_vacuum(incremental)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "temp_store(MEMORY)",
		"cache_size(-16384)", fmt.Sprintf("wal_autocheckpoint(%d)", checkpointLate), "journal_size_limit(67108864)",
	}
	if c.MaxPages > 0 {
		w = append(w, fmt.Sprintf("max_page_count(%d)", c.MaxPages))
	}
	reading := []string{"busy_timeout(10000)", "synchronous(FULL)", "temp_store(MEMORY)", "query_only(1)"}

	if d.write, err = openFile(ctx, path, w, 1); err != nil {
		return err
	}
	if d.read, err = openFile(ctx, path, append(reading, "cache_size(-8192)"), sqliteReaders); err != nil {
		return errors.Join(err, d.write.Close())
	}
	beside, err := openFile(ctx, path, append(reading, "cache_size(-1024)"), 1)
	if err != nil {
		return errors.Join(err, d.read.Close(), d.write.Close())
	}
	d.engine, d.group = onSQLite, newGroup(d, newCheckpointer(beside))
	return nil
}

// private makes the database's file before SQLite does, which would let
// everybody read it: events are people's data. Its two companions take its mode.
// The mode of a file that exists is its owner's choice.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	return nil
}

func openFile(ctx context.Context, path string, pragmas []string, conns int) (*sql.DB, error) {
	q := url.Values{"_pragma": pragmas, "_txlock": {"immediate"}}
	h, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	h.SetMaxOpenConns(conns)
	h.SetMaxIdleConns(conns)
	if err := h.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), h.Close())
	}
	return h, nil
}

// group is the single writer of SQLite. Whoever has the turn owns the write
// connection while a transaction runs; River shares it between transactions. The
// turn is that of a goroutine, which serves a queue, or of a caller who finds
// nobody there: handing over to another goroutine and back takes longer than
// most transactions.
type group struct {
	d     *DB
	queue chan *member
	later chan *member  // of those who may be late
	quit  chan struct{} // closed when the goroutine has ended
	check *checkpointer

	turn   sync.Mutex // of what follows
	ended  bool       // no more transactions
	stmts  *stmtCache
	pace   pace
	urgent time.Time   // when somebody last wrote who does not go along
	lazy   []*member   // taken from later, to go along with the next
	alone  *time.Timer // when the first of them goes by itself
}

type member struct {
	ctx  context.Context //nolint:containedctx // carried to the writer's goroutine, as a request's is to its handler
	fn   func(tx *Tx) error
	late bool      // it goes along with others
	by   time.Time // when it goes by itself, if it came by later
	tx   *Tx
	err  error
	done chan struct{}
}

func newGroup(d *DB, c *checkpointer) *group {
	return &group{
		d: d, queue: make(chan *member, 4*groupMost), later: make(chan *member, groupMost), quit: make(chan struct{}),
		check: c, stmts: &stmtCache{known: map[string]*sql.Stmt{}},
	}
}

var errClosed = errors.New("the database is closed")

func (g *group) write(ctx context.Context, late delay, fn func(tx *Tx) error) (*Tx, error) {
	m := &member{ctx: ctx, fn: fn, late: late.most > 0, done: make(chan struct{})}
	if !late.always && g.lead(m) { //nolint:contextcheck // see attempt
		return m.tx, m.err
	}
	queue := g.queue
	if late.most > 0 {
		m.by, queue = time.Now().Add(late.most), g.later
	}
	select {
	case queue <- m:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the writer: %w", ctx.Err())
	case <-g.quit:
		return nil, errClosed
	}
	select {
	case <-m.done:
		return m.tx, m.err
	case <-g.quit:
	}
	select { // the writer may have finished this one just before it ended
	case <-m.done:
		return m.tx, m.err
	default:
		return nil, errClosed
	}
}

// lead runs a member's transaction on the caller's goroutine, and whatever came
// meanwhile along with it. It does nothing, and gives false, where others are at
// it or the next transaction has to wait.
func (g *group) lead(m *member) bool {
	if len(g.queue) > 0 || !g.turn.TryLock() {
		return false
	}
	defer g.turn.Unlock()
	// Who may go along with others waits only where there are some.
	if g.ended || g.pace.busy() && (!m.late || time.Since(g.urgent) < urgentLately) {
		return false
	}
	g.commit(g.take(m))
	return true
}

// do runs fn with the turn.
func (g *group) do(fn func()) {
	g.turn.Lock()
	defer g.turn.Unlock()
	fn()
}

// run is the writer's goroutine. After stop it finishes what is queued.
func (g *group) run(ctx context.Context) {
	warn := func(err error) { g.d.log.Warn("checkpoint the database", "error", err) }
	go g.check.run(warn) //nolint:gosec,contextcheck // it goes on until close, after ctx has ended
	defer func() {
		g.do(func() {
			g.ended = true
			g.stmts.close()
		})
		if err := g.check.close(); err != nil {
			warn(err)
		}
		close(g.quit)
	}()
	tick := time.NewTicker(outsideInterval)
	defer tick.Stop()
	g.do(func() { g.alone = time.NewTimer(time.Hour) })
	defer g.alone.Stop()
	seen := g.lookOutside(ctx, 0)
	for {
		select {
		case m := <-g.queue:
			g.do(func() {
				g.pace.wait(ctx)
				g.commit(g.take(m)) //nolint:contextcheck // see attempt
			})
		case m := <-g.later:
			g.do(func() {
				if g.lazy = append(g.lazy, m); g.first() == m {
					g.alone.Reset(time.Until(m.by))
				}
			})
		case <-g.alone.C:
			g.do(func() { //nolint:contextcheck // see attempt
				if len(g.lazy) > 0 { // else they have gone along
					g.commit(g.take())
				}
			})
		case <-tick.C:
			seen = g.lookOutside(ctx, seen)
			if err := g.check.look(ctx, g.d.write); err != nil && ctx.Err() == nil {
				warn(err)
			}
		case <-ctx.Done():
			more := false
			g.do(func() { //nolint:contextcheck // see attempt
				ms := g.take()
				if more = len(ms) > 0; more {
					g.commit(ms)
				}
			})
			if !more {
				return
			}
		}
	}
}

// take gives who goes into the next transaction: first, the others that wait,
// and last those that go along.
func (g *group) take(first ...*member) []*member {
	ms := first
	for len(ms) < groupMost {
		select {
		case m := <-g.queue:
			ms = append(ms, m)
			continue
		default:
		}
		break
	}
	ms = append(ms, g.lazy...)
	g.lazy = nil
	for {
		select {
		case m := <-g.later: // unless the goroutine has just taken it, for the time after
			ms = append(ms, m)
			continue
		default:
		}
		return ms
	}
}

// first gives the member of lazy that goes by itself first.
func (g *group) first() *member {
	return slices.MinFunc(g.lazy, func(a, b *member) int { return a.by.Compare(b.by) })
}

// commit runs all members in one transaction. If SQLite gave the transaction up
// as a whole (a full disk does that), each member runs again by itself.
func (g *group) commit(ms []*member) {
	if err := g.attempt(ms); err != nil {
		if len(ms) == 1 {
			ms[0].err = err
		} else {
			for _, m := range ms {
				if m.err = g.attempt([]*member{m}); m.err != nil {
					m.tx = nil
				}
			}
		}
	}
	rows := 0
	for _, m := range ms {
		if m.tx != nil {
			rows += m.tx.rows
		}
		if !m.late {
			g.urgent = time.Now()
		}
		close(m.done)
	}
	g.pace.wrote(rows)
	g.stmts.prepare(g.d.write)
}

// attempt gives an error when the transaction as a whole did not commit; the
// error of one member among several is kept in the member.
func (g *group) attempt(ms []*member) (err error) {
	ctx := context.Background() // an interrupted statement would roll back every member
	t, err := g.d.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() {
		if err != nil {
			if rerr := t.Rollback(); rerr != nil && !errors.Is(rerr, sql.ErrTxDone) {
				g.d.log.Warn("roll back", "error", rerr)
			}
		}
	}()
	txStmts := g.stmts.in(t)
	for _, m := range ms {
		m.err = nil
		m.tx = &Tx{d: g.d, sql: t, stmts: txStmts}
		if len(ms) == 1 {
			if err := m.run(); err != nil {
				return err
			}
			continue
		}
		if _, err := m.tx.Exec(ctx, "SAVEPOINT member"); err != nil {
			return fmt.Errorf("savepoint: %w", err)
		}
		if m.err = m.run(); m.err != nil {
			if _, err := m.tx.Exec(ctx, "ROLLBACK TO member"); err != nil {
				return fmt.Errorf("roll back to savepoint: %w", err)
			}
		}
		if _, err := m.tx.Exec(ctx, "RELEASE member"); err != nil {
			return fmt.Errorf("release savepoint: %w", err)
		}
	}
	if err := t.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// run calls the member's function; a panic becomes its error, so that it does
// not take the writer with it.
func (m *member) run() (err error) {
	if cerr := m.ctx.Err(); cerr != nil {
		return fmt.Errorf("write: %w", cerr)
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a transaction: %v", p)
		}
	}()
	return m.fn(m.tx)
}

// lookOutside tells every subscriber to reload when another process changed the
// file. PRAGMA data_version changes only for commits of other connections, and
// this process writes through this one connection alone.
func (g *group) lookOutside(ctx context.Context, seen int64) int64 {
	var v int64
	if err := g.d.write.QueryRowContext(ctx, "PRAGMA data_version").Scan(&v); err != nil {
		if ctx.Err() == nil {
			g.d.log.Warn("look for changes by other processes", "error", err)
		}
		return seen
	}
	if seen != 0 && v != seen {
		go g.d.bus.resync() // subscribers read the database; the writer must go on
	}
	return v
}

// stmtCache keeps prepared statements of the write connection. A statement that
// is new inside a transaction is prepared there, and for good after the commit:
// preparing on the pool while the transaction holds its only connection would
// wait for ever.
type stmtCache struct {
	known map[string]*sql.Stmt
	fresh []string

	tx   *sql.Tx
	used map[string]*sql.Stmt // of this transaction
}

const stmtsMost = 500

func (c *stmtCache) in(t *sql.Tx) *stmtCache {
	c.tx, c.used = t, make(map[string]*sql.Stmt, 8)
	return c
}

func (c *stmtCache) get(ctx context.Context, tx *Tx, query string) (*sql.Stmt, error) {
	if st, ok := c.used[query]; ok {
		return st, nil
	}
	ctx = context.WithoutCancel(ctx)
	var st *sql.Stmt
	if k, ok := c.known[query]; ok {
		st = tx.sql.StmtContext(ctx, k)
	} else {
		var err error
		if st, err = tx.sql.PrepareContext(ctx, query); err != nil {
			return nil, fmt.Errorf("prepare: %w", err)
		}
		if len(c.known)+len(c.fresh) < stmtsMost {
			c.fresh = append(c.fresh, query)
		}
	}
	c.used[query] = st
	return st, nil
}

func (c *stmtCache) prepare(h *sql.DB) {
	for _, q := range c.fresh {
		if st, err := h.PrepareContext(context.Background(), q); err == nil {
			c.known[q] = st
		} // else it is prepared again next time, where the error has a caller
	}
	c.fresh = c.fresh[:0]
}

func (c *stmtCache) close() {
	for _, st := range c.known {
		_ = st.Close() // the connection is closed next
	}
}
