package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/egress"
	"patchboard/internal/rbac"
)

// openOutbound makes the one client for requests to the outside, and records
// what the operator has opened for it.
func (a *App) openOutbound(ctx context.Context) error {
	o := a.config.Outbound
	policy := egress.Policy{AllowNetworks: o.AllowNetwork, AllowHTTP: o.AllowHTTP, Resolve: a.config.Resolve, Lost: a.config.Lost}
	if len(o.TrustedCA) > 0 {
		var err error
		if policy.TrustedCAs, err = egress.TrustedCAs(o.TrustedCA...); err != nil {
			return err
		}
	}
	client, err := egress.New(policy)
	if err != nil {
		return err
	}
	a.egress = client
	a.onStop("outbound connections", func(context.Context) error { client.Close(); return nil })

	networks := []string{}
	for _, n := range o.AllowNetwork {
		networks = append(networks, n.String())
	}
	slices.Sort(networks)
	if err := a.recordOpening(ctx, audit.EgressNetworksAllowed, opened{Networks: networks, PlainHTTP: o.AllowHTTP}); err != nil {
		return err
	}
	authorities, err := a.authorities()
	if err != nil {
		return err
	}
	return a.recordOpening(ctx, audit.EgressAuthoritiesTrusted, opened{Authorities: authorities})
}

// opened is what an entry about the settings says.
type opened struct {
	Networks    []string    `json:"networks,omitempty"`
	PlainHTTP   bool        `json:"plainHttp,omitempty"`
	Authorities []authority `json:"authorities,omitempty"`
}

type authority struct {
	Subject string `json:"subject"`
	SHA256  string `json:"sha256"`
}

func (a *App) authorities() ([]authority, error) {
	certificates, err := a.config.Certificates()
	if err != nil {
		return nil, err
	}
	var all []authority
	for _, c := range certificates {
		sum := sha256.Sum256(c.Raw)
		all = append(all, authority{Subject: c.Subject.String(), SHA256: hex.EncodeToString(sum[:])})
	}
	slices.SortFunc(all, func(x, y authority) int { return slices.Compare([]byte(x.SHA256), []byte(y.SHA256)) })
	return all, nil
}

// recordOpening appends an entry to the installation's own log when a setting
// is not what the last entry says; nothing set at first is no change.
func (a *App) recordOpening(ctx context.Context, action string, now opened) error {
	program := rbac.Actor{Role: rbac.SystemAdmin} // of the installation's own log
	page, err := a.Audit.List(ctx, program, audit.Filter{Action: action, Limit: 1})
	if err != nil {
		return fmt.Errorf("read what was opened before: %w", err)
	}
	before := json.RawMessage("{}")
	if len(page.Items) > 0 {
		before = page.Items[0].After
	}
	after, err := json.Marshal(now)
	if err != nil {
		return fmt.Errorf("record what is opened: %w", err)
	}
	if sameJSON(before, after) {
		return nil
	}
	err = a.DB.Write(ctx, func(tx *db.Tx) error {
		return a.Audit.Append(ctx, tx, rbac.Actor{Role: rbac.Program}, audit.Entry{
			Action: action, TargetType: "installation", Before: before, After: json.RawMessage(after), Reason: "settings at start",
		})
	})
	if err != nil {
		return fmt.Errorf("record what is opened: %w", err)
	}
	a.log.Warn("the settings widen what webhooks may reach", "action", action, "now", string(after))
	return nil
}

// sameJSON compares what two texts mean: the log stores its own form.
func sameJSON(x, y []byte) bool {
	var a, b opened
	if json.Unmarshal(x, &a) != nil || json.Unmarshal(y, &b) != nil {
		return false
	}
	return slices.Equal(a.Networks, b.Networks) && a.PlainHTTP == b.PlainHTTP && slices.Equal(a.Authorities, b.Authorities)
}
