package intake

import (
	"slices"
	"strings"
)

// drops counts fields that were left out, by name. Values are never looked at.
type drops map[string]int

const (
	// maxDrops bounds the names that are counted by themselves: made-up ones must not fill memory.
	maxDrops = 1000
	// otherFields stands for names beyond that, and for those that look unlike names.
	otherFields = "other"
)

// used is what of a call tracker's record is read. audio is not among it: that there is some is
// kept, what it is never.
var used = map[string][]string{
	"": strings.Fields(`sid id unix_time called_at direction status call_status dial_status duration redacted
		tracking_number caller_number_complete caller_number contact_number caller_number_format caller_number_bare
		name email city country visitor_ip form agent agent_id
		updated_at modified_at last_modified last_updated`),
	"form.":  strings.Fields("name email customer_number_to_dial"),
	"agent.": strings.Fields("id name email"),

	// Of a telephony provider's events.
	"data.":            strings.Fields("messageSid timestamp from to call_sid call_state duration start_time end_time properties"),
	"data.from.":       {"caller"},
	"data.to.":         {"callee"},
	"data.properties.": {"direction"},

	// Of an object store's audit records: without what every record has.
	"requestParameters.": strings.Fields("bucketName key x-amz-copy-source"),
	"userIdentity.":      strings.Fields("type arn principalId accountId accessKeyId invokedBy sessionContext"),
}

// count counts what of a record is left out. A field without anything in it leaves nothing out.
func (d drops) count(parts ...object) {
	for _, o := range parts {
		for name, v := range o.members {
			if !empty(v) && !slices.Contains(used[o.prefix], name) {
				d.add(o.prefix, name)
			}
		}
	}
}

func (d drops) add(prefix, name string) {
	full := prefix + name
	if _, known := d[full]; !known && (len(d) >= maxDrops || !safeName.MatchString(name)) {
		full = otherFields
	}
	d[full]++
}
