package event

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/rbac"
)

// Options is what a sender says about a whole request.
type Options struct {
	AllOrNothing   bool
	IdempotencyKey string // the header; only with a single event
}

// retryAfter is what a sender is told to wait when events cannot be stored.
const retryAfter = 2 * time.Second

// Accept takes events in and gives one result for each, in their order. It
// returns after the commit that holds them and their deliveries. Events are
// independent unless AllOrNothing is set: then, if one is refused, none is
// taken, and the error says so beside the results. When it fails with
// fault.Unavailable the outcome may be unknown; the same request with the same
// keys finds out.
func (s *Service) Accept(ctx context.Context, actor rbac.Actor, inputs []Input, o Options) ([]Result, error) {
	if err := checkOptions(inputs, o); err != nil {
		return nil, err
	}
	types, err := s.types.of(ctx, actor.OrganizationID)
	if err != nil {
		return nil, storeFault(err)
	}
	p := preparation{Service: s, org: actor.OrganizationID, types: types}
	results := make([]Result, len(inputs))
	u := &unit{ctx: ctx, done: make(chan error, 1), whole: o.AllOrNothing, items: make([]*item, 0, len(inputs))}
	for i := range inputs {
		if err := p.prepare(ctx, inputs[i], o.IdempotencyKey, u, &results[i]); err != nil {
			return nil, err
		}
	}
	if o.AllOrNothing {
		if err := refuseWhole(results, inputs); err != nil {
			return results, err
		}
	}
	if len(u.items) > 0 {
		if err := s.submit(ctx, u); err != nil {
			return nil, err
		}
	}
	if o.AllOrNothing {
		if err := refuseWhole(results, inputs); err != nil {
			return results, err
		}
	}
	return results, nil
}

func checkOptions(inputs []Input, o Options) error {
	const at = "header.Idempotency-Key"
	switch {
	case len(inputs) == 0:
		return fault.New(fault.Invalid, "batch-empty", "There is no event to take.", "Send at least one event.").At("body", "has no events")
	case o.IdempotencyKey == "":
		return nil
	case len(inputs) > 1:
		return fault.New(fault.Malformed, "idempotency-key-batch", "One Idempotency-Key cannot stand for several events.",
			"Leave the header out and give each event its own id.").At(at, "is not for batches")
	case inputs[0].ID != "" && inputs[0].ID != o.IdempotencyKey:
		return fault.New(fault.Malformed, "idempotency-key-mismatch", "The header Idempotency-Key and the field id differ.",
			"Send one of them, or the same text in both.").At(at, "differs from body.id").At("body.id", "differs from the header")
	}
	if f := checkSenderID(at, "Idempotency-Key", o.IdempotencyKey); f != nil {
		return f
	}
	return nil
}

// refuseWhole refuses an all-or-nothing request of which one event was refused,
// and marks the others as skipped.
func refuseWhole(results []Result, inputs []Input) error {
	const most = 20 // places that the fault lists; the results have all
	refused := 0
	f := fault.New(fault.Invalid, "batch-refused", "", "Correct the events that are listed and send the batch again.")
	for i := range results {
		if results[i].Fault == nil {
			continue
		}
		if refused++; refused <= most {
			f = f.At(inputs[i].at(""), results[i].Fault.Message)
		}
	}
	if refused == 0 {
		return nil
	}
	for i := range results {
		if results[i].Fault == nil {
			results[i] = Result{Status: StatusSkipped}
		}
	}
	f.Message = fmt.Sprintf("Nothing was taken: %d of %d events were refused, and allOrNothing is set.", refused, len(results))
	return f
}

// preparation checks the events of one request, outside any transaction.
type preparation struct {
	*Service
	org      string
	types    *typeSet
	reloaded bool
}

// prepare adds an event to the unit, ready to commit, or sets its result.
func (p *preparation) prepare(ctx context.Context, in Input, header string, u *unit, result *Result) error {
	now := p.clock().Truncate(time.Microsecond) // what is delivered is what can be read later
	if in.refused == nil {
		p.checkInput(&in, now)
	}
	k, err := p.typeOf(ctx, in.Type)
	if err != nil {
		return err
	}
	if in.refused == nil && k == nil {
		in.refused = unknownType(in.at("type"), in.Type, p.types.names)
	}
	if in.refused != nil {
		*result = Result{Status: StatusRefused, Fault: in.refused}
		return nil //nolint:nilerr // the event's fault, not the request's
	}
	it := &item{result: result, senderID: in.ID, claim: claim{key: in.ID}}
	if it.key == "" {
		it.key = header
	}
	if it.key != "" {
		it.hash = meaning(&in)
	}
	it.warnings = p.check(ctx, k, &in)
	if k.Strict && len(it.warnings) > 0 {
		return p.refuseStrict(ctx, &in, it)
	}
	p.build(it, k, &in, now)
	u.add(it)
	return nil
}

