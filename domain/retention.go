package domain

import (
	"cmp"
	"errors"
)

// Window is after how long personal data of interactions is redacted automatically (S24).
type Window string

// The windows.
const (
	Daily  Window = "DAILY"
	Days30 Window = "DAYS_30"
	Days60 Window = "DAYS_60"
	Days90 Window = "DAYS_90"
)

// Values lists the windows.
func (Window) Values() []string { return []string{"DAILY", "DAYS_30", "DAYS_60", "DAYS_90"} }

// Days is the length of the window.
func (w Window) Days() int {
	return map[Window]int{Daily: 1, Days30: 30, Days60: 60, Days90: 90}[w]
}

// PolicySet: the tenant chose a window and acknowledged that redaction can't be undone.
type PolicySet struct {
	Window       Window `json:"window"`
	Acknowledged bool   `json:"acknowledged"`
	Effective    Date   `json:"effective,omitempty"` // first day on which it holds; none: the day it was set
	Until        Date   `json:"until,omitempty"`     // last day; none: until another one or none holds
}

// Validate reports days that make no sense together.
func (e PolicySet) Validate() error {
	if e.Until != "" && e.Until < e.Effective {
		return at("until", errors.New("the last day lies before the first"))
	}
	return nil
}

// PolicyDisabled: from its day on nothing is redacted automatically; shown as a gap.
type PolicyDisabled struct {
	Effective Date `json:"effective,omitempty"` // the first day without; none: the day it was decided
}

// RunCompleted: one run of the automatic redaction.
type RunCompleted struct {
	Due    int64 `json:"due"`
	Done   int64 `json:"done"`
	Failed int64 `json:"failed"`
}

// Kind is the wire name.
func (PolicySet) Kind() string { return "retention.policy_set" }

// Kind is the wire name.
func (PolicyDisabled) Kind() string { return "retention.policy_disabled" }

// Kind is the wire name.
func (RunCompleted) Kind() string { return "retention.run_completed" }

var retentionKinds = []Type{
	kind[PolicySet]("retention", "5(1)(e)", "A tenant's window for automatic redaction.").observed(),
	kind[PolicyDisabled]("retention", "5(1)(e)", "Automatic redaction is off from here on.").observed(),
	kind[RunCompleted]("retention", "5(1)(e), 17", "One run of automatic redaction.").observed(),
}

// Policy is what was set or, with no window, that nothing is.
type Policy struct {
	PolicySet
	Since Time  `json:"since"` // when it was decided
	Seq   int64 `json:"seq"`
}

// Retention is a tenant's policies. Which of them holds depends on the day: [Retention.On].
type Retention struct {
	Policies []Policy `json:"policies,omitempty"` // in the order they were decided; each with its first day
	LastRun  Time     `json:"lastRun,omitempty"`
}

// Apply folds one kept event.
func (r Retention) Apply(k Kept) Retention {
	var set PolicySet
	switch e := k.Event.(type) {
	case PolicySet:
		set = e
	case PolicyDisabled:
		set.Effective = e.Effective
	case RunCompleted:
		r.LastRun = k.Occurred.At
		return r
	default:
		return r
	}
	set.Effective = cmp.Or(set.Effective, k.Occurred.Date())
	r.Policies = append(r.Policies[:len(r.Policies):len(r.Policies)], Policy{set, k.Occurred.At, k.Seq})
	return r
}

// On is the policy of a day: the one that began last, of two that began together the later decided. It has no
// window where there is a gap.
func (r Retention) On(day Date) (p Policy) {
	for _, x := range r.Policies {
		if x.Effective <= day && x.Effective >= p.Effective {
			p = x
		}
	}
	if p.Until != "" && p.Until < day {
		p.Window, p.Acknowledged = "", false
	}
	return p
}

// Set decides to set a policy. today is the tenant's.
func (r Retention) Set(e PolicySet, today Date) ([]Event, *Refusal) {
	if !e.Acknowledged {
		return nil, Refuse("retention.acknowledged", "house rule, for Art. 5(1)(e) GDPR", "automatic redaction can't be undone: set acknowledged to true to say that this is understood")
	}
	day := cmp.Or(e.Effective, today)
	if e.Until != "" && e.Until < day {
		return nil, Malformed("until", "lies before the first day, %s", day)
	}
	if p := r.On(day); p.Window == e.Window && p.Until == e.Until {
		return nil, Refuse("retention.change", "Art. 5(1)(e) GDPR", "on %s the window is %s already", day, e.Window)
	}
	return []Event{e}, nil
}

// Disable decides to switch automatic redaction off. today is the tenant's.
func (r Retention) Disable(e PolicyDisabled, today Date) ([]Event, *Refusal) {
	if day := cmp.Or(e.Effective, today); r.On(day).Window == "" {
		return nil, Refuse("retention.change", "Art. 5(1)(e) GDPR", "no policy is in force on %s", day)
	}
	return []Event{e}, nil
}
