package intake

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"muniment/domain"
)

// The events are written for these tests, in the shape of a telephony provider's streams.
const (
	oneDelivered = `{"specversion":"1.0","type":"com.twilio.messaging.message.delivered","source":"/2010-04-01/Accounts/AC1/Messages/SM1.json","id":"EZ1","dataschema":"https://events.example.com/Messaging.MessageStatus/8","datacontenttype":"application/json","time":"2026-10-01T08:17:02.363Z","data":{"messageSid":"SM1","timestamp":"2026-10-01T08:17:02.000Z","accountSid":"AC1","from":"+46846500400","to":"+12025550143","messageStatus":"DELIVERED","body":"Your appointment is tomorrow.","tags":{}}}`
	oneReceived  = `{"specversion":"1.0","type":"com.twilio.messaging.inbound-message.received","source":"/2010-04-01/Accounts/AC1/Messages/SM2.json","id":"EZ2","time":"2026-10-01T08:20:00Z","data":{"messageSid":"SM2","timestamp":"2026-10-01T08:20:00Z","from":"+12025550143","to":"+46846500400","body":"STOP"}}`
	oneSummary   = `{"specversion":"1.0","type":"com.twilio.voice.insights.call-summary.complete","source":"/v1/Voice/CA3/Summary","id":"EZ3","time":"2026-10-01T09:00:35Z","data":{"call_sid":"CA3","call_state":"completed","duration":45,"start_time":"2026-10-01T08:59:50Z","end_time":"2026-10-01T09:00:35Z","from":{"caller":"+46846500400","location":{"city":"Example"}},"to":{"callee":"+12025550144"},"properties":{"direction":"outbound_api"}}}`
	oneNative    = `{"specversion":"1.0","type":"muniment.interaction.listened","source":"https://portal.example.com/","id":"listen/1","time":"2026-10-01T10:30:00+02:00","data":{"tenant":"c0ffee00000000000000000000000001","of":{"id":"CA1","at":"2026-10-01T08:17:00Z"},"subjects":[{"phone":"+12025550143"}],"data":{"seconds":42}}}`
)

// set replaces or adds a member of a JSON object; a list or lines of objects stay what they are.
func set(text, name, value string) string {
	var members map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &members) != nil || !json.Valid([]byte(value)) {
		return strings.Replace(text, `"`+name+`"`, `"x`+name+`"`, 1)
	}
	members[name] = json.RawMessage(value)
	out, err := json.Marshal(members)
	if err != nil {
		panic(err)
	}
	return string(out)
}

// inData replaces or adds a member of an event's data.
func inData(text, name, value string) string {
	var event struct{ Data json.RawMessage }
	if err := json.Unmarshal([]byte(text), &event); err != nil {
		panic(err)
	}
	return set(text, "data", set(string(event.Data), name, value))
}

// asText makes an event's data a text, inBase64 puts it into data_base64.
func asText(text string) string {
	var event struct{ Data json.RawMessage }
	if err := json.Unmarshal([]byte(text), &event); err != nil {
		panic(err)
	}
	return set(text, "data", strconv.Quote(string(event.Data)))
}

func inBase64(text string) string {
	var event struct{ Data json.RawMessage }
	if err := json.Unmarshal([]byte(text), &event); err != nil {
		panic(err)
	}
	return set(set(text, "data", "null"), "data_base64", `"`+base64.StdEncoding.EncodeToString(event.Data)+`"`)
}

func cloudItems(t *testing.T, in string) ([]Item, *cloudEvents) {
	t.Helper()
	r, err := newCloudEvents(newTexts(strings.NewReader(in), anyShape), CloudEventsOptions{Tenant: shop})
	if err != nil {
		t.Fatal(err)
	}
	return all(t, r), r
}

// shown is what an interaction was kept as.
func shown(item Item) string {
	if item.Err != nil {
		return item.Err.Error()
	}
	if item.Pass != "" {
		return item.Pass
	}
	s := item.Sub[0]
	e, ok := s.Event.(domain.InteractionRecorded)
	if !ok {
		return s.Event.Kind()
	}
	number, _ := e.Number.Reveal()
	return fmt.Sprint(s.SourceID, " ", e.Medium, " ", e.Direction, " ", e.Status, " ", number, " ", e.TrackingNumber, " ", e.Seconds, " ", s.Occurred.At)
}

