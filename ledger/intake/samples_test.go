package intake

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"muniment/domain"
)

// sample reads a file of other people's data, which is not part of the project.
func sample(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../../shared/data", name))
	if os.IsNotExist(err) {
		t.Skipf("no ../shared/data/%s beside the repository: nothing to check against real data", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestRealRegisters(t *testing.T) {
	for _, c := range []struct {
		file, effective string
		rows            int
		first, last     string
	}{
		{"github-2018-05-24-80545981.md", "2018-05-25", 17, "Box; Corporate document storage; United States; ; ", "Zuora; Corporate billing system; United States; ; "},
		{"github-2021-04-27-e8491bde.md", "2021-04-02", 17, "Automattic; Blogging service; United States; United States; ", "Zuora; Corporate billing system; United States; United States; "},
		{"37signals-basecamp-2023-06-08.md", "2023-06-08", 11, "Amazon Web Services; Cloud services provider; United States; ; https://aws.amazon.com/compliance/gdpr-center/",
			"AppSignal; Infrastructure and application monitoring; EU; ; https://docs.appsignal.com/appsignal/gdpr.html"},
		{"37signals-hey-2023-06-08.md", "2023-06-08", 10, "Amazon Web Services; Cloud services provider; United States; ; https://aws.amazon.com/compliance/gdpr-center/",
			"AppSignal; Infrastructure and application monitoring; EU; ; https://docs.appsignal.com/appsignal/gdpr.html"},
	} {
		t.Run(c.file, func(t *testing.T) {
			doc := sample(t, "subprocessors/"+c.file)
			list, text := listed(t, doc, registerOptions(""))
			rows := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
			if string(list.Effective) != c.effective || len(rows) != c.rows || rows[0] != c.first || rows[len(rows)-1] != c.last {
				t.Errorf("effective %s, %d rows:\n%s", list.Effective, len(rows), text)
			}
			l := newLedger(t)
			imported(t, l, Register(strings.NewReader(doc), registerOptions("")), "kept 1, duplicate 0, refused 0")
			imported(t, l, Register(strings.NewReader(doc), registerOptions("")), "kept 0, duplicate 1, refused 0")
		})
	}
}

// TestRealStreams: a telephony provider's events, as it posts them.
func TestRealStreams(t *testing.T) {
	doc := sample(t, "twilio/twilio-eventstreams-synthetic.json")
	l := newShop(t)
	imported(t, l, cloudReader(t, doc), "kept 3, duplicate 0, refused 0")
	imported(t, l, cloudReader(t, doc), "kept 0, duplicate 3, refused 0")
	var media []string
	for _, k := range history(t, l) {
		if e, ok := k.Event.(domain.InteractionRecorded); ok {
			media = append(media, string(e.Medium)+" "+string(e.Direction)+" "+e.Status)
		}
	}
	if got := strings.Join(media, ", "); got != "TEXT OUTBOUND DELIVERED, TEXT INBOUND RECEIVED, CALL OUTBOUND COMPLETED" {
		t.Error(got)
	}
}

// TestRealTrails: real audit records, none of them about recordings.
func TestRealTrails(t *testing.T) {
	for file, n := range map[string]int{
		"aws.credential-access.secretsmanager-batch-retrieve-secrets": 5, "aws.defense-evasion.cloudtrail-stop": 1, "aws.defense-evasion.organizations-leave": 3,
		"aws.exfiltration.ec2-share-ebs-snapshot": 1, "aws.exfiltration.rds-share-snapshot": 1, "aws.initial-access.console-login-without-mfa": 1,
		"aws.persistence.iam-backdoor-role": 1, "aws.persistence.iam-create-admin-user": 3,
	} {
		doc := sample(t, "cloudtrail/"+file+".json")
		r, err := CloudTrail(strings.NewReader(doc), trailOptions(""))
		if err != nil {
			t.Fatal(err)
		}
		s, err := Run(t.Context(), newShop(t), r, RunOptions{By: machine})
		if err != nil || s.Passed != n || s.String() != "kept 0, duplicate 0, refused 0" || s.Notes["not ours: no read or copy of an object"] != n {
			t.Errorf("%s: %+v %v", file, s, err)
		}
	}
}

// TestRegisterHistory: what changed between two real versions of one list.
func TestRegisterHistory(t *testing.T) {
	from, _ := listed(t, sample(t, "subprocessors/github-2018-05-24-80545981.md"), registerOptions(""))
	to, _ := listed(t, sample(t, "subprocessors/github-2021-04-27-e8491bde.md"), registerOptions(""))
	d := domain.Diff(from.Entries, to.Entries, nil)
	if len(from.Entries)-len(d.Removed)+len(d.Added) != len(to.Entries) || len(d.Added) == 0 || len(d.Removed) == 0 {
		t.Errorf("%d rows, %d removed, %d added, %d rows", len(from.Entries), len(d.Removed), len(d.Added), len(to.Entries))
	}
	kept := map[domain.ID]string{}
	for _, e := range from.Entries {
		kept[e.Key] = e.Name
	}
	for _, e := range to.Entries {
		if e.Name == "Braintree (PayPal)" && kept[e.Key] != e.Name {
			t.Error("the same company for the same purpose has another key")
		}
	}
}

func TestCallTrackerSamples(t *testing.T) {
	call, form := sample(t, "ctm/ctm-call-synthetic.json"), sample(t, "ctm/ctm-form-synthetic.json")
	l := newShop(t)
	for _, summary := range []string{"kept 2, duplicate 0, refused 0", "kept 0, duplicate 2, refused 0"} {
		r, err := CTM(strings.NewReader(call+"\n"+form), CTMOptions{Tenant: shop, Now: clock})
		if err != nil {
			t.Fatal(err)
		}
		imported(t, l, r, summary)
		if d := r.(dropper).Dropped(); d["audio"] != 1 || d["transcription_text"] != 1 || d["form.custom"] != 1 || d["name"] != 0 {
			t.Errorf("%v", d)
		}
	}
}

// TestEveryTrackerField: each field of the tracker's schema is used or counted, and no value of one
// that is not used can be found in what is submitted.
func TestEveryTrackerField(t *testing.T) {
	var schema struct {
		Properties map[string]struct{ Type []string }
	}
	if err := json.Unmarshal([]byte(sample(t, "ctm/tap-call.schema.json")), &schema); err != nil {
		t.Fatal(err)
	}
	if len(schema.Properties) != 115 {
		t.Fatalf("%d fields", len(schema.Properties))
	}
	record := map[string]any{}
	for name, p := range schema.Properties {
		for _, typ := range p.Type {
			switch typ {
			case "string":
				record[name] = "CANARY-" + name
			case "integer", "number":
				record[name] = 7
			case "boolean":
				record[name] = true
			case "array":
				record[name] = []any{"CANARY-" + name}
			case "object":
				record[name] = map[string]any{"CANARY": "CANARY-" + name}
			}
		}
	}
	for name, v := range map[string]any{"direction": "inbound", "unix_time": 1790842620, "tracking_number": "+46846500400", "redacted": false, "status": "answered",
		"caller_number": "+12025550143", "caller_number_complete": nil, "contact_number": nil, "visitor_ip": "203.0.113.7", "form": nil} {
		record[name] = v
	}
	in, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	items, drops := ctmItems(t, string(in), "")
	if items[0].Err != nil {
		t.Fatal(items[0].Err)
	}
	s := items[0].Sub[0]
	plain, personal := domain.Split(s.Event)
	if strings.Contains(string(plain), "CANARY") {
		t.Errorf("in the clear: %s", plain)
	}
	for _, p := range personal {
		if p.Value != "+12025550143" && p.Value != "203.0.113.7" && p.Value != "CANARY-name" && p.Value != "CANARY-city" && p.Value != "CANARY-email" {
			t.Errorf("%s holds %s", p.Path, p.Value)
		}
	}
	for name := range schema.Properties {
		if known := used[""]; !slices.Contains(known, name) && drops[name] != 1 {
			t.Errorf("%s is neither used nor counted", name)
		}
	}
}
