package record

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/id"
)

// maxSource is the longest slug of an integration, in bytes.
const maxSource = 64

// columns are those that are read of a record.
func columns(k Kind) string {
	common := `id, public_id, organization_id, source, account, external_id, scope, at, version, source_version, load_id,
	created_at, updated_at, changes, fields`
	switch k {
	case KindContact:
		return contactColumns
	case KindCampaign:
		return common + ", due, told"
	default:
		return common
	}
}

var idCol = db.Col{Name: "id", Type: db.Int}

// mutable are the columns that a change sets, of all kinds but contacts.
func mutable(k Kind) []db.Col {
	cols := []db.Col{
		{Name: "scope", Type: db.Text}, {Name: "at", Type: db.Int}, {Name: "version", Type: db.Int}, {Name: "source_version", Type: db.Text},
		{Name: "load_id", Type: db.Text}, {Name: "updated_at", Type: db.Int}, {Name: "changes", Type: db.Text}, {Name: "fields", Type: db.Text},
	}
	if k == KindCampaign {
		cols = append(cols, db.Col{Name: "due", Type: db.Int}, db.Col{Name: "told", Type: db.Int})
	}
	return cols
}

func (r *Record) mutable() ([]any, error) {
	changes, err := r.changesText()
	values := []any{r.scope, db.Micros(r.At), r.Version, r.SourceVersion, r.loadID, db.Micros(r.UpdatedAt), changes, r.text}
	if r.Kind == KindCampaign {
		values = append(values, db.Micros(r.due), r.told)
	}
	return values, err
}

func (r *Record) changesText() (string, error) {
	if len(r.changes) == 0 {
		return "", nil
	}
	b, err := json.Marshal(r.changes)
	if err != nil {
		return "", fmt.Errorf("write a record's changes: %w", err)
	}
	return string(b), nil
}

func (r *Record) readChanges(text string) error {
	if text == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(text), &r.changes); err != nil {
		return fmt.Errorf("read a record's changes: %w", err)
	}
	return nil
}

// folded is an address as it is compared: no mail server tells its case.
func folded(address string) string { return strings.ToLower(address) }

func insertCols(k Kind) []db.Col {
	return append([]db.Col{
		idCol, {Name: "public_id", Type: db.Text}, {Name: "organization_id", Type: db.Text}, {Name: "source", Type: db.Text},
		{Name: "account", Type: db.Text}, {Name: "external_id", Type: db.Text}, {Name: "ref", Type: db.Bytes}, {Name: "created_at", Type: db.Int},
	}, mutable(k)...)
}

func (r *Record) insertRow() ([]any, error) {
	var ref any
	if r.ExternalID != "" {
		ref = refOf(Source{r.OrganizationID, r.Source, r.Account}, r.ExternalID)
	}
	rest, err := r.mutable()
	return append([]any{int64(r.Key), r.ID, r.OrganizationID, r.Source, r.Account, r.ExternalID, ref, db.Micros(r.CreatedAt)}, rest...), err
}

func (r *Record) updateRow() ([]any, error) {
	rest, err := r.mutable()
	return append([]any{int64(r.Key)}, rest...), err
}

func scan(k Kind) func(db.Scanner) (*Record, error) {
	if k == KindContact {
		return scanContact
	}
	return func(s db.Scanner) (*Record, error) {
		r := &Record{Kind: k}
		var at, created, updated, due int64
		var changes string
		into := []any{&r.Key, &r.ID, &r.OrganizationID, &r.Source, &r.Account, &r.ExternalID, &r.scope, &at, &r.Version, &r.SourceVersion, &r.loadID,
			&created, &updated, &changes, &r.text}
		if k == KindCampaign {
			into = append(into, &due, &r.told)
		}
		if err := s.Scan(into...); err != nil {
			return nil, fmt.Errorf("scan a record: %w", err)
		}
		r.At, r.CreatedAt, r.UpdatedAt = db.Time(at), db.Time(created), db.Time(updated)
		if due > 0 {
			r.due = db.Time(due)
		}
		if err := r.readChanges(changes); err != nil {
			return nil, err
		}
		var err error
		r.Fields, err = decode(k, r.text)
		return r, err
	}
}

// find reads one record of an organization by its public id.
func find(ctx context.Context, q db.Queryer, org string, k Kind, publicID, lock string) (*Record, error) {
	key, err := id.ParseKey(k.prefix(), publicID)
	if err != nil {
		return nil, notFound(k)
	}
	r, err := db.One(ctx, q, scan(k), "SELECT "+columns(k)+" FROM "+k.Plural()+" WHERE id = $1 AND organization_id = $2 AND public_id = $3"+lock, int64(key), org, publicID)
	switch {
	case errors.Is(err, db.ErrNoRows):
		return nil, notFound(k)
	case err != nil:
		return nil, fmt.Errorf("find a %s: %w", k, err)
	}
	return r, nil
}

func notFound(k Kind) *fault.Error {
	return fault.New(fault.NotFound, string(k)+"-not-found", "There is no such "+k.noun()+".", "Check the id. It may have been deleted.")
}

var refCols = []db.Col{{Name: "ref", Type: db.Bytes}}

// refOf hashes what names a record at its source. No part holds a NUL.
func refOf(src Source, externalID string) []byte {
	sum := sha256.Sum256([]byte(strings.Join([]string{src.OrganizationID, src.Name, src.Account, externalID}, "\x00")))
	return sum[:]
}

// named reads the records of a source that external ids name. Those of the API, and
// campaigns, are locked until the commit: they have more than one writer, who do not
// share a lock.
func named(ctx context.Context, tx *db.Tx, src Source, k Kind, ids []string) (map[string]*Record, error) {
	names := make([][]any, len(ids))
	for i, externalID := range ids {
		names[i] = []any{refOf(src, externalID)}
	}
	lock := ""
	if src.Name == SourceAPI || k == KindCampaign {
		lock = tx.ForUpdate()
	}
	rs, err := db.FindMany(ctx, tx, k.Plural(), columns(k), refCols, names, lock, scan(k))
	if err != nil {
		return nil, fmt.Errorf("look for %s: %w", k.Plural(), err)
	}
	found := make(map[string]*Record, len(rs))
	for _, r := range rs {
		found[r.ExternalID] = r
	}
	return found, nil
}

// LastKey gives the largest key of any record, so that new keys are larger.
func LastKey(ctx context.Context, d *db.DB) (id.Key, error) {
	var last int64
	tables := []string{"contact_sources"}
	for _, k := range Kinds {
		tables = append(tables, k.Plural())
	}
	for _, table := range tables {
		n, err := db.Value[int64](ctx, d, "SELECT COALESCE(MAX(id), 0) FROM "+table)
		if err != nil {
			return 0, fmt.Errorf("read the last key: %w", err)
		}
		last = max(last, n)
	}
	return id.Key(last), nil
}
