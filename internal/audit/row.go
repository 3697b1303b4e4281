package audit

import (
	"encoding/json"
	"fmt"

	"patchboard/internal/db"
	"patchboard/internal/rbac"
)

// entryColumns are the hashed columns, in the order of values and scanRecord.
const entryColumns = `organization_id, seq, version, at, actor_id, actor_role, actor_email, action, target_type, target_id, target_name,
	before_json, after_json, result, reason, detail_json, address, user_agent, request_id, occurrences, first_at, last_at`

func (r *Record) values() []any {
	return []any{
		r.Organization, r.Seq, r.Version, db.Micros(r.At), r.ActorID, string(r.ActorRole), r.ActorEmail, r.Action, r.TargetType, r.TargetID, r.TargetName,
		string(r.Before), string(r.After), r.Result, r.Reason, string(r.Detail), r.Address, r.UserAgent, r.RequestID, r.Count, db.Micros(r.First), db.Micros(r.Last),
	}
}

// scanRecord reads entryColumns, and what else the query selects after them.
func scanRecord(s db.Scanner, more ...any) (Record, error) {
	var r Record
	var at, first, last int64
	var role, before, after, detail string
	err := s.Scan(append([]any{
		&r.Organization, &r.Seq, &r.Version, &at, &r.ActorID, &role, &r.ActorEmail, &r.Action, &r.TargetType, &r.TargetID, &r.TargetName,
		&before, &after, &r.Result, &r.Reason, &detail, &r.Address, &r.UserAgent, &r.RequestID, &r.Count, &first, &last,
	}, more...)...)
	if err != nil {
		return Record{}, fmt.Errorf("read audit entry: %w", err)
	}
	r.ActorRole = rbac.Role(role)
	r.At, r.First, r.Last = db.Time(at), db.Time(first), db.Time(last)
	r.Before, r.After, r.Detail = raw(before), raw(after), raw(detail)
	return r, nil
}

func raw(s string) json.RawMessage {
	if s == "" {
		return nil
	}
	return json.RawMessage(s)
}
