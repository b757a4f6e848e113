package domain

import "slices"

func (s Subprocessor) known() *Refusal {
	if !s.Exists() {
		return &Refusal{Code: NotFound, Rule: "subprocessor.known", Article: "Art. 28(2) GDPR",
			Message: "there is no such sub-processor; propose it first"}
	}
	if s.Ended != 0 {
		return Refuse("subprocessor.ended", "Art. 28(2) GDPR", "this sub-processor ended on %s; propose it anew to use it again", dayOf(s.Ended))
	}
	return nil
}

// Propose decides to put a company forward.
func (s Subprocessor) Propose(e SubprocessorProposed) ([]Event, *Refusal) {
	if s.Exists() {
		return nil, Refuse("subprocessor.once", "Art. 28(2) GDPR", "this sub-processor was proposed on %s already; announce a change of it instead", dayOf(s.Known))
	}
	return []Event{e}, nil
}

// CompleteDueDiligence decides to record a check, a failed one too: that it was found wanting is
// what must be shown.
func (s Subprocessor) CompleteDueDiligence(e DueDiligenceCompleted, now Time) ([]Event, *Refusal) {
	if no := s.known(); no != nil {
		return nil, no
	}
	if e.Expires < dayOf(now) {
		return nil, Refuse("subprocessor.diligence", "Art. 28(1), 28(4) GDPR", "this check expired on %s; give one that still holds", e.Expires)
	}
	return []Event{e}, nil
}

// SignFlowDown decides to record the contract that binds the company to our own obligations.
func (s Subprocessor) SignFlowDown(e FlowDownSigned) ([]Event, *Refusal) {
	if no := s.known(); no != nil {
		return nil, no
	}
	return []Event{e}, nil
}

// MayAnnounce refuses to announce anything in nobody's name: whoever is told must know who tells them,
// and where to object.
func MayAnnounce(organisation, address string) *Refusal {
	const law = "Art. 28(2), 13(1)(a) GDPR"
	switch {
	case organisation == "":
		return Refuse("subprocessor.sender", law, "customers would not know who tells them: establish the organisation first (an event organisation.established with its name)")
	case address == "":
		return Refuse("subprocessor.sender", law, "customers would not know where to answer: give the organisation's e-mail address (email in organisation.established, or serve --mail-from)")
	}
	return nil
}

// Announce decides to announce a change. Whoever gets access for the first time must have been
// checked and bound before: this is the last command on the company itself, activation happens
// tenant by tenant in other streams, where it could no longer be refused.
func (s Subprocessor) Announce(e ChangeAnnounced, now Time) ([]Event, *Refusal) {
	if no := s.known(); no != nil {
		return nil, no
	}
	if s.change(e.Change) >= 0 {
		return nil, Refuse("subprocessor.once", "Art. 28(2) GDPR", "this change was announced already; withdraw it and announce another one to alter it")
	}
	if e.Effective < dayOf(now) {
		return nil, Refuse("subprocessor.effective", "Art. 28(2) GDPR", "%s is past, and a change is announced before it happens; name a day to come", e.Effective)
	}
	if e.Type == ReplaceBy && (e.Replaces.IsZero() || e.Replaces == s.ID) {
		return nil, Refuse("subprocessor.replaces", "Art. 28(2) GDPR", "a replacement takes the place of another sub-processor; name which one in replaces")
	}
	if e.Type.Engages() {
		if no := s.engageable(e.Effective); no != nil {
			return nil, no
		}
	}
	return []Event{e}, nil
}

