package audit

import (
	"context"
	"crypto/hmac"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"patchboard/internal/db"
)

// sealedRow is a row as it was read, and whether its seal holds.
type sealedRow struct {
	record Record
	area   string
	seal   []byte
	leaf   tlog.Hash
	sealed bool
}

// rows reads the rows of a range in order.
func (c *checker) rows(ctx context.Context, lo, hi int64, visit func(sealedRow)) error {
	err := db.Each(ctx, c.l.db, func(s db.Scanner) error {
		var r sealedRow
		var err error
		if r.record, err = scanRecord(s, &r.area, &r.seal); err != nil {
			return err
		}
		text := canonical(&r.record)
		r.leaf = tlog.RecordHash(text)
		r.sealed = hmac.Equal(r.seal, c.l.seal(text))
		visit(r)
		return nil
	}, `SELECT `+entryColumns+`, area, seal FROM audit_entries WHERE organization_id = $1 AND seq >= $2 AND seq <= $3 ORDER BY seq`, c.org, lo, hi)
	if err != nil {
		return fmt.Errorf("read entries %d to %d: %w", lo, hi, err)
	}
	return nil
}

// page checks entries lo to hi. empty means that there is no trace of any.
func (c *checker) page(ctx context.Context, lo, hi int64) (empty bool, err error) {
	stored := make(map[int64]tlog.Hash, 2*(hi-lo+1))
	err = db.Each(ctx, c.l.db, collectHash(stored), `SELECT idx, hash FROM audit_hashes WHERE organization_id = $1 AND idx >= $2 AND idx < $3`,
		c.org, tlog.StoredHashIndex(0, lo-1), tlog.StoredHashCount(hi))
	if err != nil {
		return false, fmt.Errorf("read hashes of entries %d to %d: %w", lo, hi, err)
	}
	next := lo
	err = c.rows(ctx, lo, hi, func(r sealedRow) {
		for ; next < r.record.Seq; next++ {
			c.missing(next, stored)
		}
		c.row(r, stored)
		next = r.record.Seq + 1
	})
	if err != nil {
		return false, err
	}
	if next == lo && len(stored) == 0 {
		c.broken = c.broken || hi < c.size // a tail that is gone hurts nothing before it
		c.find(Removed, lo, hi, notInTable)
		return true, nil
	}
	for ; next <= hi; next++ {
		c.missing(next, stored)
	}
	return false, nil
}

const notInTable = "it is not in the table"

// skip passes over numbers that have neither row nor hash, be it billions.
func (c *checker) skip(ctx context.Context, lo int64) (int64, error) {
	seq, err := db.Value[int64](ctx, c.l.db, `SELECT COALESCE((SELECT MIN(seq) FROM audit_entries WHERE organization_id = $1 AND seq >= $2), $3)`, c.org, lo, c.size+1)
	if err != nil {
		return 0, fmt.Errorf("look for the next entry: %w", err)
	}
	seq = min(seq, c.size+1)
	if seq > lo {
		c.find(Removed, lo, seq-1, notInTable)
		c.broken = true
	}
	return seq, nil
}

// row checks one entry and takes it into the tree.
func (c *checker) row(r sealedRow, stored map[int64]tlog.Hash) {
	seq := r.record.Seq
	leaf, known := stored[tlog.StoredHashIndex(0, seq-1)]
	switch {
	case r.sealed && !known:
		c.find(Hashes, seq, seq, "its hash is missing from audit_hashes")
	case r.sealed && leaf != r.leaf:
		c.find(Hashes, seq, seq, "its hash in audit_hashes was changed; the entry itself is genuine")
	case !r.sealed && len(c.odd) < findingsMost:
		c.odd = append(c.odd, oddRow{r.record, r.seal, known && leaf == r.leaf, false})
	case !r.sealed:
		c.find(Altered, seq, seq, notRecorded)
	}
	if r.sealed {
		leaf, known = r.leaf, true
		if r.area != areaOf(r.record.Action) {
			c.find(Altered, seq, seq, "its column area does not belong to its action")
		}
	}
	c.add(seq, node{leaf, known}, stored)
}

const notRecorded = "it is not what was recorded"

// missing takes the hash of an entry that is gone into the tree.
func (c *checker) missing(seq int64, stored map[int64]tlog.Hash) {
	if len(c.gone) < findingsMost {
		c.gone = append(c.gone, seq)
	} else {
		c.find(Removed, seq, seq, notInTable)
	}
	leaf, known := stored[tlog.StoredHashIndex(0, seq-1)]
	c.add(seq, node{leaf, known}, stored)
}

// add grows the tree by a leaf, and compares every node that this completes
// with the stored one. Where a child is not known the stored node is believed;
// the signed heads tell whether rightly.
func (c *checker) add(seq int64, leaf node, stored map[int64]tlog.Hash) {
	if c.broken {
		return
	}
	n, at := leaf, tlog.StoredHashIndex(0, seq-1)
	for level, left := 0, seq-1; left&1 == 1; level, left = level+1, left>>1 {
		i := tlog.StoredHashIndex(level, left-1)
		sibling := c.nodes[i]
		delete(c.nodes, i)
		at++ // parents are stored right after the leaf that completes them
		kept, ok := stored[at]
		if !sibling.known || !n.known {
			n = node{kept, ok}
		} else {
			n.hash = tlog.NodeHash(sibling.hash, n.hash)
			first := ((left >> 1) << (level + 1)) + 1
			switch {
			case !ok:
				c.find(Hashes, first, seq, fmt.Sprintf("the node over them (hash %d) is missing from audit_hashes", at))
			case kept != n.hash && !c.rewritten(first):
				c.find(Hashes, first, seq, fmt.Sprintf("the node over them (hash %d) is not the one of these entries", at))
			}
		}
	}
	c.nodes[at] = n
	c.compareHeads(seq)
}

