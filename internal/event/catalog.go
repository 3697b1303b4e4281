package event

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/rbac"
)

const (
	maxTypes       = 500 // of one organization; all are kept in memory
	maxDescription = 1000
	maxExample     = 64 << 10
)

// TypeChange says what to change of a type; nil leaves a part as it is. Schema
// and Example of no bytes, or null, remove it.
type TypeChange struct {
	Description *string
	Schema      *json.RawMessage
	Example     *json.RawMessage
	Strict      *bool
}

// Types lists the types that an organization can send: the catalog's in its
// order, then its own by name.
func (s *Service) Types(ctx context.Context, actor rbac.Actor) ([]Type, error) {
	set, err := s.types.of(ctx, actor.OrganizationID)
	if err != nil {
		return nil, dbFault(err)
	}
	types := make([]Type, len(set.names))
	for i, name := range set.names {
		types[i] = set.byName[name].Type
	}
	return types, nil
}

// Type gives one type.
func (s *Service) Type(ctx context.Context, actor rbac.Actor, name string) (Type, error) {
	set, err := s.types.of(ctx, actor.OrganizationID)
	if err != nil {
		return Type{}, dbFault(err)
	}
	if k := set.byName[name]; k != nil {
		return k.Type, nil
	}
	return Type{}, typeNotFound(name, set.names)
}

// CheckTypes refuses a list that names a type which the organization does not
// have; at locates the list in the input. Webhooks subscribe by it.
func (s *Service) CheckTypes(ctx context.Context, org, at string, names []string) error {
	set, err := s.types.of(ctx, org)
	if err != nil {
		return dbFault(err)
	}
	for i, name := range names {
		if set.byName[name] == nil {
			if set, err = s.types.load(ctx, org); err != nil { // registered on another node just now?
				return dbFault(err)
			}
		}
		if set.byName[name] == nil {
			return unknownType(at+"["+strconv.Itoa(i)+"]", name, set.names)
		}
	}
	return nil
}

// RegisterType adds a type of the organization's own. Of t it reads what people
// set.
func (s *Service) RegisterType(ctx context.Context, actor rbac.Actor, t Type) (Type, error) {
	t = Type{Type: t.Type, Description: t.Description, Schema: given(t.Schema), Example: given(t.Example), Strict: t.Strict, Version: 1}
	if err := checkName(t.Type); err != nil {
		return Type{}, err
	}
	for _, k := range s.types.builtIn {
		if k.Type.Type == t.Type {
			return Type{}, typeExists("is a built-in type")
		}
	}
	if err := checkType(t); err != nil {
		return Type{}, err
	}
	now := s.clock()
	t.CreatedAt, t.UpdatedAt = db.Time(db.Micros(now)), db.Time(db.Micros(now))
	err := s.db.Write(ctx, func(tx *db.Tx) error { return s.insertType(ctx, tx, actor, t) })
	switch {
	case db.IsUnique(err):
		return Type{}, typeExists("is registered already")
	case err != nil:
		return Type{}, dbFault(err)
	}
	return t, nil
}

