package main

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// A command line is read by every user of the machine (ps) and stays in the shell's history. So no value of
// any command may hold a password, wherever it stands: what looks like one is refused before anything else
// reads the arguments, whatever flag it belongs to.

var (
	// userinfo: anything before a colon, then something before an at sign. In an address with a scheme the
	// password may hold any character, elsewhere no space (a sender such as "Team: <a@b.example>").
	userinfo = regexp.MustCompile(`(?s)://.*:.+@|[^\s:]+:/?[^\s@/][^\s@]*@`)
	// setting: a word of a query or of PostgreSQL's NAME=VALUE form that names a password.
	setting = regexp.MustCompile(`(?i)(pass(word|wd|phrase|code)?|pwd|pw)\s*=\s*[^\s&]`)
	// secretInQuery: other secrets that addresses carry.
	secretInQuery = regexp.MustCompile(`(?i)[?&;#][\w.-]*(token|secret|api[_-]?key)=[^&]`)
	flagName      = regexp.MustCompile(`^--[a-z][a-z-]*$`)
)

// noPasswords refuses a command line that holds a password. The refusal never repeats a value.
func noPasswords(args []string) error {
	before := ""
	for _, arg := range args {
		if holdsPassword(arg) {
			name, _, _ := strings.Cut(arg, "=")
			if !flagName.MatchString(name) {
				name = before
			}
			return passwordRefused(name)
		}
		if before = ""; flagName.MatchString(arg) {
			before = arg
		}
	}
	return nil
}

// holdsPassword looks at a text as it stands, and with its percent signs read.
func holdsPassword(arg string) bool {
	for range 3 { // a percent sign may stand for another
		if userinfo.MatchString(arg) || setting.MatchString(arg) || secretInQuery.MatchString(arg) {
			return true
		}
		plain, err := url.PathUnescape(arg)
		if err != nil || plain == arg {
			return false
		}
		arg = plain
	}
	return true // nobody writes an address like that
}

func passwordRefused(flag string) error {
	where, variable, line := "an argument", "MUNIMENT_LOG", ""
	if flag != "" {
		name := strings.TrimPrefix(flag, "--")
		where, variable = flag, "MUNIMENT_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		line = fmt.Sprintf(", or as a line %s = … of a file that only you can read (chmod 600), named with --config", name)
	}
	return fmt.Errorf("%s holds a password, and every user of this machine can read it there: give the whole value in the environment variable %s%s. "+
		"PostgreSQL also takes the password alone from the file that PGPASSFILE names (~/.pgpass)", where, variable, line)
}
