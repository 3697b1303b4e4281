package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMailSettings(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(secret, []byte("from the file\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	server := []string{"serve", "--smtp-address", "mail.internal:587", "--smtp-from", "Patchboard <patchboard@example.com>"}
	p, err := parse(t, append(server, "--smtp-user", "patchboard", "--smtp-password-file", secret)...)
	if err != nil {
		t.Fatal(err)
	}
	if m := p.Serve.Mail; m.SMTPPassword.Reveal() != "from the file" || m.SMTPTLS != "starttls" {
		t.Errorf("%+v", m)
	}
	if err := p.Serve.Validate(); err != nil {
		t.Errorf("a second look: %v", err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--smtp-tls", "ssl"}, `--smtp-tls (PATCHBOARD_SMTP_TLS): "ssl" is none of starttls, tls and none`},
		{[]string{"--smtp-user", "x"}, "--smtp-password (PATCHBOARD_SMTP_PASSWORD): is needed with --smtp-user"},
		{[]string{"--smtp-password", "hush-hush"}, "--smtp-user (PATCHBOARD_SMTP_USER): is needed with a password"},
		{[]string{"--smtp-user", "x", "--smtp-password", "hush-hush", "--smtp-tls", "none"}, "the password would be sent in the open"},
		{[]string{"--smtp-password", "hush-hush", "--smtp-password-file", secret}, "which one holds the password?"},
		{[]string{"--smtp-user", "x", "--smtp-password-file", secret + "x"}, "cannot be read"},
		{[]string{"--smtp-user", "x", "--smtp-password-file", os.DevNull}, "is not a file"},
	} {
		_, err := parse(t, append(append([]string{}, server...), c.args...)...)
		mustSay(t, err, c.want)
		if strings.Contains(err.Error(), "hush") {
			t.Errorf("the password is in the error: %v", err)
		}
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--smtp-address", "mail.internal:587"}, "--smtp-from (PATCHBOARD_SMTP_FROM): is needed with --smtp-address"},
		{[]string{"--smtp-from", "a@example.com"}, "--smtp-address (PATCHBOARD_SMTP_ADDRESS): is needed with the other settings of mail"},
		{[]string{"--smtp-address", "mail.internal", "--smtp-from", "a@example.com"}, `"mail.internal" is not HOST:PORT`},
		{[]string{"--smtp-address", ":587", "--smtp-from", "a@example.com"}, "names no server"},
		{[]string{"--smtp-address", "mail.internal:587", "--smtp-from", "Patchboard"}, `"Patchboard" is not a mail address`},
		{[]string{"--smtp-address", "mail.internal:587", "--smtp-from", "a@example.com\r\nBcc: b@example.com"}, "is not a mail address"},
	} {
		_, err := parse(t, append([]string{"serve"}, c.args...)...)
		mustSay(t, err, c.want)
	}
}
