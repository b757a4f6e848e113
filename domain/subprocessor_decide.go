package domain

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

// usable refuses a company that must not be taken into use by a change: it is suspended, ended, or was
// suspended since and announced anew, so that every tenant is asked anew.
func (s Subprocessor) usable(change ID) *Refusal {
	switch {
	case s.Ended != 0:
		return Refuse("subprocessor.ended", "Art. 28(2) GDPR", "this sub-processor ended on %s; propose it anew to use it again", dayOf(s.Ended))
	case s.Suspended != 0:
		return Refuse("subprocessor.suspended", "Art. 28(1), 28(2) GDPR", "this sub-processor is suspended since %s (%s); announce it anew once the reason is gone", dayOf(s.Suspended), s.Reason)
	case s.change(change) >= 0 && int64(s.change(change)) < s.Anew:
		return Refuse("subprocessor.suspended", "Art. 28(1), 28(2) GDPR", "this sub-processor was suspended after this change was announced; the change announced since asks every tenant anew")
	}
	return nil
}
