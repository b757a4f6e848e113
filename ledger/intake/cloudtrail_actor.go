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
	a.Login = c.short(256, "arn", "invokedBy", "principalId", "accountId")
	if a.Login == "" {
		a.System = ""
	}
	return a
}

// trailAuth is how they proved who they are, as far as the record says.
func trailAuth(who call) (auth []domain.Auth) {
	if strings.HasPrefix(who.first("accessKeyId"), "AKIA") { // a lasting key; others are a session's
		auth = append(auth, "API_KEY")
	}
	if mfa := who.member("sessionContext").member("attributes").members["mfaAuthenticated"]; trueFlag(mfa) {
		auth = append(auth, "SECOND_FACTOR")
	}
	return auth
}

func trueFlag(v any) bool {
	is, _ := flag(v)
	return is
}
