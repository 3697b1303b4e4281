package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"patchboard/internal/account"
	"patchboard/internal/app"
	"patchboard/internal/fault"
	"patchboard/internal/rbac"
	"patchboard/internal/sandbox"
	"patchboard/internal/signature"
	"patchboard/internal/webhook"
)

const (
	demoOrganization = "Demo Company"
	demoSystemAdmin  = "system@demo.example"
	demoUtilityAdmin = "utility@demo.example"
	demoURL          = "https://api.example.com/webhooks/contacts"
)

var demoEvents = []string{"contact.created", "contact.updated"}

// demoAccount is an account to sign in with.
type demoAccount struct {
	Email, Password string
	Role            rbac.Role
}

// demoWebhook is the webhook that leads to the inbox.
type demoWebhook struct {
	ID    string
	State webhook.State
}

// seed makes what the demo lacks, and changes nothing of what it has: what
// somebody made of it stays.
func (d *demo) seed(ctx context.Context, folder *demoFolder) error {
	program, err := d.seedOrganization(ctx, folder)
	if err != nil {
		return fmt.Errorf("prepare the demo's accounts: %w", err)
	}
	if err := d.seedWebhook(ctx, program); err != nil {
		return fmt.Errorf("prepare the demo's webhook: %w", err)
	}
	if err := d.seedIntegrations(ctx, program); err != nil {
		return fmt.Errorf("connect the demo's integrations: %w", err)
	}
	key, err := d.server.APIKey.Copy(ctx, program, "manual") // recorded: it is printed
	if err != nil {
		return fmt.Errorf("show the demo's API key: %w", err)
	}
	d.apiKey = key.Reveal()
	return nil
}

// seedOrganization gives the actor that the demo acts as.
func (d *demo) seedOrganization(ctx context.Context, folder *demoFolder) (rbac.Actor, error) {
	program := rbac.Actor{Role: rbac.Program}
	all, err := d.server.Account.Organizations(ctx)
	if err != nil {
		return program, err
	}
	if len(all) > 0 {
		program.OrganizationID = all[0].ID
	} else {
		password := newDemoPassword()
		made, _, _, err := d.server.Account.CreateOrganization(ctx, account.NewOrganization{Name: demoOrganization, Email: demoSystemAdmin, Password: password})
		if err != nil {
			return program, err
		}
		program.OrganizationID = made.ID
		if err := folder.keep(demoSystemAdmin, password); err != nil {
			return program, err
		}
	}
	there, err := d.users(ctx, program)
	if err != nil {
		return program, err
	}
	for _, a := range []demoAccount{{Email: demoSystemAdmin, Role: rbac.SystemAdmin}, {Email: demoUtilityAdmin, Role: rbac.UtilityAdmin}} {
		if err := d.seedAccount(ctx, program, folder, a, there); err != nil {
			return program, err
		}
	}
	return program, nil
}

func (d *demo) users(ctx context.Context, program rbac.Actor) (map[string]account.User, error) {
	there := map[string]account.User{}
	for cursor := ""; ; {
		page, next, err := d.server.Account.ListUsers(ctx, program, cursor, 0)
		if err != nil {
			return nil, err
		}
		for _, u := range page {
			there[u.Email] = u
		}
		if cursor = next; cursor == "" {
			return there, nil
		}
	}
}

// seedAccount makes an account that is missing, and a new password for one
// whose password is not known: its making may have broken off before it was
// kept.
func (d *demo) seedAccount(ctx context.Context, program rbac.Actor, folder *demoFolder, a demoAccount, there map[string]account.User) error {
	u, found := there[a.Email]
	if found {
		a.Role, a.Password = u.Role, folder.password(a.Email)
	}
	if a.Password == "" {
		a.Password = newDemoPassword()
		var err error
		if found {
			err = d.server.Account.ResetPassword(ctx, a.Email, a.Password)
		} else {
			_, err = d.server.Account.CreateUser(ctx, program, account.NewUser{Email: a.Email, Role: a.Role, Password: a.Password})
		}
		if err != nil {
			return err
		}
		if err := folder.keep(a.Email, a.Password); err != nil {
			return err
		}
	}
	d.accounts = append(d.accounts, a)
	return nil
}

// newDemoPassword is 80 random bits in four groups, to be typed.
func newDemoPassword() string {
	text := strings.ToLower(rand.Text())
	return strings.Join([]string{text[:4], text[4:8], text[8:12], text[12:16]}, "-")
}

// seedWebhook makes the webhook, with the check that every webhook has to pass:
// a signed request, which the inbox answers and shows.
func (d *demo) seedWebhook(ctx context.Context, program rbac.Actor) error {
	ring := &demoRing{nouns: &d.server.Nouns}
	d.sandbox.Trust(ring.secrets)
	all, err := d.server.Webhook.List(ctx, program)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(all, func(w webhook.Webhook) bool { return w.URL == demoURL }); i >= 0 {
		d.webhook = demoWebhook{all[i].ID, all[i].State}
		return nil
	}
	secret := d.server.Webhook.NewSecret()
	ring.coming.Store(&secret)
	defer ring.coming.Store(nil)
	made, err := d.server.Webhook.Create(ctx, program, webhook.NewWebhook{
		URL: demoURL, Events: demoEvents, Secret: secret.Reveal(), Description: "Leads to the demo's webhook inbox.",
	})
	if err != nil {
		return err
	}
	d.webhook = demoWebhook{made.Webhook.ID, made.Webhook.State}
	return nil
}

// demoRing gives the sandbox the secrets of all webhooks of an address, as a
// receiver would have got them from whoever made the webhook.
type demoRing struct {
	nouns  *app.Nouns
	coming atomic.Pointer[signature.Secret] // of the seeded webhook, until it is saved
}

func (r *demoRing) secrets(ctx context.Context, host, path string) ([]signature.Secret, error) {
	var found []signature.Secret
	if s := r.coming.Load(); s != nil && leadsTo(demoURL, host, path) {
		found = append(found, *s)
	}
	organizations, err := r.nouns.Account.Organizations(ctx)
	if err != nil {
		return nil, err
	}
	for _, o := range organizations {
		webhooks, err := r.nouns.Webhook.List(ctx, rbac.Actor{OrganizationID: o.ID, Role: rbac.Program})
		if err != nil {
			return nil, err
		}
		for _, w := range webhooks {
			if !leadsTo(w.URL, host, path) {
				continue
			}
			e, err := r.nouns.Webhook.Endpoint(ctx, w.Num)
			if fault.KindOf(err) == fault.NotFound {
				continue // deleted a moment ago
			}
			if err != nil {
				return nil, err
			}
			found = append(found, e.Secrets(time.Now())...)
		}
	}
	return found, nil
}

func leadsTo(address, host, path string) bool {
	u, err := url.Parse(address)
	return err == nil && strings.EqualFold(u.Hostname(), host) && sandbox.PathOf(u.EscapedPath()) == path
}
