// Package gmail connects one Gmail mailbox: its messages are read, and those that
// its owner sends are told of.
package gmail

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	gmailapi "google.golang.org/api/gmail/v1"
	"google.golang.org/api/option"

	"patchboard/internal/connector"
	"patchboard/internal/connector/google"
)

//go:embed icon.svg
var icon []byte

const (
	metadata = google.Prefix + "gmail.metadata"
	readonly = google.Prefix + "gmail.readonly"
)

// Gmail is the provider.
type Gmail struct{}

var (
	_ connector.Syncer  = Gmail{}
	_ connector.Chooser = Gmail{}
)

// Settings are what an administrator chooses.
type Settings struct {
	Bodies bool     `json:"bodies"` // the text of messages too
	Days   int      `json:"days"`   // of the past that a first load reads
	Labels []string `json:"labels"` // only messages that have one of them; none: all
}

// daysMost bounds a first load: a message takes 20 of the 6,000 units a minute.
const daysMost = 365

// About is Gmail's line in the catalog.
func (Gmail) About() connector.About {
	return connector.About{
		Slug: "gmail", Name: "Gmail", Category: connector.Email, Description: "Sync emails and calendar events", Icon: icon,
		Raises: []string{"email.sent"},
		Does: []string{
			"Messages of the mailbox become records of this CRM, new ones within minutes.",
			"Each message that its owner sends raises the event email.sent, once.",
			"Nothing is sent, changed or deleted in the mailbox.",
		},
		Console: google.Console, Status: google.Status, Account: google.Account,
		// A message takes 20 of the 6,000 units that a user has in a minute; other calls take fewer.
		PerMinute: 250,
	}
}

// Fields are what, since when, and which labels.
func (Gmail) Fields() []connector.Field {
	return []connector.Field{
		{Name: "bodies", Label: "Read the text of messages",
			Help: "Without it, only who wrote to whom, when, and about what. Switching it on needs a larger permission: connect again.", Kind: connector.Toggle},
		{Name: "days", Label: "Read the past", Help: "How far back the first load goes.", Kind: connector.Number, Min: 1, Max: daysMost, Unit: "days"},
		{Name: "labels", Label: "Only messages with these labels", Help: "Without a choice, all messages but drafts, spam and trash.", Kind: connector.Many, HasChoices: true},
	}
}

// Choices are the labels.
func (Gmail) Choices(ctx context.Context, s *connector.Session) (map[string][]connector.Choice, error) {
	api, err := client(ctx, s)
	if err != nil {
		return nil, err
	}
	list, err := api.Labels.List("me").Context(ctx).Do()
	if err != nil {
		return nil, google.FailureOf(fmt.Errorf("list labels: %w", err), s.Now)
	}
	all := []connector.Choice{}
	for _, l := range list.Labels {
		if slices.Contains([]string{"DRAFT", "SPAM", "TRASH", "CHAT"}, l.Id) {
			continue // no message of these is read
		}
		all = append(all, connector.Choice{Value: l.Id, Label: l.Name})
	}
	return map[string][]connector.Choice{"labels": all}, nil
}

// Unfinished is Google's.
func (Gmail) Unfinished() connector.Guidance { return google.Unfinished() }

// Settings reads settings; those to begin with read headers of 90 days.
func (Gmail) Settings(raw json.RawMessage) (json.RawMessage, error) {
	s := Settings{Days: 90}
	if err := connector.Decode(raw, &s); err != nil {
		return nil, fmt.Errorf("settings of Gmail: %w", err)
	}
	if s.Days < 1 || s.Days > daysMost {
		return nil, fmt.Errorf("days is %d; choose 1 to %d", s.Days, daysMost)
	}
	if slices.Contains(s.Labels, "") {
		return nil, errors.New("labels holds an empty one")
	}
	return connector.Encode(s)
}

func settings(raw json.RawMessage) (s Settings) {
	_ = json.Unmarshal(raw, &s) // Settings has made it
	return s
}

// OAuth is Google's.
func (Gmail) OAuth() connector.OAuth { return google.OAuth("https://gmail.googleapis.com") }

// Scopes are one of two: bodies need the larger one.
func (Gmail) Scopes(raw json.RawMessage) []connector.Scope {
	if settings(raw).Bodies {
		return []connector.Scope{{Name: readonly, Why: "To read messages with their text. Patchboard sends and changes nothing.", Required: true}}
	}
	return []connector.Scope{{Name: metadata, Why: "To read who wrote to whom, when, and about what. The text of messages stays with Google.", Required: true}}
}

// Granted reads a token's answer.
func (Gmail) Granted(extra func(name string) any) []string { return google.Granted(extra) }

// Revoke ends the grant.
func (Gmail) Revoke(ctx context.Context, s *connector.Session, g connector.Grant) error {
	return s.Revoke(ctx, g)
}

// Guide says what to do.
func (Gmail) Guide(f *connector.Failure) connector.Guidance {
	if f.Code == "failedPrecondition" {
		return connector.Guidance{
			Cause: "This Google account has no Gmail mailbox.", Who: connector.Administrator, Steps: []string{"Disconnect, and connect with an account that has one."},
		}
	}
	return google.Guide(f, "Gmail API")
}

// Identify gives the mailbox's address.
func (m Gmail) Identify(ctx context.Context, s *connector.Session) (connector.Account, error) {
	p, err := m.profile(ctx, s)
	if err != nil {
		return connector.Account{}, err
	}
	return connector.Account{ID: p.EmailAddress, Name: p.EmailAddress}, nil
}

// Check asks for the profile, and that it is still the same mailbox.
func (m Gmail) Check(ctx context.Context, s *connector.Session) error {
	p, err := m.profile(ctx, s)
	if err != nil {
		return err
	}
	return connector.SameAccount(s, p.EmailAddress)
}

func (Gmail) profile(ctx context.Context, s *connector.Session) (*gmailapi.Profile, error) {
	api, err := client(ctx, s)
	if err != nil {
		return nil, err
	}
	p, err := api.GetProfile("me").Context(ctx).Do()
	if err != nil {
		return nil, google.FailureOf(fmt.Errorf("profile: %w", err), s.Now)
	}
	return p, nil
}

func client(ctx context.Context, s *connector.Session) (*gmailapi.UsersService, error) {
	api, err := gmailapi.NewService(ctx, option.WithHTTPClient(s.HTTP), option.WithEndpoint(s.API+"/"))
	if err != nil {
		return nil, fmt.Errorf("gmail client: %w", err)
	}
	return api.Users, nil
}
