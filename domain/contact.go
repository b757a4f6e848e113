package domain

import "slices"

// Stop is why somebody isn't to be contacted.
type Stop string

// The reasons.
const (
	StopSuppressed Stop = "SUPPRESSED" // on the list that only blocks
	StopErased     Stop = "ERASED"     // who it is was erased
	StopWithdrawn  Stop = "CONSENT_WITHDRAWN"
	StopRefused    Stop = "CONSENT_REFUSED"
	StopExpired    Stop = "CONSENT_EXPIRED"
	StopInvalid    Stop = "CONSENT_INVALID"
	StopMissing    Stop = "CONSENT_MISSING"
	StopMeans      Stop = "CONSENT_FOR_OTHER_MEANS"
	StopLeft       Stop = "ACCOUNT_CLOSED" // nothing is processed for it any more
)

// Values lists the reasons.
func (Stop) Values() []string {
	return []string{"SUPPRESSED", "ERASED", "CONSENT_WITHDRAWN", "CONSENT_REFUSED", "CONSENT_EXPIRED", "CONSENT_INVALID", "CONSENT_MISSING", "CONSENT_FOR_OTHER_MEANS", "ACCOUNT_CLOSED"}
}

// Said reports whether the person said no.
func (c Consent) Said() (why Stop, no bool) {
	switch c.Status {
	case ConsentBack:
		return StopWithdrawn, true
	case ConsentNo:
		return StopRefused, true
	}
	return "", false
}

// Stops is what keeps a contact for a purpose by some means from being made, as far as consent goes; "" for
// nothing. basis is what the controller declared for the purpose: where it rests on something else, only a no
// stops. means is "" when the asker names none.
func (c Consent) Stops(basis Basis, means Means) Stop {
	if why, no := c.Said(); no {
		return why
	}
	if basis != "" && basis != "CONSENT" {
		return ""
	}
	switch c.Status {
	case ConsentActive:
		if means != "" && len(c.Means) > 0 && !slices.Contains(c.Means, means) {
			return StopMeans
		}
		return ""
	case ConsentOver:
		return StopExpired
	case ConsentNotProven:
		return StopInvalid
	}
	return StopMissing
}
