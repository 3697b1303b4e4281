package api

import (
	"context"
	"time"

	"patchboard/internal/account"
	"patchboard/internal/rbac"
)

// UserView is a person who may sign in.
type UserView struct {
	ID      string    `json:"id" example:"usr_01h455vb4pex5vsknk084sn02q"`
	Email   string    `json:"email"`
	Role    rbac.Role `json:"role" enum:"system_admin,utility_admin"`
	Version int64     `json:"version" doc:"Send it as If-Match to change what you read"`
	Created time.Time `json:"created"`
	Updated time.Time `json:"updated"`
}

func userView(u account.User) UserView {
	return UserView{ID: u.ID, Email: u.Email, Role: u.Role, Version: u.Version, Created: u.Created, Updated: u.Updated}
}

type userResponse struct {
	ETag string `header:"ETag"`
	Body UserView
}

func oneUser(u account.User) *userResponse {
	return &userResponse{ETag: etag(u.Version), Body: userView(u)}
}

type usersResponse struct{ Body Page[UserView] }

func (a *API) users(ctx context.Context, in *struct{ Paging }) (*usersResponse, error) {
	position, err := listUsers.position(in.Cursor)
	if err != nil {
		return nil, err
	}
	users, next, err := a.Account.ListUsers(ctx, actorOf(ctx), position, in.Limit)
	if err != nil {
		return nil, err
	}
	return &usersResponse{Body: pageOf(users, listUsers.cursor(next), userView)}, nil
}

type addUserRequest struct {
	Body struct {
		Email    string    `json:"email" maxLength:"1000"`
		Role     rbac.Role `json:"role" maxLength:"50" example:"utility_admin"`
		Password string    `json:"password" maxLength:"4096" writeOnly:"true"`
	}
}

func (a *API) addUser(ctx context.Context, in *addUserRequest) (*userResponse, error) {
	u, err := a.Account.CreateUser(ctx, actorOf(ctx), account.NewUser{Email: in.Body.Email, Role: in.Body.Role, Password: in.Body.Password})
	if err != nil {
		return nil, err
	}
	return oneUser(u), nil
}

func (a *API) user(ctx context.Context, in *ByID) (*userResponse, error) {
	u, err := a.Account.User(ctx, actorOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return oneUser(u), nil
}

type changeUserRequest struct {
	ByID
	Condition

	Body struct {
		Role     *rbac.Role `json:"role,omitempty" maxLength:"50"`
		Password *string    `json:"password,omitempty" maxLength:"4096" writeOnly:"true"`
	}
}

func (a *API) changeUser(ctx context.Context, in *changeUserRequest) (*userResponse, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	u, err := a.Account.UpdateUser(ctx, actorOf(ctx), in.ID, account.ChangeUser{Role: in.Body.Role, Password: in.Body.Password, Version: version})
	if err != nil {
		return nil, err
	}
	return oneUser(u), nil
}

func (a *API) deleteUser(ctx context.Context, in *ByID) (*struct{}, error) {
	return nil, a.Account.DeleteUser(ctx, actorOf(ctx), in.ID)
}
