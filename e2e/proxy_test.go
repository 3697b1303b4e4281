package e2e

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// proxy stands between a server and Postgres. Cut off, it refuses connections
// and breaks those that there are.
type proxy struct {
	t               *testing.T
	addr            string
	network, target string

	mu      sync.Mutex
	l       net.Listener
	conns   map[net.Conn]struct{}
	muted   int // bytes of a transaction from which on the answer to its commit is withheld; 0: never
	commits int // whose answer was
}

// proxied puts a proxy before the installation's database.
func (in *install) proxied() *proxy {
	in.t.Helper()
	c, err := pgconn.ParseConfig(in.database)
	if err != nil {
		in.t.Fatal(err)
	}
	p := &proxy{t: in.t, addr: freeAddress(in.t), conns: map[net.Conn]struct{}{}}
	p.network, p.target = pgconn.NetworkAddress(c.Host, c.Port)
	p.heal()
	in.t.Cleanup(p.cut)
	u, err := url.Parse(in.database)
	if err != nil {
		in.t.Fatal(err)
	}
	u.Host = p.addr
	in.direct, in.database = in.database, u.String()
	return p
}

func (p *proxy) heal() {
	p.t.Helper()
	l, err := net.Listen("tcp", p.addr)
	if err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	p.l, p.muted = l, 0
	p.mu.Unlock()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.join(l, c)
		}
	}()
}

// join connects both sides until one ends.
func (p *proxy) join(l net.Listener, c net.Conn) {
	var d net.Dialer
	s, err := d.DialContext(context.Background(), p.network, p.target)
	if err != nil {
		_ = c.Close()
		return
	}
	p.mu.Lock()
	current := p.l == l
	if current {
		p.conns[c], p.conns[s] = struct{}{}, struct{}{}
	}
	p.mu.Unlock()
	end := func() {
		_ = c.Close()
		_ = s.Close()
	}
	if !current {
		end()
		return
	}
	var both sync.WaitGroup
	var written atomic.Int64 // to the server, since the last commit
	both.Go(func() {         // to the server
		defer end()
		p.pass(s, c, func(b []byte) bool {
			written.Add(int64(len(b)))
			return true
		})
	})
	both.Go(func() { // and back
		defer end()
		mute := false
		p.pass(c, s, func(b []byte) bool {
			if bytes.Contains(b, committed) {
				mute = p.muteCommit(written.Swap(0)) || mute
			}
			return !mute
		})
	})
	both.Wait()
	p.mu.Lock()
	delete(p.conns, c)
	delete(p.conns, s)
	p.mu.Unlock()
}

// pass copies what may pass.
func (p *proxy) pass(to io.Writer, from io.Reader, may func(b []byte) bool) {
	b := make([]byte, 64<<10)
	for {
		n, err := from.Read(b)
		if may(b[:n]) {
			if _, err := to.Write(b[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// committed is what Postgres says of a commit: the message CommandComplete.
var committed = []byte("C\x00\x00\x00\x0bCOMMIT\x00")

// muteCommit reports whether the answer to the commit of a transaction that wrote
// so many bytes is to be withheld.
func (p *proxy) muteCommit(written int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	mute := p.muted > 0 && written >= int64(p.muted)
	if mute {
		p.commits++
	}
	return mute
}

// mute lets commits through from now on and withholds the answers to those of
// transactions that wrote so many bytes: who waits for one cannot know what came
// of it.
func (p *proxy) mute(bytes int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.muted = bytes
}

// withheld gives how many answers were.
func (p *proxy) withheld() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.commits
}

// refuse takes no new connections and leaves those that there are.
func (p *proxy) refuse() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.l != nil {
		_ = p.l.Close()
	}
	p.l = nil
}

func (p *proxy) cut() {
	p.refuse()
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
	}
}
