package demo

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Numbers for examples: 202-555-0100 to 0199 in North America, and 100 that the Swedish authority
// has set aside for drama (+46 8 465 004 00 to 99). The last ten of each are the customers' own.

func american(n int) string { return fmt.Sprintf("+12025550%d", 100+n) }

func swedish(n int) string { return fmt.Sprintf("+468465004%02d", n) }

const callers = 90

// person calls, texts and fills in forms.
type person struct {
	number, name, email string
	city, country       string
}

var (
	givenNames = map[string][]string{
		"SE": strings.Fields("Alva Bosse Cilla Disa Egon Frej Gudrun Hilma Inez Jarl Kerstin Lovis Malte Nanna Orvar Petra Ragna Sigvard Tage Ulla Valter Ylva Åke Östen"),
		"US": strings.Fields("Abby Brent Corinne Dale Edith Floyd Gwen Homer Iris Jarvis Kendra Lyle Mavis Norris Opal Perry Queenie Rosco Stella Tobin Una Vernon Wilma Zeke"),
	}
	surnames = map[string][]string{
		"SE": strings.Fields("Alderby Brännvall Dalsäter Ekenrot Falhammar Grindås Havsvik Isberga Kärrmo Lillhagen Mossby Nordsäter Olvesten Planberg Rosenås Skogvik Tallmyr Uddevik Vikarby Älvmark Ängsby Österäng Björkfält Hedvall"),
		"US": strings.Fields("Ashgrove Birchmont Coldbrook Dunmarrow Elmstead Fairlock Greenhythe Hartsmere Ironwell Juniperton Kingsmoor Larkfield Millbourne Northway Oakhurston Pinewood Quarrier Ridgeworth Stonebeck Thornbury Underlake Valewood Westermoor Yardley"),
	}
	cities = map[string][]string{
		"SE": strings.Fields("Stockholm Uppsala Västerås Örebro Nacka Solna Norrtälje Enköping"),
		"US": strings.Fields("Washington Arlington Bethesda Alexandria Rockville Fairfax"),
	}
)

// peopleOf makes an account's callers. The same number calls different customers, as in life: people
// are never linked across accounts.
func (a *account) peopleOf() []*person {
	d := dice("people/" + a.short)
	country := "SE"
	if a.numbers(0) == american(0) {
		country = "US"
	}
	given, last := givenNames[country], surnames[country]
	n, shift := len(given), d.IntN(callers)
	list := make([]*person, a.people)
	for i := range list {
		k := (i + shift) % callers
		// Each k has a pair of its own, because 7n is a multiple of n.
		p := &person{number: a.numbers(k), name: given[k%n] + " " + last[(7*k+k/n)%n], city: pick(d, cities[country]), country: country}
		if d.IntN(3) > 0 {
			p.email = address(p.name, pick(d, []string{"example.com", "example.org", "example.net"}))
		}
		list[i] = p
	}
	return list
}

// subject is how a source names the person.
func (p *person) subject() object { return object{"phone": p.number} }

// address makes an e-mail address of a name.
func address(name, host string) string {
	plain := strings.NewReplacer("å", "a", "ä", "a", "ö", "o", "&", "", " ", ".").Replace(strings.ToLower(name))
	return plain + "@" + host
}

// ip is an address for documentation (RFC 5737).
func ip(d *rand.Rand) string {
	return fmt.Sprintf("%s.%d", pick(d, []string{"192.0.2", "198.51.100", "203.0.113"}), 1+d.IntN(254))
}
