package api

import (
	"context"
	"time"
)

// SystemView is the state of the installation, as far as an organization's
// system administrator may see it.
type SystemView struct {
	Version  string    `json:"version"`
	Database string    `json:"database" example:"SQLite"`
	Time     time.Time `json:"time"`
	Streams  int       `json:"streams" doc:"Open live connections of this node"`
	Audit    AuditLog  `json:"audit"`
}

// AuditLog is how long the organization's audit log is and how far it was
// verified.
type AuditLog struct {
	Entries    int64      `json:"entries"`
	VerifiedTo int64      `json:"verifiedTo"`
	VerifiedAt *time.Time `json:"verifiedAt,omitempty"`
	Problem    string     `json:"problem,omitempty"`
}

type systemResponse struct{ Body SystemView }

func (a *API) system(ctx context.Context, _ *struct{}) (*systemResponse, error) {
	state, err := a.Audit.State(ctx, actorOf(ctx))
	if err != nil {
		return nil, err
	}
	return &systemResponse{Body: SystemView{
		Version: a.Version, Database: a.DB.Name(), Time: a.Clock().UTC(), Streams: a.Live.Streams(),
		Audit: AuditLog{Entries: state.Entries, VerifiedTo: state.VerifiedTo, VerifiedAt: ago(state.VerifiedAt), Problem: state.Problem},
	}}, nil
}
