package integration

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/connector"
	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
)

// A Patch changes what is set in it.
type Patch struct {
	IfMatch  int64 // the version that the caller has seen; 0: the last writer wins
	Enabled  *bool
	Reason   string // for switching, see audit.KnownReason
	Settings json.RawMessage
	Every    *time.Duration
}

// Update changes a connection: its toggle, its settings, how often it is read.
func (s *Service) Update(ctx context.Context, actor rbac.Actor, slug string, patch Patch) error {
	p, err := s.provider(slug)
	if err != nil {
		return err
	}
	k := key{actor.OrganizationID, slug}
	if err := s.checkPatch(ctx, k, p, &patch); err != nil {
		return err
	}
	resumed := false
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		resumed = false
		r, err := s.lock(ctx, tx, k)
		if err != nil {
			return err
		}
		if patch.IfMatch != 0 && patch.IfMatch != r.Version {
			return stale(r, patch.IfMatch)
		}
		entries, err := s.change(ctx, tx, r, p, actor, patch)
		if err != nil || len(entries) == 0 {
			return err // nothing is another than it was
		}
		resumed = r.State == Connected && entries[0].Action == audit.IntegrationResumed
		r.Version++
		if err := r.saveState(ctx, tx); err != nil {
			return err
		}
		s.rules.tell(tx, k.org)
		s.changed(tx, k)
		for _, e := range entries {
			if err := s.Audit.Append(ctx, tx, actor, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return wrap("change the integration", err)
	}
	if resumed {
		s.startNow(k, true)
	}
	return nil
}

func (s *Service) checkPatch(ctx context.Context, k key, p connector.Provider, patch *Patch) error {
	if !audit.KnownReason(patch.Reason) {
		return fault.New(fault.Invalid, "integration-reason-unknown", "There is no such reason.", "Leave the reason out, or give "+audit.ReasonList()+".").
			At("body.reason", "no such reason")
	}
	if patch.Reason != "" && patch.Enabled == nil {
		return fault.New(fault.Invalid, "integration-reason-alone", "A reason is given, but the integration is not switched.", "Give enabled together with the reason.").
			At("body.reason", "only together with enabled")
	}
	least := max(everyLeast, p.About().SyncEvery)
	if e := patch.Every; e != nil && (*e < least || *e > everyMost) {
		return fault.New(fault.Invalid, "integration-interval-invalid",
			fmt.Sprintf("The time between two syncs is %d seconds.", int(e.Seconds())), fmt.Sprintf("Choose %d to %d seconds.", int(least.Seconds()), int(everyMost.Seconds()))).
			At("body.syncEverySeconds", "out of range")
	}
	if patch.Settings == nil {
		return nil
	}
	var err error
	patch.Settings, err = s.checkSettings(ctx, k.org, p, patch.Settings)
	return err
}

const settingsMost = 64 << 10 // bytes

// checkSettings reads settings, and that the events of their rules exist.
func (s *Service) checkSettings(ctx context.Context, org string, p connector.Provider, raw json.RawMessage) (json.RawMessage, error) {
	bad := func(wrong string) error {
		return fault.New(fault.Invalid, "integration-settings-invalid", "The settings cannot be used: "+wrong+".", "Correct them; GET the integration to see its fields.").At("body.settings", wrong)
	}
	if len(raw) > settingsMost {
		return nil, bad(fmt.Sprintf("they have more than %d bytes", settingsMost))
	}
	settings, err := p.Settings(raw)
	if err != nil {
		return nil, bad(err.Error())
	}
	n, ok := p.(connector.Notifier)
	if !ok {
		return settings, nil
	}
	known, err := s.KnownEvents(ctx, org)
	if err != nil {
		return nil, fmt.Errorf("list the known events: %w", err)
	}
	for i, rule := range n.Rules(settings) {
		for _, e := range rule.Events {
			if !slices.Contains(known, e) {
				return nil, bad(fmt.Sprintf("rules[%d] names %q, which is no event", i, e))
			}
		}
		if _, err := parse(rule.Title); err != nil {
			return nil, bad(fmt.Sprintf("the title of rules[%d] %s", i, err))
		}
		if _, err := parse(rule.Text); err != nil {
			return nil, bad(fmt.Sprintf("the text of rules[%d] %s", i, err))
		}
	}
	return settings, nil
}

// change makes a patch's changes to a row, and the entries about them.
func (s *Service) change(ctx context.Context, tx *db.Tx, r *row, p connector.Provider, actor rbac.Actor, patch Patch) ([]audit.Entry, error) {
	var entries []audit.Entry
	if patch.Enabled != nil {
		e, err := s.toggle(ctx, tx, r, p, actor, *patch.Enabled, patch.Reason)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e...)
	}
	before, after := map[string]any{}, map[string]any{}
	if patch.Settings != nil && !bytes.Equal(patch.Settings, r.Settings) {
		before["settings"], after["settings"] = r.Settings, patch.Settings
		if s.reads(r.Slug, patch.Settings) && r.On() {
			// What is asked for is another: it is read anew, without events for what is old.
			r.cursor, r.syncOwner, r.syncUntil = nil, "", time.Time{}
			if r.State == Connected && !s.stopped(r.Health) {
				r.SyncDue = s.clock()
			}
		}
		r.Settings = patch.Settings
	}
	if patch.Every != nil && *patch.Every != r.Every {
		before["syncEverySeconds"], after["syncEverySeconds"] = int(r.Every.Seconds()), int(patch.Every.Seconds())
		r.Every = *patch.Every
		if next := s.clock().Add(s.spread(r.Every)); !r.SyncDue.IsZero() && next.Before(r.SyncDue) {
			r.SyncDue = next
		}
	}
	if len(after) > 0 {
		e := target(p, audit.IntegrationSettingsChanged)
		e.Before, e.After = before, after
		entries = append(entries, e)
	}
	return entries, nil
}

