package intake

import (
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// role is what a column of a list, or a labelled line of it, holds.
type role int

// The roles. Other things are known and not kept: they only mustn't be taken for one of these.
const (
	roleName role = iota
	rolePurpose
	rolePlace
	roleSeat
	roleService
	roleStatus
	roleURL
	roles
	roleOther = roles
)

// headingWords say which words in a heading stand for which role, by language, as "weight: words, …".
// A word with * at its end stands for all that begin so, one with * before it for all that end so.
// The heaviest wins; more languages and words are more lines.
var headingWords = map[string]map[role]string{
	"en": {
		roleName: `12: subprocessor, subprocessors, sub processor, sub processors, subprocessor name, name of subprocessor, subcontractor, subcontractors, sub contractor, sub contractors;
10: entity name, company name, vendor name, legal name, legal entity, provider name, supplier name, organisation name, organization name, third party name, name of entity, name of company, name of vendor, processor name;
8: name, vendor, vendors, entity, third party, third parties, third party service provider, service provider, service providers; 7: company, provider, supplier, suppliers, processor, processors, affiliate, affiliates, contractor, partner, recipient, party, organisation, organization;
3: service, services, tool, product, platform, system, application`,
		rolePurpose: `12: purpose, purposes, purpose of processing, purpose of use, what they do, what for, used for, why we use them, why; 10: processing activity, processing activities, nature of processing, nature and purpose, description of processing, reason for use, use case, business purpose, processing operation, processing operations, subject matter;
8: function, functions, functionality, activity, activities, usage, role; 7: description, description of services, description of service, services provided, service provided, service description, nature, use, used; 6: type of service, type of services, service type, processing; 5: service, services; 4: service category, category, type`,
		rolePlace: `12: location of processing, processing location, processing locations, place of processing, country of processing, location of subprocessor, location of subprocessors, location of sub processor, location of sub processors, data location, data locations, hosting location, hosting region, server location, storage location, data center, data centre, data centers, data centres, data center location, data residency, regions used, where data is processed, location of data, processing country, data hosting, hosting;
10: location, locations, country, countries, region, regions, place, places, where, geography, geographic location, geographical location, territory, jurisdiction`,
		roleSeat:    `16: corporate location, corporate headquarters, headquarters, headquartered, headquarter, hq, hq location, head office, registered office, registered address, seat, registered seat, country of incorporation, incorporation, incorporated in, place of incorporation, country of establishment, establishment, established in, entity country, entity location, company country, company location, vendor country, country of registration, corporate address, legal address, legal seat, domicile; 9: address, vendor location, provider location, supplier location`,
		roleService: `11: relevant services, relevant service, applicable services, applicable service, applicable products, applicable product, our service, our services, related service, related services, affected services, product, products, product line, which service, which services, used in, feature, features; 6: service, services, plan, module`,
		roleStatus:  `14: status, current status, state of use, in use, active, live, enabled, lifecycle, use status, usage status, engagement status`,
		roleURL:     `12: url, website, websites, web site, web, web page, webpage, homepage, home page, link, links; 4: privacy policy, privacy notice, dpa, more information, security page, trust center`,
		roleOther: `15: data processed, data shared, data types, data type, types of data, type of data, data categories, categories of data, category of data, personal data, personal data processed, categories of personal data, type of personal data, data elements, data accessed, data subjects, categories of data subjects, what it receives, what they receive, information shared,
transfer mechanism, transfer mechanisms, transfer basis, transfer tool, legal basis, safeguards, transfer safeguards, adequacy, certifications, security measures, technical measures, contact, contact details, contact person, dpo, duration, retention, retention period, since, date, date added, added on, effective date, last updated, last reviewed, start date, end date, notes, note, comment, comments, remarks,
underlying provider, hosting provider, hosted by, parent, parent company, dpa status, contract status, review status, compliance status, risk, tier, cookie, cookies, frequency, lei, registration number, no, id`,
	},
	"de": {
		roleName:    `12: unterauftragsverarbeiter*, unterauftragnehmer*, unter auftragsverarbeiter*, subunternehmer*, sub unternehmer*, subdienstleister*, auftragsverarbeiter*, weiterer auftragsverarbeiter, weitere auftragsverarbeiter, subprozessor*; 9: firma, firmenname, name des unternehmens, unternehmen, name und anschrift, name, dienstleister, anbieter, gesellschaft, lieferant, partner; 3: dienst, tool`,
		rolePurpose: `12: zweck*, verarbeitungszweck*, zweck der verarbeitung, verwendungszweck*, einsatzzweck*, gegenstand*; 8: tatigkeit*, aufgabe*, funktion*, art der verarbeitung, rolle, verarbeitungstatigkeit*; 7: beschreibung*, leistungsbeschreibung, leistung, leistungen, auftragsinhalt, verarbeitung, einsatzbereich; 5: dienst, dienste, dienstleistung*`,
		rolePlace:   `12: ort der verarbeitung, verarbeitungsort*, serverstandort*, ort der datenverarbeitung, speicherort*, datenstandort*, hostingstandort*, rechenzentrum*, standort der daten, land der verarbeitung, verarbeitungsland; 10: standort*, ort, land, lander, region, regionen`,
		roleSeat:    `16: sitz, firmensitz, hauptsitz, sitzland, unternehmenssitz, sitz des unternehmens, gesellschaftssitz, niederlassung; 9: anschrift, adresse`,
		roleService: `11: produkt, produkte, betroffene dienste, betroffenes produkt, betroffene leistung`,
		roleStatus:  `14: status, einsatzstatus, aktiv, in nutzung, in betrieb`,
		roleURL:     `12: webseite, website, internetseite, homepage, link; 4: datenschutzerklarung`,
		roleOther:   `15: datenkategorien, kategorien von daten, datenarten, art der daten, personenbezogene daten, verarbeitete daten, betroffene personen, betroffene, kategorien betroffener personen, rechtsgrundlage, garantien, geeignete garantien, ubermittlungsgrundlage, drittlandtransfer, seit, datum, ansprechpartner, kontakt, bemerkung*, speicherdauer, loschfrist`,
	},
	"fr": {
		roleName:    `12: sous traitant*, sous traitants ulterieurs, sous traitant ulterieur, nom du sous traitant; 9: nom, societe, nom de la societe, entreprise, raison sociale, prestataire*, fournisseur*, entite, organisme; 3: outil, service`,
		rolePurpose: `12: finalite*, finalites du traitement, objet, objet du traitement, but; 8: activite*, fonction*, role, nature du traitement, usage; 7: description*, prestation*, traitement*; 5: service*, services fournis`,
		rolePlace:   `12: lieu de traitement, lieu du traitement, lieu d hebergement, localisation des donnees, pays de traitement, pays d hebergement, lieu de stockage, localisation des serveurs, hebergement des donnees; 10: localisation, lieu, lieux, pays, region, emplacement, territoire`,
		roleSeat:    `16: siege, siege social, pays du siege, pays d etablissement, etablissement; 9: adresse`,
		roleService: `11: produit, produits, service concerne, services concernes`,
		roleStatus:  `14: statut, etat, actif, en service`,
		roleURL:     `12: site web, site internet, site, lien, liens, page web`,
		roleOther:   `15: donnees traitees, categories de donnees, type de donnees, types de donnees, donnees personnelles, donnees, personnes concernees, garanties, garanties appropriees, base legale, duree, duree de conservation, date, depuis, contact, transfert, encadrement du transfert, remarques`,
	},
	"es": {
		roleName:    `12: subencargado*, sub encargado*, subencargado del tratamiento, subprocesador*, sub procesador*, subcontratista*, encargado*; 9: nombre, empresa, nombre de la empresa, razon social, proveedor*, entidad, compania, sociedad, tercero, terceros; 3: herramienta, servicio`,
		rolePurpose: `12: finalidad*, proposito*, objeto, fin del tratamiento, objetivo; 8: actividad*, funcion*, uso, tarea*, rol; 7: descripcion*, tratamiento*, servicios prestados, servicio prestado; 5: servicio, servicios`,
		rolePlace:   `12: lugar de tratamiento, lugar del tratamiento, ubicacion de los datos, pais de tratamiento, ubicacion del tratamiento, ubicacion del servidor, ubicacion de los servidores, lugar de almacenamiento; 10: ubicacion*, lugar, pais, paises, region, regiones, localizacion`,
		roleSeat:    `16: sede, sede social, domicilio, domicilio social, pais de establecimiento; 9: direccion`,
		roleService: `11: producto, productos, servicios afectados, servicio afectado`,
		roleStatus:  `14: estado, estatus, activo, en uso`,
		roleURL:     `12: sitio web, pagina web, enlace, web`,
		roleOther:   `15: datos tratados, categorias de datos, tipo de datos, tipos de datos, datos personales, datos, interesados, garantias, base juridica, mecanismo de transferencia, fecha, desde, contacto, plazo, observaciones`,
	},
	"nl": {
		roleName:    `12: subverwerker*, sub verwerker*, subbewerker*, verwerker*, onderaannemer*; 9: naam, bedrijf, bedrijfsnaam, naam van het bedrijf, leverancier*, partij, organisatie, dienstverlener*, aanbieder; 3: dienst, hulpmiddel`,
		rolePurpose: `12: doel*, verwerkingsdoel*, doel van de verwerking, onderwerp; 8: activiteit*, functie*, gebruik, taak, taken, rol, verwerkingsactiviteit*, werkzaamheden; 7: omschrijving*, beschrijving*, verwerking*, geleverde diensten; 5: dienst, diensten, dienstverlening`,
		rolePlace:   `12: plaats van verwerking, verwerkingslocatie*, locatie van de verwerking, serverlocatie*, opslaglocatie*, locatie van de gegevens, datalocatie*, land van verwerking; 10: locatie*, plaats, land, landen, regio, regios`,
		roleSeat:    `16: zetel, vestigingsplaats, vestiging, vestigingsland, hoofdkantoor, statutaire zetel, land van vestiging; 9: adres`,
		roleService: `11: product, producten, betrokken dienst, betreffende dienst`,
		roleStatus:  `14: status, actief, in gebruik`,
		roleURL:     `12: website, webpagina, link`,
		roleOther:   `15: persoonsgegevens, verwerkte gegevens, categorieen gegevens, categorieen persoonsgegevens, soort gegevens, type gegevens, gegevens, betrokkenen, waarborgen, doorgifte, doorgiftemechanisme, datum, sinds, contactpersoon, bewaartermijn, opmerkingen`,
	},
	"sv": {
		roleName:    `12: underbitrade*, under bitrade*, personuppgiftsbitrade*, underleverantor*, underbitradets namn; 9: namn, foretag, foretagsnamn, bolag, bolagsnamn, leverantor*, organisation, part, tjansteleverantor*; 3: tjanst, verktyg`,
		rolePurpose: `12: andamal*, syfte*, andamal med behandlingen, syfte med behandlingen, foremal; 8: aktivitet*, funktion*, anvandning, uppgift, uppdrag, roll, behandlingens art; 7: beskrivning*, behandling*, levererade tjanster; 5: tjanst, tjanster`,
		rolePlace:   `12: plats for behandling, behandlingsplats, plats for behandlingen, lagringsplats*, serverplats, datalagring, behandlingsland, plats for data; 10: plats, platser, land, lander, region, regioner, ort, var`,
		roleSeat:    `16: sate, huvudkontor, etableringsland, bolagets sate; 9: adress`,
		roleService: `11: produkt, produkter, berorda tjanster, berord tjanst`,
		roleStatus:  `14: status, aktiv, i bruk, i drift`,
		roleURL:     `12: webbplats, hemsida, webbsida, lank`,
		roleOther:   `15: personuppgifter, kategorier av personuppgifter, typ av uppgifter, uppgifter, registrerade, kategorier av registrerade, skyddsatgarder, overforingsmekanism, overforing, rattslig grund, datum, sedan, kontakt, kontaktperson, lagringstid, kommentar*`,
	},
	"ko": {
		roleName:    `12: 업체명, 수탁자, 수탁업체, 수탁사, 재수탁자, 재수탁업체, 하위 처리자, 하위처리자, 수탁받는 자, 위탁받는 자, 이전받는 자, 제공받는 자, 수탁 업체, 수탁업체명; 9: 회사명, 회사, 업체, 법인명, 기업명, 이름, 명칭, 상호`,
		rolePurpose: `12: 위탁 업무, 위탁업무, 위탁업무 내용, 위탁하는 업무, 업무 내용, 목적, 이용 목적, 이용목적, 처리 목적, 처리목적, 이전 목적, 위탁 내용, 위탁내용; 8: 역할, 용도, 기능, 업무; 7: 내용, 설명, 서비스 내용; 5: 서비스`,
		rolePlace:   `12: 이전 국가, 이전국가, 이전되는 국가, 처리 국가, 처리 위치, 데이터 위치, 서버 위치, 보관 국가, 보관 위치, 저장 위치, 처리 장소; 10: 국가, 위치, 지역, 장소, 국가명`,
		roleSeat:    `16: 본사, 본사 위치, 본점, 본사 소재지, 소재지, 설립 국가; 9: 주소`,
		roleService: `11: 제품, 해당 서비스, 관련 서비스`,
		roleStatus:  `14: 상태, 사용 여부, 현황, 이용 현황`,
		roleURL:     `12: 홈페이지, 웹사이트, 링크`,
		roleOther:   `15: 이전 항목, 이전 개인정보 항목, 개인정보 항목, 처리 항목, 이전되는 개인정보, 보유 기간, 보유기간, 이용 기간, 보유 및 이용 기간, 보유 및 이용기간, 이전 일시, 이전 방법, 이전일시, 이전방법, 연락처, 비고`,
	},
}

// wordScore is a word or phrase with what it weighs.
type wordScore struct {
	language string
	words    []string
	role     role
	weight   float64
}

var headingScores = sync.OnceValue(func() (all []wordScore) {
	for lang, byRole := range headingWords {
		for r, text := range byRole {
			for _, part := range strings.Split(text, ";") {
				number, words, _ := strings.Cut(part, ":")
				weight := 0.0
				for _, digit := range strings.TrimSpace(number) {
					weight = weight*10 + float64(digit-'0')
				}
				for _, phrase := range strings.Split(words, ",") {
					if w := headingFields(phrase); len(w) > 0 {
						all = append(all, wordScore{lang, w, r, weight})
					}
				}
			}
		}
	}
	return all
})

// headingFields cuts a heading into folded words; stars are kept for the table above.
func headingFields(s string) []string {
	return strings.FieldsFunc(fold(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '*' })
}

// fold is a text for comparing: lower case, without accents, ß as ss.
func fold(s string) string {
	s = strings.ReplaceAll(strings.ToLower(s), "ß", "ss")
	var b strings.Builder
	for _, r := range norm.NFD.String(s) {
		if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(r)
		}
	}
	return norm.NFC.String(b.String())
}

