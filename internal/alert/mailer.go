package alert

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"patchboard/internal/egress"
)

const mailTimeout = 30 * time.Second

// mailer sends mails through the operator's server, one connection a mail.
type mailer struct {
	Mail

	egress  *egress.Client
	timeout time.Duration // for one mail, from the look-up to the server's last word
}

// refusal is an error that another try does not mend.
type refusal struct{ err error }

func (r refusal) Error() string { return r.err.Error() }
func (r refusal) Unwrap() error { return r.err }

// reasons why an alert's mail comes, by how it was asked for.
const (
	whyChosen = "You get this e-mail because you chose to be mailed about it."
	whyRole   = "You get this e-mail because your organization mails it to administrators of your role."
	whyTest   = "You get this e-mail because you pressed the test button."
)

// send mails one person. The error says what the server said, and is a refusal
// where the server will not have this recipient.
func (m *mailer) send(ctx context.Context, to string, what message) error {
	ctx, cancel := context.WithTimeout(ctx, m.timeout)
	defer cancel()
	msg, err := m.compose(to, what)
	if err != nil {
		return refusal{err}
	}
	client, err := m.client(ctx)
	if err != nil {
		return err
	}
	if err := client.DialAndSendWithContext(ctx, msg); err != nil {
		var late net.Error
		if errors.Is(ctx.Err(), context.DeadlineExceeded) || errors.As(err, &late) && late.Timeout() {
			return fmt.Errorf("the mail server %s did not finish within %s", m.Address, m.timeout)
		}
		return serverError(m.host(), err) //nolint:contextcheck // it only words the error
	}
	return nil
}

// compose makes the mail. Names and addresses with line ends never reach a
// header: the library encodes or refuses them, and alerts have none (see line).
func (m *mailer) compose(to string, what message) (*mail.Msg, error) {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := msg.From(m.From); err != nil {
		return nil, fmt.Errorf("the sender: %w", err)
	}
	if err := msg.To(to); err != nil {
		return nil, fmt.Errorf("the recipient: %w", err)
	}
	msg.Subject(line(what.Title, titleMost))
	msg.SetGenHeader(mail.Header("Auto-Submitted"), "auto-generated") // RFC 3834: no out-of-office answers
	msg.SetMessageID()
	msg.SetDate()
	plain, html, err := what.bodies()
	if err != nil {
		return nil, err
	}
	msg.SetBodyString(mail.TypeTextPlain, plain)
	msg.AddAlternativeString(mail.TypeTextHTML, html)
	return msg, nil
}

// host is the mail server's name, for its certificate.
func (m *mailer) host() string {
	host, _, err := net.SplitHostPort(m.Address)
	if err != nil {
		return m.Address
	}
	return host
}

// dial connects to the server, and cuts the connection when ctx ends: the
// library's own time-outs start anew with every answer.
func (m *mailer) dial(ctx context.Context) (net.Conn, error) {
	if m.TLS != DirectTLS {
		conn, err := m.egress.DialNamed(ctx, m.Address)
		if err == nil {
			context.AfterFunc(ctx, func() { _ = conn.Close() })
		}
		return conn, err
	}
	conn, err := m.egress.DialNamedTLS(ctx, m.Address)
	if err != nil { // a nil *tls.Conn would be a net.Conn that is not nil
		return nil, err
	}
	context.AfterFunc(ctx, func() { _ = conn.NetConn().Close() })
	return conn, nil
}

// client makes a client for one mail; its connection ends with ctx.
func (m *mailer) client(ctx context.Context) (*mail.Client, error) {
	_, portText, err := net.SplitHostPort(m.Address)
	if err != nil {
		return nil, fmt.Errorf("the mail server's address: %w", err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, fmt.Errorf("the mail server's port: %w", err)
	}
	policy := mail.TLSMandatory
	if m.TLS == NoTLS {
		policy = mail.NoTLS
	}
	options := []mail.Option{
		mail.WithPort(port), mail.WithTimeout(m.timeout), mail.WithTLSPolicy(policy), mail.WithTLSConfig(m.egress.TLSFor(m.host())),
		mail.WithoutNoop(),
		mail.WithDialContextFunc(func(context.Context, string, string) (net.Conn, error) { return m.dial(ctx) }),
	}
	if m.TLS == DirectTLS {
		options = append(options, mail.WithSSL())
	}
	if m.User != "" {
		options = append(options, mail.WithUsername(m.User), mail.WithPassword(m.Password.Reveal()),
			mail.WithOpportunisticSMTPAuth(mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthSCRAMSHA1, mail.SMTPAuthCramMD5, mail.SMTPAuthPlain, mail.SMTPAuthLogin))
	}
	client, err := mail.NewClient(m.host(), options...)
	if err != nil {
		return nil, fmt.Errorf("set up the mail client: %w", err)
	}
	return client, nil
}

// serverError puts what went wrong into the server's own words where it said
// some, and tells a recipient that it will not have from what may pass.
func serverError(host string, err error) error {
	if sent, ok := errors.AsType[*mail.SendError](err); ok {
		words := line(strings.Split(sent.Error(), ", affected")[0], detailMost)
		err = errors.New(words)
		if sent.Reason == mail.ErrSMTPRcptTo && !sent.IsTemp() {
			return refusal{err}
		}
		return err
	}
	if said, ok := errors.AsType[*textproto.Error](err); ok {
		return fmt.Errorf("the mail server answered: %d %s", said.Code, line(said.Msg, detailMost))
	}
	return errors.New(line(egress.Sentence(host, err), detailMost))
}
