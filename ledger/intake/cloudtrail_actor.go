package intake

import (
	"strings"

	"muniment/domain"
	"muniment/ledger"
)

// trailSystem is the system that the actors' logins are valid in: the sub-processor's.
const trailSystem = "aws"

// trailActor is who read the object, as the store knows them. Names are in the login, sealed.
func trailActor(c call) ledger.ActorClaim {
	a := ledger.ActorClaim{Actor: domain.Actor{Kind: domain.UnknownActor}, System: trailSystem}
	switch c.first("type") {
	case "Root", "IAMUser", "FederatedUser", "SAMLUser", "WebIdentityUser", "IdentityCenterUser", "Directory":
		a.Kind = domain.Person
	case "AWSService":
		a.Kind = domain.Service
	}
	if c.has("invokedBy") { // a service of the store's owner, with somebody's rights
		a.Kind = domain.Service
	}
	a.Login = c.first("arn", "invokedBy", "principalId", "accountId")
	if len(a.Login) > 256 {
		c.fail("arn", "expected at most 256 bytes")
	}
	if a.Login == "" {
		a.System = ""
	}
	return a
}

// trailAuth is how they proved who they are, as far as the record says.
func trailAuth(o object) (auth []domain.Auth) {
	who := call{object: o.member("userIdentity")}
	if strings.HasPrefix(who.first("accessKeyId"), "AKIA") { // a lasting key; others are a session's
		auth = append(auth, "API_KEY")
	}
	if mfa := who.member("sessionContext").member("attributes").members["mfaAuthenticated"]; mfa == "true" || mfa == true {
		auth = append(auth, "SECOND_FACTOR")
	}
	return auth
}
