package egress

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"
)

// The dialer asks the policy itself: an address that slipped past the check of
// the look-up is still not connected to.
func TestTheDialerRefusesWhatTheLookUpLetPass(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	c, err := New(Policy{})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := c.tryEach(t.Context(), &progress{}, "hook.example.com", []netip.AddrPort{netip.MustParseAddrPort(l.Addr().String())})
	f, ok := errors.AsType[*failure](err)
	if conn != nil || !ok || f.class != ClassAddressRefused {
		t.Errorf("connected: %v, error %v", conn, err)
	}
}

// A receiver that hangs, and answers when it sees the connection close, has not
// begun to answer in time.
func TestFirstByteAfterTheEnd(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	x := &exchange{Context: ctx, start: time.Now()}
	cancel()
	if x.gotFirstByte(); x.firstByte.Load() != 0 {
		t.Error("a byte after the end counts")
	}
}