// build gives the item its event: key, id and the body that webhooks get.
func (p *preparation) build(it *item, k *known, in *Input, now time.Time) {
	key := p.keys.Next()
	it.event = Accepted{
		Key: key, PublicID: key.Public(Prefix), OrganizationID: p.org,
		Type: k.Type.Type, AcceptedAt: now,
	}
	at := now
	if !in.OccurredAt.IsZero() {
		at = in.OccurredAt
	}
	it.occurredAt = at.UnixMicro()
	it.event.Body = buildBody(k.Type.Type, at, in.Data)
}

func (p *preparation) check(ctx context.Context, k *known, in *Input) []Warning {
	ws, err := k.check(in)
	if err != nil { // a schema that was taken, and no longer is
		p.log.ErrorContext(ctx, "an event type's schema cannot be used", "organization", p.org, "type", in.Type, "error", err)
		return []Warning{{"data", "was not checked against the schema"}}
	}
	return ws
}

// checkInput checks what needs the clock, and everything else for an input that
// did not come from Decode.
func (p *preparation) checkInput(in *Input, now time.Time) {
	if in.shape.depth == 0 {
		*in = recheck(*in)
	}
	if in.refused == nil && in.OccurredAt.After(now.Add(futureLimit)) {
		in.refused = badTime(in.at("occurredAt"), fmt.Sprintf("is more than %d hours in the future", int(futureLimit.Hours())))
	}
}

func recheck(in Input) Input {
	s := &scanner{b: in.Data}
	switch {
	case len(in.Data) > MaxEvent:
		in.refused = eventTooLarge(in.at("data"))
		return in
	case !utf8.Valid(in.Data) || s.data(&in) != nil || s.end() != nil:
		in.refused = wrongType(in.at("data"), "a JSON object")
		return in
	}
	if in.ID != "" && in.refused == nil {
		in.refused = checkSenderID(in.at("id"), "id", in.ID)
	}
	return in
}

// typeOf finds a type, nil if there is none. Before it says so it asks the
// database: the type may have been registered on another node just now.
func (p *preparation) typeOf(ctx context.Context, name string) (*known, error) {
	if k := p.types.byName[name]; k != nil || p.reloaded {
		return k, nil
	}
	types, err := p.Service.types.load(ctx, p.org)
	if err != nil {
		return nil, storeFault(err)
	}
	p.types, p.reloaded = types, true
	return types.byName[name], nil
}

// refuseStrict refuses an event that breaks its strict schema, unless its key
// says that it was taken before the type became strict.
func (p *preparation) refuseStrict(ctx context.Context, in *Input, it *item) error {
	if it.key != "" {
		first, err := findClaim(ctx, p.db, p.org, it.key, p.clock())
		switch {
		case err == nil && first.equal(&it.claim):
			*it.result = first.replay()
			return nil
		case err != nil && !errors.Is(err, db.ErrNoRows):
			return storeFault(err)
		}
	}
	f := fault.New(fault.Invalid, "event-schema", fmt.Sprintf("The data breaks the schema of the strict type %q.", in.Type),
		"Correct the fields that are listed, or ask an administrator to relax the type.")
	for _, w := range it.warnings {
		f = f.At(in.at(w.Path), w.Message)
	}
	*it.result = Result{Status: StatusRefused, Fault: f}
	return nil
}

// storeFault is what a sender sees when the database fails.
func storeFault(err error) error {
	f, ok := errors.AsType[*fault.Error](err)
	switch {
	case ok:
		return f
	case db.IsUnavailable(err), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return notNow("Events cannot be stored right now.").Because(err)
	}
	return fmt.Errorf("store events: %w", err)
}

// dbFault is what everyone else sees when the database fails.
func dbFault(err error) error {
	f, ok := errors.AsType[*fault.Error](err)
	switch {
	case ok:
		return f
	case db.IsUnavailable(err):
		return fault.New(fault.Unavailable, "database-unavailable", "The database does not answer right now.", "Try again in some seconds.").
			After(retryAfter).Because(err)
	}
	return err
}

func notNow(message string) *fault.Error {
	return fault.New(fault.Unavailable, "events-unavailable", message,
		"Send it again later, with the same id or Idempotency-Key, so that it is not taken twice.").After(retryAfter)
}
