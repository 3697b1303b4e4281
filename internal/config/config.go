// Package config holds every setting of the program in one struct: flags, the
// environment (PATCHBOARD_*), a JSON file and defaults, in that order of
// precedence. It checks them and says what is wrong. It opens nothing and
// starts nothing; package app builds the program from it.
package config

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// Serve is what the serve command needs: all settings there are. Other
// commands embed the parts that they use.
type Serve struct {
	Storage    `group:"Storage"`
	Network    `group:"Network"`
	Outbound   `group:"Outbound requests"`
	Connectors `group:"Integrations"`
	Mail       `group:"Mail"`
	Metrics    `group:"Metrics"`
	Retention  `group:"Retention"`
	Behaviour  `group:"Behaviour tracking"`
	Log        `group:"Log"`
}

// Network says where the server listens and how it is reached.
type Network struct {
	Listen       string         `default:"localhost:8480" env:"PATCHBOARD_LISTEN" example:"localhost:8480" help:"Address that the server listens on. Port 0 takes a free one." name:"listen" placeholder:"HOST:PORT"`
	PublicURL    string         `env:"PATCHBOARD_PUBLIC_URL" example:"https://patchboard.example.com" help:"Address under which people and programs reach the server, for links and for secure cookies. Without it, http:// and the listening address." name:"public-url" placeholder:"URL"`
	TrustedProxy []netip.Prefix `env:"PATCHBOARD_TRUSTED_PROXY" example:"10.0.0.0/8" help:"Network of the reverse proxies whose X-Forwarded-For is believed. Repeatable." name:"trusted-proxy" placeholder:"CIDR" sep:","`
}

// Metrics says who may read /metrics. With neither setting, nobody may.
type Metrics struct {
	MetricsListen string `env:"PATCHBOARD_METRICS_LISTEN" example:"localhost:9480" help:"Address of a listener of its own for /metrics and the health pages." name:"metrics-listen" placeholder:"HOST:PORT"`
	MetricsToken  Secret `env:"PATCHBOARD_METRICS_TOKEN" example:"8f1c0a5be27d4936" help:"Bearer token that opens /metrics on the main listener." name:"metrics-token" placeholder:"TOKEN"`
}

// Retention says how long finished work is kept. A limit in bytes of 0 is no
// limit. A pending delivery, and the body of its event, is never removed.
type Retention struct {
	RetainDeliveriesDays Days `default:"30" env:"PATCHBOARD_RETAIN_DELIVERIES_DAYS" example:"30" help:"Days that a finished delivery and its attempts are kept." name:"retain-deliveries-days" placeholder:"DAYS"`
	RetainEventsDays     Days `default:"30" env:"PATCHBOARD_RETAIN_EVENTS_DAYS" example:"30" help:"Days that an event is kept; never shorter than its deliveries." name:"retain-events-days" placeholder:"DAYS"`
	RetainBytes          Size `default:"20GiB" env:"PATCHBOARD_RETAIN_BYTES" example:"20GiB" help:"Size of the database over which the oldest finished deliveries and their events go first, a day at a time; the last 24 hours stay. 0 is no limit." name:"retain-bytes" placeholder:"SIZE"`
}

// Behaviour says whether it is stored what people do in the console. It stays
// in this installation's database either way.
type Behaviour struct {
	Tracking           bool `default:"true" env:"PATCHBOARD_TRACKING" example:"false" help:"Store what people do in the console (which page, which button, how long; no data, no secrets), in this database only. Switch it off with --tracking=false." name:"tracking"`
	RetainTrackingDays Days `default:"400" env:"PATCHBOARD_RETAIN_TRACKING_DAYS" example:"90" help:"Days that this is kept; also while tracking is off." name:"retain-tracking-days" placeholder:"DAYS"`
}

