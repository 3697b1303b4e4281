package event

import (
	"context"
	"encoding/json"
	"time"

	"patchboard/internal/fault"
)

// SampleBody makes the body that webhooks would get for an event, without
// taking one in: of data, or of the type's example where that is nil. Data that
// break a schema are allowed, since they are worth a test.
func (s *Service) SampleBody(ctx context.Context, org, typ string, data json.RawMessage, at time.Time) ([]byte, error) {
	types, err := s.types.of(ctx, org)
	if err != nil {
		return nil, dbFault(err)
	}
	p := preparation{Service: s, org: org, types: types}
	k, err := p.typeOf(ctx, typ)
	if err != nil {
		return nil, err
	}
	if k == nil {
		return nil, unknownType("body.type", typ, p.types.names)
	}
	if data == nil {
		data = k.Example
	}
	if data == nil {
		return nil, fault.New(fault.Invalid, "test-data-missing", "The event type has no example that could be sent.",
			"Give the data to send, or add an example to the type.").At("body.data", "is needed for this type")
	}
	in := recheck(Input{Type: typ, Data: data})
	if in.refused != nil {
		return nil, in.refused
	}
	return buildBody(typ, at.Truncate(time.Microsecond), data), nil
}
