package egress

import (
	"container/list"
	"errors"
	"io"
	"sync"
	"syscall"
	"time"
)

// idle keeps connections that no request uses, for the next to the same place.
// The one that was used last is used first, so that those of a burst age.
type idle struct {
	mu     sync.Mutex
	places map[string]*list.List // of *conn by scheme and address, the newest last
	all    list.List             // of *conn, the newest last
	sweep  *time.Timer           // runs while there are any
	closed bool
}

// take gives a living connection to a place, nil if there is none.
func (i *idle) take(place string) *conn {
	for {
		i.mu.Lock()
		var c *conn
		if kept := i.places[place]; kept != nil {
			c = kept.Back().Value.(*conn) //nolint:forcetypeassert // nothing else is in it
			i.remove(c)
		}
		i.mu.Unlock()
		if c == nil {
			return nil
		}
		if c.alive() {
			return c
		}
		c.discard()
	}
}

// put keeps a connection, and closes the oldest where there are too many.
func (i *idle) put(c *conn) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.closed {
		c.discard()
		return
	}
	kept := i.places[c.place]
	if kept == nil {
		kept = list.New()
		i.places[c.place] = kept
	}
	c.since = time.Now()
	c.inPlace, c.inAll = kept.PushBack(c), i.all.PushBack(c)
	switch {
	case kept.Len() > idlePerHost:
		i.drop(kept.Front())
	case i.all.Len() > idleTotal:
		i.drop(i.all.Front())
	}
	if i.all.Len() == 1 {
		i.sweep.Reset(idleTime)
	}
}

func (i *idle) drop(e *list.Element) {
	c := e.Value.(*conn) //nolint:forcetypeassert // nothing else is in it
	i.remove(c)
	c.discard()
}

func (i *idle) remove(c *conn) {
	kept := i.places[c.place]
	kept.Remove(c.inPlace)
	if kept.Len() == 0 {
		delete(i.places, c.place)
	}
	i.all.Remove(c.inAll)
	c.inPlace, c.inAll = nil, nil
}

// expire closes what was not used for idleTime.
func (i *idle) expire() {
	i.mu.Lock()
	defer i.mu.Unlock()
	for e := i.all.Front(); e != nil; e = i.all.Front() {
		left := idleTime - time.Since(e.Value.(*conn).since) //nolint:forcetypeassert // nothing else is in it
		if left > 0 {
			i.sweep.Reset(max(left, time.Second))
			return
		}
		i.drop(e)
	}
}

// close closes all, and keeps none from now on.
func (i *idle) close() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.closed = true
	i.sweep.Stop()
	for e := i.all.Front(); e != nil; e = i.all.Front() {
		i.drop(e)
	}
}

// alive reports whether a kept connection can take a request: it is dead if the
// other side has closed it, and out of step if it sent something unasked. It
// looks without waiting and without taking anything.
func (c *conn) alive() bool {
	raw, err := c.socket.SyscallConn()
	if err != nil {
		return false
	}
	var look error
	err = raw.Read(func(fd uintptr) bool {
		var b [1]byte
		n, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		switch {
		case err != nil:
			look = err
		case n == 0:
			look = io.EOF
		}
		return true // whatever it was: never wait
	})
	return err == nil && (errors.Is(look, syscall.EAGAIN) || errors.Is(look, syscall.EWOULDBLOCK))
}
