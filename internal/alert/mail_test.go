package alert

import (
	"errors"
	"flag"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchboard/internal/alert/alerttest"
	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/vault"
)

var update = flag.Bool("update", false, "write the golden mails anew")

func TestMailsAreTheGoldenFiles(t *testing.T) {
	t.Parallel()
	s := NewService(Config{Clock: func() time.Time { return start }, URL: "https://patchboard.example"})
	open := &row{Alert: Alert{
		Title: "Gmail needs to be connected again", Subject: gmail, Detail: "Google answered that access was taken back.\nMails are not read until then.",
		Steps: []string{"Press “Reconnect” and sign in with ada@one.example.", "Allow everything that is asked for <all>."}, Link: "/settings/integrations/gmail", Opened: start,
	}}
	over := *open
	over.Closed, over.Closing = start.Add(90*time.Minute), Text{"Gmail works again", "It was connected again."}
	test := s.trial()
	for name, m := range map[string]message{"opened": s.messageOf(open, PhaseOpened), "closed": s.messageOf(&over, PhaseClosed), "test": test} {
		m.Why = map[string]string{"opened": whyRole, "closed": whyChosen, "test": whyTest}[name]
		plain, html, err := m.bodies()
		if err != nil {
			t.Fatal(err)
		}
		for file, got := range map[string]string{name + ".txt": plain, name + ".html": html} {
			path := filepath.Join("testdata", file)
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s is stale; look at what changed, then run: go test ./internal/alert -run Golden -update\n%s", file, got)
			}
		}
	}
}

// parts gives the mail's two texts.
func parts(t *testing.T, m alerttest.Mail) map[string]string {
	t.Helper()
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatal(kind, err)
	}
	all := map[string]string{}
	r := multipart.NewReader(strings.NewReader(m.Body), params["boundary"])
	for {
		p, err := r.NextPart() // it decodes quoted-printable
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(p)
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type"))
		all[kind] = string(b)
	}
}

func TestNothingInANameGetsIntoTheHeaders(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.begin(w.Service)
		name := "Orders\r\nBcc: all@evil.example\r\n\r\n<script>alert(1)</script> \u202e ü \x00"
		w.write(func(tx *db.Tx) error {
			return w.WebhookTrouble(t.Context(), tx, WebhookTrouble{OrganizationID: w.sys.OrganizationID, ID: "wh_1", URL: "https://a.example/", Description: name, What: Disabled, Gone: true})
		})
		m := w.mail.Next()
		if m.Header.Get("Bcc") != "" || len(m.To) != 1 || strings.Contains(m.Raw, "\nBcc:") {
			t.Errorf("headers: %v", m.Header)
		}
		if want := "The webhook Orders Bcc: all@evil.example <script>alert(1)</script> ü was switched off"; m.Subject() != want {
			t.Errorf("%q", m.Subject())
		}
		if _, err := mail.ParseAddressList(m.Header.Get("To")); err != nil || m.Header.Get("Auto-Submitted") != "auto-generated" || m.Header.Get("Message-Id") == "" || m.Header.Get("Date") == "" {
			t.Errorf("%v %v", m.Header, err)
		}
		p := parts(t, m)
		if strings.Contains(p["text/html"], "<script>") || !strings.Contains(p["text/html"], "&lt;script&gt;") || !strings.Contains(p["text/html"], "/settings/webhooks/wh_1") {
			t.Errorf("%s", p["text/html"])
		}
		if !strings.Contains(p["text/plain"], "410 Gone") || !strings.Contains(p["text/plain"], "https://patchboard.example/settings/alerts") || !strings.Contains(p["text/plain"], whyRole) {
			t.Errorf("%s", p["text/plain"])
		}
	})
}

func TestWaysToTheMailServer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, server string
		mode         TLSMode
		password     string // that the server wants
		change       func(*Config)
		says         string // "" where the mail arrives
	}{
		{name: "STARTTLS", server: alerttest.StartTLS, mode: StartTLS},
		{name: "STARTTLS and a password", server: alerttest.StartTLS, mode: StartTLS, password: "right"},
		{name: "TLS from the start and a password", server: alerttest.DirectTLS, mode: DirectTLS, password: "right"},
		{name: "in the open", server: alerttest.Plain, mode: NoTLS},
		{name: "STARTTLS is not offered", server: alerttest.Plain, mode: StartTLS, says: "STARTTLS"},
		{name: "wrong password", server: alerttest.StartTLS, mode: StartTLS, password: "other", says: "535 "},
		{name: "a password is wanted", server: alerttest.StartTLS, mode: StartTLS, password: "any", change: func(c *Config) { c.Mail.User = "" }, says: "authenticate"},
		{name: "TLS where there is none", server: alerttest.Plain, mode: DirectTLS, says: "does not speak TLS"},
		{name: "a name that is not", server: alerttest.Plain, mode: NoTLS, change: func(c *Config) { c.Mail.Address = "mail.invalid:25" }, says: "mail.invalid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := alerttest.NewMailServer(t, c.server)
			server.Password(c.password)
			w := newWorld(t, dbtest.Open(t, dbtest.SQLite), func(config *Config) {
				config.Mail.Address, config.Mail.TLS = server.Address, c.mode
				if c.password != "" {
					config.Mail.User, config.Mail.Password = "patchboard", vault.Secret("right")
				}
				if c.change != nil {
					c.change(config)
				}
				trust(t, config, server)
			})
			trial, err := w.Test(t.Context(), w.sys, Email)
			if err != nil || trial.OK != (c.says == "") || !strings.Contains(trial.Detail, c.says) || strings.Contains(trial.Detail, "right") {
				t.Fatalf("%+v %v", trial, err)
			}
			if c.says != "" {
				return
			}
			m := server.Next()
			if m.TLS != (c.mode != NoTLS) || (m.User == "") != (c.password == "") || m.To[0] != "ada@one.example" || m.From != "patchboard@one.example" {
				t.Errorf("%+v", m)
			}
		})
	}
	t.Run("an authority that is not trusted", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, dbtest.Open(t, dbtest.SQLite), distrust(t))
		if trial, err := w.Test(t.Context(), w.sys, Email); err != nil || trial.OK || !strings.Contains(trial.Detail, "not trusted") {
			t.Errorf("%+v %v", trial, err)
		}
	})
}