// toggle pauses or resumes.
func (s *Service) toggle(ctx context.Context, tx *db.Tx, r *row, p connector.Provider, actor rbac.Actor, on bool, reason string) ([]audit.Entry, error) {
	if !r.On() {
		return nil, errOff
	}
	if on == (r.State == Connected) {
		return nil, nil
	}
	by, action := SwitchedOff, audit.IntegrationPaused
	if on {
		by, action = SwitchedOn, audit.IntegrationResumed
	}
	if err := r.move(by); err != nil {
		return nil, err
	}
	r.StateAt, r.StateBy, r.StateReason = s.clock(), label(actor), reason
	r.SyncDue = time.Time{}
	if on {
		r.CheckDue = s.clock()
		if s.reads(r.Slug, r.Settings) && !s.stopped(r.Health) {
			r.SyncDue = s.clock()
		}
	} else if err := s.cutRun(ctx, tx, r); err != nil {
		return nil, err
	}
	e := target(p, action)
	e.Reason = reason
	e.Before, e.After = map[string]bool{"enabled": !on}, map[string]bool{"enabled": on}
	return []audit.Entry{e}, nil
}

// cutRun ends the run that goes on; its node finds out with its next page.
func (s *Service) cutRun(ctx context.Context, tx *db.Tx, r *row) error {
	r.syncOwner, r.syncUntil = "", time.Time{}
	last, err := running(ctx, tx, r.key())
	if err != nil || last == nil {
		return err
	}
	return s.interrupt(ctx, tx, r.key(), last)
}

func stale(r *row, seen int64) error {
	return fault.New(fault.Stale, "integration-changed", fmt.Sprintf("The integration was changed after you read it: it is at version %d, not %d.", r.Version, seen),
		"Read it again, look at what changed, and repeat your change with the new version.").
		With("version", r.Version).With("settings", r.Settings).With("enabled", r.State == Connected)
}

// Ended is what came of a disconnection.
type Ended struct {
	Revoked bool   // the provider has ended the grant
	Message string // for people
}

// Disconnect ends a connection: nothing is read or posted from here on, the grant is
// revoked, its tokens are deleted. Settings, history and records stay. That the
// provider cannot be told is no reason to stay connected.
func (s *Service) Disconnect(ctx context.Context, actor rbac.Actor, slug string) (*Ended, error) {
	p, err := s.provider(slug)
	if err != nil {
		return nil, err
	}
	k := key{actor.OrganizationID, slug}
	l, err := s.letGo(ctx, actor, k, p)
	if err != nil {
		return nil, wrap("disconnect", err)
	}
	about := p.About()
	switch {
	case l.sharedWith != "":
		return &Ended{Message: fmt.Sprintf("%s is disconnected here. The access at the provider stays, as %s stands on it too.", about.Name, l.sharedWith)}, nil
	case l.pasted:
		return &Ended{Message: fmt.Sprintf("%s is disconnected here, and the token is deleted. At %s it is good until it ends: a token that was pasted cannot be revoked from here. "+
			"You can end it there, at %s.", about.Name, about.Name, about.Account)}, nil
	case l.revocation == "":
		return &Ended{Revoked: true, Message: "There was no grant at " + about.Name + "."}, nil
	}
	if err := s.revoke(context.WithoutCancel(ctx), l.revocation, false); err != nil {
		s.log.WarnContext(ctx, "a grant was not revoked yet", "organization", k.org, "integration", slug, "error", err)
		return &Ended{Message: fmt.Sprintf("%s is removed here. %s did not take the revocation (%s). It is tried again for a day; you can also remove Patchboard there, at %s.",
			about.Name, about.Name, describe(failureOf(connector.FailureOf(err))), about.Account)}, nil
	}
	return &Ended{Revoked: true, Message: about.Name + " is disconnected, and its grant is revoked."}, nil
}

