package domain

import "fmt"

// Code is the closed list of reasons for a refusal.
type Code string

// The codes.
const (
	Invalid      Code = "INVALID"       // the input is malformed
	NotFound     Code = "NOT_FOUND"     // it does not exist for this principal
	Conflict     Code = "CONFLICT"      // the same id or key with other content
	NotAllowed   Code = "NOT_ALLOWED"   // the state forbids it
	Unauthorised Code = "UNAUTHORISED"  // the principal may not do it
	Unavailable  Code = "UNAVAILABLE"   // try again later
	TooMuch      Code = "TOO_MUCH"      // ask for less
	Unauthed     Code = "NOT_SIGNED_IN" // no valid token
)

// Refusal is an answer "no" that is safe to show: it holds no personal data and names the rule.
type Refusal struct {
	Code    Code
	Message string // says what is wrong and what to do
	Rule    string // the rule's id in docs/rules.md, such as "notice.guard"
	Article string // the source, such as "Art. 28(2) GDPR"
	Field   string // the input field it is about, if one
}

func (r *Refusal) Error() string {
	if r.Field != "" {
		return fmt.Sprintf("%s: %s", r.Field, r.Message)
	}
	return r.Message
}

// Refuse is a refusal by a rule of the domain.
func Refuse(rule, article, format string, args ...any) *Refusal {
	return &Refusal{Code: NotAllowed, Rule: rule, Article: article, Message: fmt.Sprintf(format, args...)}
}

// Malformed is a refusal of one input field.
func Malformed(field, format string, args ...any) *Refusal {
	return &Refusal{Code: Invalid, Rule: "input.form", Field: field, Message: fmt.Sprintf(format, args...)}
}
