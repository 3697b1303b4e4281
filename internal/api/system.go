package api

import (
	"context"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/delivery"
	"patchboard/internal/rbac"
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
	Disk       DiskView       `json:"disk"`
	Audit      AuditState     `json:"audit"`
	Mail       MailView       `json:"mail"`
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

	Check *CountsCheckView `json:"check,omitempty" doc:"The last comparison of the whole installation's counts with the stored deliveries; missing before the first"`
}

// CountsCheckView is what a comparison of the counts with the rows came to.
type CountsCheckView struct {
	At      time.Time `json:"at"`
	Verdict string    `json:"verdict" enum:"holds,differs,unfinished" doc:"unfinished: it could not look at all of them"`
}

// DiskView is the room that the data take and have.
type DiskView struct {
	DatabaseBytes int64  `json:"databaseBytes" doc:"What the database takes up, room for reuse included"`
	FreeBytes     *int64 `json:"freeBytes,omitempty" doc:"Free in the data directory of the node that answers; on SQLite the database lies there"`
	TotalBytes    *int64 `json:"totalBytes,omitempty"`
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
	AnchoredTo int64      `json:"anchoredTo" doc:"A signed head outside the database vouches for the entries up to this one; 0 if the node that answers has none"`
	AnchoredAt *time.Time `json:"anchoredAt,omitempty" doc:"When that head was signed"`
	Unreadable bool       `json:"headsUnreadable,omitempty" doc:"The node that answers cannot read its directory of signed heads, so nothing is known of them; its log says why"`

	Accepted []AcceptedView `json:"accepted" doc:"Where the log was accepted as it was after a restore, oldest first"`
}

// AcceptedView is an entry from which on the log goes on in spite of older signed
// heads.
type AcceptedView struct {
	Seq    int64     `json:"seq"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}

type systemResponse struct{ Body SystemView }

func (a *API) system(ctx context.Context, _ *struct{}) (*systemResponse, error) {
	actor := actorOf(ctx)
	log, err := a.auditState(ctx, actor)
	if err != nil {
		return nil, err
	}
	counts, err := a.deliveryCounts(ctx, actor.OrganizationID)
	if err != nil {
		return nil, err
	}
	disk, err := a.disk(ctx)
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
	mail, err := a.Alert.MailState(ctx, actor)
	if err != nil {
		return nil, err
	}
	return &systemResponse{Body: SystemView{
		Version: a.Version, Database: a.DB.Name(), Time: a.Clock().UTC(), Streams: a.Live.Streams(), Deliveries: counts,
		Nodes: pageOf(nodes, "", nodeView).Items, Lanes: pageOf(lanes, "", laneView).Items, Disk: disk, Audit: log, Mail: mailView(mail),
	}}, nil
}

func (a *API) auditState(ctx context.Context, actor rbac.Actor) (AuditState, error) {
	s, err := a.Audit.State(ctx, actor)
	if err != nil {
		return AuditState{}, err
	}
	anchoring, err := a.Audit.Anchoring(ctx, actor)
	if err != nil {
		return AuditState{}, err
	}
	if anchoring.Unreadable != nil {
		a.log.WarnContext(ctx, "the directory of signed heads cannot be read: its user needs the right to list it", "error", anchoring.Unreadable)
	}
	accepted := pageOf(anchoring.Accepted, "", func(e audit.Acceptance) AcceptedView {
		return AcceptedView{Seq: e.Seq, At: e.At, Reason: e.Reason}
	})
	return AuditState{
		Entries: s.Entries, VerifiedTo: s.VerifiedTo, VerifiedAt: ago(s.VerifiedAt), Problem: s.Problem,
		AnchoredTo: anchoring.Head.Size, AnchoredAt: ago(anchoring.Head.At), Accepted: accepted.Items,
		Unreadable: anchoring.Unreadable != nil,
	}, nil
}

func (a *API) deliveryCounts(ctx context.Context, org string) (DeliveryCounts, error) {
	c, err := a.Delivery.Counts(ctx, org)
	if err != nil {
		return DeliveryCounts{}, err
	}
	v := DeliveryCounts{
		Created: c.Created, Delivered: c.Delivered, Pending: c.Pending, Held: c.Held, Failed: c.Failed, Discarded: c.Discarded, Balanced: c.Balanced(),
	}
	if a.CountsChecked == nil {
		return v, nil
	}
	at, verdict, err := a.CountsChecked(ctx)
	if err != nil {
		return DeliveryCounts{}, err
	}
	if !at.IsZero() {
		v.Check = &CountsCheckView{At: at, Verdict: verdict}
	}
	return v, nil
}

// disk leaves out the room of a directory that does not say: that is no reason
// to show nothing at all.
func (a *API) disk(ctx context.Context) (DiskView, error) {
	n, err := a.DB.OnDisk(ctx)
	if err != nil || a.DataDir == "" {
		return DiskView{DatabaseBytes: n}, err
	}
	free, total, err := db.Space(a.DataDir)
	if err != nil {
		a.log.WarnContext(ctx, "the room of the data directory cannot be read", "error", err)
		return DiskView{DatabaseBytes: n}, nil
	}
	return DiskView{DatabaseBytes: n, FreeBytes: &free, TotalBytes: &total}, nil
}

func nodeView(n delivery.NodeInfo) NodeView {
	return NodeView{ID: n.ID, Address: n.Address, Version: n.Version, Started: n.Started, LeaseUntil: n.LeaseUntil, Lanes: n.Lanes, Self: n.Self}
}

func laneView(l delivery.LaneAge) LaneView {
	return LaneView{WebhookID: l.WebhookID, WebhookURL: l.WebhookURL, Oldest: l.Oldest, Node: l.Node}
}
