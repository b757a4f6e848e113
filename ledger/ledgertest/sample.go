package ledgertest

import (
	"reflect"
	"strings"

	"muniment/domain"
)

// texts are values that satisfy the reasons why a string may be plain.
var texts = map[string]string{
	"country": "SE", "region": "DE-BY", "zone": "Europe/Stockholm", "language": "sv-SE", "digest": strings.Repeat("ab", 32), "publickey": strings.Repeat("ab", 32),
	"word": "RECORDING", "version": "2026-10", "reference": "DSR-2026-014", "ownnumber": "+46846500400", "ownaddress": "privacy@example.com", "company": "Example AB",
	"processing": "sends text messages", "place": "Ireland", "citation": "§ 201 StGB", "period": "P3Y", "kind": "consent.granted", "url": "https://example.com/privacy",
}

// Sample is an event of a kind with every field filled.
func Sample(k domain.Type) domain.Event {
	v := reflect.ValueOf(k.New()).Elem()
	n := 0
	sample(v, "", &n)
	return v.Interface().(domain.Event)
}

func sample(v reflect.Value, plain string, n *int) {
	*n++
	switch x := v.Interface().(type) {
	case interface{ Values() []string }:
		v.SetString(x.Values()[0])
	case domain.ID:
		v.Set(reflect.ValueOf(domain.ID{0: 0xa0, 15: byte(*n)}))
	case domain.Stream:
		v.Set(reflect.ValueOf(domain.Stream{Noun: "tenant", ID: domain.ID{0: 0xb0, 15: byte(*n)}}))
	case domain.Time:
		v.Set(reflect.ValueOf(Day(1).At + domain.Time(*n)))
	case domain.Date:
		v.SetString("2026-01-02")
	case domain.Personal:
		v.Set(reflect.ValueOf(domain.Clear("person@example.com")))
	default:
		switch v.Kind() {
		case reflect.String:
			v.SetString(texts[plain])
		case reflect.Int, reflect.Int64:
			v.SetInt(int64(*n))
		case reflect.Bool:
			v.SetBool(true)
		case reflect.Slice:
			v.Set(reflect.MakeSlice(v.Type(), 2, 2))
			for i := range 2 {
				sample(v.Index(i), plain, n)
			}
		case reflect.Struct:
			for i := range v.NumField() {
				sample(v.Field(i), v.Type().Field(i).Tag.Get("plain"), n)
			}
		}
	}
}
