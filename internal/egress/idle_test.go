package egress

import (
	"container/list"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func newIdle() *idle {
	i := &idle{places: map[string]*list.List{}}
	i.sweep = time.AfterFunc(idleTime, i.expire)
	return i
}

// kept puts a connection to a place and gives its other end, which reads io.EOF
// once it is closed.
func kept(i *idle, place string) net.Conn {
	here, there := net.Pipe()
	i.put(&conn{Conn: here, place: place, left: noLimit})
	return there
}

func isClosed(t *testing.T, c net.Conn) bool {
	t.Helper()
	err := c.SetReadDeadline(time.Now())
	if errors.Is(err, io.ErrClosedPipe) {
		return true
	}
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Read(make([]byte, 1))
	return errors.Is(err, io.EOF)
}

func TestConnectionsThatNobodyUsesAreClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := newIdle()
		old := kept(i, "https://a")
		<-time.After(idleTime / 2)
		young := kept(i, "https://b")
		<-time.After(idleTime/2 + time.Second)
		synctest.Wait()
		if !isClosed(t, old) || isClosed(t, young) {
			t.Error("the wrong ones were closed after half the time")
		}
		<-time.After(idleTime)
		synctest.Wait()
		if !isClosed(t, young) || i.all.Len() != 0 || len(i.places) != 0 {
			t.Error("one is kept for ever")
		}
		again := kept(i, "https://a")
		<-time.After(idleTime + time.Second)
		synctest.Wait()
		if !isClosed(t, again) {
			t.Error("the sweep did not start again")
		}
	})
}

func TestOneHostKeepsOnlySoMany(t *testing.T) {
	t.Parallel()
	i := newIdle()
	first := kept(i, "https://a")
	other := kept(i, "https://b")
	for range idlePerHost {
		kept(i, "https://a")
	}
	if !isClosed(t, first) || isClosed(t, other) || i.places["https://a"].Len() != idlePerHost {
		t.Error("not the oldest of the host was closed")
	}
	i.close()
	if !isClosed(t, other) || i.all.Len() != 0 {
		t.Error("one is open after the end")
	}
	if late := kept(i, "https://a"); !isClosed(t, late) {
		t.Error("one was kept after the end")
	}
}

// stuck is TLS to a receiver that takes nothing: closing it in form would wait.
type stuck struct{ net.Conn }

func (stuck) Close() error { select {} }

func (stuck) SyscallConn() (syscall.RawConn, error) { return nil, errors.ErrUnsupported }

type socket struct {
	stuck

	closed chan struct{}
}

func (s socket) Close() error { close(s.closed); return nil }

func TestAReceiverThatTakesNothingHoldsUpNobody(t *testing.T) {
	t.Parallel()
	i := newIdle()
	under := socket{closed: make(chan struct{})}
	i.put(&conn{Conn: stuck{}, socket: under, place: "https://a", left: noLimit})
	i.close()
	<-under.closed
}
