// Package id makes identifiers: public ids (TypeIDs such as wh_…) and the
// time-ordered row keys of big tables. It also holds the clock that the program
// is built with, so that a test can set both.
package id

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	typeid "go.jetify.com/typeid/v2"
)

// Clock tells the time. Services read it once a transaction.
type Clock func() time.Time

// New makes a public id with the prefix, as "wh_01h455vb4pex5vsknk084sn02q":
// a TypeID over a version 7 UUID, so ids of one prefix sort by time.
func New(prefix string) string { return typeid.MustGenerate(prefix).String() }

// Is reports whether s has the form of a public id with the prefix.
func Is(prefix, s string) bool {
	t, err := typeid.Parse(s)
	return err == nil && t.Prefix() == prefix
}

// A Key is a time-ordered row key: microseconds since the Unix epoch, shifted
// by nodeBits, with the node's number below. Keys of one node grow strictly,
// and a range of keys is a range of time.
type Key int64

const (
	nodeBits = 11
	// MaxNode is the largest node number that fits a key.
	MaxNode = 1<<nodeBits - 1
)

// KeyAt gives the smallest key of an instant. Instants that no key can have
// (before 1970, after 2112) give the first and the last.
func KeyAt(t time.Time) Key {
	us := t.UnixMicro()
	switch {
	case t.Year() < 1970: // UnixMicro is not defined for the farthest
		return 0
	case t.Year() > 2200 || us > math.MaxInt64>>nodeBits:
		return math.MaxInt64
	}
	return Key(max(us, 0) << nodeBits)
}

// Time gives the instant of a key, to the microsecond.
func (k Key) Time() time.Time { return time.UnixMicro(int64(k) >> nodeBits).UTC() }

// Keys hands out the row keys of one node.
type Keys struct {
	clock Clock
	node  atomic.Int64
	last  atomic.Int64 // microseconds of the last key
}

// NewKeys makes the key source of a node. after is the largest key in the
// database (0 if none): new keys are larger even if the clock was set back.
func NewKeys(clock Clock, node int, after Key) *Keys {
	k := &Keys{clock: clock}
	k.Renumber(node)
	k.last.Store(int64(after) >> nodeBits)
	return k
}

// Renumber changes the node's number, for a node that lost its own.
func (k *Keys) Renumber(node int) { k.node.Store(int64(node) & MaxNode) }

// Next gives a key that is larger than every earlier one of this node.
func (k *Keys) Next() Key {
	for {
		last := k.last.Load()
		us := max(k.clock().UnixMicro(), last+1)
		if k.last.CompareAndSwap(last, us) {
			return Key(us<<nodeBits | k.node.Load())
		}
	}
}

// Public gives the public id of a row key: a TypeID whose UUID starts with the
// key, so that the row is found by its primary key. The rest is random, stored
// with the row, and compared on look-up. Layout: 48 bits of milliseconds, the
// version (7), 10 bits of microseconds and 2 random ones, the variant, 11 bits
// of node, 51 random ones; a valid version 7 UUID (RFC 9562).
func (k Key) Public(prefix string) string {
	var u [16]byte
	_, _ = rand.Read(u[:]) // never fails since Go 1.24
	us := int64(k) >> nodeBits
	ms, rest, node := us/1000, us%1000, int64(k)&MaxNode
	binary.BigEndian.PutUint64(u[0:8], uint64(ms)<<16|0x7000|uint64(rest)<<2|uint64(u[7]&3))
	low := binary.BigEndian.Uint64(u[8:16])
	low = 2<<62 | uint64(node)<<51 | low&(1<<51-1)
	binary.BigEndian.PutUint64(u[8:16], low)
	return must(prefix, u)
}

// ParseKey reads the row key out of a public id made by Key.Public.
func ParseKey(prefix, s string) (Key, error) {
	u, err := parse(prefix, s)
	if err != nil {
		return 0, err
	}
	high, low := binary.BigEndian.Uint64(u[0:8]), binary.BigEndian.Uint64(u[8:16])
	ms, rest, node := int64(high>>16), int64(high>>2&0x3ff), int64(low>>51&MaxNode)
	return Key((ms*1000+rest)<<nodeBits | node), nil
}

// Pair gives the public id of a row that is named by a row key and a small
// number, as a delivery is by its event and its webhook; nothing is random.
func Pair(prefix string, k Key, n int64) string {
	var u [16]byte
	binary.BigEndian.PutUint64(u[0:8], uint64(k))
	binary.BigEndian.PutUint64(u[8:16], uint64(n))
	return must(prefix, u)
}

// ParsePair reads what Pair wrote.
func ParsePair(prefix, s string) (Key, int64, error) {
	u, err := parse(prefix, s)
	if err != nil {
		return 0, 0, err
	}
	return Key(binary.BigEndian.Uint64(u[0:8])), int64(binary.BigEndian.Uint64(u[8:16])), nil
}

func must(prefix string, u [16]byte) string {
	t, err := typeid.FromBytes(prefix, u[:])
	if err != nil {
		panic(fmt.Sprintf("id prefix %q: %v", prefix, err)) // prefixes are constants
	}
	return t.String()
}

func parse(prefix, s string) ([]byte, error) {
	t, err := typeid.Parse(s)
	if err != nil {
		return nil, fmt.Errorf("parse id: %w", err)
	}
	if t.Prefix() != prefix {
		return nil, fmt.Errorf("parse id: prefix is %q, not %q", t.Prefix(), prefix)
	}
	return t.Bytes(), nil
}
