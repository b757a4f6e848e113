package intake

import (
	"testing"

	"muniment/domain/canon"
)

func TestReadCaller(t *testing.T) {
	const us, se = "+12025550143", "+46846500400"
	for _, c := range []struct{ written, region, want string }{
		{"+1 (202) 555-0143", "", us}, {"\u202a+12025550143\u202c", "", us}, {"\u202d(202) 555-0143\u202c", "US", us}, {"+1\u00a0202\u00a0555\u00a00143", "", us},
		{"202.555.0143", "US", us}, {"1-202-555-0143", "US", us}, {"+1\u200b202\ufeff5550143", "", us}, {"[+1] 202 555 0143", "", us},
		{"+1 202 555 0143 ext. 22", "", us}, {"2025550143x22", "US", us}, {"202-555-0143 x12", "US", us}, {"+1 202 555 0143 #22", "", us}, {"+12025550143;ext=22", "", us},
		{"+12025550143 Durchwahl 12", "", us}, {"+1 202 555 0143,,22#", "", us}, {"+12025550143p22", "", us}, {"+12025550143 доб. 12", "", us},
		{"tel:+1-202-555-0143;ext=22", "", us}, {"TEL:+12025550143", "", us}, {"tel:202-555-0143;phone-context=+1", "", us}, {"callto:+12025550143", "", us},
		{"sip:+12025550143@example.com", "", us}, {"sip:%2B12025550143@example.com:5060;transport=udp", "", us}, {"sips:12025550143@example.com", "US", us},
		{`"Example" <sip:+12025550143@example.com>;tag=a`, "", us}, {"<tel:+12025550143>", "", us}, {"+12025550143@example.com", "", us}, {"whatsapp:+12025550143", "", us},
		{"011 46 8 465 004 00", "US", se}, {"0046846500400", "US", se}, {"0046846500400", "", se}, {"+46 (0)8 465 004 00", "", se}, {"08-465 004 00", "SE", se}, {"08/465 004 00", "SE", se},
		{"＋1２０２５５５０１４３", "", us}, {"+١٢٠٢٥٥٥٠١٤٣", "", us}, {"+१२०२५५५०१४३", "", us}, {"+𝟭𝟮𝟬𝟮𝟱𝟱𝟱𝟬𝟭𝟰𝟯", "", us}, {"'+12025550143", "", us}, {"=+12025550143", "", us},
		{"+1–202–555–0143", "", us}, {"+1−202−555−0143", "", us}, {"12025550143", "US", us}, {"+12025550143 (mobile)", "", us}, {"Mobile: +12025550143", "", us}, {"Anna +12025550143", "", us},
		{"+12025550143 / +12025550144", "", us + " and 1"}, {"+12025550143, +12025550144 or +12025550145", "", us + " and 2"}, {"+12025550143;+12025550144", "", us + " and 1"},
		{"+12025550143 & +12025550143", "", us}, {"+12025550143+12025550144", "", us + " and 1"}, {"+12025550143|+12025550144", "", us + " and 1"}, {"Anonymous, +12025550143", "", us},
		{"72345", "US", shortNumber}, {"sip:22@example.com", "US", shortNumber}, {"112", "", shortNumber},
		{"EXAMPLE", "US", otherAddress}, {"client:agent1", "US", otherAddress}, {"agent1", "US", otherAddress}, {"sip:agent1@example.com", "US", otherAddress}, {"messenger:1234567", "", otherAddress},
		{"rcs:example_agent", "", otherAddress}, {"Anna", "", otherAddress},
		{"+1202555014", "US", oddNumber}, {"1.2025550143e10", "US", oddNumber}, {"+1202555", "", oddNumber}, {"2025550143", "SE", oddNumber}, {"2025550143", "", oddNumber}, {"+99912345670", "", oddNumber},
		{"Anonymous", "", "nobody"}, {"anonymous@anonymous.invalid", "", "nobody"}, {"<sip:anonymous@anonymous.invalid>", "", "nobody"}, {"sip:anonymous@10.0.0.1", "", "nobody"}, {"sip:+12025550143@anonymous.invalid", "", "nobody"},
		{"sip:unavailable@unknown.invalid", "", "nobody"}, {`"Anonymous" <sip:anonymous@example.com>`, "", "nobody"}, {"client:anonymous", "", "nobody"},
		{"PRIVATE_NUMBER", "", "nobody"}, {"A-n-o-n-y-m-o-u-s", "", "nobody"}, {"ａｎｏｎｙｍｏｕｓ", "", "nobody"}, {"Número oculto", "", "nobody"}, {"Skjult nummer", "", "nobody"}, {"Dolt nummer", "", "nobody"},
		{"Okänt nummer", "", "nobody"}, {"Anoniem", "", "nobody"}, {"Скрытый номер", "", "nobody"}, {"非通知", "", "nobody"}, {"발신번호표시제한", "", "nobody"}, {"رقم خاص", "", "nobody"}, {"Numero nascosto", "", "nobody"},
		{"Not available", "", "nobody"}, {"Blocked", "", "nobody"}, {"undefined", "", "nobody"}, {"???", "", "nobody"}, {"***", "", "nobody"}, {"+", "", "nobody"}, {"", "", "nobody"}, {"\u200b", "", "nobody"}, {"[]", "", "nobody"},
		{"0000000000", "US", "nobody"}, {"1111111111", "US", "nobody"}, {"9999999999", "US", "nobody"}, {"1234567890", "US", "nobody"}, {"+11234567890", "", "nobody"}, {"+15555555555", "", "nobody"}, {"15555555555", "US", "nobody"},
		{"+266696687", "", "nobody"}, {"+266 696 687", "", "nobody"}, {"7378742833", "US", "nobody"}, {"8656696", "US", "nobody"}, {"+8566696", "", "nobody"}, {"00266696687", "", "nobody"}, {"tel:+266696687", "", "nobody"},
		{"+7748283", "", "nobody"}, {"+2562533", "", "nobody"}, {"sip:+266696687@example.com", "", "nobody"}, {"+46846500444", "", "+46846500444"}, {"+12025550111", "", "+12025550111"},
	} {
		got := readCaller(c.written, c.region)
		text := got.number.Value + got.why
		if got.nobody {
			text += "nobody"
		}
		if got.more > 0 {
			text += " and " + string(rune('0'+got.more))
		}
		if text != c.want {
			t.Errorf("%q (%s): got %q, want %q", c.written, c.region, text, c.want)
		}
	}
}