// engageable refuses a company without sufficient guarantees (Art. 28(1)) or without a contract that
// passes our obligations on (Art. 28(4)).
func (s Subprocessor) engageable(effective Date) *Refusal {
	const law = "Art. 28(1), 28(4) GDPR"
	d := s.Diligence
	if d.At == 0 {
		return Refuse("subprocessor.diligence", law, "nobody has checked this company's security, privacy and confidentiality; complete its due diligence first")
	}
	for _, head := range []struct {
		name    string
		outcome Outcome
	}{{"security", d.Security}, {"privacy", d.Privacy}, {"confidentiality", d.Confidentiality}} {
		if head.outcome == "FAILED" {
			return Refuse("subprocessor.diligence", law, "this company failed the check of its %s on %s; have it mended and check again", head.name, dayOf(d.At))
		}
	}
	if d.Expires < effective {
		return Refuse("subprocessor.diligence", law, "its due diligence ends on %s, before the change takes effect on %s; check it again", d.Expires, effective)
	}
	if s.FlowDown == "" {
		return Refuse("subprocessor.flowDown", "Art. 28(4) GDPR", "no contract binds this company to our obligations yet; record the signed one first")
	}
	return nil
}

// WithdrawChange decides that an announced change will not happen. Tenants for whom it took effect
// keep it: their notices refuse the withdrawal.
func (s Subprocessor) WithdrawChange(change ID) ([]Event, *Refusal) {
	if no := s.known(); no != nil {
		return nil, no
	}
	i := s.change(change)
	if i < 0 {
		return nil, &Refusal{Code: NotFound, Rule: "subprocessor.change", Article: "Art. 28(2) GDPR", Field: "change",
			Message: "no such change was announced; name one of this sub-processor's announced changes"}
	}
	if at := s.Changes[i].Withdrawn; at != 0 {
		return nil, Refuse("subprocessor.once", "Art. 28(2) GDPR", "this change was withdrawn on %s already", dayOf(at))
	}
	return []Event{ChangeWithdrawn{Change: change}}, nil
}

// Suspend decides not to use it for the time being. Only a new announcement brings it back.
func (s Subprocessor) Suspend(reason string, now Time) ([]Event, *Refusal) {
	if no := s.known(); no != nil {
		return nil, no
	}
	if status := s.StatusAt(now); status == SubprocessorIsProposed || status == SubprocessorIsSuspended {
		return nil, Refuse("subprocessor.use", "Art. 28(2) GDPR", "this sub-processor is %s, so there is no use to suspend", status)
	}
	return []Event{SubprocessorSuspended{Reason: reason}}, nil
}

// End decides that it is no longer used.
func (s Subprocessor) End(reason string) ([]Event, *Refusal) {
	if no := s.known(); no != nil {
		return nil, no
	}
	return []Event{SubprocessorEnded{Reason: reason}}, nil
}

// ConfirmDeletion decides to record that it deleted the data.
func (s Subprocessor) ConfirmDeletion(digest string) ([]Event, *Refusal) {
	const law = "Art. 28(3)(g), 28(4) GDPR"
	if s.Ended == 0 {
		if no := s.known(); no != nil {
			return nil, no
		}
		return nil, Refuse("subprocessor.deletion", law, "this sub-processor is still engaged; end the engagement first")
	}
	if s.Deleted != 0 {
		return nil, Refuse("subprocessor.deletion", law, "its deletion was confirmed on %s already", dayOf(s.Deleted))
	}
	return []Event{DeletionConfirmed{Digest: digest}}, nil
}

// TenantTerms is a tenant and the terms of its agreement in force.
type TenantTerms struct {
	Tenant ID
	Terms  AgreementSigned
}

// Undercut is a tenant whose notice period ends after a change would take effect.
type Undercut struct {
	Tenant     ID
	NoticeDays int64
	Earliest   Date // the first day on which it may take effect for this tenant
}

// UndercutNotice lists the tenants whose notice period a change announced now would undercut, even
// if every notice were delivered today. Announcing it is allowed; their activation waits.
func UndercutNotice(effective Date, now Time, tenants []TenantTerms) []Undercut {
	var under []Undercut
	for _, t := range tenants {
		if end := EndOfDays(now, t.Terms.NoticeDays); effective.Start() < end {
			under = append(under, Undercut{t.Tenant, t.Terms.NoticeDays, dayOf(end)})
		}
	}
	slices.SortFunc(under, func(a, b Undercut) int { return slices.Compare(a.Tenant[:], b.Tenant[:]) })
	return under
}
