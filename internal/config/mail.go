package config

import (
	"errors"
	"net"
	"net/mail"
	"strings"
)

// Mail names the server that alerts are mailed through. Without an address no
// mail is sent.
//
// After Validate: with SMTPAddress, SMTPFrom is set, and SMTPPassword holds what
// SMTPPasswordFile held.
type Mail struct {
	SMTPAddress      string `env:"PATCHBOARD_SMTP_ADDRESS" example:"smtp.example.com:587" help:"Mail server for alerts. Without it no mail is sent. Unlike a webhook it may lie in a private network." name:"smtp-address" placeholder:"HOST:PORT"`
	SMTPUser         string `env:"PATCHBOARD_SMTP_USER" example:"patchboard" help:"User to sign in to the mail server as. Without it, without signing in." name:"smtp-user" placeholder:"NAME"`
	SMTPPassword     Secret `env:"PATCHBOARD_SMTP_PASSWORD" example:"correct-horse" help:"Password of that user. Better given in a file: a flag is seen by every process." name:"smtp-password" placeholder:"PASSWORD"`
	SMTPPasswordFile string `env:"PATCHBOARD_SMTP_PASSWORD_FILE" example:"/etc/patchboard/smtp-password" help:"File with that password; a line end after it does not count." name:"smtp-password-file" placeholder:"FILE"`
	SMTPFrom         string `env:"PATCHBOARD_SMTP_FROM" example:"patchboard@example.com" help:"Sender of the mails, alone or as \"Patchboard <patchboard@example.com>\". Needed with --smtp-address." name:"smtp-from" placeholder:"ADDRESS"`
	SMTPTLS          string `default:"starttls" env:"PATCHBOARD_SMTP_TLS" example:"tls" help:"How the way to the mail server is kept secret: starttls (must be offered, usually port 587), tls (from the start, usually port 465), or none, which sends alerts in the open and takes no password." name:"smtp-tls" placeholder:"MODE"`
}

func (c *Mail) check(m *mistakes) {
	switch c.SMTPTLS {
	case "starttls", "tls", "none":
	default:
		m.add("smtp-tls", quote(c.SMTPTLS)+" is none of starttls, tls and none", "starttls")
	}
	c.checkPassword(m)
	if c.SMTPAddress == "" {
		if c.SMTPUser != "" || c.SMTPFrom != "" || !c.SMTPPassword.IsZero() {
			m.add("smtp-address", "is needed with the other settings of mail: it names the server", "smtp.example.com:587")
		}
		return
	}
	if err := mailServerWrong(c.SMTPAddress); err != nil {
		m.add("smtp-address", quote(c.SMTPAddress)+" "+err.Error(), "smtp.example.com:587")
	}
	switch parsed, err := mail.ParseAddress(c.SMTPFrom); {
	case c.SMTPFrom == "":
		m.add("smtp-from", "is needed with --smtp-address: it is the sender of the mails", "patchboard@example.com")
	case err != nil || strings.ContainsAny(c.SMTPFrom, "\r\n"):
		m.add("smtp-from", quote(c.SMTPFrom)+" is not a mail address", "patchboard@example.com")
	case !strings.Contains(parsed.Address, "@"):
		m.add("smtp-from", quote(c.SMTPFrom)+" has no domain", "patchboard@example.com")
	}
	switch {
	case c.SMTPUser != "" && c.SMTPTLS == "none":
		m.add("smtp-user", "and --smtp-tls none are both given: the password would be sent in the open", "--smtp-tls starttls, or no user")
	case c.SMTPUser != "" && c.SMTPPassword.IsZero():
		m.add("smtp-password", "is needed with --smtp-user", "--smtp-password-file /etc/patchboard/smtp-password")
	case c.SMTPUser == "" && !c.SMTPPassword.IsZero():
		m.add("smtp-user", "is needed with a password", "patchboard")
	}
}

func (c *Mail) checkPassword(m *mistakes) {
	const example = "/etc/patchboard/smtp-password"
	if c.SMTPPasswordFile == "" {
		return
	}
	if !c.SMTPPassword.IsZero() {
		m.add("smtp-password-file", "and --smtp-password are both given: which one holds the password?", example)
		return
	}
	text, err := readAtMost(c.SMTPPasswordFile, largestFile)
	if err != nil {
		m.add("smtp-password-file", err.Error(), example)
		return
	}
	c.SMTPPassword, c.SMTPPasswordFile = NewSecret(strings.TrimRight(string(text), "\r\n")), ""
	if c.SMTPPassword.IsZero() {
		m.add("smtp-password-file", "names a file that is empty", example)
	}
}

func mailServerWrong(address string) error {
	if err := addressWrong(address); err != nil {
		return err
	}
	if host, port, _ := net.SplitHostPort(address); host == "" || port == "0" {
		return errors.New("names no server: it needs a host, and a port other than 0")
	}
	return nil
}
