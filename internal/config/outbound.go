package config

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/netip"
	"os"
)

// Outbound widens what requests to webhooks may reach. Without any of it:
// HTTPS to public addresses, with the system's certificate authorities.
type Outbound struct {
	AllowNetwork []netip.Prefix `env:"PATCHBOARD_ALLOW_NETWORK" example:"10.20.0.0/16" help:"Private network that webhooks may lead to. Repeatable." name:"allow-network" placeholder:"CIDR" sep:","`
	AllowHTTP    bool           `env:"PATCHBOARD_ALLOW_HTTP" example:"true" help:"Let webhooks use plain http. For development." name:"allow-http"`
	TrustedCA    []string       `env:"PATCHBOARD_TRUSTED_CA" example:"/etc/patchboard/ca.pem" help:"PEM file with private certificate authorities to trust beside the system's. Repeatable." name:"trusted-ca" placeholder:"FILE" sep:","`
}

func (o *Outbound) check(m *mistakes) {
	checkNetworks(m, "allow-network", o.AllowNetwork, "the address policy would be off")
	for _, file := range o.TrustedCA {
		if _, err := certificates(file); err != nil {
			m.add("trusted-ca", err.Error(), "/etc/patchboard/ca.pem")
		}
	}
}

// Certificates reads the trusted authorities, file by file.
func (o *Outbound) Certificates() ([]*x509.Certificate, error) {
	var all []*x509.Certificate
	for _, file := range o.TrustedCA {
		found, err := certificates(file)
		if err != nil {
			return nil, fmt.Errorf("trusted CA: %w", err)
		}
		all = append(all, found...)
	}
	return all, nil
}

func certificates(file string) ([]*x509.Certificate, error) {
	text, err := readAtMost(file, largestFile)
	if err != nil {
		return nil, err
	}
	var found []*x509.Certificate
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%q holds a certificate that cannot be read: %w", file, err)
		}
		found = append(found, c)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%q holds no certificate in PEM form", file)
	}
	return found, nil
}

// readAtMost reads a file that is no larger than limit bytes, so that a wrong
// path (a device, a disk image) does not fill the memory.
func readAtMost(file string, limit int64) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, fileError(file, err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%q is not a file", file)
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("%q is larger than %d bytes", file, limit)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fileError(file, err)
	}
	return b, nil
}

func fileError(file string, err error) error {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		err = p.Err
	}
	return fmt.Errorf("%q cannot be read: %w", file, err)
}
