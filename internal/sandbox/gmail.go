package sandbox

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Gmail's limits of a page.
const (
	gmailPage     = 100
	gmailPageMost = 500
)

const (
	gmailMetadata = scopePrefix + "gmail.metadata"
	gmailReadonly = scopePrefix + "gmail.readonly"
)

func (g *Google) gmail(m *http.ServeMux) {
	m.HandleFunc("GET /gmail/v1/users/me/profile", g.mail(g.profile))
	m.HandleFunc("GET /gmail/v1/users/me/history", g.mail(g.mailHistory))
	m.HandleFunc("GET /gmail/v1/users/me/labels", g.mail(g.labels))
	m.HandleFunc("GET /gmail/v1/users/me/messages", g.mail(g.messages))
	m.HandleFunc("GET /gmail/v1/users/me/messages/{id}", g.mail(g.message))
}

// mail lets a call through whose token allows reading mail, to the mailbox of
// whoever gave it.
func (g *Google) mail(next func(w http.ResponseWriter, r *http.Request, b *mailbox, bodies bool)) http.HandlerFunc {
	return g.allowed([]string{gmailMetadata, gmailReadonly}, func(w http.ResponseWriter, r *http.Request, granted *grant) {
		b := g.mailboxes[granted.account]
		b.mu.Lock()
		defer b.mu.Unlock()
		next(w, r, b, slices.Contains(granted.scopes, gmailReadonly))
	})
}

func (g *Google) profile(w http.ResponseWriter, _ *http.Request, b *mailbox, _ bool) {
	threads := map[string]bool{}
	for _, m := range b.messages {
		threads[m.thread] = true
	}
	writeReply(w, http.StatusOK, reply("gmail/profile", values{
		"emailAddress": b.address, "messagesTotal": len(b.messages), "threadsTotal": len(threads), "historyId": number(b.last),
	}))
}

// labels lists those that messages of the emulator can have.
func (g *Google) labels(w http.ResponseWriter, _ *http.Request, _ *mailbox, _ bool) {
	var all []any
	for _, name := range []string{"INBOX", "SENT", "IMPORTANT", "STARRED", "UNREAD", "DRAFT", "SPAM", "TRASH"} {
		all = append(all, map[string]any{"id": name, "name": name, "type": "system", "messageListVisibility": "hide", "labelListVisibility": "labelShow"})
	}
	writeReply(w, http.StatusOK, reply("gmail/labels", values{"labels": all}))
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }

// mailHistory tells what changed after a history id.
func (g *Google) mailHistory(w http.ResponseWriter, r *http.Request, b *mailbox, _ bool) {
	q := r.URL.Query()
	start, err := strconv.ParseUint(q.Get("startHistoryId"), 10, 64)
	switch {
	case err != nil:
		refusalOf("google", "invalidArgument").write(w)
		return
	case start < b.oldest || start > b.last:
		refusalOf("google", "notFound").write(w)
		return
	}
	var all []change
	for _, c := range b.history {
		kinds, label := q["historyTypes"], q.Get("labelId")
		if c.id > start && (len(kinds) == 0 || slices.Contains(kinds, c.kind)) && (label == "" || slices.Contains(c.mail.labels, label)) {
			all = append(all, c)
		}
	}
	part, next, ok := pageOf(all, q.Get("pageToken"), q.Get("maxResults"), gmailPage, gmailPageMost)
	if !ok {
		refusalOf("google", "invalidArgument").write(w)
		return
	}
	if len(part) == 0 { // the list is absent then, not empty
		writeReply(w, http.StatusOK, reply("gmail/history-unchanged", values{"historyId": number(b.last)}))
		return
	}
	records := make([]any, len(part))
	for i, c := range part {
		records[i] = record(c)
	}
	writeReply(w, http.StatusOK, reply("gmail/history", values{"history": records, "nextPageToken": orNone(next), "historyId": number(b.last)}))
}

// record is a change as the history has it.
func record(c change) map[string]any {
	ref := map[string]any{"id": c.mail.id, "threadId": c.mail.thread}
	labelled := map[string]any{"id": c.mail.id, "threadId": c.mail.thread, "labelIds": c.mail.labels}
	sample := reply("gmail/history", nil)["history"].([]any)[0].(map[string]any) //nolint:forcetypeassert // it is so in the file
	sample["id"] = number(c.id)
	sample["messages"] = []any{ref}
	switch c.kind {
	case "messageAdded":
		sample["messagesAdded"] = []any{map[string]any{"message": labelled}}
		return sample
	case "messageDeleted":
		return reply("gmail/history-deleted", values{"id": number(c.id), "messagesDeleted": []any{map[string]any{"message": ref}}})
	}
	set, none := "labelsAdded", "labelsRemoved"
	if c.kind == "labelRemoved" {
		set, none = none, set
	}
	return reply("gmail/history-labels", values{"id": number(c.id), set: []any{map[string]any{"message": labelled, "labelIds": c.labels}}, none: nil})
}

