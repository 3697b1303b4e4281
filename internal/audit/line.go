package audit

import (
	"encoding/json"
	"time"

	"patchboard/internal/rbac"
)

// line is an entry in JSON Lines, with everything that its hash is made of.
type line struct {
	Organization string          `json:"organizationId"`
	Seq          int64           `json:"seq"`
	Version      int64           `json:"version"`
	At           string          `json:"at"`
	ActorID      string          `json:"actorId"`
	ActorRole    string          `json:"actorRole"`
	ActorEmail   string          `json:"actorEmail"`
	Action       string          `json:"action"`
	TargetType   string          `json:"targetType"`
	TargetID     string          `json:"targetId"`
	TargetName   string          `json:"targetName"`
	Before       json.RawMessage `json:"before,omitempty"`
	After        json.RawMessage `json:"after,omitempty"`
	Result       string          `json:"result"`
	Reason       string          `json:"reason"`
	Detail       json.RawMessage `json:"detail,omitempty"`
	Address      string          `json:"address"`
	UserAgent    string          `json:"userAgent"`
	RequestID    string          `json:"requestId"`
	Count        int64           `json:"count"`
	FirstAt      string          `json:"firstAt"`
	LastAt       string          `json:"lastAt"`
}

func lineOf(r *Record) line {
	return line{
		r.Organization, r.Seq, r.Version, stamp(r.At), r.ActorID, string(r.ActorRole), r.ActorEmail, r.Action, r.TargetType, r.TargetID, r.TargetName,
		r.Before, r.After, r.Result, r.Reason, r.Detail, r.Address, r.UserAgent, r.RequestID, r.Count, stamp(r.First), stamp(r.Last),
	}
}

// record reads what was said, without number, count and times.
func (e line) record() Record {
	return Record{
		Organization: e.Organization, Version: e.Version, ActorID: e.ActorID, ActorRole: rbac.Role(e.ActorRole), ActorEmail: e.ActorEmail,
		Action: e.Action, TargetType: e.TargetType, TargetID: e.TargetID, TargetName: e.TargetName, Before: e.Before, After: e.After,
		Result: e.Result, Reason: e.Reason, Detail: e.Detail, Address: e.Address, UserAgent: e.UserAgent, RequestID: e.RequestID,
	}
}

// stamp writes a time with its microseconds, in UTC.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000Z")
}
