package domain

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
}

// PolicyDisabled: from here on nothing is redacted automatically; shown as a gap.
type PolicyDisabled struct{}

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

// Retention is a tenant's policy, folded by occurrence.
type Retention struct {
	Window       Window `json:"window,omitempty"` // "" when none is in force
	Acknowledged bool   `json:"acknowledged"`
	Since        Time   `json:"since"`
	Seq          int64  `json:"seq"`
	LastRun      Time   `json:"lastRun,omitempty"`
}

// Apply folds one kept event.
func (r Retention) Apply(k Kept) Retention {
	switch e := k.Event.(type) {
	case PolicySet:
		r.Window, r.Acknowledged, r.Since, r.Seq = e.Window, e.Acknowledged, k.Occurred.At, k.Seq
	case PolicyDisabled:
		r.Window, r.Acknowledged, r.Since, r.Seq = "", false, k.Occurred.At, k.Seq
	case RunCompleted:
		r.LastRun = k.Occurred.At
	}
	return r
}

// Set decides to set the window.
func (r Retention) Set(w Window, acknowledged bool) ([]Event, *Refusal) {
	if !acknowledged {
		return nil, Refuse("retention.acknowledged", "house rule, for Art. 5(1)(e) GDPR", "automatic redaction can't be undone: set acknowledged to true to say that this is understood")
	}
	if r.Window == w {
		return nil, Refuse("retention.change", "Art. 5(1)(e) GDPR", "the window is %s already", w)
	}
	return []Event{PolicySet{Window: w, Acknowledged: true}}, nil
}

// Disable decides to switch automatic redaction off.
func (r Retention) Disable() ([]Event, *Refusal) {
	if r.Window == "" {
		return nil, Refuse("retention.change", "Art. 5(1)(e) GDPR", "no policy is in force")
	}
	return []Event{PolicyDisabled{}}, nil
}
