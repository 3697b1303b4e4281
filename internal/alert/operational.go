package alert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"patchboard/internal/egress"
	"patchboard/internal/signature"
)

// The types of the operational webhook's events.
const (
	typeOpened = "alert.opened"
	typeClosed = "alert.closed"
	typeTest   = "alert.test"
)

// operational is the body of the operational webhook: the form of Standard
// Webhooks, as every webhook of ours.
type operational struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      told      `json:"data"`
}

type told struct {
	ID       string     `json:"id,omitempty"`
	Kind     Kind       `json:"kind,omitempty"`
	Severity Severity   `json:"severity,omitempty"`
	Subject  *about     `json:"subject,omitempty"`
	Title    string     `json:"title"`
	Detail   string     `json:"detail,omitempty"`
	Steps    []string   `json:"steps,omitempty"`
	Link     string     `json:"link"`
	Opened   *time.Time `json:"opened,omitempty"`
	Closed   *time.Time `json:"closed,omitempty"`
}

type about struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Name string `json:"name"`
}

func eventOf(s *Service, r *row, phase Phase) operational {
	m := s.messageOf(r, phase)
	o := operational{Type: typeOpened, Timestamp: r.Opened, Data: told{
		ID: r.ID, Kind: r.Kind, Severity: r.Severity, Subject: &about{r.Subject.Type, r.Subject.ID, r.Subject.Name},
		Title: m.Title, Detail: m.Detail, Steps: m.Steps, Link: m.Link, Opened: &r.Opened,
	}}
	if phase == PhaseClosed {
		o.Type, o.Timestamp, o.Data.Closed = typeClosed, r.Closed, &r.Closed
	}
	return o
}

// errNoWebhook is for messages to an address that was taken away.
var errNoWebhook = errors.New("no operational webhook is set up")

// post signs a body and sends it. messageID is the same for every try, so that a
// receiver can tell a repetition. Any answer but 2xx is an error; 410 Gone is the
// receiver's word that it wants no more.
func (s *Service) post(ctx context.Context, org, messageID string, what operational) error {
	e, err := endsOf(ctx, s.db, org, "")
	if err != nil {
		return err
	}
	if e.url == "" {
		return refusal{errNoWebhook}
	}
	plain, err := s.vault.Unseal(e.secret, secretRow(org))
	if err != nil {
		return fmt.Errorf("open the signing secret: %w", err)
	}
	secret, err := signature.ParseSecret(string(plain))
	if err != nil {
		return fmt.Errorf("read the signing secret: %w", err)
	}
	body, err := json.Marshal(what)
	if err != nil {
		return fmt.Errorf("write the body: %w", err)
	}
	u, refused := s.egress.CheckURL(e.url)
	if refused != nil {
		return errors.New(refused.Detail)
	}
	now := s.now()
	res := s.egress.Send(ctx, egress.Request{URL: u, Body: body, Header: http.Header{
		"Content-Type":            {"application/json"},
		signature.HeaderID:        {messageID},
		signature.HeaderTimestamp: {strconv.FormatInt(now.Unix(), 10)},
		signature.HeaderSignature: {string(signature.Sign(nil, []signature.Secret{secret}, messageID, now, body))},
	}})
	switch {
	case res.Class == egress.ClassOK:
		return nil
	case res.Status == http.StatusGone:
		return refusal{errors.New(res.Detail)}
	}
	return errors.New(res.Detail)
}
