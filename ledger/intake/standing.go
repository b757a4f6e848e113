package intake

import (
	"regexp"
	"strings"

	"muniment/domain"
)

// standings are the words by which lists say that a company is not, or no longer, or not yet in use;
// the first that fits counts. What begins with \A has to be the beginning.
var standings = []struct {
	status domain.EntryStatus
	words  *regexp.Regexp
}{
	{domain.EntryAnnounced, phrase(`not (?:yet|currently|active|activated|integrated|live|in use|in production|engaged|used|enabled|started)`, `planned`, `planning`, `upcoming`, `pending`,
		`future`, `proposed`, `announced`, `coming soon`, `decided`, `scheduled`, `under (?:evaluation|review)`, `evaluat(?:ion|ing)`, `to be (?:added|engaged|used)`, `will be (?:added|engaged|used)`,
		`geplant\w*`, `vorgesehen`, `zukunftig\w*`, `kunftig\w*`, `noch nicht`, `nicht aktiv`, `in planung`, `angekundigt`, `prevue?s?`, `planifiee?s?`, `a venir`, `pas encore`, `futurs?`,
		`previst[oa]s?`, `planificad[oa]s?`, `planead[oa]s?`, `proximamente`, `futur[oa]s?`, `todavia no`, `aun no`, `gepland\w*`, `toekomstige?`, `nog niet`, `niet actief`,
		`planera\w*`, `kommande`, `annu inte`, `ej aktiv`, `예정`, `계획`, `미사용`)},
	{domain.EntryEnded, phrase(`removed`, `retired`, `ended`, `terminated`, `discontinued`, `deprecated`, `decommissioned`, `former`, `previous`, `past`, `no longer(?: in)? use[d]?`, `no longer`,
		`offboarded`, `off boarded`, `expired`, `replaced`, `historical`, `archived`, `sunset`, `entfernt\w*`, `beendet\w*`, `ehemalig\w*`, `fruhere\w*`, `nicht mehr`, `gekundigt`, `abgelost`,
		`supprimee?s?`, `retiree?s?`, `terminee?s?`, `anciens?`, `anciennes?`, `n est plus`, `eliminad[oa]s?`, `retirad[oa]s?`, `finalizad[oa]s?`, `anteriores`, `antigu[oa]s?`, `ya no`,
		`verwijderde?`, `beeindigde?`, `voormalige?`, `vervallen`, `niet meer`, `borttag\w*`, `avsluta\w*`, `tidigare`, `inte langre`, `종료`, `해지`, `삭제`, `중단`)},
	{domain.EntrySuspended, phrase(`inactive`, `suspended`, `paused`, `on hold`, `disabled`, `unused`, `no`, `inaktiv\w*`, `pausiert`, `ausgesetzt`, `deaktiviert`, `nein`, `suspendue?s?`, `inactifs?`, `inactives?`,
		`desactivee?s?`, `non`, `suspendid[oa]s?`, `inactiv[oa]s?`, `desactivad[oa]s?`, `opgeschort`, `inactief`, `gepauzeerd`, `uitgeschakeld`, `nee`, `pausad\w*`, `avstangd\w*`, `nej`, `정지`, `비활성`, `일시 ?중지`)},
	{"", phrase(`active`, `live`, `in use`, `in service`, `in production`, `production`, `in operation`, `operational`, `current`, `currently`, `yes`, `enabled`, `engaged`, `used`, `existing`, `ongoing`, `approved`, `authori[sz]ed`,
		`ga`, `generally available`, `new`, `added`, `onboarded`, `updated`, `changed`, `unchanged`, `integrated`, `started`, `since`, `aktiv\w*`, `in betrieb`, `in nutzung`, `in verwendung`, `genutzt`, `im einsatz`, `ja`, `neu`, `bestehend`,
		`actifs?`, `actives?`, `en service`, `en cours`, `oui`, `utilisee?s?`, `activ[oa]s?`, `en uso`, `vigentes?`, `si`, `actief`, `in gebruik`, `actieve`, `i bruk`, `i drift`, `사용 ?중`, `사용`, `활성`, `이용 ?중`, `운영 ?중`)},
}

// phrase is a pattern that finds any of the words as whole words.
func phrase(words ...string) *regexp.Regexp {
	return regexp.MustCompile(`(?:^|[^\pL\pN])(?:` + strings.Join(words, "|") + `)(?:$|[^\pL\pN])`)
}

// standingOf reads a status; known is false when its words say nothing of use. A removal or a
// beginning with a day of its own counts from that day.
func standingOf(text string, effective domain.Date) (status domain.EntryStatus, known bool) {
	words := fold(text)
	for _, s := range standings {
		if !s.words.MatchString(words) {
			continue
		}
		day := dayIn(text)
		switch {
		case s.status == domain.EntryEnded && day > effective:
			return "", true // removed from a day to come: still in use
		case s.status == "" && day > effective:
			return domain.EntryAnnounced, true
		}
		return s.status, true
	}
	return "", false
}

var remark = regexp.MustCompile(`\s*[(\[]([^()\[\]]{2,60})[)\]]\s*$|\s+[-–—]\s+([^-–—]{2,40})$`)

// standing takes a remark such as "(planned)" or "- removed" off a name. "(formerly Example Ltd)" is
// part of the name.
func standing(name string) (string, domain.EntryStatus) {
	m := remark.FindStringSubmatchIndex(name)
	if m == nil || m[0] == 0 {
		return name, ""
	}
	words := fold(strings.Trim(name[m[0]:], " -–—()[]"))
	if len(strings.Fields(words)) > 5 || strings.HasPrefix(words, "formerly") || strings.HasPrefix(words, "previously") || strings.HasPrefix(words, "former ") {
		return name, ""
	}
	for _, s := range standings[:2] {
		if at := s.words.FindStringIndex(words); at != nil && at[0] == 0 && dayIn(words) == "" {
			return strings.TrimSpace(name[:m[0]]), s.status
		}
	}
	return name, ""
}

// sectionStanding is what a heading says of all companies below it.
func sectionStanding(heading string, effective domain.Date) domain.EntryStatus {
	words := fold(heading)
	if strings.Contains(words, "change") && !strings.Contains(words, "planned") && !strings.Contains(words, "upcoming") {
		return ""
	}
	for _, s := range standings[:3] {
		if s.status != domain.EntrySuspended && s.words.MatchString(words) {
			return s.status
		}
	}
	if inUse.MatchString(words) {
		if day := dayIn(heading); day > effective {
			return domain.EntryAnnounced
		}
	}
	return ""
}

var inUse = phrase(`new`, `added`, `additional`, `from`, `as of`, `neu\w*`, `ab`, `nouveaux?`, `nuev[oa]s?`, `nieuwe?`, `nya?`)
