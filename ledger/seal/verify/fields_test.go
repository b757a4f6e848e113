package verify

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain"
	"muniment/ledger/bundle"
	"muniment/ledger/seal"
	"muniment/ledger/seal/heads"
)

// named are withheld fields of these names.
func named(names ...string) (fields []bundle.Field) {
	for _, n := range names {
		fields = append(fields, bundle.Withhold(seal.Field{Name: n, Value: []byte("1")}))
	}
	return fields
}

// TestFieldNames: no field can be there twice, be foreign or be missing, shown or not; and no personal
// value in two boxes.
func TestFieldNames(t *testing.T) {
	const least = "actor id kind occurred precision recorded source stream tenant version"
	for list, want := range map[string]bool{
		least: true,
		"actor auth id kind occurred precision recorded source stream subjects tenant version zone": true,
		"actor id kind occurred precision recorded source stream tenant":                            false,
		"actor id kind occurred occurred precision recorded source stream tenant version":           false,
		"id actor kind occurred precision recorded source stream tenant version":                    false,
		least + " other": false,
		"":               false,
	} {
		if got := isEnvelope(named(strings.Fields(list)...)); got != want {
			t.Errorf("envelope %s: %t", list, got)
		}
	}
	for list, want := range map[string]bool{
		"":                                    true,
		"box/name,/number plain/a plain/b":    true,
		"box/name box/number":                 true,
		"box/name box/name,/number":           false,
		"box/name box/name":                   false,
		"box/number,/name":                    false,
		"box/name,":                           false,
		"box/name,number":                     false,
		"box/":                                false,
		"box":                                 false,
		"boxes/name":                          false,
		"plain/a plain/a":                     false,
		"plain/a box/name":                    false,
		"box/name other":                      false,
		"box/name,/number box/number plain/a": false,
	} {
		if got := (&shown{}).isPayload(named(strings.Fields(list)...)); got != want {
			t.Errorf("payload %s: %t", list, got)
		}
	}
}

// TestBoxFits: a box that is shown has the paths of its name.
func TestBoxFits(t *testing.T) {
	box := func(name, key, paths string) bundle.Field {
		return bundle.Field{Field: seal.Field{Name: name, Value: []byte(`{"com":{` + paths + `},"key":"` + strings.Repeat(key, 32) + `"}`)}}
	}
	for _, c := range []struct {
		fields []bundle.Field
		want   bool
	}{
		{[]bundle.Field{box("box/name", "1", `"/name":"x"`), box("box/number", "2", `"/number":"x"`)}, true},
		{[]bundle.Field{box("box/name", "1", `"/name":"x"`), box("box/number", "1", `"/number":"x"`)}, false},
		{[]bundle.Field{box("box/name", "1", `"/number":"x"`)}, false},
		{[]bundle.Field{box("box/name", "1", `"/name":"x","/number":"x"`)}, false},
		{[]bundle.Field{box("box/name", "g", `"/name":"x"`)}, false},
	} {
		if got := (&shown{boxes: map[domain.ID]map[string]any{}}).isPayload(c.fields); got != c.want {
			t.Errorf("%s: %t", c.fields, got)
		}
	}
}

// event is one that shows these fields, at the given place.
func event(seq int64, fields ...string) *shown {
	s := &shown{Event: bundle.Event{Seq: seq, Struck: -1}, leaf: &heads.Leaf{Seq: seq, Time: 1000}, fields: map[string][]byte{}}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, "=")
		s.fields[name] = []byte(value)
	}
	return s
}