// lettingGo is what is left to do after a connection has ended here.
type lettingGo struct {
	revocation, sharedWith string
	pasted                 bool // there is nothing to revoke it with
}

// letGo ends a connection in one transaction: from then on nothing of ours uses its
// tokens but the revocation, which is kept until it has worked.
func (s *Service) letGo(ctx context.Context, actor rbac.Actor, k key, p connector.Provider) (l lettingGo, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		l = lettingGo{}
		r, err := find(ctx, tx, k, tx.ForUpdate())
		if errors.Is(err, db.ErrNoRows) || err == nil && r.State == Available {
			return errOff
		}
		if err != nil {
			return err
		}
		was := *r
		if err := errors.Join(r.move(Disconnected), s.cutRun(ctx, tx, r), s.leaveOpen(ctx, tx, k, "The integration was disconnected.", time.Time{})); err != nil {
			return err
		}
		if l, err = s.keepOld(ctx, tx, r); err != nil {
			return err
		}
		r.forget()
		r.StateAt, r.StateBy, r.StateReason, r.Version = s.clock(), label(actor), "", r.Version+1
		if err := errors.Join(r.saveState(ctx, tx), r.saveToken(ctx, tx), r.saveHealth(ctx, tx), s.dropMessages(ctx, tx, k, "disconnected")); err != nil {
			return err
		}
		s.tokens.tell(tx, k)
		s.rules.tell(tx, k.org)
		s.changed(tx, k)
		if was.told() {
			if err := s.Recovered(ctx, tx, Problem{OrganizationID: k.org, Slug: k.slug, Name: p.About().Name, End: p.About().Name + " was disconnected"}); err != nil {
				return err
			}
		}
		e := target(p, audit.IntegrationDisconnected)
		e.Before = map[string]string{"account": was.Account.Name, "state": string(was.State)}
		return s.Audit.Append(ctx, tx, actor, e)
	})
	return l, err
}

// keepOld keeps the grant of a row to be revoked, if it has one.
func (s *Service) keepOld(ctx context.Context, tx *db.Tx, r *row) (l lettingGo, err error) {
	if len(r.token) == 0 {
		return l, nil
	}
	g, err := s.openGrant(grantRow(r.key()), r.token)
	if err != nil {
		return l, err
	}
	l.pasted = g.Pasted
	l.revocation, l.sharedWith, err = s.keepGrant(ctx, tx, r.key(), r.clientID, r.Account.ID, g)
	return l, err
}

// Impact is what stops with a connection.
type Impact struct {
	Events        int64           // that its records raised
	Webhooks      []ImpactWebhook // that get events of its kinds
	Syncs         int64
	Notifications int64
	Records       int64 // that stay, and are read no more
}

// ImpactWebhook is a webhook that would get fewer events.
type ImpactWebhook struct {
	ID, URL string
	Events  []string
}

// Stops says what a connection has done in the last 7 days.
func (s *Service) Stops(ctx context.Context, actor rbac.Actor, slug string) (Impact, error) {
	if _, err := s.provider(slug); err != nil {
		return Impact{}, err
	}
	since := s.clock().AddDate(0, 0, -7)
	var out Impact
	var err error
	if out.Webhooks, err = s.Subscribers(ctx, actor.OrganizationID, s.byName[slug].About().Raises); err != nil {
		return Impact{}, fmt.Errorf("find the webhooks that get less: %w", err)
	}
	type sums struct{ runs, events int64 }
	n, err := db.One(ctx, s.DB, func(row db.Scanner) (n sums, err error) { return n, row.Scan(&n.runs, &n.events) },
		"SELECT COUNT(*), CAST(COALESCE(SUM(events), 0) AS BIGINT) FROM sync_runs WHERE organization_id = $1 AND slug = $2 AND started_at >= $3", actor.OrganizationID, slug, db.Micros(since))
	if err != nil {
		return Impact{}, fmt.Errorf("count the runs: %w", err)
	}
	out.Syncs, out.Events = n.runs, n.events
	out.Notifications, err = db.Value[int64](ctx, s.DB, "SELECT COUNT(*) FROM notifications WHERE organization_id = $1 AND slug = $2 AND id >= $3 AND state = 1",
		actor.OrganizationID, slug, int64(id.KeyAt(since)))
	if err != nil {
		return Impact{}, fmt.Errorf("count the messages: %w", err)
	}
	counts, err := s.Records.Count(ctx, actor.OrganizationID, slug)
	if err != nil {
		return Impact{}, fmt.Errorf("count the records: %w", err)
	}
	out.Records = counts.Contacts + counts.Campaigns + counts.Emails + counts.Meetings + counts.Opportunities
	return out, nil
}