func TestProviderEvents(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"delivered":          {oneDelivered, "SM1 TEXT OUTBOUND DELIVERED +12025550143 +46846500400 0 2026-10-01T08:17:02.000000Z"},
		"undelivered":        {set(oneDelivered, "type", `"com.twilio.messaging.message.undelivered"`), "SM1 TEXT OUTBOUND UNDELIVERED +12025550143 +46846500400 0 2026-10-01T08:17:02.000000Z"},
		"received":           {oneReceived, "SM2 TEXT INBOUND RECEIVED +12025550143 +46846500400 0 2026-10-01T08:20:00.000000Z"},
		"called":             {oneSummary, "CA3 CALL OUTBOUND COMPLETED +12025550144 +46846500400 45 2026-10-01T08:59:50.000000Z"},
		"was called":         {inData(oneSummary, "properties", `{"direction":"inbound"}`), "CA3 CALL INBOUND COMPLETED +46846500400 +12025550144 45 2026-10-01T08:59:50.000000Z"},
		"nobody answered":    {inData(oneSummary, "call_state", `"noanswer"`), "CA3 CALL OUTBOUND NO_ANSWER +12025550144 +46846500400 45 2026-10-01T08:59:50.000000Z"},
		"chat":               {inData(oneReceived, "from", `"whatsapp:+12025550143"`), "SM2 CHAT INBOUND RECEIVED +12025550143 +46846500400 0 2026-10-01T08:20:00.000000Z"},
		"no telephone":       {inData(oneReceived, "from", `"messenger:1234567"`), "SM2 TEXT INBOUND RECEIVED  +46846500400 0 2026-10-01T08:20:00.000000Z"},
		"caller withheld":    {inData(inData(oneSummary, "properties", `{"direction":"inbound"}`), "from", `{"caller":"+266696687"}`), "CA3 CALL INBOUND COMPLETED  +12025550144 45 2026-10-01T08:59:50.000000Z"},
		"to a wrong number":  {inData(oneDelivered, "to", `"+1202555"`), "SM1 TEXT OUTBOUND DELIVERED  +46846500400 0 2026-10-01T08:17:02.000000Z"},
		"to no text":         {inData(oneDelivered, "to", `["x"]`), "SM1 TEXT OUTBOUND DELIVERED  +46846500400 0 2026-10-01T08:17:02.000000Z"},
		"an odd time":        {inData(oneDelivered, "timestamp", `"soon"`), "SM1 TEXT OUTBOUND DELIVERED +12025550143 +46846500400 0 2026-10-01T08:17:02.363000Z"},
		"no beginning":       {inData(oneSummary, "start_time", `null`), "CA3 CALL OUTBOUND COMPLETED +12025550144 +46846500400 45 2026-10-01T09:00:35.000000Z"},
		"an odd duration":    {inData(oneSummary, "duration", `-1`), "CA3 CALL OUTBOUND COMPLETED +12025550144 +46846500400 0 2026-10-01T08:59:50.000000Z"},
		"duration as text":   {inData(oneSummary, "duration", `"45"`), "CA3 CALL OUTBOUND COMPLETED +12025550144 +46846500400 45 2026-10-01T08:59:50.000000Z"},
		"no direction":       {inData(oneSummary, "properties", `{}`), "CA3 CALL UNKNOWN COMPLETED   45 2026-10-01T08:59:50.000000Z"},
		"from nothing known": {inData(oneSummary, "from", `"+46846500400"`), "CA3 CALL OUTBOUND COMPLETED +12025550144  45 2026-10-01T08:59:50.000000Z"},
		"from a short code":  {inData(oneReceived, "from", `"72345"`), "SM2 TEXT INBOUND RECEIVED  +46846500400 0 2026-10-01T08:20:00.000000Z"},
		"failed":             {inData(oneSummary, "call_state", `"fail"`), "CA3 CALL OUTBOUND FAILED +12025550144 +46846500400 45 2026-10-01T08:59:50.000000Z"},
		"small letters":      {set(inData(oneDelivered, "timestamp", `null`), "time", `"2026-10-01t08:17:02.363z"`), "SM1 TEXT OUTBOUND DELIVERED +12025550143 +46846500400 0 2026-10-01T08:17:02.363000Z"},
		"data in base64":     {inBase64(oneDelivered), "SM1 TEXT OUTBOUND DELIVERED +12025550143 +46846500400 0 2026-10-01T08:17:02.000000Z"},
		"data as text":       {asText(oneDelivered), "SM1 TEXT OUTBOUND DELIVERED +12025550143 +46846500400 0 2026-10-01T08:17:02.000000Z"},
		"short code":         {inData(oneDelivered, "from", `"12345"`), "SM1 TEXT OUTBOUND DELIVERED +12025550143  0 2026-10-01T08:17:02.000000Z"},
		"time of the event":  {inData(oneDelivered, "timestamp", `null`), "SM1 TEXT OUTBOUND DELIVERED +12025550143 +46846500400 0 2026-10-01T08:17:02.363000Z"},
		"faulty type":        {set(oneDelivered, "datacontenttype", `"json; ???"`), "SM1 TEXT OUTBOUND DELIVERED +12025550143 +46846500400 0 2026-10-01T08:17:02.000000Z"},
		"word as type":       {set(oneDelivered, "datacontenttype", `"json"`), "SM1 TEXT OUTBOUND DELIVERED +12025550143 +46846500400 0 2026-10-01T08:17:02.000000Z"},
		"type of JSON":       {set(oneDelivered, "datacontenttype", `"application/vnd.example+json"`), "SM1 TEXT OUTBOUND DELIVERED +12025550143 +46846500400 0 2026-10-01T08:17:02.000000Z"},
		"sent, not yet over": {set(oneDelivered, "type", `"com.twilio.messaging.message.sent"`), "passed over: still under way: its end comes as an event of its own"},
		"partial summary":    {set(oneSummary, "type", `"com.twilio.voice.insights.call-summary.partial"`), "passed over: still under way: its end comes as an event of its own"},
		"native":             {oneNative, "interaction.listened"},
		"tenant in context":  {set(oneDelivered, "tenant", `"`+shop.String()+`"`), "SM1 TEXT OUTBOUND DELIVERED +12025550143 +46846500400 0 2026-10-01T08:17:02.000000Z"},
	} {
		items, _ := cloudItems(t, c.in)
		if got := shown(items[0]); len(items) != 1 || got != c.want {
			t.Errorf("%s: got  %s\nwant %s", name, got, c.want)
		}
	}
}