func (s *Service) insertType(ctx context.Context, tx *db.Tx, actor rbac.Actor, t Type) error {
	n, err := db.Value[int64](ctx, tx, "SELECT COUNT(*) FROM event_types WHERE organization_id = $1", actor.OrganizationID)
	if err != nil {
		return fmt.Errorf("count event types: %w", err)
	}
	if n >= maxTypes {
		return fault.New(fault.Conflict, "event-types-full", fmt.Sprintf("There are %d event types of your own already, which is the most.", maxTypes),
			"Use an existing type and tell the kinds apart by a field in data.")
	}
	if _, err := tx.Exec(ctx, `INSERT INTO event_types (organization_id, type, description, schema, example, strict, version, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		actor.OrganizationID, t.Type, t.Description, string(t.Schema), string(t.Example), flag(t.Strict), t.Version,
		db.Micros(t.CreatedAt), db.Micros(t.UpdatedAt)); err != nil {
		return fmt.Errorf("insert event type: %w", err)
	}
	s.typesChanged(tx, actor.OrganizationID, t.Type)
	if err := s.audit.Append(ctx, tx, actor, audit.Entry{
		Action: audit.EventTypeCreated, TargetType: "event_type", TargetID: t.Type, TargetName: t.Type, After: auditView(t),
	}); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}

// typesChanged tells every node's registry, and then open browsers, after the
// commit.
func (s *Service) typesChanged(tx *db.Tx, org, name string) {
	tx.Notify(typesChannel, org)
	s.Publish(tx, org, typesTopic, name)
}

// ChangeType changes a type of the organization's own. A version other than 0
// must be the current one, else the fault is fault.Stale.
func (s *Service) ChangeType(ctx context.Context, actor rbac.Actor, name string, version int64, c TypeChange) (Type, error) {
	for {
		old, err := s.ownType(ctx, actor, name)
		if err != nil {
			return Type{}, err
		}
		if version != 0 && version != old.Version {
			return Type{}, typeStale(old)
		}
		next, err := old.with(c) // compiles outside the transaction
		if err != nil {
			return Type{}, err
		}
		next.UpdatedAt = db.Time(db.Micros(s.clock()))
		hit := false
		err = s.db.Write(ctx, func(tx *db.Tx) (err error) {
			hit, err = s.updateType(ctx, tx, actor, old, next)
			return err
		})
		switch {
		case err != nil:
			return Type{}, dbFault(err)
		case hit:
			return next, nil
		} // someone else was faster: look again
	}
}

func (s *Service) ownType(ctx context.Context, actor rbac.Actor, name string) (Type, error) {
	for _, k := range s.types.builtIn {
		if k.Type.Type == name {
			return Type{}, fault.New(fault.Conflict, "event-type-built-in", fmt.Sprintf("%q is a built-in type and stays as it is.", name),
				"Register a type of your own with POST /api/v1/event-types.")
		}
	}
	t, err := db.One(ctx, s.db, scanType, "SELECT "+typeColumns+" FROM event_types WHERE organization_id = $1 AND type = $2", actor.OrganizationID, storable(name))
	if errors.Is(err, db.ErrNoRows) {
		set, err := s.types.of(ctx, actor.OrganizationID)
		if err != nil {
			return Type{}, dbFault(err)
		}
		return Type{}, typeNotFound(name, set.names)
	}
	if err != nil {
		return Type{}, dbFault(err)
	}
	return t, nil
}

func (s *Service) updateType(ctx context.Context, tx *db.Tx, actor rbac.Actor, old, next Type) (hit bool, err error) {
	n, err := tx.Exec(ctx, `UPDATE event_types SET description = $1, schema = $2, example = $3, strict = $4, version = $5, updated_at = $6
WHERE organization_id = $7 AND type = $8 AND version = $9`,
		next.Description, string(next.Schema), string(next.Example), flag(next.Strict), next.Version, db.Micros(next.UpdatedAt),
		actor.OrganizationID, next.Type, old.Version)
	if err != nil {
		return false, fmt.Errorf("update event type: %w", err)
	}
	if n == 0 {
		return false, nil
	}
	s.typesChanged(tx, actor.OrganizationID, next.Type)
	if err := s.audit.Append(ctx, tx, actor, audit.Entry{
		Action: audit.EventTypeUpdated, TargetType: "event_type", TargetID: next.Type, TargetName: next.Type,
		Before: auditView(old), After: auditView(next),
	}); err != nil {
		return false, fmt.Errorf("audit: %w", err)
	}
	return true, nil
}

// with gives the next version of a type, checked.
func (t Type) with(c TypeChange) (Type, error) {
	if c.Description != nil {
		t.Description = *c.Description
	}
	if c.Schema != nil {
		t.Schema = given(*c.Schema)
	}
	if c.Example != nil {
		t.Example = given(*c.Example)
	}
	if c.Strict != nil {
		t.Strict = *c.Strict
	}
	t.Version++
	return t, checkType(t)
}

// checkType checks what people set, but for the name: the schema must compile
// and the example must be in order by it.
func checkType(t Type) error {
	if n := utf8.RuneCountInString(t.Description); n > maxDescription || storable(t.Description) != t.Description {
		return fault.New(fault.Invalid, "event-type-description", fmt.Sprintf("The description has more than %d characters, or holds a NUL.", maxDescription),
			"Shorten it.").At("body.description", "is too long or not text")
	}
	if t.Strict && t.Schema == nil {
		return fault.New(fault.Invalid, "event-type-strict", "A strict type needs a schema.",
			"Send a schema, or leave strict out.").At("body.strict", "needs a schema")
	}
	var c *checker
	if t.Schema != nil {
		var err error
		if c, err = compileSchema(t.Schema); err != nil {
			return err
		}
	}
	if t.Example == nil {
		return nil
	}
	in := Input{Data: t.Example}
	if in = recheck(in); in.refused != nil || len(t.Example) > maxExample {
		return badExample("must be a JSON object of at most "+strconv.Itoa(maxExample>>10)+" KiB and "+strconv.Itoa(MaxDepth)+" levels", nil)
	}
	if c != nil {
		if ws := c.check(in.Data, in.shape); len(ws) > 0 {
			return badExample("breaks the schema", ws)
		}
	}
	return nil
}

func badExample(why string, ws []Warning) *fault.Error {
	f := fault.New(fault.Invalid, "event-type-example", "The example "+why+".", "Correct the example or the schema.")
	if len(ws) == 0 {
		return f.At("body.example", why)
	}
	for _, w := range ws {
		f = f.At("body.example"+w.Path[len("data"):], w.Message)
	}
	return f
}

func typeExists(why string) *fault.Error {
	return fault.New(fault.Conflict, "event-type-exists", "The type "+why+".",
		"Choose another name, or change the type with PATCH /api/v1/event-types/{type}.").At("body.type", why)
}

func typeNotFound(name string, names []string) *fault.Error {
	f := fault.New(fault.NotFound, "event-type-not-found", fmt.Sprintf("There is no event type %q.", shorten(name, maxName)),
		"See GET /api/v1/event-types for the known types.")
	if near := nearest(name, names); near != "" {
		f = f.With("nearest", near)
	}
	return f
}

func typeStale(now Type) *fault.Error {
	return fault.New(fault.Stale, "event-type-stale", "The type was changed since you read it.",
		"Read it again, and send your change with its new version.").With("version", now.Version).With("updatedAt", now.UpdatedAt)
}

// auditView is what the audit log keeps of a type.
func auditView(t Type) any {
	return struct {
		Description string          `json:"description"`
		Schema      json.RawMessage `json:"schema,omitempty"`
		Example     json.RawMessage `json:"example,omitempty"`
		Strict      bool            `json:"strict"`
		Version     int64           `json:"version"`
	}{t.Description, t.Schema, t.Example, t.Strict, t.Version}
}

// given makes an absent part nil: no bytes, or null.
func given(text json.RawMessage) json.RawMessage {
	if s := string(text); s == "" || s == "null" {
		return nil
	}
	return text
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// storable drops what Postgres cannot keep in text: no stored name holds it.
func storable(s string) string {
	b := make([]rune, 0, len(s))
	for _, r := range s {
		if r != 0 && r != utf8.RuneError {
			b = append(b, r)
		}
	}
	return string(b)
}
