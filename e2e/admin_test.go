package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestAdminBesideAServer wants what the commands change to be seen by a running
// server within a second.
func TestAdminBesideAServer(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, in *install) {
		n := in.serve()
		const user, first, second = "ops@example.com", "the first pass phrase", "the second pass phrase"
		in.command("admin", "create-user", "--email", user, "--role", "utility_admin", "--password-file", in.passwordFile(first))
		var session *caller
		soon(t, "sign-in of a new user", func() bool {
			c, a := n.signIn(user, first)
			session = c
			return a.status == http.StatusCreated
		})
		session.get("/webhooks", nil)

		in.command("admin", "reset-password", "--email", user, "--password-file", in.passwordFile(second))
		soon(t, "end of the old session", func() bool {
			a, err := session.call(http.MethodGet, "/webhooks", nil)
			return err == nil && a.status == http.StatusUnauthorized
		})
		if _, a := n.signIn(user, first); a.status == http.StatusCreated {
			t.Error("the old password still opens a session")
		}
		if _, a := n.signIn(user, second); a.status != http.StatusCreated {
			t.Errorf("the new password: %d %s", a.status, a.body)
		}

		// Another organization, its key, and its island.
		out := in.command("admin", "create-org", "--name", "Other", "--email", "other@example.com", "--password-file", in.passwordFile(first))
		var other created
		answer{body: out}.decode(t, &other)
		soon(t, "the new organization's key", func() bool {
			a, err := n.bearer(other.APIKey).call(http.MethodGet, "/webhooks", nil)
			return err == nil && a.status == http.StatusOK
		})

		for name, args := range map[string][]string{
			"a taken address":     {"create-user", "--email", email, "--role", "utility_admin", "--organization", in.org.OrganizationID},
			"an unknown role":     {"create-user", "--email", "x@example.com", "--role", "king"},
			"no organization":     {"create-user", "--email", "x@example.com", "--role", "utility_admin"},
			"an unknown person":   {"reset-password", "--email", "nobody@example.com"},
			"a malformed address": {"create-org", "--name", "X", "--email", "nobody"},
		} {
			args = append(append([]string{"admin"}, args...), "--password-file", in.passwordFile(first))
			out, stderr, err := run(append(args, in.places()...)...)
			if err == nil || len(out) > 0 || len(bytes.TrimSpace(stderr)) == 0 {
				t.Errorf("%s: %v, printed %q and %q", name, err, out, stderr)
			}
		}
		n.stop()
		if out := in.command("audit", "verify"); !bytes.Contains(out, []byte("nothing was altered")) {
			t.Errorf("audit verify says:\n%s", out)
		}
	})
}

// soon is within a second of now.
func soon(t *testing.T, what string, cond func() bool) {
	t.Helper()
	until(t, fmt.Sprint(what, " within a second"), time.Second, cond)
}

// TestFirstStart makes the first organization at the address that is printed on
// an empty database, once.
func TestFirstStart(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{sqlite, postgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			in := emptyInstall(t, engine)
			n := in.serve()
			var token string
			until(t, "an address for the set-up", 10*time.Second, func() bool {
				_, rest, ok := strings.Cut(n.log.String(), "/setup#token=")
				token, _, _ = strings.Cut(rest, "\n")
				return ok
			})
			setup := map[string]any{"token": token, "organizationName": "First", "email": email, "password": password}
			nobody := &caller{n: n}
			nobody.must(http.StatusCreated, http.MethodPost, "/setup", setup, &in.org)
			n.key().get("/webhooks", nil)
			n.admin()
			if a, err := nobody.call(http.MethodPost, "/setup", setup); err != nil || a.status < 400 || a.status >= 500 {
				t.Errorf("the address works twice: %d %s %v", a.status, a.body, err)
			}
			n.stop()
			again := in.serve()
			again.stop()
			if strings.Contains(again.log.String(), "/setup#token=") {
				t.Error("a second start offers the set-up again")
			}
		})
	}
}
