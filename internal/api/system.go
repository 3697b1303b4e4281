package api

import (
	"context"
	"time"

	"patchboard/internal/delivery"
)

// SystemView is the state of the installation, as far as an organization's
// system administrator may see it.
type SystemView struct {
	Version    string         `json:"version"`
	Database   string         `json:"database" example:"SQLite"`
	Time       time.Time      `json:"time"`
	Streams    int            `json:"streams" doc:"Open live connections of the node that answers"`
	Deliveries DeliveryCounts `json:"deliveries"`
	Nodes      []NodeView     `json:"nodes"`
	Lanes      []LaneView     `json:"lanes" doc:"Webhooks with pending deliveries, the longest wait first, at most 100"`
	Audit      AuditState     `json:"audit"`
}

// DeliveryCounts is the bookkeeping of the organization's deliveries: created =
// delivered + pending + held + failed + discarded, also after retention.
type DeliveryCounts struct {
	Created   int64 `json:"created"`
	Delivered int64 `json:"delivered"`
	Pending   int64 `json:"pending"`
	Held      int64 `json:"held"`
	Failed    int64 `json:"failed"`
	Discarded int64 `json:"discarded"`
	Balanced  bool  `json:"balanced" doc:"Whether the sum holds"`
}

// NodeView is a running server.
type NodeView struct {
	ID         string    `json:"id"`
	Address    string    `json:"address"`
	Version    string    `json:"version"`
	Started    time.Time `json:"started"`
	LeaseUntil time.Time `json:"leaseUntil"`
	Lanes      int64     `json:"lanes"`
	Self       bool      `json:"self" doc:"The node that answers"`
}

// LaneView is a webhook's queue.
type LaneView struct {
	WebhookID  string    `json:"webhookId"`
	WebhookURL string    `json:"webhookUrl"`
	Oldest     time.Time `json:"oldest" doc:"Since when the oldest delivery is due, or when it will be"`
	Node       string    `json:"node,omitempty" doc:"The node that serves it"`
}

// AuditState is how long the organization's audit log is and how far it was
// verified.
type AuditState struct {
	Entries    int64      `json:"entries"`
	VerifiedTo int64      `json:"verifiedTo"`
	VerifiedAt *time.Time `json:"verifiedAt,omitempty"`
	Problem    string     `json:"problem,omitempty"`
}

type systemResponse struct{ Body SystemView }

func (a *API) system(ctx context.Context, _ *struct{}) (*systemResponse, error) {
	actor := actorOf(ctx)
	log, err := a.Audit.State(ctx, actor)
	if err != nil {
		return nil, err
	}
	counts, err := a.Delivery.Counts(ctx, actor.OrganizationID)
	if err != nil {
		return nil, err
	}
	nodes, err := a.Delivery.Nodes(ctx)
	if err != nil {
		return nil, err
	}
	lanes, err := a.Delivery.Lanes(ctx, actor.OrganizationID)
	if err != nil {
		return nil, err
	}
	return &systemResponse{Body: SystemView{
		Version: a.Version, Database: a.DB.Name(), Time: a.Clock().UTC(), Streams: a.Live.Streams(), Deliveries: countsView(counts),
		Nodes: pageOf(nodes, "", nodeView).Items, Lanes: pageOf(lanes, "", laneView).Items,
		Audit: AuditState{Entries: log.Entries, VerifiedTo: log.VerifiedTo, VerifiedAt: ago(log.VerifiedAt), Problem: log.Problem},
	}}, nil
}

func countsView(c delivery.Counts) DeliveryCounts {
	return DeliveryCounts{
		Created: c.Created, Delivered: c.Delivered, Pending: c.Pending, Held: c.Held, Failed: c.Failed, Discarded: c.Discarded, Balanced: c.Balanced(),
	}
}

func nodeView(n delivery.NodeInfo) NodeView {
	return NodeView{ID: n.ID, Address: n.Address, Version: n.Version, Started: n.Started, LeaseUntil: n.LeaseUntil, Lanes: n.Lanes, Self: n.Self}
}

func laneView(l delivery.LaneAge) LaneView {
	return LaneView{WebhookID: l.WebhookID, WebhookURL: l.WebhookURL, Oldest: l.Oldest, Node: l.Node}
}
