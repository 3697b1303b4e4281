package egress

import (
	"errors"
	"net"
	"net/netip"
	"testing"
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
	conn, err := tryEach(t.Context(), &progress{}, &c.dialer, "hook.example.com", []netip.AddrPort{netip.MustParseAddrPort(l.Addr().String())})
	f, ok := errors.AsType[*failure](err)
	if conn != nil || !ok || f.class != ClassAddressRefused {
		t.Errorf("connected: %v, error %v", conn, err)
	}
}
