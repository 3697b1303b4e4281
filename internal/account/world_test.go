package account

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/audit/audittest"
	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/rbac"
)

const (
	adaPassword = "a password of Ada's own"
	address     = "192.0.2.1"
)

// world is the service on a test database, with a clock that the test moves and
// records of what the service tells others.
type world struct {
	*Service
	t     *testing.T
	db    *db.DB
	log   *audit.Log
	moved atomic.Int64 // nanoseconds that the clock was moved

	mu        sync.Mutex
	published []string
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	w := &world{t: t, db: d, log: audittest.New(t, d)}
	start := time.Now()
	w.Service = New(d, w.log, func() time.Time { return start.Add(time.Duration(w.moved.Load())) }, slog.New(slog.DiscardHandler))
	w.hasher = newHasher(cheap)
	w.OnOrganization = func(context.Context, *db.Tx, rbac.Actor, string) (string, error) { return "sX_first", nil }
	w.Publish = func(tx *db.Tx, org, topic string, ids ...string) {
		tx.AfterCommit(func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			for _, i := range ids {
				w.published = append(w.published, org+" "+topic+" "+i)
			}
		})
	}
	t.Cleanup(w.Close)
	return w
}

func (w *world) move(d time.Duration) { w.moved.Add(int64(d)) }

// ada makes an organization whose system administrator is Ada.
func (w *world) ada() (Organization, User) {
	w.t.Helper()
	o, u, _, err := w.CreateOrganization(w.t.Context(), NewOrganization{Name: "Acme", Email: "ada@example.com", Password: adaPassword})
	if err != nil {
		w.t.Fatal(err)
	}
	return o, u
}

// other makes another organization.
func (w *world) other() (Organization, User) {
	w.t.Helper()
	o, u, _, err := w.CreateOrganization(w.t.Context(), NewOrganization{Name: "Other", Email: "eve@example.org", Password: adaPassword})
	if err != nil {
		w.t.Fatal(err)
	}
	return o, u
}

func (w *world) user(admin rbac.Actor, email string, role rbac.Role) User {
	w.t.Helper()
	u, err := w.CreateUser(w.t.Context(), admin, NewUser{Email: email, Role: role, Password: adaPassword})
	if err != nil {
		w.t.Fatal(err)
	}
	return u
}

func (w *world) signIn(email, password string) (Session, error) {
	s, _, err := w.SignIn(w.t.Context(), SignIn{Email: email, Password: password, Address: address, UserAgent: "test"})
	return s, err
}

// session signs in and gives the actor and the token.
func (w *world) session(email string) (rbac.Actor, string) {
	w.t.Helper()
	s, err := w.signIn(email, adaPassword)
	if err != nil {
		w.t.Fatal(err)
	}
	a, err := w.Authenticate(w.t.Context(), s.Token)
	if err != nil {
		w.t.Fatal(err)
	}
	a.Address = address
	return a, s.Token
}

func (w *world) count(query string, args ...any) int64 {
	w.t.Helper()
	n, err := db.Value[int64](w.t.Context(), w.db, query, args...)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// audited fails unless the organization's newest entries have these actions,
// the newest first.
func (w *world) audited(org string, actions ...string) []audit.Record {
	w.t.Helper()
	entries := audittest.Entries(w.t, w.log, org)
	var got []string
	for _, e := range entries[:min(len(entries), len(actions))] {
		got = append(got, e.Action)
	}
	if !slices.Equal(got, actions) {
		w.t.Errorf("newest audit entries are %v, want %v", got, actions)
	}
	return entries
}

// refused fails unless err is the fault, with a fix.
func (w *world) refused(err error, want *fault.Error) {
	w.t.Helper()
	f := fault.From(err)
	if err == nil || f.Type != want.Type || f.Kind != want.Kind || f.Fix == "" {
		w.t.Errorf("error is %v (%s), want %s", err, f.Type, want.Type)
	}
}

func admin(o Organization, u User) rbac.Actor {
	return rbac.Actor{OrganizationID: o.ID, Role: u.Role, UserID: u.ID, Email: u.Email, Address: address}
}

// closed reports whether the channel closes; it waits for news of other nodes.
func closed(ch <-chan struct{}, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ch:
		return true
	case <-timer.C:
		return false
	}
}

func open(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return false
	default:
		return true
	}
}