// Default gives the settings of a serve without flags, environment or file,
// for programs that build their settings in code. Call Validate when they are
// complete: it fills in what follows from others.
func Default() Serve {
	return Serve{
		Network: Network{Listen: "localhost:8480"},
		Mail:    Mail{SMTPTLS: "starttls"},
		Retention: Retention{
			RetainDeliveriesDays: 30, RetainEventsDays: 30, RetainBytes: 20 * gibibyte,
		},
		Behaviour: Behaviour{Tracking: true, RetainTrackingDays: 400},
		Log:       Log{LogFormat: "text", LogLevel: "info"},
	}
}

// Validate checks every setting, fills in those that follow from others, and
// gives all mistakes at once as one fault. Kong calls it after parsing.
func (s *Serve) Validate() error {
	var m mistakes
	s.Storage.check(&m)
	s.Network.check(&m)
	s.Outbound.check(&m)
	s.Connectors.check(&m, s.AllowHTTP)
	s.Mail.check(&m)
	s.Metrics.check(&m)
	s.Retention.check(&m)
	s.RetainTrackingDays.check(&m, "retain-tracking-days")
	s.Log.check(&m)
	if s.MetricsListen != "" && s.MetricsListen == s.Listen && !strings.HasSuffix(s.Listen, ":0") {
		m.add("metrics-listen", "is the same address as --listen", "localhost:9480")
	}
	return m.fault()
}

func (n *Network) check(m *mistakes) {
	checkAddress(m, "listen", n.Listen, "localhost:8480")
	if n.PublicURL != "" {
		if wrong := originWrong(n.PublicURL); wrong != "" {
			m.add("public-url", wrong, "https://patchboard.example.com")
		}
		n.PublicURL = strings.TrimSuffix(n.PublicURL, "/")
	}
	checkNetworks(m, "trusted-proxy", n.TrustedProxy, "anybody could claim any address")
}

// Origin gives the public URL, without a slash at its end: the setting, or the
// address that the listener has got. It is a name where that is possible,
// since passkeys refuse addresses.
func (n *Network) Origin(listening net.Addr) string {
	if n.PublicURL != "" {
		return n.PublicURL
	}
	host, _, err := net.SplitHostPort(n.Listen)
	if err != nil {
		host = ""
	}
	port := ""
	if listening != nil {
		if _, p, err := net.SplitHostPort(listening.String()); err == nil {
			port = p
		}
	}
	if addr, err := netip.ParseAddr(host); host == "" || err == nil && (addr.IsLoopback() || addr.IsUnspecified()) {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

func (c *Metrics) check(m *mistakes) {
	const shortest = 16 // characters: what a scanner cannot try in a year
	if c.MetricsListen != "" {
		checkAddress(m, "metrics-listen", c.MetricsListen, "localhost:9480")
	}
	token := c.MetricsToken.Reveal()
	if !c.MetricsToken.IsZero() && (len(token) < shortest || strings.ContainsFunc(token, notTokenCharacter)) {
		m.add("metrics-token", "must have 16 characters or more, without spaces or control characters", "the output of: openssl rand -hex 16")
	}
}

func notTokenCharacter(r rune) bool { return r <= ' ' || r > '~' }

func (r *Retention) check(m *mistakes) {
	r.RetainDeliveriesDays.check(m, "retain-deliveries-days")
	r.RetainEventsDays.check(m, "retain-events-days")
	r.RetainBytes.check(m, "retain-bytes")
}

// originWrong says what keeps s from being scheme, host and port, and no more.
func originWrong(s string) string {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Opaque != "":
		return quote(s) + " is not a URL"
	case u.Scheme != "http" && u.Scheme != "https":
		return quote(s) + " does not start with http:// or https://"
	case u.Hostname() == "":
		return quote(s) + " has no host"
	case u.User != nil:
		return "a public URL has no user name or password in it" // not echoed
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return quote(s) + " has a path, query or fragment: Patchboard is served at the root of a host"
	}
	return ""
}
