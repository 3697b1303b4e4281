package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"patchboard/internal/account"
	"patchboard/internal/app"
	"patchboard/internal/config"
	"patchboard/internal/fault"
	"patchboard/internal/rbac"
)

type adminCommand struct {
	CreateOrg     createOrg     `cmd:"" help:"Make an organization with its first system administrator and its API key; prints JSON."`
	CreateUser    createUser    `cmd:"" help:"Add a user to an organization; prints JSON."`
	ResetPassword resetPassword `cmd:"" help:"Set a user's password, end their sessions and lift their sign-in limit."`
}

// atDesk opens the storage for fn, and closes it whatever fn does.
func atDesk(ctx context.Context, s config.Storage, create bool, c console, fn func(k *app.Desk) error) (err error) {
	log := slog.New(slog.NewTextHandler(c.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	k, err := app.OpenDesk(ctx, s, create, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.Close(context.WithoutCancel(ctx))) }()
	return fn(k)
}

type createOrg struct {
	config.Storage

	Name         string `help:"Name of the organization." placeholder:"NAME" required:""`
	Email        string `help:"Address of its first system administrator." placeholder:"ADDRESS" required:""`
	PasswordFile string `help:"File whose first line is the password; - is standard input." placeholder:"FILE" required:""`
}

// Run prints the new ids and the API key as one line of JSON.
func (o *createOrg) Run(ctx context.Context, c console) error {
	password, err := readPassword(o.PasswordFile, c.in)
	if err != nil {
		return err
	}
	return atDesk(ctx, o.Storage, true, c, func(k *app.Desk) error {
		org, user, key, err := k.Account.CreateOrganization(ctx, account.NewOrganization{Name: o.Name, Email: o.Email, Password: password})
		if err != nil {
			return err
		}
		return printJSON(c.out, struct {
			OrganizationID string `json:"organizationId"`
			UserID         string `json:"userId"`
			APIKey         string `json:"apiKey"`
		}{org.ID, user.ID, key})
	})
}

type createUser struct {
	config.Storage

	Email        string    `help:"The user's address." placeholder:"ADDRESS" required:""`
	Role         rbac.Role `enum:"system_admin,utility_admin" help:"system_admin or utility_admin." placeholder:"ROLE" required:""`
	PasswordFile string    `help:"File whose first line is the password; - is standard input." placeholder:"FILE" required:""`
	Organization string    `help:"Id of the organization; needed when there are several." placeholder:"ID"`
}

// Run prints the new id as one line of JSON.
func (u *createUser) Run(ctx context.Context, c console) error {
	password, err := readPassword(u.PasswordFile, c.in)
	if err != nil {
		return err
	}
	return atDesk(ctx, u.Storage, false, c, func(k *app.Desk) error {
		org, err := chooseOrganization(ctx, k, u.Organization)
		if err != nil {
			return err
		}
		user, err := k.Account.CreateUser(ctx, rbac.Actor{OrganizationID: org, Role: rbac.Program},
			account.NewUser{Email: u.Email, Role: u.Role, Password: password})
		if err != nil {
			return err
		}
		return printJSON(c.out, struct {
			OrganizationID string `json:"organizationId"`
			UserID         string `json:"userId"`
		}{org, user.ID})
	})
}

// chooseOrganization gives the named organization, or the only one.
func chooseOrganization(ctx context.Context, k *app.Desk, id string) (string, error) {
	all, err := k.Account.Organizations(ctx)
	if err != nil {
		return "", err
	}
	var names strings.Builder
	for _, o := range all {
		if o.ID == id {
			return id, nil
		}
		names.WriteString("\n  " + o.ID + "  " + o.Name)
	}
	switch {
	case len(all) == 0:
		return "", fault.New(fault.NotFound, "no-organization", "There is no organization yet", "Make one with: patchboard admin create-org")
	case id != "":
		return "", fault.New(fault.NotFound, "no-organization", "There is no organization "+id, "Name one of these with --organization:"+names.String())
	case len(all) > 1:
		return "", fault.New(fault.Invalid, "which-organization", "There are several organizations", "Name one of these with --organization:"+names.String())
	}
	return all[0].ID, nil
}

type resetPassword struct {
	config.Storage

	Email        string `help:"The user's address." placeholder:"ADDRESS" required:""`
	PasswordFile string `help:"File whose first line is the new password; - is standard input." placeholder:"FILE" required:""`
}

// Run says on standard error that it is done.
func (r *resetPassword) Run(ctx context.Context, c console) error {
	password, err := readPassword(r.PasswordFile, c.in)
	if err != nil {
		return err
	}
	return atDesk(ctx, r.Storage, false, c, func(k *app.Desk) error {
		if err := k.Account.ResetPassword(ctx, r.Email, password); err != nil {
			return err
		}
		return printLine(c.err, "patchboard: the password is set, and the user's sessions are ended")
	})
}
