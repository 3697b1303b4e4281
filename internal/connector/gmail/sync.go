package gmail

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"

	gmailapi "google.golang.org/api/gmail/v1"
	"google.golang.org/api/googleapi"

	"patchboard/internal/connector"
	"patchboard/internal/connector/google"
	"patchboard/internal/egress"
)

// pageSize is how many messages are read between two cursors.
const pageSize = 100

// cursor is how far one has read.
type cursor struct {
	// History is the id from which the next changes are told. Of a first load it is
	// the one from before it began, so that what comes meanwhile is told afterwards.
	History uint64    `json:"history"`
	Load    string    `json:"load,omitempty"` // of a load of everything; empty: changes are read
	Since   time.Time `json:"since,omitzero"`
	Until   time.Time `json:"until,omitzero"`
	Page    string    `json:"page,omitempty"` // the token of the next page; empty: the first one
}

// Next reads the next messages.
//
// https://developers.google.com/workspace/gmail/api/guides/sync
func (m Gmail) Next(ctx context.Context, s *connector.Session, raw json.RawMessage) (*connector.Page, error) {
	var at cursor
	if connector.Begins(raw) {
		p, err := m.profile(ctx, s)
		if err != nil {
			return nil, err
		}
		at = cursor{History: p.HistoryId, Load: s.Now.UTC().Format(time.RFC3339Nano), Since: s.Now.AddDate(0, 0, -settings(s.Settings).Days), Until: s.Now}
	} else if err := json.Unmarshal(raw, &at); err != nil {
		return nil, fmt.Errorf("read the cursor: %w", err)
	}
	api, err := client(ctx, s)
	if err != nil {
		return nil, err
	}
	r := reader{ctx: ctx, api: api, session: s, settings: settings(s.Settings)}
	if at.Load != "" {
		return r.all(at)
	}
	return r.changes(at)
}

// reader reads one page.
type reader struct {
	ctx      context.Context //nolint:containedctx // of one call of Next
	api      *gmailapi.UsersService
	session  *connector.Session
	settings Settings
}

// all reads a page of the messages that are there, newest first.
func (r *reader) all(at cursor) (*connector.Page, error) {
	call := r.api.Messages.List("me").MaxResults(pageSize).PageToken(at.Page).Context(r.ctx)
	if r.settings.Bodies { // without this permission a search is refused
		call = call.Q("newer_than:" + strconv.Itoa(r.settings.Days) + "d")
	}
	list, err := call.Do()
	if at.Page != "" && malformed(err) { // the page's token has ended: this load begins anew
		return &connector.Page{Cursor: json.RawMessage("null"), More: true}, nil
	}
	if err != nil {
		return nil, r.failure("list messages", err)
	}
	page, older := &connector.Page{More: true}, 0
	for _, m := range list.Messages {
		one, err := r.read(m.Id)
		switch {
		case err != nil:
			return nil, err
		case one != nil && one.change.Email.At.Before(at.Since):
			page.Skipped++
			older++
		case one == nil || !r.wanted(one.labels):
			page.Skipped++ // it is gone, or not what is asked for
		default:
			page.Changes = append(page.Changes, one.change)
		}
	}
	// That the newest come first is not promised, so that no single older one ends it.
	at.Page = list.NextPageToken
	done := at.Page == "" || older == len(list.Messages)
	page.Load = &connector.Load{Source: r.session.Account.ID, ID: at.Load, From: at.Since, To: at.Until, Done: done}
	if done {
		at = cursor{History: at.History} // and then what has changed meanwhile
	}
	page.Cursor, err = connector.Encode(at)
	return page, err
}

// changes reads a page of what has changed.
func (r *reader) changes(at cursor) (*connector.Page, error) {
	list, err := r.api.History.List("me").StartHistoryId(at.History).MaxResults(pageSize).PageToken(at.Page).Context(r.ctx).Do()
	if gone(err) || at.Page != "" && malformed(err) { // the history does not reach back so far: everything is read again
		return &connector.Page{Cursor: json.RawMessage("null"), More: true}, nil
	}
	if err != nil {
		return nil, r.failure("list changes", err)
	}
	page := &connector.Page{}
	removed, changed := idsOf(list.History)
	for _, mailID := range changed {
		one, err := r.read(mailID)
		switch {
		case err != nil:
			return nil, err
		case one == nil || !r.wanted(one.labels):
			page.Skipped++
			// It may have been wanted before: in the trash it is gone.
			page.Changes = append(page.Changes, connector.Change{ID: mailID, Kind: connector.KindEmail, Removed: true})
		default:
			page.Changes = append(page.Changes, one.change)
		}
	}
	for _, mailID := range removed {
		page.Changes = append(page.Changes, connector.Change{ID: mailID, Kind: connector.KindEmail, Removed: true})
	}
	at.Page, page.More = list.NextPageToken, list.NextPageToken != ""
	if at.Page == "" {
		at.History = list.HistoryId
	}
	page.Cursor, err = connector.Encode(at)
	return page, err
}