func TestRefusedCloudEvents(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{set(oneDelivered, "specversion", `"0.3"`), "specversion: expected a CloudEvent"},
		{`{}`, "specversion: expected a CloudEvent"},
		{set(oneDelivered, "id", `""`), "id: missing, or not what CloudEvents 1.0 wants"},
		{set(oneDelivered, "id", `7`), "id: expected a string"},
		{set(oneDelivered, "source", `""`), "source: missing"},
		{set(oneDelivered, "source", `"%zz"`), "source: missing, or not what"},
		{set(oneDelivered, "type", `null`), "type: missing"},
		{set(oneDelivered, "type", `"com.example.made-up"`), "type: unknown type: taken are muniment.KIND"},
		{set(oneDelivered, "type", `"com.twilio.video.room.created"`), "type: this type of the telephony provider is not taken"},
		{set(oneDelivered, "time", `"yesterday"`), "time: expected a time"},
		{set(oneDelivered, "time", `"2026-10-01"`), "time: expected a time"},
		{set(oneDelivered, "dataschema", `"not absolute"`), "dataschema: missing, or not what"},
		{set(oneDelivered, "datacontenttype", `"text/xml"`), "datacontenttype: expected JSON data"},
		{set(oneDelivered, "data", `null`), "data: missing"},
		{set(oneDelivered, "data_base64", `"e30="`), "data_base64: give data or data_base64, not both"},
		{set(set(oneDelivered, "data", `null`), "data_base64", `"{}"`), "data_base64: expected JSON in base64"},
		{set(set(oneDelivered, "data", `null`), "data_base64", `"eA=="`), "data_base64: expected an object, or JSON"},
		{set(set(oneDelivered, "data", `null`), "data_base64", `"W10="`), "data: expected an object"},
		{set(oneDelivered, "time", `"1970-01-01T00:00:00Z"`), "time: 1970-01-01T00:00:00Z is the zero of a clock"},
		{set(inData(oneSummary, "start_time", `null`), "time", `null`), "data.start_time: missing, and the event has no time"},
		{set(oneDelivered, "data", `"text"`), "data: expected an object"},
		{set(oneDelivered, "tenant", `"me"`), "tenant: expected the tenant's id"},
		{set(oneDelivered, "tenant", `"00000000000000000000000000000abc"`), "tenant: expected the tenant's id"},
		{inData(oneDelivered, "messageSid", `null`), "data.messageSid: missing"},
		{inData(oneDelivered, "messageSid", `"`+strings.Repeat("a", 129)+`"`), "data.sid: expected an id of at most 128 bytes"},
		{set(inData(oneDelivered, "timestamp", `null`), "time", `null`), "data.timestamp: missing"},
		{inData(oneSummary, "call_sid", `""`), "data.call_sid: missing"},
		{inData(oneSummary, "call_state", `"in-progress"`), "data.call_state: the call is still under way"},
		{inData(oneNative, "kind", `"interaction.viewed"`), "data.kind: the event's type says"},
		{set(oneNative, "type", `"muniment.interaction.painted"`), "data.kind: unknown kind"},
		{inData(oneNative, "data", `{"seconds":"x"}`), "data.data.seconds: expected an integer"},
		{inData(oneNative, "colour", `"red"`), "data.colour: unknown field"},
		{`{"specversion":"1.0","specversion":"1.0"}`, "duplicate name"},
	} {
		items, _ := cloudItems(t, c.in+"\n"+oneReceived)
		if len(items) != 2 || items[0].Err == nil || items[1].Err != nil {
			t.Errorf("%.200s: %s", c.in, told(items))
			continue
		}
		if got := items[0].Err.Error(); !strings.HasPrefix(got, c.want) && !strings.Contains(got, c.want) {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
	r, err := CloudEvents(strings.NewReader(oneDelivered), CloudEventsOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if items := all(t, r); items[0].Err == nil || items[0].Err.Field != "tenant" {
		t.Error("whose text it is was guessed")
	}
	if _, err := CloudEvents(strings.NewReader(""), CloudEventsOptions{DefaultRegion: "Sweden"}); err == nil {
		t.Error("a region that is none is taken")
	}
}

// TestBodiesNeverEnter: what a text says is neither kept nor looked at.
func TestBodiesNeverEnter(t *testing.T) {
	l := newShop(t)
	for _, body := range []string{"STOP", "I am Example Person"} {
		items, r := cloudItems(t, inData(oneReceived, "body", `"`+body+`"`))
		if r.drops["data.body"] != 1 {
			t.Errorf("%v", r.drops)
		}
		plain, personal := domain.Split(items[0].Sub[0].Event)
		if strings.Contains(fmt.Sprintf("%s %v", plain, personal), body) {
			t.Errorf("%q entered", body)
		}
	}
	imported(t, l, cloudReader(t, oneReceived), "kept 1, duplicate 0, refused 0")
	imported(t, l, cloudReader(t, inData(oneReceived, "body", `"something else"`)), "kept 0, duplicate 1, refused 0")
	for _, k := range history(t, l) {
		if strings.Contains(k.Kind, "consent") {
			t.Error("a consent was withdrawn by reading a message")
		}
	}
}

func cloudReader(t *testing.T, in string) Reader {
	t.Helper()
	r, err := CloudEvents(strings.NewReader(in), CloudEventsOptions{Tenant: shop})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestCloudEventsTwice: in every layout the same events have the same ids, and their numbers are
// sealed.
func TestCloudEventsTwice(t *testing.T) {
	l := newShop(t)
	each := []string{oneDelivered, oneReceived, oneSummary, oneNative}
	imported(t, l, cloudReader(t, "["+strings.Join(each, ",")+"]"), "kept 4, duplicate 0, refused 0")
	imported(t, l, cloudReader(t, strings.Join(each, "\n")), "kept 0, duplicate 4, refused 0")
	imported(t, l, cloudReader(t, oneSummary), "kept 0, duplicate 1, refused 0")
	imported(t, l, cloudReader(t, set(oneSummary, "id", `"EZ99"`)), "kept 0, duplicate 1, refused 0")
	imported(t, l, cloudReader(t, inData(oneNative, "data", `{"seconds":43}`)), "kept 0, duplicate 0, refused 1")
	records, err := l.Log.Read(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if text := string(r.Envelope) + string(r.Payload); strings.Contains(text, "5550143") || strings.Contains(text, "5550144") {
			t.Errorf("a person's number in the clear: %s", text)
		}
	}
	r := cloudReader(t, set(oneDelivered, "type", `"com.twilio.messaging.message.queued"`)+"\n"+set(oneDelivered, "type", `"com.twilio.video.x"`)).(*cloudEvents)
	s, err := Run(t.Context(), l, r, RunOptions{By: machine})
	if err != nil || s.Passed != 1 || s.Refused != 1 || len(s.Notes) != 2 {
		t.Errorf("%+v %v", s, err)
	}
}
