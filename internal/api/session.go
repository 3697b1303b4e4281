package api

import (
	"context"
	"slices"
	"time"

	"patchboard/internal/account"
	"patchboard/internal/rbac"
)

// SessionView is who is signed in, and what they may do.
type SessionView struct {
	User         UserView          `json:"user"`
	Organization OrganizationView  `json:"organization"`
	Tracking     bool              `json:"tracking" doc:"Whether POST /tracking stores anything"`
	Permissions  []rbac.Permission `json:"permissions" doc:"What this person may do; the console hides the rest, the API refuses it"`
}

// OrganizationView is an organization.
type OrganizationView struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type signInRequest struct {
	Body struct {
		Email    string `json:"email" maxLength:"1000"`
		Password string `json:"password" maxLength:"4096" writeOnly:"true"`
	}
}

type sessionResponse struct {
	SetCookie string `header:"Set-Cookie"`
	Body      SessionView
}

func (a *API) signIn(ctx context.Context, in *signInRequest) (*sessionResponse, error) {
	q := requestOf(ctx)
	s, user, err := a.Account.SignIn(ctx, account.SignIn{
		Email: in.Body.Email, Password: in.Body.Password, Previous: a.ownCookie(q),
		Address: q.actor.Address, UserAgent: q.actor.UserAgent, RequestID: q.id,
	})
	if err != nil {
		return nil, err
	}
	view, err := a.sessionView(ctx, user)
	if err != nil {
		return nil, err
	}
	age := int(s.Expires.Sub(a.Clock()).Seconds())
	return &sessionResponse{SetCookie: a.sessionCookie(q, s.Token, age), Body: view}, nil
}

type currentSession struct{ Body SessionView }

func (a *API) session(ctx context.Context, _ *struct{}) (*currentSession, error) {
	actor := actorOf(ctx)
	user, err := a.Account.User(ctx, actor, actor.UserID)
	if err != nil {
		return nil, err
	}
	view, err := a.sessionView(ctx, user)
	if err != nil {
		return nil, err
	}
	return &currentSession{Body: view}, nil
}

func (a *API) sessionView(ctx context.Context, u account.User) (SessionView, error) {
	o, err := a.Account.Organization(ctx, u.OrganizationID)
	if err != nil {
		return SessionView{}, err
	}
	return SessionView{
		User: userView(u), Organization: OrganizationView{ID: o.ID, Name: o.Name}, Permissions: a.permissionsOf(u.Role),
		Tracking: a.Tracking.On(),
	}, nil
}

// finer are permissions that decide within a route, not about it.
var finer = []rbac.Permission{ //nolint:gochecknoglobals // a constant list
	rbac.WebhookHeaders, rbac.DeliveryBodies, rbac.DeliverySend, rbac.DeliveryDiscard, rbac.EventPayloads, rbac.AuditRead,
}

func (a *API) permissionsOf(role rbac.Role) []rbac.Permission {
	all := slices.Clone(finer)
	for _, r := range a.routes {
		all = append(all, r.Permission)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	return slices.DeleteFunc(all, func(p rbac.Permission) bool {
		return p == rbac.Public || p == rbac.Session || !rbac.Can(role, p)
	})
}

type cookieOnly struct {
	SetCookie string `header:"Set-Cookie"`
}

func (a *API) signOut(ctx context.Context, _ *struct{}) (*cookieOnly, error) {
	if err := a.Account.SignOut(ctx, actorOf(ctx)); err != nil {
		return nil, err
	}
	return &cookieOnly{SetCookie: a.sessionCookie(requestOf(ctx), "", -1)}, nil
}

type endedResponse struct {
	SetCookie string `header:"Set-Cookie"`
	Body      struct {
		Ended int `json:"ended" doc:"Sessions that were ended, this one included"`
	}
}

func (a *API) signOutEverywhere(ctx context.Context, _ *struct{}) (*endedResponse, error) {
	n, err := a.Account.SignOutEverywhere(ctx, actorOf(ctx))
	if err != nil {
		return nil, err
	}
	out := &endedResponse{SetCookie: a.sessionCookie(requestOf(ctx), "", -1)}
	out.Body.Ended = n
	return out, nil
}

type confirmRequest struct {
	Body struct {
		Purpose  string `json:"purpose" maxLength:"100" example:"api_key.regenerate"`
		Password string `json:"password" maxLength:"4096" writeOnly:"true"`
	}
}

type confirmResponse struct {
	Body struct {
		Token   string    `json:"token" doc:"Good once, for the purpose, in this session"`
		Expires time.Time `json:"expires"`
	}
}

func (a *API) confirm(ctx context.Context, in *confirmRequest) (*confirmResponse, error) {
	token, expires, err := a.Account.Confirm(ctx, actorOf(ctx), in.Body.Purpose, in.Body.Password)
	if err != nil {
		return nil, err
	}
	out := &confirmResponse{}
	out.Body.Token, out.Body.Expires = token, expires
	return out, nil
}

type setupState struct {
	Body struct {
		Needed bool `json:"needed" doc:"True until the first organization is made"`
	}
}

func (a *API) setupNeeded(ctx context.Context, _ *struct{}) (*setupState, error) {
	needed, err := a.Account.SetupNeeded(ctx)
	if err != nil {
		return nil, err
	}
	out := &setupState{}
	out.Body.Needed = needed
	return out, nil
}

type setupRequest struct {
	Body struct {
		Token            string `json:"token" maxLength:"200" writeOnly:"true" doc:"From the set-up address that the server printed"`
		OrganizationName string `json:"organizationName" maxLength:"1000"`
		Email            string `json:"email" maxLength:"1000"`
		Password         string `json:"password" maxLength:"4096" writeOnly:"true"`
	}
}

type setupResponse struct {
	Body struct {
		OrganizationID string `json:"organizationId"`
		UserID         string `json:"userId"`
		APIKey         string `json:"apiKey" doc:"The organization's API key; it can be copied again later"`
	}
}

func (a *API) setup(ctx context.Context, in *setupRequest) (*setupResponse, error) {
	q := requestOf(ctx)
	o, u, key, err := a.Account.Setup(ctx, in.Body.Token, account.NewOrganization{
		Name: in.Body.OrganizationName, Email: in.Body.Email, Password: in.Body.Password,
		Address: q.actor.Address, UserAgent: q.actor.UserAgent, RequestID: q.id,
	})
	if err != nil {
		return nil, err
	}
	out := &setupResponse{}
	out.Body.OrganizationID, out.Body.UserID, out.Body.APIKey = o.ID, u.ID, key
	return out, nil
}