// rewritten reports whether a row from first on was found odd: then a node above
// it that does not fit says nothing new.
func (c *checker) rewritten(first int64) bool {
	return len(c.odd) > 0 && c.odd[len(c.odd)-1].record.Seq >= first
}

// compareHeads compares the tree at size seq with the heads of that size.
func (c *checker) compareHeads(seq int64) {
	for ; len(c.heads) > 0 && c.heads[0].Size == seq; c.heads = c.heads[1:] {
		h := c.heads[0]
		root, ok := c.root(seq)
		switch {
		case !ok && len(c.gone) > 0: // said already
		case !ok:
			c.find(BadHead, c.signed+1, seq, "too much is missing to compare them with "+signedAt(h))
		case root != h.Root:
			c.find(BadHead, c.signed+1, seq, "together they are not "+signedAt(h)+"; at least one of them is not the one that was there then")
		default:
			c.signed = seq
		}
	}
}

func signedAt(h Head) string {
	return fmt.Sprintf("what was signed at %s (%s)", h.At.Format(timeShown), h.File)
}

func (c *checker) root(n int64) (tlog.Hash, bool) {
	known := n > 0 && !c.broken
	root, err := tlog.TreeHash(n, tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for k, i := range indexes {
			known = known && c.nodes[i].known
			hashes[k] = c.nodes[i].hash
		}
		return hashes, nil
	}))
	return root, known && err == nil
}

// surplus looks for rows and hashes outside the log's numbers.
func (c *checker) surplus(ctx context.Context) error {
	beyond := func(lo, hi int64) error {
		return c.rows(ctx, lo, hi, func(r sealedRow) {
			if len(c.odd) < findingsMost {
				c.odd = append(c.odd, oddRow{r.record, r.seal, false, true})
			} else {
				c.find(Inserted, r.record.Seq, r.record.Seq, neverRecorded)
			}
		})
	}
	if err := beyond(-1<<63, 0); err != nil {
		return err
	}
	indexes, err := db.Column[int64](ctx, c.l.db, `SELECT idx FROM audit_hashes WHERE organization_id = $1 AND (idx < 0 OR idx >= $2) ORDER BY idx LIMIT 1000`,
		c.org, tlog.StoredHashCount(c.size))
	if err != nil {
		return fmt.Errorf("look for surplus hashes: %w", err)
	}
	// One statement sees one moment, so what was appended since is not surplus.
	last, err := db.Column[int64](ctx, c.l.db, `SELECT seq FROM audit_entries WHERE organization_id = $1 AND seq > $2
		AND seq > COALESCE((SELECT size FROM audit_logs WHERE organization_id = $1), 0) ORDER BY seq LIMIT 1000`, c.org, c.size)
	if err != nil {
		return fmt.Errorf("look for surplus entries: %w", err)
	}
	for _, seq := range last {
		if err := beyond(seq, seq); err != nil {
			return err
		}
	}
	size, err := db.Value[int64](ctx, c.l.db, `SELECT COALESCE(MAX(size), 0) FROM audit_logs WHERE organization_id = $1`, c.org)
	if err != nil {
		return fmt.Errorf("read the log's size: %w", err)
	}
	for _, i := range indexes {
		if i < 0 || i >= tlog.StoredHashCount(max(size, c.size)) {
			c.find(Hashes, 0, 0, fmt.Sprintf("hash %d in audit_hashes belongs to no entry", i))
		}
	}
	return nil
}

const neverRecorded = "it was never recorded"

// nameOddRows says of every row that is not what was recorded under its number
// what it is: another entry of the log, or none. Genuine rows moved to another
// place keep their seal, which names the place they come from.
func (c *checker) nameOddRows() {
	places := append([]int64(nil), c.gone...)
	for _, o := range c.odd {
		if !o.beyond {
			places = append(places, o.record.Seq)
		}
	}
	for _, h := range c.heads { // what was cut off the end may stand elsewhere
		for seq := c.size + 1; seq <= min(h.Size, c.size+pageSize); seq++ {
			places = append(places, seq)
		}
	}
	moved := map[int64]int64{} // from its own number to where it stands
	for _, o := range c.odd {
		here := o.record.Seq
		own, found := c.ownPlace(o, places)
		switch {
		case found:
			moved[own] = here
			c.find(Reordered, here, here, fmt.Sprintf("what stands here is entry %d", own))
		case o.beyond:
			c.find(Inserted, here, here, neverRecorded)
		case o.hashed:
			c.find(Altered, here, here, notRecorded+", or its seal was changed; its hash fits what stands there now")
		default:
			c.find(Altered, here, here, notRecorded)
		}
	}
	// A place from which nothing was moved away, but where another entry stands
	// or none, has lost its own.
	for _, seq := range c.gone {
		if at, ok := moved[seq]; ok {
			c.find(Reordered, seq, seq, fmt.Sprintf("it stands at number %d", at))
		} else {
			c.find(Removed, seq, seq, notInTable)
		}
	}
	taken := map[int64]bool{}
	for _, here := range moved {
		taken[here] = true
	}
	for _, o := range c.odd {
		if _, ok := moved[o.record.Seq]; !ok && taken[o.record.Seq] && !o.beyond {
			c.find(Removed, o.record.Seq, o.record.Seq, "another entry stands in its place")
		}
	}
}

func (c *checker) ownPlace(o oddRow, places []int64) (int64, bool) {
	r := o.record
	for _, seq := range places {
		if seq == o.record.Seq {
			continue
		}
		r.Seq = seq
		if hmac.Equal(o.seal, c.l.seal(canonical(&r))) {
			return seq, true
		}
	}
	return 0, false
}
