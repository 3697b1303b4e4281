package integration

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"patchboard/internal/audit"
	"patchboard/internal/connector"
	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/rbac"
)

// AppSource says where the application of a provider comes from.
type AppSource string

// The sources.
const (
	AppNone         AppSource = ""
	AppOrganization AppSource = "organization"  // entered by a system administrator
	AppConfigured   AppSource = "configuration" // of this installation
)

// AppState is what is shown of an application; its secret never is.
type AppState struct {
	Source   AppSource
	ClientID string
}

// askEvery is how often administrators are told that somebody wants the same thing.
const askEvery = time.Hour

const clientMost = 512 // characters of an id or a secret

func appRow(k key) string { return "integration/" + k.org + "/" + k.slug + "/client_secret" }

// app gives the application of an organization at a provider: its own, or else the
// installation's.
func (s *Service) app(ctx context.Context, q db.Queryer, k key) (connector.App, AppSource, error) {
	type found struct {
		id     string
		sealed []byte
	}
	f, err := db.One(ctx, q, func(row db.Scanner) (f found, err error) { return f, row.Scan(&f.id, &f.sealed) },
		"SELECT client_id, secret FROM integration_apps WHERE organization_id = $1 AND slug = $2", k.org, k.slug)
	if errors.Is(err, db.ErrNoRows) {
		if o := s.Overrides[k.slug].App; o.ID != "" {
			return o, AppConfigured, nil
		}
		return connector.App{}, AppNone, nil
	}
	if err != nil {
		return connector.App{}, AppNone, fmt.Errorf("read the application: %w", err)
	}
	secret, err := s.Vault.Unseal(f.sealed, appRow(k))
	if err != nil {
		return connector.App{}, AppNone, fmt.Errorf("open the application's secret: %w", err)
	}
	return connector.App{ID: f.id, Secret: string(secret)}, AppOrganization, nil
}

// SaveApp stores the client id and secret of an organization's own application. A
// connection goes on with the grant that it has; a refresh of it uses the new secret
// if the client is the same.
func (s *Service) SaveApp(ctx context.Context, actor rbac.Actor, slug string, app connector.App) error {
	p, err := s.provider(slug)
	if err != nil {
		return err
	}
	if err := errors.Join(checkClient("clientId", "client id", app.ID), checkClient("clientSecret", "client secret", app.Secret)); err != nil {
		return fault.From(err)
	}
	k := key{actor.OrganizationID, slug}
	sealed, err := s.Vault.Seal([]byte(app.Secret), appRow(k))
	if err != nil {
		return fmt.Errorf("seal the application's secret: %w", err)
	}
	return wrap("save the application", s.DB.Write(ctx, func(tx *db.Tx) error {
		before, source, err := s.app(ctx, tx, k)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO integration_apps (organization_id, slug, client_id, secret, updated_by, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (organization_id, slug) DO UPDATE SET client_id = excluded.client_id, secret = excluded.secret, updated_by = excluded.updated_by, updated_at = excluded.updated_at`,
			k.org, k.slug, app.ID, sealed, label(actor), db.Micros(s.clock()))
		if err != nil {
			return fmt.Errorf("store the application: %w", err)
		}
		s.changed(tx, k)
		entry := target(p, audit.IntegrationAppSaved)
		if source == AppOrganization {
			entry.Before = map[string]string{"clientId": before.ID}
		}
		entry.After = map[string]string{"clientId": app.ID}
		return s.Audit.Append(ctx, tx, actor, entry)
	}))
}

// RemoveApp forgets the organization's own application. What is connected by it
// goes on until its token ends.
func (s *Service) RemoveApp(ctx context.Context, actor rbac.Actor, slug string) error {
	p, err := s.provider(slug)
	if err != nil {
		return err
	}
	k := key{actor.OrganizationID, slug}
	return wrap("remove the application", s.DB.Write(ctx, func(tx *db.Tx) error {
		before, source, err := s.app(ctx, tx, k)
		if err != nil || source != AppOrganization {
			return err // there is none of its own: it is as it should be
		}
		if _, err := tx.Exec(ctx, "DELETE FROM integration_apps WHERE organization_id = $1 AND slug = $2", k.org, k.slug); err != nil {
			return fmt.Errorf("delete the application: %w", err)
		}
		s.changed(tx, k)
		entry := target(p, audit.IntegrationAppRemoved)
		entry.Before = map[string]string{"clientId": before.ID}
		return s.Audit.Append(ctx, tx, actor, entry)
	}))
}

// AskForApp tells the system administrators that somebody wants a provider set up.
func (s *Service) AskForApp(ctx context.Context, actor rbac.Actor, slug string) error {
	p, err := s.provider(slug)
	if err != nil {
		return err
	}
	k := key{actor.OrganizationID, slug}
	s.askedMu.Lock()
	recent := s.clock().Sub(s.asked[k]) < askEvery
	if !recent {
		s.asked[k] = s.clock()
	}
	s.askedMu.Unlock()
	if recent {
		return nil // they know
	}
	return wrap("ask for the application", s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.Asked(ctx, tx, actor, slug, p.About().Name); err != nil {
			return err
		}
		return s.Audit.Append(ctx, tx, actor, target(p, audit.IntegrationSetupRequested))
	}))
}

func checkClient(field, name, value string) error {
	var wrong string
	switch {
	case strings.TrimSpace(value) == "":
		wrong = "is empty"
	case len(value) > clientMost:
		wrong = fmt.Sprintf("is longer than %d characters", clientMost)
	case strings.ContainsFunc(value, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		wrong = "holds a space or a line break; copy it again, without what stands around it"
	default:
		return nil
	}
	return fault.New(fault.Invalid, "integration-app-invalid", "The "+name+" "+wrong+".", "Copy it from the provider's page.").At("body."+field, wrong)
}

// target names a provider in an audit entry.
func target(p connector.Provider, action string) audit.Entry {
	about := p.About()
	return audit.Entry{Action: action, TargetType: "integration", TargetID: about.Slug, TargetName: about.Name}
}
