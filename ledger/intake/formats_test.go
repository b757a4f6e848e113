package intake

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

func TestHandlerFormats(t *testing.T) {
	l := newShop(t)
	o := trailOptions("calls/{tenant}/*/{id}.mp3")
	o.Tenant, o.NamingKey = domain.ID{}, func(tenant domain.ID) ([]byte, error) { return l.Vault.NamingKey(t.Context(), tenant) }
	url := serve(t, l, HandlerOptions{Recordings: o})
	shopOf := "?tenant=" + tenantHex
	single, batch := "Content-Type: application/cloudevents+json", "Content-Type: application/cloudevents-batch+json; charset=utf-8"
	head := []string{"Ce-Specversion: 1.0", "Ce-Id: listen/7", "Ce-Source: https://portal.example.com/%C3%A5", "Ce-Type: muniment.interaction.listened", "Ce-Time: 2026-10-01T10:30:00Z"}
	data := `{"of":{"id":"CA1","at":"2026-10-01T08:17:00Z"},"data":{"seconds":42}}`
	for _, c := range []struct {
		name, url, body string
		headers         []string
		status          int
		want            string
	}{
		{"single", url + shopOf, oneDelivered, []string{single}, 200, `"line":1,"state":"KEPT"`},
		{"batch", url + shopOf, "[" + oneDelivered + "," + oneSummary + "]", []string{batch}, 200, `"line":2,"state":"KEPT"`},
		{"empty batch", url + shopOf, "[]", []string{batch}, 200, ""},
		{"empty list", url, " [ ] ", []string{jsonType}, 200, ""},
		{"nothing", url + shopOf, "", []string{batch}, 400, "empty"},
		{"by name, list", url + shopOf + "&as=cloudevents", "[" + oneReceived + "]", []string{jsonType}, 200, `"state":"KEPT"`},
		{"by name, lines", url + shopOf + "&as=cloudevents", oneReceived + "\n" + oneNative, nil, 200, `"line":1,"state":"DUPLICATE"`},
		{"still under way", url + shopOf, set(oneDelivered, "type", `"com.twilio.messaging.message.sent"`), []string{single}, 200, `{"line":1,"state":"PASSED","message":"passed over: still`},
		{"unknown type", url + shopOf, set(oneDelivered, "type", `"com.example.x"`), []string{single}, 200, `"state":"REFUSED","code":"INVALID","field":"type"`},
		{"nobody's", url, oneDelivered, []string{single}, 200, `"field":"tenant"`},
		{"no tenant of this form", url + "?tenant=x", oneDelivered, []string{single}, 400, "tenant: expected"},
		{"no JSON", url + shopOf, "id=1", []string{single}, 400, "not JSON"},
		{"binary", url + shopOf, data, append([]string{jsonType}, head...), 200, `"line":1,"state":"KEPT"`},
		{"binary, again", url + shopOf, data, append([]string{jsonType}, head...), 200, `"line":1,"state":"DUPLICATE"`},
		{"binary, the same structured", url + shopOf, `{"specversion":"1.0","id":"listen/7","source":"https://portal.example.com/å","type":"muniment.interaction.listened","time":"2026-10-01T10:30:00Z","data":` + data + `}`, []string{single}, 200, `"state":"DUPLICATE"`},
		{"binary, no data", url + shopOf, "", append([]string{jsonType}, head...), 200, `"field":"data"`},
		{"binary, cut", url + shopOf, data[:20], append([]string{jsonType}, head...), 400, "JSON"},
		{"binary, no id", url + shopOf, data, []string{jsonType, "Ce-Specversion: 1.0", "Ce-Source: x", "Ce-Type: muniment.interaction.listened"}, 200, `"field":"id"`},
		{"binary, wrongly encoded", url + shopOf, data, []string{jsonType, "Ce-Specversion: 1.0", "Ce-Id: %zz"}, 400, "percent-encoded"},
		{"binary, another format", url + shopOf + "&as=ctm", data, append([]string{jsonType}, head...), 400, "ce- headers"},
		{"binary, too long", url + shopOf, `{"x":"` + strings.Repeat("x", MaxText) + `"}`, append([]string{jsonType}, head...), 200, "TOO_MUCH"},
		{"trail", url + "?as=cloudtrail", `{"Records":[` + oneRead + "]}", []string{jsonType}, 200, `"state":"KEPT"`},
		{"trail, not ours", url + "?as=cloudtrail", set(oneRead, "eventName", `"PutObject"`), []string{jsonType}, 200, `{"line":1,"state":"PASSED","message":"not ours`},
		{"unknown format", url + "?as=xml", "{}", []string{jsonType}, 400, "cloudtrail"},
	} {
		t.Run(c.name, func(t *testing.T) {
			res, body := post(t, c.url, c.body, c.headers...)
			if res.StatusCode != c.status || !strings.Contains(body, c.want) {
				t.Errorf("%s\n%s", res.Status, body)
			}
		})
	}
	res, body := post(t, serve(t, l, HandlerOptions{})+"?as=cloudtrail", oneRead, jsonType)
	if res.StatusCode != 400 || !strings.Contains(body, "recordings: missing") {
		t.Errorf("without a bucket: %s %s", res.Status, body)
	}
}

