package domain

// CredentialType is what somebody proves with who they are.
type CredentialType string

// Values lists the types.
func (CredentialType) Values() []string { return []string{"TOKEN", "LINK"} }

// CredentialMade: a token or a sign-in link was made, for whom and for what. Its secret is kept nowhere.
type CredentialMade struct {
	Credential ID             `json:"credential"`
	Type       CredentialType `json:"type"`
	Role       ActorRole      `json:"role"`
	Holder     ID             `json:"holder"` // whose it is: a person's id, or one of its own
	Person     bool           `json:"person"`
	Content    bool           `json:"content"` // personal values may be shown with it
	Writes     bool           `json:"writes"`  // it states facts, and decides nothing
	Expires    Time           `json:"expires"`
}

// CredentialRevoked: it was ended before its time.
type CredentialRevoked struct {
	Credential ID `json:"credential"`
}

// LinkUsed: somebody signed in with a link; the session is a credential of its own.
type LinkUsed struct {
	Credential ID   `json:"credential"` // the link's, which is used up
	Session    ID   `json:"session"`
	Expires    Time `json:"expires"`
}

// CredentialsRefused: tokens, sessions or links were shown that are unknown, expired, used or revoked.
// At most one event a minute, with how many there were.
type CredentialsRefused struct {
	Count int64 `json:"count"`
	Since Time  `json:"since"`
}

// ServiceStarted: the service began, with this build and this configuration.
type ServiceStarted struct {
	Build         string `json:"build" plain:"version"`
	Configuration string `json:"configuration" plain:"digest"` // of all settings but secrets: another digest, another configuration
}

// Kind is the wire name.
func (CredentialMade) Kind() string { return "audit.credential_made" }

// Kind is the wire name.
func (CredentialRevoked) Kind() string { return "audit.credential_revoked" }

// Kind is the wire name.
func (LinkUsed) Kind() string { return "audit.link_used" }

// Kind is the wire name.
func (CredentialsRefused) Kind() string { return "audit.credentials_refused" }

// Kind is the wire name.
func (ServiceStarted) Kind() string { return "audit.service_started" }

var credentialKinds = []Type{
	kind[CredentialMade]("audit", "5(2), 32", "A token or a sign-in link was made, for whom and for what.").ours(),
	kind[CredentialRevoked]("audit", "5(2), 32", "A token or session was ended before its time.").ours(),
	kind[LinkUsed]("audit", "5(2), 32", "Somebody signed in here with a link.").ours(),
	kind[CredentialsRefused]("audit", "5(2), 32", "Tokens, sessions or links were shown that are unknown, expired, used or revoked.").ours(),
	kind[ServiceStarted]("audit", "5(2), 32", "The service began, with a build and a configuration.").ours(),
}