// orNone takes a member out that has no value.
func orNone(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// messages lists mail, newest first.
func (g *Google) messages(w http.ResponseWriter, r *http.Request, b *mailbox, bodies bool) {
	q := r.URL.Query()
	if q.Has("q") && !bodies {
		refusalOf("google", "metadataScope").write(w)
		return
	}
	newerThan, ok := newer(q.Get("q"), b.clock())
	if !ok {
		refusalOf("google", "invalidArgument").write(w)
		return
	}
	var all []any
	for _, m := range slices.Backward(b.messages) {
		hidden := slices.ContainsFunc(m.labels, func(l string) bool { return l == "SPAM" || l == "TRASH" })
		wanted := !slices.ContainsFunc(q["labelIds"], func(l string) bool { return !slices.Contains(m.labels, l) })
		if wanted && (!hidden || q.Get("includeSpamTrash") == "true") && m.at.After(newerThan) {
			all = append(all, map[string]any{"id": m.id, "threadId": m.thread})
		}
	}
	part, next, ok := pageOf(all, q.Get("pageToken"), q.Get("maxResults"), gmailPage, gmailPageMost)
	if !ok {
		refusalOf("google", "invalidArgument").write(w)
		return
	}
	set := values{"messages": part, "nextPageToken": orNone(next), "resultSizeEstimate": len(all)}
	if len(part) == 0 {
		set["messages"] = nil
	}
	writeReply(w, http.StatusOK, reply("gmail/messages", set))
}

// newer reads the one search that the sandbox knows: newer_than with days.
func newer(search string, now time.Time) (since time.Time, ok bool) {
	if search == "" {
		return time.Time{}, true
	}
	text, ok := strings.CutPrefix(search, "newer_than:")
	days, err := strconv.Atoi(strings.TrimSuffix(text, "d"))
	return now.Add(-time.Duration(days) * day), ok && err == nil && strings.HasSuffix(text, "d")
}

// message gives one message, in the formats minimal, metadata and full.
func (g *Google) message(w http.ResponseWriter, r *http.Request, b *mailbox, bodies bool) {
	q := r.URL.Query()
	m := b.find(r.PathValue("id"))
	if m == nil {
		refusalOf("google", "notFound").write(w)
		return
	}
	format := q.Get("format")
	switch {
	case !slices.Contains([]string{"", "minimal", "metadata", "full"}, format):
		refusalOf("google", "invalidArgument").write(w)
		return
	case (format == "" || format == "full") && !bodies:
		refusalOf("google", "metadataScope").write(w)
		return
	}
	headers := []any{}
	for _, h := range [][2]string{{"From", m.from}, {"To", m.to}, {"Subject", m.subject}, {"Date", m.at.Format(time.RFC1123Z)}, {"Message-ID", "<" + m.id + "@mail.example.org>"}} {
		wanted := q["metadataHeaders"]
		if len(wanted) == 0 || slices.ContainsFunc(wanted, func(name string) bool { return strings.EqualFold(name, h[0]) }) {
			headers = append(headers, map[string]any{"name": h[0], "value": h[1]})
		}
	}
	set := values{
		"id": m.id, "threadId": m.thread, "labelIds": m.labels, "snippet": m.snippet, "historyId": number(m.history),
		"internalDate": strconv.FormatInt(m.at.UnixMilli(), 10), "sizeEstimate": len(m.snippet) + 500,
	}
	switch format {
	case "minimal":
		set["payload"] = nil
	case "metadata":
		set["payload.headers"] = headers
	default:
		text := []byte(m.snippet)
		part := reply("gmail/part", values{"body.size": len(text), "body.data": base64.RawURLEncoding.EncodeToString(text)})
		set["payload.headers"], set["payload.parts"] = headers, []any{part}
		writeReply(w, http.StatusOK, reply("gmail/message-full", set))
		return
	}
	writeReply(w, http.StatusOK, reply("gmail/message", set))
}