func signed(secret, at, body string) string {
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write([]byte(at + body))
	return signatureHeader + ": " + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// TestSignedWebhooks: a tracker's signature lets its own account's records in, and nothing else.
func TestSignedWebhooks(t *testing.T) {
	l := newShop(t)
	const secret, at = "example secret", "1790842700"
	url := serve(t, l, HandlerOptions{
		Secret: func(tenant domain.ID) (string, bool) {
			return map[domain.ID]string{shop: secret}[tenant], tenant == shop
		},
		Authorize: func(r *http.Request) (ledger.Principal, error) {
			if r.Header.Get("Authorization") == "" {
				return ledger.Principal{}, &domain.Refusal{Code: domain.Unauthed, Message: "no token"}
			}
			return everybody(r)
		},
	})
	own, when := url+"?as=ctm&tenant="+tenantHex, signedAtHeader+": "+at
	call := flat(oneCall)
	good := signed(secret, at, call)
	for _, c := range []struct {
		name, url, body string
		headers         []string
		status          int
		want            string
	}{
		{"signed", own, call, []string{jsonType, when, good}, 200, `"state":"KEPT"`},
		{"signed, with the line break of the sender's encoder", own, call, []string{jsonType, when, good + " "}, 200, `"state":"DUPLICATE"`},
		{"with a token", own, call, []string{jsonType, "Authorization: Bearer x"}, 200, `"state":"DUPLICATE"`},
		{"neither", own, call, []string{jsonType}, 401, "no token"},
		{"another secret", own, call, []string{jsonType, when, signed("another", at, call)}, 401, "signature does not fit"},
		{"another body", own, call + " ", []string{jsonType, when, good}, 401, "signature does not fit"},
		{"another time", own, call, []string{jsonType, signedAtHeader + ": 1790842701", good}, 401, "signature does not fit"},
		{"no time", own, call, []string{jsonType, good}, 401, "signature does not fit"},
		{"no base64", own, call, []string{jsonType, when, signatureHeader + ": ?"}, 401, "signature does not fit"},
		{"wrong, with a token", own, call, []string{jsonType, when, signatureHeader + ": eA==", "Authorization: Bearer x"}, 401, "signature does not fit"},
		{"another account", url + "?as=ctm&tenant=00000000000000000000000000000abc", call, []string{jsonType, when, good}, 401, "signature does not fit"},
		{"another account, no secret", url + "?as=ctm&tenant=00000000000000000000000000000abc", call, []string{jsonType, when, signed("", at, call)}, 401, "signature does not fit"},
		{"another format", url + "?tenant=" + tenantHex, line(), []string{when, signed(secret, at, line())}, 401, "signature does not fit"},
		{"too long", own, strings.Repeat(" ", MaxText+1), []string{jsonType, when, good}, 413, "at most 1 MiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			res, body := post(t, c.url, c.body, c.headers...)
			if res.StatusCode != c.status || !strings.Contains(body, c.want) {
				t.Errorf("%s\n%s", res.Status, body)
			}
		})
	}
}
