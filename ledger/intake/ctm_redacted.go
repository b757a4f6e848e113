package intake

import (
	"strings"

	"muniment/domain"
	"muniment/ledger"
)

// redactable says where a record holds what a tracker redacts (domain.md, 3.4).
var redactable = []struct {
	field domain.DataField
	at    []string
}{
	{"NAME", []string{"name", "form.name"}},
	{"NUMBER", []string{"caller_number_complete", "caller_number", "contact_number", "caller_number_format", "caller_number_bare", "form.customer_number_to_dial"}},
	{"CALLER_ID", []string{"cnam"}},
	{"ENHANCED_CALLER_ID", []string{"extended_lookup"}},
	{"EMAIL", []string{"email", "form.email"}},
	{"ADDRESS", []string{"street", "postal_code"}},
	{"AUDIO", []string{"audio"}},
	{"TRANSCRIPT", []string{"transcription", "transcription_text"}},
	{"SUMMARY", []string{"summary"}},
	{"MESSAGE_TEXT", []string{"message_body", "body"}},
	{"MEDIA", []string{"media", "media_urls"}},
	{"CUSTOM_FIELDS", []string{"custom_fields"}},
	{"NOTES", []string{"notes"}},
	{"VISITOR_DATA", []string{"visitor_sid", "webvisit", "ga"}},
	{"IP_ADDRESS", []string{"visitor_ip"}},
	{"TAGS", []string{"tag_list"}},
	{"FORM_DATA", []string{"form.custom"}},
}

// lasting says where a record holds what survives a redaction.
var lasting = []struct {
	field domain.DataField
	at    string
}{
	{"TRACKING_NUMBER", "tracking_number"}, {"SOURCE", "source"}, {"TIME", "unix_time"},
	{"STATUS", "status"}, {"CALL_FLOW", "call_path"}, {"DURATION", "duration"},
}

// redacted makes the events of a call that was redacted at its source: that it took place, without
// anything about the person even if some of it is still there, and that it was found redacted. What
// is still there is named as surviving: the record is evidence, not the flag.
//
// When it was redacted isn't known. The time of finding it so is certain and at worst too late,
// which is the safe side of a retention report; the first finding stands.
func (r *ctm) redacted(c call, s *ledger.Submission, e domain.InteractionRecorded) ([]*ledger.Submission, *domain.Refusal) {
	s.Event = e
	found := *s
	found.Observed, found.Retold = true, false
	found.Occurred = domain.At(domain.TimeOf(r.o.Now()))
	found.Actor = ledger.ActorClaim{Actor: domain.Actor{Kind: domain.UnknownActor}}
	found.Subjects = nil // whose call it was stands in the event that recorded it, if anywhere
	event := domain.InteractionRedacted{Trigger: domain.Observed}
	for _, f := range redactable {
		if c.shows(f.at) {
			event.Survivors = append(event.Survivors, f.field)
		} else {
			event.Fields = append(event.Fields, f.field)
		}
	}
	for _, f := range lasting {
		if c.has(f.at) {
			event.Survivors = append(event.Survivors, f.field)
		}
	}
	found.Event = event
	return c.checked(s, &found)
}

// shows reports whether any of the fields still holds something other than a mask.
func (c call) shows(names []string) bool {
	for _, name := range names {
		o, field := c.object, name
		if rest, ok := strings.CutPrefix(name, "form."); ok {
			o, field = c.form, rest
		}
		v := o.members[field]
		if s, ok := v.(string); ok && s != "" && isMask(s) {
			continue
		}
		if !empty(v) {
			return true
		}
	}
	return false
}