// idsOf gives the messages that are gone, and those that are new or have other
// labels, each once. Each edit of a draft makes a new message of the old one.
func idsOf(history []*gmailapi.History) (removed, changed []string) {
	state := map[string]bool{} // whether it is there
	var order []string
	note := func(m *gmailapi.Message, there bool) {
		if m == nil {
			return
		}
		if _, seen := state[m.Id]; !seen {
			order = append(order, m.Id)
		}
		state[m.Id] = there
	}
	for _, h := range history {
		for _, a := range h.MessagesAdded {
			note(a.Message, true)
		}
		for _, a := range h.LabelsAdded {
			note(a.Message, true)
		}
		for _, a := range h.LabelsRemoved {
			note(a.Message, true)
		}
		for _, a := range h.MessagesDeleted {
			note(a.Message, false)
		}
	}
	for _, mailID := range order {
		if state[mailID] {
			changed = append(changed, mailID)
		} else {
			removed = append(removed, mailID)
		}
	}
	return removed, changed
}

// wanted reports whether a message is asked for. Drafts never are.
func (r *reader) wanted(labels []string) bool {
	if slices.ContainsFunc([]string{"DRAFT", "SPAM", "TRASH"}, func(l string) bool { return slices.Contains(labels, l) }) {
		return false
	}
	return len(r.settings.Labels) == 0 || slices.ContainsFunc(r.settings.Labels, func(l string) bool { return slices.Contains(labels, l) })
}

// message is a message that was read.
type message struct {
	change connector.Change
	labels []string
}

var headers = []string{"From", "To", "Cc", "Subject", "Date", "Message-ID"}

// read reads one message; nil if it is gone.
func (r *reader) read(mailID string) (*message, error) {
	call := r.api.Messages.Get("me", mailID).Context(r.ctx)
	if r.settings.Bodies {
		call = call.Format("full")
	} else {
		call = call.Format("metadata").MetadataHeaders(headers...)
	}
	m, err := call.Do()
	if gone(err) || errors.Is(err, egress.ErrTooLarge) {
		return nil, nil //nolint:nilnil // deleted meanwhile, or larger than is read: no failure
	}
	if err != nil {
		return nil, r.failure("read a message", err)
	}
	e := &connector.EmailMessage{
		Thread: m.ThreadId, Snippet: m.Snippet, At: time.UnixMilli(m.InternalDate).UTC(), Sent: slices.Contains(m.LabelIds, "SENT"),
	}
	if m.Payload != nil {
		for _, h := range m.Payload.Headers {
			switch strings.ToLower(h.Name) { // names come in any case, and may come again
			case "from":
				e.From = first(addresses(h.Value))
			case "to":
				e.To = append(e.To, addresses(h.Value)...)
			case "cc":
				e.Cc = append(e.Cc, addresses(h.Value)...)
			case "subject":
				e.Subject = h.Value
			case "message-id":
				e.MessageID = h.Value
			}
		}
		if r.settings.Bodies {
			e.Text = text(m.Payload)
		}
	}
	version := strconv.FormatUint(m.HistoryId, 10)
	return &message{connector.Change{ID: m.Id, Kind: connector.KindEmail, Version: version, Email: e}, m.LabelIds}, nil
}

// addresses reads a list of addresses; what is none stays as it is.
func addresses(value string) []string {
	list, err := mail.ParseAddressList(value)
	if err != nil {
		return []string{strings.TrimSpace(value)}
	}
	var all []string
	for _, a := range list {
		all = append(all, strings.ToLower(a.Address))
	}
	return all
}

func first(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return all[0]
}

// text gives the plain text of a message, of its first part that is one.
func text(p *gmailapi.MessagePart) string {
	if strings.HasPrefix(p.MimeType, "text/plain") && p.Body != nil && p.Filename == "" {
		if b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(p.Body.Data, "=")); err == nil {
			return strings.ToValidUTF8(string(b), "\uFFFD")
		}
	}
	for _, part := range p.Parts {
		if t := text(part); t != "" {
			return t
		}
	}
	return ""
}

// malformed reports a request that Google takes for wrong: of ours only a token of a
// page can be.
func malformed(err error) bool {
	refused, ok := errors.AsType[*googleapi.Error](err)
	return ok && refused.Code == http.StatusBadRequest
}

func gone(err error) bool {
	refused, ok := errors.AsType[*googleapi.Error](err)
	return ok && refused.Code == http.StatusNotFound
}

func (r *reader) failure(what string, err error) error {
	return google.FailureOf(fmt.Errorf("%s: %w", what, err), r.session.Now)
}
