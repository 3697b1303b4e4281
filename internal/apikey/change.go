package apikey

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
	"patchboard/internal/vault"
)

// CopyMethods are the ways to copy a key that the console knows.
var CopyMethods = []string{"button", "shortcut", "manual"}

const longestConfirmation = time.Hour

// material is a key's row with what makes the key. A new one is complete before
// the transaction that stores it: only SQL is left to do in there.
type material struct {
	id, plain, masked string
	hash              hash
	sealed            []byte
}

func (s *Service) newMaterial() (material, error) {
	k := material{id: id.New("key"), plain: newKey()}
	k.masked, k.hash = Mask(k.plain), s.vault.Hash(hashUse, []byte(k.plain))
	var err error
	if k.sealed, err = s.vault.Seal([]byte(k.plain), sealedRow(k.id)); err != nil {
		return material{}, fmt.Errorf("seal the API key: %w", err)
	}
	return k, nil
}

// sealedRow is the identity that a key is sealed under.
func sealedRow(keyID string) string { return "api_key/" + keyID + "/key" }

func (s *Service) insert(ctx context.Context, tx *db.Tx, actor rbac.Actor, org string, k material, now time.Time) error {
	at := db.Micros(now)
	_, err := tx.Exec(ctx, `INSERT INTO api_keys
		(id, organization_id, hash, sealed, masked, created_at, created_by, revoked_at, revoked_by, reason, changed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 0, '', '', $8)`,
		k.id, org, k.hash[:], k.sealed, k.masked, at, actor.ID(), at)
	if db.IsUnique(err) {
		return fault.New(fault.Conflict, "api-key-exists", "This organization has an API key already.",
			"Regenerate it to replace it.").Because(err)
	}
	if err != nil {
		return fmt.Errorf("store the API key: %w", err)
	}
	tx.Notify(channel, org)
	s.publish(tx, org)
	return nil
}

// Issue makes an organization's first key, in the transaction that makes the
// organization, and gives it in plain text.
func (s *Service) Issue(ctx context.Context, tx *db.Tx, actor rbac.Actor, org string) (string, error) {
	k, err := s.newMaterial()
	if err != nil {
		return "", err
	}
	_, err = tx.Exec(ctx, `INSERT INTO api_key_totals (organization_id, calls, last_call_at) VALUES ($1, 0, 0)
		ON CONFLICT (organization_id) DO NOTHING`, org)
	if err != nil {
		return "", fmt.Errorf("prepare the counts of the API key: %w", err)
	}
	if err := s.insert(ctx, tx, actor, org, k, s.clock()); err != nil {
		return "", err
	}
	actor.OrganizationID = org // who makes an organization stands outside it
	err = s.audit.Append(ctx, tx, actor, audit.Entry{
		Action: audit.APIKeyIssued, TargetType: "api_key", TargetID: k.id, TargetName: k.masked,
	})
	if err != nil {
		return "", fmt.Errorf("record the API key's issue: %w", err)
	}
	return k.plain, nil
}

// Copy gives the organization's key in plain text and records who took it, and
// how (one of CopyMethods).
func (s *Service) Copy(ctx context.Context, actor rbac.Actor, method string) (vault.Secret, error) {
	if !slices.Contains(CopyMethods, method) {
		return "", notOneOf("body.copyMethod", "copy method", CopyMethods)
	}
	var plain []byte
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		k, err := activeKey(ctx, tx, actor.OrganizationID)
		if err != nil {
			return err
		}
		if plain, err = s.vault.Unseal(k.sealed, sealedRow(k.id)); err != nil {
			return fmt.Errorf("open the API key: %w", err)
		}
		err = s.audit.Append(ctx, tx, actor, audit.Entry{
			Action: audit.APIKeyCopied, TargetType: "api_key", TargetID: k.id, TargetName: k.masked,
			Detail: map[string]any{"copyMethod": method},
		})
		if err != nil {
			return fmt.Errorf("record the copy: %w", err)
		}
		return s.track(ctx, tx, actor, "api_key_copied", map[string]any{"copy_method": method})
	})
	if err != nil {
		return "", fmt.Errorf("copy the API key: %w", err)
	}
	return vault.Secret(plain), nil
}

// activeKey reads an organization's key as it is stored.
func activeKey(ctx context.Context, tx *db.Tx, org string) (material, error) {
	k, err := db.One(ctx, tx, func(row db.Scanner) (k material, err error) {
		err = row.Scan(&k.id, &k.masked, &k.sealed)
		return k, err
	}, `SELECT id, masked, sealed FROM api_keys WHERE organization_id = $1 AND revoked_at = 0`, org)
	if errors.Is(err, db.ErrNoRows) {
		return material{}, errNoKey
	}
	if err != nil {
		return material{}, fmt.Errorf("read the API key: %w", err)
	}
	return k, nil
}

// Regeneration is what a person says on regenerating the key.
type Regeneration struct {
	Token            string        // of the fresh authentication
	Reason           string        // see audit.KnownReason
	ConfirmationTime time.Duration // from the dialog to Confirm, at most 1 h
}

// Regenerated is the new key.
type Regenerated struct {
	KeyID         string
	Key           vault.Secret
	MaskedDisplay string
	OldKeyIn      []Holder // where the old key still stands; nil if that is not known
}

// Holder is a webhook's custom header that holds a key.
type Holder struct {
	WebhookID string
	Header    string
	Form      string // how, as package webhook names it
}

