package intake

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// withheldStems begin the words by which exchanges, telephones and trackers say that there is no
// caller's number, in small letters without accents and spaces. A field without any digit leads to
// nobody whatever it says: the words only tell what is no oddity from what is.
var withheldStems = foldedFields(`anonym withheld withold private privat unknown unavail notavail restrict block hidden suppress conceal
	nocallerid callerid noid nonumber nonum notprovided outofarea payphone coinphone publicphone notset nodata
	unbekannt unterdr verborgen nichtverf keinenummer
	masqu inconnu cache nondisponible numeroabsent
	desconoc oculto privad nodisponible sinnumero ocultad restring indisponiv naoident semnumero
	sconosciut nascost riservat nondisponib
	anoni onbekend afgeschermd geheim nietbeschikbaar
	dold dolt okand okant hemlig skyddat skjult ukjent ukendt hemmelig sperret utilgjengelig tuntematon salainen estetty
	nieznan zastrzez prywatn ukryt neznam skryt soukrom nezverejn necunoscut ascuns rejtett ismeretlen titkos
	bilinmeyen gizli ozelnumara agnost απορρητ αγνωστ αποκρυψ
	неизвест скрыт аноним невідом прихован непозн
	非通知 通知不可 表示圏外 公衆電話 不明 匿名 未知 隐藏 隱藏 私人号码 私人號碼 无法显示 無法顯示 发신 발신번호 알수없 익명 번호없음
	مجهول محجوب غيرمعروف رقمخاص חסוי חסום לאידוע khongxacdinh`)

func foldedFields(s string) []string {
	all := strings.Fields(s)
	for i, w := range all {
		all[i] = folded(w)
	}
	return all
}

// withheldWords are that as whole fields.
var withheldWords = strings.Fields("na none null nil nan undefined empty unassigned false no x xx xxx xxxx unk anon priv undisclosed unlisted test")

// saysWithheld reports whether a text says, in whatever words, that a number was withheld or isn't there.
func saysWithheld(s string) bool {
	word := folded(s)
	if word == "" {
		return false
	}
	for _, w := range withheldWords {
		if word == w {
			return true
		}
	}
	if strings.ContainsFunc(word, unicode.IsDigit) {
		return false
	}
	for _, stem := range withheldStems {
		if strings.Contains(word, stem) {
			return true
		}
	}
	return false
}

// folded is a text's letters and digits, small and without accents.
func folded(s string) string {
	return strings.Map(func(r rune) rune {
		if !isLetterOrDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(s))
}

// spelt are the words that carriers spell on a telephone's keys in place of a number, as in +266696687.
var spelt = func() map[string]bool {
	all := map[string]bool{"8566696": true} // UNKNOWN, as one provider misspells it
	for _, w := range strings.Fields("anonymous unknown restricted blocked unavailable private withheld none nocallerid payphone outofarea") {
		all[keys(w)] = true
	}
	delete(all, keys("none")) // 6663: a number of an exchange's own
	return all
}()

// keys spells a word on a telephone's keys.
func keys(word string) string {
	return strings.Map(func(r rune) rune { return rune("22233344455566677778889999"[r-'a']) }, word)
}

// isPlaceholder reports digits that stand where there is no number: a word spelt on the keys, one digit
// all along, or digits counting up or down.
func isPlaceholder(digits string) bool {
	bare := strings.TrimLeft(digits, "0")
	if bare == "" || spelt[bare] || len(digits) >= 7 && monotonous(digits) {
		return true
	}
	return len(digits) == 11 && digits[0] == '1' && monotonous(digits[1:])
}

func monotonous(digits string) bool {
	return strings.Trim(digits, digits[:1]) == "" || strings.HasPrefix("12345678901234", digits) || strings.HasPrefix("01234567890123", digits) ||
		strings.HasPrefix("98765432109876", digits)
}

// masks are the words that trackers leave behind where they removed something.
var masks = strings.Fields("anonymous anonymized anonymised unknown restricted blocked unavailable private withheld removed deleted none null na")

// isMask reports whether a text stands in the place of something that was removed.
func isMask(s string) bool {
	return strings.Trim(s, "*#xX•█ ") == "" || strings.Contains(strings.ToLower(s), "redacted") || slices.Contains(masks, folded(s)) || spelt[strings.TrimPrefix(s, "+")]
}