func isLetter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// scoresOf weighs a heading for each role, and says which language its words are of. A phrase that is
// the whole heading weighs a little more, one that is only a part of a long heading a little less.
func scoresOf(heading string) (scores [roles + 1]float64, languages map[string]float64) {
	languages = map[string]float64{}
	words := headingFields(heading)
	if len(words) == 0 || len(words) > 24 {
		return scores, languages
	}
	for i, w := range words { // the table above writes * itself
		words[i] = strings.ReplaceAll(w, "*", "")
	}
	compact := strings.Join(words, "")
	for _, s := range headingScores() {
		if s.role == roleStatus && len(words) > len(s.words) {
			continue // "DPA status" is the state of something else
		}
		if !contains(words, s.words) && !(s.language == "ko" && strings.Join(s.words, "") == compact) {
			continue
		}
		weight := s.weight
		switch {
		case len(s.words) == len(words):
			weight += 0.5
		case len(s.words) == 1 && len(words) > 3:
			weight -= 1
		}
		scores[s.role] = max(scores[s.role], weight)
		languages[s.language] = max(languages[s.language], weight)
	}
	return scores, languages
}

// contains reports whether the phrase stands in the words.
func contains(words, phrase []string) bool {
	for i := 0; i+len(phrase) <= len(words); i++ {
		all := true
		for j, p := range phrase {
			w := words[i+j]
			switch {
			case strings.HasSuffix(p, "*"):
				all = all && strings.HasPrefix(w, p[:len(p)-1])
			case strings.HasPrefix(p, "*"):
				all = all && strings.HasSuffix(w, p[1:])
			default:
				all = all && w == p
			}
		}
		if all {
			return true
		}
	}
	return false
}