// FuzzReadCaller: whatever a field holds, it is one of a number, nobody, and a reason; and a number that
// was read is read again as itself.
func FuzzReadCaller(f *testing.F) {
	for _, s := range []string{"+1 (202) 555-0143", "sip:+12025550143@example.com;user=phone", "Anonymous", "+12025550143 / +12025550144", "tel:202;phone-context=+1", "１２０２", "<a@b>", "1.2e10"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, region := range []string{"", "US", "SE"} {
			c := readCaller(s, region)
			said := 0
			for _, is := range []bool{c.number.Value != "", c.nobody, c.why != ""} {
				if is {
					said++
				}
			}
			if said != 1 {
				t.Fatalf("%q: %+v", s, c)
			}
			if again := readCaller(c.number.Value, ""); c.number.Value != "" && again.number.Value != c.number.Value {
				t.Fatalf("%q: %s is read as %+v", s, c.number.Value, again)
			}
		}
	})
}

// FuzzOddValues: no value of a duration or a time makes anything but a value in its bounds.
func FuzzOddValues(f *testing.F) {
	for _, s := range []string{"1:35", "PT1M", "1790842620", "1e300", "-1", "NaN", "2026-10-01T08:17:00z", "2026-10-01 10:17 AM +02:00", "9999999999999999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, v := range []any{s, canon.Number(s)} {
			if n, ok := readSeconds(v); ok && (n < 0 || n > mostSeconds) {
				t.Fatalf("%q: %d seconds", s, n)
			}
			if m, ok := readTime(v); ok && (m.At <= 0 || m.At.Check() != nil) {
				t.Fatalf("%q: %d", s, m.At)
			}
		}
	})
}