// Regenerate replaces the organization's key. The old one is revoked for good in
// the same transaction; on any error it is as it was. When several are at it,
// they come one after the other, and the last one's key is the active one.
func (s *Service) Regenerate(ctx context.Context, actor rbac.Actor, in Regeneration) (Regenerated, error) {
	if err := in.check(); err != nil {
		return Regenerated{}, err
	}
	k, err := s.newMaterial()
	if err != nil {
		return Regenerated{}, err
	}
	var old material
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.Confirm(ctx, tx, actor, in.Token, Purpose); err != nil {
			return fmt.Errorf("confirm: %w", err)
		}
		var err error
		old, err = s.swap(ctx, tx, actor, in, k)
		return err
	})
	if err != nil {
		switch fault.KindOf(err) { //nolint:exhaustive // the others need nothing more
		case fault.Internal:
			err = errors.Join(err, s.recheck(ctx, actor.OrganizationID))
		case fault.Forbidden: // not confirmed: somebody else at this session, perhaps
			e := audit.Entry{Action: audit.APIKeyRegenerated, TargetType: "api_key", Reason: in.Reason}
			if derr := s.audit.Denied(ctx, actor, e); derr != nil {
				return Regenerated{}, fmt.Errorf("record a refused regeneration: %w", derr)
			}
		}
		return Regenerated{}, fmt.Errorf("regenerate the API key: %w", err)
	}
	return Regenerated{KeyID: k.id, Key: vault.Secret(k.plain), MaskedDisplay: k.masked, OldKeyIn: s.holders(ctx, actor.OrganizationID, old)}, nil
}

// holders says where a replaced key still stands. The key is replaced already,
// so whatever goes wrong here is told in the log, and the answer is nil.
func (s *Service) holders(ctx context.Context, org string, old material) []Holder {
	if s.FindHolders == nil {
		return nil
	}
	plain, err := s.vault.Unseal(old.sealed, sealedRow(old.id))
	if err == nil {
		var found []Holder
		if found, err = s.FindHolders(ctx, org, string(plain)); err == nil {
			return found
		}
	}
	s.log.WarnContext(ctx, "API keys: where the old key still stands is not known", "organization", org, "error", err)
	return nil
}

// recheck follows a change whose commit a lost connection may have hidden.
func (s *Service) recheck(ctx context.Context, org string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), queryLimit)
	defer cancel()
	return s.reload(ctx, org)
}

// swap revokes the active key, stores k and records both. It gives the old one
// as it was stored: its row no longer has what opens it.
func (s *Service) swap(ctx context.Context, tx *db.Tx, actor rbac.Actor, in Regeneration, k material) (material, error) {
	org, now := actor.OrganizationID, s.clock()
	// The row of totals is the queue: a lock on the key's own row would, once
	// granted, show a row that is no longer active, and not its successor.
	_, err := db.Value[int64](ctx, tx, `SELECT calls FROM api_key_totals WHERE organization_id = $1`+tx.ForUpdate(), org)
	if errors.Is(err, db.ErrNoRows) {
		return material{}, errNoKey
	}
	if err != nil {
		return material{}, fmt.Errorf("lock the API key: %w", err)
	}
	old, err := activeKey(ctx, tx, org)
	if err != nil {
		return material{}, err
	}
	if _, err := tx.Exec(ctx, `UPDATE api_keys SET revoked_at = $1, revoked_by = $2, reason = $3, changed_at = $1, sealed = $4 WHERE id = $5`,
		db.Micros(now), actor.ID(), in.Reason, []byte{}, old.id); err != nil {
		return material{}, fmt.Errorf("revoke the API key: %w", err)
	}
	if err := s.insert(ctx, tx, actor, org, k, now); err != nil {
		return material{}, err
	}
	if s.OnRegenerated != nil {
		if err := s.OnRegenerated(ctx, tx, actor, k.id, k.masked); err != nil {
			return material{}, fmt.Errorf("tell of the new API key: %w", err)
		}
	}
	err = s.audit.Append(ctx, tx, actor, audit.Entry{
		Action: audit.APIKeyRegenerated, TargetType: "api_key", TargetID: k.id, TargetName: k.masked, Reason: in.Reason,
		Before: map[string]any{"id": old.id, "maskedDisplay": old.masked},
		After:  map[string]any{"id": k.id, "maskedDisplay": k.masked},
		Detail: map[string]any{"confirmationTime": in.ConfirmationTime.Milliseconds()},
	})
	if err != nil {
		return material{}, fmt.Errorf("record the regeneration: %w", err)
	}
	return old, s.track(ctx, tx, actor, "api_key_regenerated", map[string]any{"confirmation_time": in.ConfirmationTime.Milliseconds()})
}

func (in Regeneration) check() error {
	if !audit.KnownReason(in.Reason) {
		return notOneOf("body.reason", "reason", audit.Reasons)
	}
	if in.ConfirmationTime < 0 || in.ConfirmationTime > longestConfirmation {
		return fault.New(fault.Invalid, "confirmation-time-invalid",
			"The confirmation time is out of range.",
			"Send the milliseconds from opening the dialog to Confirm, 0 to 3600000, or leave it out.").
			At("body.confirmationTime", "must be 0 to 3600000")
	}
	return nil
}

func notOneOf(location, what string, allowed []string) error {
	list := strings.Join(allowed, ", ")
	return fault.New(fault.Invalid, strings.ReplaceAll(what, " ", "-")+"-invalid",
		"That is not a known "+what+".", "Use one of: "+list+".").At(location, "must be one of: "+list)
}
