package event

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"patchboard/internal/db"
)

// typesChannel carries the organization whose types have changed.
const typesChannel = "eventtypes"

// typesTopic is the live topic that says the same to open browsers.
const typesTopic = "eventTypes"

// typeSet is the types of one organization at one moment; once made, it
// is not changed.
type typeSet struct {
	byName map[string]*known
	names  []string // the catalog's, then the organization's own by name
}

func newTypeSet(ks []*known, room int) *typeSet {
	set := &typeSet{byName: make(map[string]*known, room)}
	for _, k := range ks {
		set.add(k)
	}
	return set
}

func (set *typeSet) add(k *known) {
	set.byName[k.Type.Type] = k
	set.names = append(set.names, k.Type.Type)
}

// registry keeps the organizations' types in memory, so that an event costs no
// query. A change anywhere empties an organization's entry.
type registry struct {
	db      *db.DB
	builtIn []*known
	catalog *typeSet // of builtIn, which is what nobody can change

	mu    sync.RWMutex
	sets  map[string]*typeSet
	old   map[string]*typeSet // emptied entries: compiled schemas are taken over
	epoch uint64              // grows with every change, so that no old answer is kept
}

func newRegistry(d *db.DB) *registry {
	r := &registry{db: d, sets: map[string]*typeSet{}, old: map[string]*typeSet{}}
	for _, t := range catalog() {
		r.builtIn = append(r.builtIn, newKnown(t))
	}
	r.catalog = newTypeSet(r.builtIn, len(r.builtIn))
	return r
}

// watch keeps the registry current until cancel is called.
func (r *registry) watch() (cancel func()) {
	return r.db.Subscribe(typesChannel, r.forget)
}

// forget drops an organization's entry, or all for "".
func (r *registry) forget(org string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.epoch++
	for o, set := range r.sets {
		if org == "" || o == org {
			r.old[o] = set
			delete(r.sets, o)
		}
	}
}

// of gives an organization's types, from memory if that is current.
func (r *registry) of(ctx context.Context, org string) (*typeSet, error) {
	r.mu.RLock()
	set := r.sets[org]
	r.mu.RUnlock()
	if set != nil && r.db.Current() {
		return set, nil
	}
	return r.load(ctx, org)
}

// load reads an organization's types from the database.
func (r *registry) load(ctx context.Context, org string) (*typeSet, error) {
	r.mu.RLock()
	epoch, before := r.epoch, r.sets[org]
	if before == nil {
		before = r.old[org]
	}
	r.mu.RUnlock()
	own, err := readTypes(ctx, r.db, org)
	if err != nil {
		return nil, err
	}
	set := newTypeSet(r.builtIn, len(r.builtIn)+len(own))
	for _, t := range own {
		k := newKnown(t)
		if before != nil {
			if b := before.byName[t.Type]; b != nil && b.Version == t.Version {
				k = b
			}
		}
		set.add(k)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.epoch == epoch {
		r.sets[org] = set
		delete(r.old, org)
	}
	return set, nil
}

const typeColumns = "type, description, schema, example, strict, version, created_at, updated_at"

// readTypes reads an organization's own types, by name.
func readTypes(ctx context.Context, q db.Queryer, org string) ([]Type, error) {
	types, err := db.All(ctx, q, scanType,
		"SELECT "+typeColumns+" FROM event_types WHERE organization_id = $1 ORDER BY type", org)
	if err != nil {
		return nil, fmt.Errorf("read event types: %w", err)
	}
	return types, nil
}

func scanType(s db.Scanner) (Type, error) {
	var t Type
	var schema, example string
	var strict, created, updated int64
	if err := s.Scan(&t.Type, &t.Description, &schema, &example, &strict, &t.Version, &created, &updated); err != nil {
		return Type{}, fmt.Errorf("scan event type: %w", err)
	}
	if schema != "" {
		t.Schema = json.RawMessage(schema)
	}
	if example != "" {
		t.Example = json.RawMessage(example)
	}
	t.Strict, t.CreatedAt, t.UpdatedAt = strict == 1, db.Time(created), db.Time(updated)
	return t, nil
}
