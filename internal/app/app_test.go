package app_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"patchboard/internal/app"
	"patchboard/internal/audit"
	"patchboard/internal/audit/audittest"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/rbac"
)

func TestEventReachesItsWebhookAndNothingIsLostByARestart(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e dbtest.Engine) {
		r := newReceiver(t)
		c := settings(t, e)
		r.admit(t, &c)
		a := start(t, c)
		org, key := organization(t, a)

		status, body := call(t, a, "POST", "/api/v1/webhooks", key, `{"url": "`+r.URL+`/hook", "events": ["contact.created"]}`)
		if status != http.StatusCreated {
			t.Fatal(status, body)
		}
		r.next(t) // the check
		status, body = call(t, a, "POST", "/api/v1/events", key, `{"type": "contact.created", "data": {"id": "1"}}`)
		if status != http.StatusAccepted {
			t.Fatal(status, body)
		}
		got := r.next(t)
		if id := field(t, body, "id"); got.Header.Get("Webhook-Id") != id || got.Header.Get("Webhook-Signature") == "" {
			t.Errorf("headers %v, want id %s and a signature", got.Header, id)
		}
		eventually(t, "counted as delivered", func() bool {
			counts, err := a.Delivery.Counts(t.Context(), org)
			return err == nil && counts.Delivered == 1 && counts.Created == 1
		})
		stop(t, a)
		if listening(a.Addr()) {
			t.Error("still listening after Close")
		}

		again := start(t, c)
		if status, body := call(t, again, "GET", "/api/v1/webhooks", key, ""); status != http.StatusOK || !strings.Contains(body, "/hook") {
			t.Error("after a restart:", status, body)
		}
		overview, err := again.APIKey.Get(t.Context(), rbac.Actor{OrganizationID: org, Role: rbac.SystemAdmin})
		if err != nil || overview.TotalCalls < 3 {
			t.Errorf("calls were lost by the stop: %+v, %v", overview, err)
		}
	})
}

var setupToken = regexp.MustCompile(`/setup#token=(\S+)`)

func TestSetUpAddressWorksOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e dbtest.Engine) {
		c := settings(t, e)
		out := &buffer{}
		c.Out = out
		a := start(t, c)
		found := setupToken.FindStringSubmatch(out.String())
		if found == nil {
			t.Fatalf("no address in %q", out)
		}
		if !strings.Contains(out.String(), a.URL()+"/setup#token=") {
			t.Errorf("the address is not the server's %s: %s", a.URL(), out)
		}
		body := `{"token": "` + found[1] + `", "organizationName": "Acme", "email": "ada@example.com", "password": "` + password + `"}`
		if status, answer := call(t, a, "POST", "/api/v1/setup", "", body); status != http.StatusCreated || field(t, answer, "apiKey") == "" {
			t.Fatal(status, answer)
		}
		if status, answer := call(t, a, "POST", "/api/v1/setup", "", body); status < 400 || status >= 500 {
			t.Error("a second use:", status, answer)
		}
		stop(t, a)

		second := &buffer{}
		c.Out = second
		start(t, c)
		if second.String() != "" {
			t.Errorf("printed although there is an organization: %q", second)
		}
	})
}

func TestSecondServerOfADirectoryIsRefusedByProcess(t *testing.T) {
	t.Parallel()
	c := settings(t, dbtest.SQLite)
	a := start(t, c)
	_, err := app.New(t.Context(), c)
	if err == nil || !strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
		t.Fatalf("got %v, want a refusal that names process %d", err, os.Getpid())
	}
	if status, body := call(t, a, "GET", "/readyz", "", ""); status != http.StatusOK {
		t.Error("the first one:", status, body)
	}
}

func TestTwoNodesShareAPostgres(t *testing.T) {
	t.Parallel()
	c := settings(t, dbtest.Postgres)
	a, b := start(t, c), start(t, c)
	_, key := organization(t, a)
	for _, node := range []*app.App{a, b} {
		eventually(t, "the key, which was made on the first node, is known", func() bool {
			status, _ := call(t, node, "POST", "/api/v1/events", key, `{"type": "contact.created", "data": {}}`)
			return status == http.StatusAccepted
		})
	}
	nodes, err := b.Delivery.Nodes(t.Context())
	if err != nil || len(nodes) != 2 {
		t.Errorf("%d nodes, %v", len(nodes), err)
	}
	stop(t, a)
	if status, body := call(t, b, "GET", "/readyz", "", ""); status != http.StatusOK {
		t.Error("the node that is left:", status, body)
	}
}

func TestFailedStartLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	c := settings(t, dbtest.SQLite)
	taken := start(t, settings(t, dbtest.SQLite))
	broken := c
	broken.Listen = taken.Addr().String()
	_, err := app.New(t.Context(), broken)
	if err == nil || !strings.Contains(err.Error(), "--listen "+broken.Listen) {
		t.Fatalf("got %v, want one that names the setting", err)
	}
	broken = c
	broken.Mount = map[string]http.Handler{"/api/mine": http.NotFoundHandler()} // fails late, when all runs
	if _, err := app.New(t.Context(), broken); err == nil {
		t.Fatal("a page under /api/ was taken")
	}
	start(t, c) // the directory is free again
}

func TestStartThatIsInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := settings(t, dbtest.SQLite)
	if _, err := app.New(ctx, c); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	start(t, c)
}

func TestWhatIsOpenedIsAuditedOncePerChange(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e dbtest.Engine) {
		c := settings(t, e)
		actions := func(c app.Config) []string {
			a := start(t, c)
			defer stop(t, a)
			var opened []string
			for _, r := range audittest.Entries(t, a.Audit, "") {
				if r.Action == audit.EgressNetworksAllowed || r.Action == audit.EgressAuthoritiesTrusted {
					opened = append(opened, r.Action)
				}
			}
			return opened
		}
		if got := actions(c); len(got) != 0 {
			t.Errorf("nothing is opened, yet: %v", got)
		}
		opened := c
		newReceiver(t).admit(t, &opened)
		both := []string{audit.EgressAuthoritiesTrusted, audit.EgressNetworksAllowed}
		if got := actions(opened); !slices.Equal(got, both) {
			t.Errorf("opened: %v", got)
		}
		if got := actions(opened); !slices.Equal(got, both) {
			t.Errorf("the same again: %v", got)
		}
		opened.AllowHTTP = true
		if got := actions(opened); len(got) != 3 {
			t.Errorf("plain http too: %v", got)
		}
		if got := actions(c); len(got) != 5 {
			t.Errorf("closed again: %v", got)
		}
	})
}
