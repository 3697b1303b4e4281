package config

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// Days is a number of days.
type Days int

// Duration gives the days as hours.
func (d Days) Duration() time.Duration { return time.Duration(d) * 24 * time.Hour }

// UnmarshalText reads a whole number.
func (d *Days) UnmarshalText(text []byte) error {
	n, err := strconv.Atoi(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a number of days. Example: 30", text)
	}
	*d = Days(n)
	return nil
}

func (d Days) check(m *mistakes, setting string) {
	const longest = 3650 // ten years; longer is a slip of the keyboard
	if d < 1 || d > longest {
		m.add(setting, fmt.Sprintf("%d is not between 1 and %d days", d, longest), "30")
	}
}

// Size is a number of bytes.
type Size int64

const (
	mebibyte Size = 1 << 20
	gibibyte Size = 1 << 30
)

// units go from the longest suffix to the shortest.
var units = []struct {
	suffix string
	bytes  float64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
	{"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1},
}

// UnmarshalText reads bytes with or without a unit: 1048576, 500MB, 1.5GiB.
func (s *Size) UnmarshalText(text []byte) error {
	number, factor := strings.TrimSpace(string(text)), 1.0
	for _, u := range units {
		if cut, ok := strings.CutSuffix(number, u.suffix); ok {
			number, factor = strings.TrimSpace(cut), u.bytes
			break
		}
	}
	n, err := strconv.ParseFloat(number, 64)
	if n *= factor; err != nil || math.IsNaN(n) || n < 0 || n >= math.MaxInt64 {
		return fmt.Errorf("%q is not a size. Example: 10GiB", text)
	}
	*s = Size(n)
	return nil
}

func (s Size) check(m *mistakes, setting string) {
	if s < 0 || s > 0 && s < mebibyte {
		m.add(setting, "is under 1MiB, which would keep nothing", "10GiB, or 0 for no limit")
	}
}

// Options are what a kong parser needs for the structs of this package.
func Options() []kong.Option {
	return []kong.Option{kong.TypeMapper(reflect.TypeFor[netip.Prefix](), kong.MapperFunc(decodeNetwork))}
}

func decodeNetwork(ctx *kong.DecodeContext, target reflect.Value) error {
	var text string
	if err := ctx.Scan.PopValueInto("network", &text); err != nil {
		return fmt.Errorf("read a network: %w", err)
	}
	p, err := parseNetwork(strings.TrimSpace(text))
	if err != nil {
		return err
	}
	target.Set(reflect.ValueOf(p))
	return nil
}

func parseNetwork(text string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(text)
	if err == nil {
		return p, nil
	}
	if addr, err := netip.ParseAddr(text); err == nil {
		if addr = addr.WithZone(""); addr.IsValid() {
			return netip.Prefix{}, fmt.Errorf("%q is an address, not a network. Example: %s", text, netip.PrefixFrom(addr, addr.BitLen()))
		}
	}
	return netip.Prefix{}, fmt.Errorf("%q is not a network. Example: 10.20.0.0/16", text)
}

// checkNetworks refuses what opens everything, and what its writer did not mean.
func checkNetworks(m *mistakes, setting string, networks []netip.Prefix, consequence string) {
	for _, n := range networks {
		switch {
		case !n.IsValid():
			m.add(setting, "is not a network", "10.20.0.0/16")
		case n.Bits() == 0:
			m.add(setting, n.String()+" is every address there is: "+consequence, "10.20.0.0/16")
		case n.Masked() != n:
			m.add(setting, n.String()+" has bits set outside its length", n.Masked().String())
		}
	}
}

// checkAddress wants HOST:PORT, with a host that is a name, an address, or
// empty for every address of the machine.
func checkAddress(m *mistakes, setting, address, example string) {
	if err := addressWrong(address); err != nil {
		m.add(setting, quote(address)+" "+err.Error(), example)
	}
}

func addressWrong(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return errors.New("is not HOST:PORT")
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || strconv.FormatUint(n, 10) != port {
		return errors.New("has no port between 0 and 65535")
	}
	if strings.ContainsAny(host, "/ @?#\x00") {
		return errors.New("has a host that is neither a name nor an address")
	}
	return nil
}
