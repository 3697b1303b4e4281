package audit

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"patchboard/internal/db"
)

// storedHashes reads nodes of one organization's Merkle tree, numbered as tlog
// numbers them. Every index asked for has to be there.
func storedHashes(ctx context.Context, q db.Queryer, org string) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		if len(indexes) == 0 {
			return nil, nil
		}
		args := make([]any, 0, len(indexes)+1)
		args = append(args, org)
		for _, i := range indexes {
			args = append(args, i)
		}
		found := make(map[int64]tlog.Hash, len(indexes))
		err := db.Each(ctx, q, func(s db.Scanner) error {
			i, h, err := scanHash(s)
			found[i] = h
			return err
		}, `SELECT idx, hash FROM audit_hashes WHERE organization_id = $1 AND `+db.In("idx", len(indexes), 2), args...)
		if err != nil {
			return nil, fmt.Errorf("read audit hashes: %w", err)
		}
		out := make([]tlog.Hash, len(indexes))
		for n, i := range indexes {
			h, ok := found[i]
			if !ok {
				return nil, fmt.Errorf("audit hash %d of %s is missing", i, Name(org))
			}
			out[n] = h
		}
		return out, nil
	})
}

func scanHash(s db.Scanner) (int64, tlog.Hash, error) {
	var i int64
	var b []byte
	if err := s.Scan(&i, &b); err != nil {
		return 0, tlog.Hash{}, fmt.Errorf("read audit hash: %w", err)
	}
	var h tlog.Hash
	if len(b) == len(h) { // another length is no hash: left zero, it matches nothing
		copy(h[:], b)
	}
	return i, h, nil
}

// insertHashes stores the nodes that entry seq completes: its own, and those of
// the subtrees that end with it.
func insertHashes(ctx context.Context, tx *db.Tx, org string, seq int64, hashes []tlog.Hash) error {
	first := tlog.StoredHashIndex(0, seq-1)
	rows := make([][]any, len(hashes))
	for n, h := range hashes {
		rows[n] = []any{org, first + int64(n), h[:]}
	}
	cols := []db.Col{{Name: "organization_id", Type: db.Text}, {Name: "idx", Type: db.Int}, {Name: "hash", Type: db.Bytes}}
	err := tx.InsertMany(ctx, "audit_hashes", cols, rows)
	if db.IsUnique(err) {
		return errTampered.Because(fmt.Errorf("append audit hashes: %w", err))
	} else if err != nil {
		return fmt.Errorf("append audit hashes: %w", err)
	}
	return nil
}

// Name names a log for people: an organization's, or for "" the installation's.
func Name(org string) string {
	if org == "" {
		return "the installation's log"
	}
	return "the log of " + org
}
