package domain

// Employer says whose staff a user is.
type Employer string

// Values lists the employers.
func (Employer) Values() []string { return []string{"ORGANISATION", "TENANT"} }

// UserEnrolled gives one person one login (S19). The user's id is the actor id in envelopes; login
// and name are sealed under the person's own key, so that erasing a former employee leaves the
// subjects' access logs.
type UserEnrolled struct {
	Employer Employer `json:"employer"`
	Login    Personal `json:"login" class:"STAFF"`
	Name     Personal `json:"name" class:"STAFF"`
	Email    Personal `json:"email" class:"STAFF"`
	// System is the system in which the login is valid, so that the same login elsewhere is another one.
	System string `json:"system" plain:"version"`
}

// FactorMethod is a kind of second factor.
type FactorMethod string

// Values lists the methods.
func (FactorMethod) Values() []string { return []string{"TOTP", "SECURITY_KEY", "SMS", "CALL", "APP"} }

// SecondFactorEnrolled: the user signs in with a second factor from now on (S20).
type SecondFactorEnrolled struct {
	Method FactorMethod `json:"method"`
}

// SecondFactorRemoved ends it.
type SecondFactorRemoved struct {
	Method FactorMethod `json:"method"`
}

// SignedIn is a successful sign-in; the envelope's auth says by what.
type SignedIn struct{}

// SignInFailed is a refused one.
type SignInFailed struct{}

// UserRoleChanged gives the user another role in the system.
type UserRoleChanged struct {
	Role string `json:"role" plain:"word"`
}

// ConfidentialityCommitted: the person has committed to confidentiality (Art. 28(3)(b)).
type ConfidentialityCommitted struct {
	Digest string `json:"digest" plain:"digest"`
}

// UserDisabled ends the login.
type UserDisabled struct{}

// Kind is the wire name.
func (UserEnrolled) Kind() string { return "user.enrolled" }

// Kind is the wire name.
func (SecondFactorEnrolled) Kind() string { return "user.second_factor_enrolled" }

// Kind is the wire name.
func (SecondFactorRemoved) Kind() string { return "user.second_factor_removed" }

// Kind is the wire name.
func (SignedIn) Kind() string { return "user.signed_in" }

// Kind is the wire name.
func (SignInFailed) Kind() string { return "user.sign_in_failed" }

// Kind is the wire name.
func (UserRoleChanged) Kind() string { return "user.role_changed" }

// Kind is the wire name.
func (ConfidentialityCommitted) Kind() string { return "user.confidentiality_committed" }

// Kind is the wire name.
func (UserDisabled) Kind() string { return "user.disabled" }

// User is a login as its stream tells it.
type User struct {
	Enrolled bool
	Disabled bool
}

// Apply folds one kept event.
func (u User) Apply(k Kept) User {
	switch k.Event.(type) {
	case UserEnrolled:
		u.Enrolled, u.Disabled = true, false
	case UserDisabled:
		u.Disabled = true
	}
	return u
}

// Disable decides to end the login.
func (u User) Disable() ([]Event, *Refusal) {
	if u.Disabled {
		return nil, Refuse("user.disabled", "Art. 32 GDPR", "this login was ended already")
	}
	return []Event{UserDisabled{}}, nil
}

var userKinds = []Type{
	kind[UserEnrolled]("user", "32", "A person gets a login of their own.").observed(),
	kind[SecondFactorEnrolled]("user", "32", "A second factor is in use.").observed(),
	kind[SecondFactorRemoved]("user", "32", "A second factor is no longer in use.").observed(),
	kind[SignedIn]("user", "32", "A sign-in.").observed(),
	kind[SignInFailed]("user", "32", "A refused sign-in.").observed(),
	kind[UserRoleChanged]("user", "32", "The user's role in the system changed.").observed(),
	kind[ConfidentialityCommitted]("user", "28(3)(b)", "The person has committed to confidentiality.").observed(),
	kind[UserDisabled]("user", "32", "The login is ended.").observed(),
}
