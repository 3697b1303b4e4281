package audit

import (
	"context"
	"crypto/hmac"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/rbac"
)

// A Cut is a log that does not continue what was signed of it outside the
// database: after a restore from a backup, most likely.
type Cut struct {
	Organization string
	Size         int64  // entries in the database
	Common       int64  // of these, the first so many are as signed; 0 if no head says
	Heads        []Head // those that the log does not continue, smallest first
}

// An Acceptance is an entry that says: the log goes on from here although heads
// outside know of another past.
type Acceptance struct {
	Seq    int64
	At     time.Time
	Reason string
	Heads  []Head // the heads that it is about: size, root and time
}

// accepted is the detail of an acceptance's entry.
type accepted struct {
	Entries int64          `json:"entries"` // in the database before
	Common  int64          `json:"common"`
	Heads   []acceptedHead `json:"signedHeads"`
}

type acceptedHead struct {
	Entries int64     `json:"entries"`
	Root    string    `json:"root"` // hexadecimal
	At      time.Time `json:"signedAt"`
}

// Cuts finds the logs that do not continue their heads. It fails if a log is
// not whole in itself: then there is more to explain than a restore.
func (l *Log) Cuts(ctx context.Context) ([]Cut, error) {
	heads, bad, err := l.heads.dir.all()
	if err != nil {
		return nil, err
	}
	orgs, err := l.organizations(ctx, heads)
	if err != nil {
		return nil, err
	}
	if len(bad) > 0 {
		return nil, fault.New(fault.Conflict, "audit-head-forged", fmt.Sprintf("The signed head %s cannot be trusted: %v", bad[0].File, bad[0].Err),
			"Find out who changed it with patchboard audit verify, and put the genuine file back. A restore does not change heads.")
	}
	var cuts []Cut
	for _, org := range orgs {
		report, err := l.verify(ctx, org, 0, nil, nil) // in itself: without the heads
		if err != nil {
			return nil, err
		}
		if !report.OK() {
			return nil, fault.New(fault.Conflict, "audit-log-damaged", "The log is not whole in itself, which no restore explains: "+report.Findings[0].String(),
				"Read all of it with patchboard audit verify. Restore another backup, or keep this one as evidence.")
		}
		cut, err := l.cut(ctx, report, heads)
		if err != nil {
			return nil, err
		}
		if len(cut.Heads) > 0 {
			cuts = append(cuts, cut)
		}
	}
	return cuts, nil
}

// cut compares a log that is whole in itself with its heads.
func (l *Log) cut(ctx context.Context, report LogReport, heads []Head) (Cut, error) {
	c := Cut{Organization: report.Organization, Size: report.Size}
	for _, h := range heads {
		if h.Organization != report.Organization || acceptedIn(report.Accepted, h) {
			continue
		}
		if h.Size <= report.Size {
			root, err := tlog.TreeHash(h.Size, storedHashes(ctx, l.db, h.Organization))
			if err != nil {
				return Cut{}, fmt.Errorf("root of %s: %w", Name(h.Organization), err)
			}
			if root == h.Root {
				c.Common = max(c.Common, h.Size)
				continue
			}
		}
		c.Heads = append(c.Heads, h)
	}
	return c, nil
}

// Accept goes on with the logs as they are: each gets an entry that names the
// reason and the heads that it does not continue, these are put aside under
// another name, and a new head is signed.
func (l *Log) Accept(ctx context.Context, cuts []Cut, reason string) ([]Acceptance, error) {
	reason = strings.TrimSpace(reason)
	if reason == "" {
		return nil, fault.New(fault.Invalid, "audit-reason-missing", "A log is accepted only with a reason, which stays in it.",
			`Give one, as in --reason "restored the backup of 2026-11-23 after a disk failure".`)
	}
	var all []Acceptance
	for _, cut := range cuts {
		detail := accepted{Entries: cut.Size, Common: cut.Common}
		for _, h := range cut.Heads {
			detail.Heads = append(detail.Heads, acceptedHead{h.Size, hex.EncodeToString(h.Root[:]), h.At.UTC()})
		}
		r, err := newRecord(rbac.Actor{OrganizationID: cut.Organization, Role: rbac.Program},
			Entry{Action: AuditRestoreAccepted, TargetType: "audit_log", Reason: reason, Detail: detail}, l.clock())
		if err != nil {
			return all, err
		}
		if err := l.db.Write(ctx, func(tx *db.Tx) error { return l.append(ctx, tx, r) }); err != nil {
			return all, fmt.Errorf("record that %s was accepted: %w", Name(cut.Organization), err)
		}
		// From here on the entry counts, wherever this ends.
		all = append(all, Acceptance{Seq: r.Seq, At: r.At, Reason: r.Reason, Heads: cut.Heads})
		for _, h := range cut.Heads {
			if err := l.heads.putAside(h, l.clock()); err != nil {
				return all, err
			}
		}
	}
	return all, l.heads.writeDirty(ctx)
}

// acceptances reads those of a log, oldest first. A row whose seal does not hold
// is none.
func (l *Log) acceptances(ctx context.Context, org string) (all []Acceptance, err error) {
	err = db.Each(ctx, l.db, func(s db.Scanner) error {
		var seal []byte
		r, err := scanRecord(s, &seal)
		if err != nil || !hmac.Equal(seal, l.seal(canonical(&r))) {
			return err
		}
		a := Acceptance{Seq: r.Seq, At: r.At, Reason: r.Reason}
		var detail accepted
		if err := json.Unmarshal(r.Detail, &detail); err != nil {
			return fmt.Errorf("read entry %d: %w", r.Seq, err)
		}
		for _, h := range detail.Heads {
			root, err := hex.DecodeString(h.Root)
			if err != nil || len(root) != tlog.HashSize {
				return fmt.Errorf("read entry %d: the root is %q", r.Seq, h.Root)
			}
			a.Heads = append(a.Heads, Head{Organization: org, Size: h.Entries, Root: tlog.Hash(root), At: h.At})
		}
		all = append(all, a)
		return nil
	}, `SELECT `+entryColumns+`, seal FROM audit_entries WHERE organization_id = $1 AND action = $2 ORDER BY at, seq`, org, AuditRestoreAccepted)
	if err != nil {
		return nil, fmt.Errorf("read what was accepted in %s: %w", Name(org), err)
	}
	return all, nil
}

// acceptedIn reports whether a head is one that an acceptance is about.
func acceptedIn(all []Acceptance, h Head) bool {
	return slices.ContainsFunc(all, func(a Acceptance) bool {
		return slices.ContainsFunc(a.Heads, func(o Head) bool { return o.Size == h.Size && o.Root == h.Root })
	})
}

// putAside renames a head's file, so that it is kept and read no more.
func (h *heads) putAside(head Head, now time.Time) error {
	h.writing.Lock()
	defer h.writing.Unlock()
	return h.forget(head, now)
}

// forget is putAside with the lock held.
func (h *heads) forget(head Head, now time.Time) error {
	delete(h.newest, head.Organization)
	if head.File == "" {
		return nil // of memory alone
	}
	err := h.dir.rename(head.File, now)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // another node was first
	}
	return err
}