// TestEventsAgainstEachOther: an event's times, its kind, and what others say of it.
func TestEventsAgainstEachOther(t *testing.T) {
	at := func(name string, second int64) string {
		return fmt.Sprintf("%s=%q", name, domain.Time(second*1_000_000))
	}
	const id, tenant, other = `="00000000000000000000000000000007"`, `tenant="00000000000000000000000000000009"`, `tenant="00000000000000000000000000000008"`
	struck := func(position string) *shown {
		return event(5, `kind="strike.completed"`, tenant, `plain/event`+id, `plain/position=`+position)
	}
	epoch := event(1, `kind="epoch.sealed"`)
	epoch.leaf.Epoch = &heads.Epoch{Size: 3}
	body := func(size string) *shown {
		s := *epoch
		for _, f := range []string{"plain/count=0", `plain/map="` + heads.Map + `"`, `plain/root="` + strings.Repeat("0", 64) + `"`, "plain/size=" + size} {
			name, value, _ := strings.Cut(f, "=")
			s.Pay = append(s.Pay, bundle.Field{Field: seal.Field{Name: name, Value: []byte(value)}})
		}
		return &s
	}
	nobody := event(1, tenant)
	owner, _ := nobody.id("tenant")
	nobody.leaf.Tenant = tlog.Hash(seal.Tag("tenant", owner, owner))
	padded := event(1, tenant)
	padded.leaf.Tenant, padded.leaf.Subjects = nobody.leaf.Tenant, []tlog.Hash{{1}}
	for name, c := range map[string]struct {
		judge func(*answer) error
		holds bool
	}{
		"recorded, then kept":     {func(a *answer) error { return a.judgeTime(event(1, at("recorded", 1000))) }, true},
		"kept, then recorded":     {func(a *answer) error { return a.judgeTime(event(1, at("recorded", 1001))) }, false},
		"a little early":          {func(a *answer) error { return a.judgeTime(event(1, at("recorded", 10), at("occurred", 310))) }, true},
		"too early":               {func(a *answer) error { return a.judgeTime(event(1, at("recorded", 10), at("occurred", 311))) }, false},
		"no time":                 {func(a *answer) error { return a.judgeTime(event(1, `occurred="soon"`)) }, false},
		"an event":                {func(a *answer) error { return a.judgeKind(event(1, `kind="interaction.viewed"`)) }, true},
		"an epoch":                {func(a *answer) error { return a.judgeKind(epoch) }, true},
		"an epoch's body":         {func(a *answer) error { return a.judgeKind(body("3")) }, true},
		"another body":            {func(a *answer) error { return a.judgeKind(body("4")) }, false},
		"about nobody":            {func(a *answer) error { return a.judgeTags(nobody) }, true},
		"in somebody's head":      {func(a *answer) error { return a.judgeTags(padded) }, false},
		"passes for an event":     {func(a *answer) error { return a.judgeKind(event(1, `kind="epoch.sealed"`)) }, false},
		"another's strike":        {func(a *answer) error { return a.judgeStrike(struck("4")) }, true},
		"a strike, and not done":  {func(a *answer) error { return a.judgeStrike(struck("3")) }, false},
		"of another account":      {func(*answer) error { return says(struck("3").struckEvent(event(3, "id"+id, other))) }, false},
		"of another place":        {func(*answer) error { return says(struck("4").struckEvent(event(3, "id"+id, tenant))) }, false},
		"of this event":           {func(*answer) error { return says(struck("3").struckEvent(event(3, "id"+id, tenant))) }, true},
		"struck":                  {func(a *answer) error { return a.struckBy(struck("3"), "interaction.recorded") }, true},
		"struck elsewhere":        {func(a *answer) error { return a.struckBy(struck("4"), "interaction.recorded") }, false},
		"what others rest on":     {func(a *answer) error { return a.struckBy(struck("3"), "subject.keys_destroyed") }, false},
		"an account's keys":       {func(*answer) error { return says(destroyed(tenant, domain.Contact)) }, true},
		"its business contacts'":  {func(*answer) error { return says(destroyed(tenant, domain.BusinessContact)) }, false},
		"the operator's own keys": {func(*answer) error { return says(destroyed(`tenant="`+domain.Operator.String()+`"`, domain.Staff)) }, false},
	} {
		a := &answer{cited: map[int64]bool{}, shown: map[int64]*shown{3: event(3, "id"+id, tenant), 4: event(4, "id"+id, other)}}
		if err := c.judge(a); (err == nil) != c.holds {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// struckBy judges an event of a kind that is said to have been struck.
func (a *answer) struckBy(by *shown, kind string) error {
	a.shown[by.Seq] = by
	s := event(3, `id="00000000000000000000000000000007"`, `tenant="00000000000000000000000000000009"`, fmt.Sprintf("kind=%q", kind))
	s.Struck = by.Seq
	return a.judgeStruck(s)
}

func destroyed(tenant string, c domain.Class) bool {
	return event(9, `kind="tenant.keys_destroyed"`, `plain/keys=[]`, tenant).destroys(domain.ID{1}, map[string]any{"class": string(c)})
}

func says(holds bool) error {
	if !holds {
		return errNot
	}
	return nil
}

var errNot = lie("it doesn't say that")
