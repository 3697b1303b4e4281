package account

import (
	"math"
	"strconv"
	"time"

	"patchboard/internal/fault"
)

// What callers are told. Slugs are stable.
var (
	errNoOrganization = fault.New(fault.NotFound, "organization-not-found", "There is no such organization.",
		"Check the id; `patchboard admin create-org` makes an organization.")
	errNoUser = fault.New(fault.NotFound, "user-not-found", "There is no such user.",
		"Look at the list of users; it may have been deleted.")
	errEmailTaken = fault.New(fault.Conflict, "email-taken", "A user with this e-mail address exists already.",
		"Use another address; one address belongs to one user in the whole installation.").At("body.email", "is taken")
	errRole = fault.New(fault.Invalid, "role-invalid", "There is no such role.",
		"Use system_admin or utility_admin.").At("body.role", "is not system_admin or utility_admin")
	errLastAdmin = fault.New(fault.Conflict, "last-system-admin", "This is the organization's last system administrator.",
		"Make another user a system administrator first.")
	errNothing = fault.New(fault.Invalid, "nothing-to-change", "The request changes nothing.",
		"Give a role or a password.")
	errStaleUser = fault.New(fault.Stale, "user-changed", "Somebody else changed this user since you read it.",
		"Read it again, then decide.")
	errCursor = fault.New(fault.Invalid, "cursor-invalid", "This is not a cursor of this list.",
		"Use the `next` value of the page before, or none for the first page.").At("query.cursor", "is not a cursor of this list")

	errSignIn = fault.New(fault.Unauthenticated, "sign-in-refused", "The e-mail address or the password is not right.",
		"Check both and try again. A system administrator can set a new password, and so can `patchboard admin reset-password`.")
	errLimited = fault.New(fault.RateLimited, "sign-in-limited", "There were too many failed attempts with this account or from this network address.", "")
	errSession = fault.New(fault.Unauthenticated, "session-ended", "You are not signed in, or your session has ended.",
		"Sign in again.")

	errPurpose = fault.New(fault.Invalid, "purpose-unknown", "A confirmation needs a purpose that exists.",
		"Use api_key.regenerate.").At("body.purpose", "is not a purpose that exists")
	errPurposeForbidden = fault.New(fault.Forbidden, "forbidden", "Your role may not do what this confirmation is for.",
		"Ask a system administrator.")
	errWrongPassword = fault.New(fault.Invalid, "password-wrong", "This is not your password.",
		"Enter the password that you sign in with.").At("body.password", "is not your password")
	errConfirmation = fault.New(fault.Forbidden, "confirmation-required", "This needs a fresh confirmation of your password: there is none, it was used, or it is older than five minutes.",
		"Confirm your password, then repeat this with the new token.")

	errSetupDone = fault.New(fault.Conflict, "setup-done", "Patchboard is set up already.",
		"Sign in. To add an organization, run `patchboard admin create-org`.")
	errSetupToken = fault.New(fault.Forbidden, "setup-token-refused", "This set-up address is not valid, or not any more.",
		"Use the address that the server printed at its last start. It is good for 24 hours; a restart prints a new one.")
)

// limited is the 429 for a wait.
func limited(wait time.Duration) error {
	seconds := int(math.Ceil(wait.Seconds()))
	f := *errLimited
	f.Fix = "Wait " + strconv.Itoa(seconds) + " seconds, then try again."
	return f.After(time.Duration(seconds) * time.Second)
}
