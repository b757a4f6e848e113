package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestNoPasswords: a password in an argument is refused in whatever way it is written, of every command and
// flag, and its words are in no answer.
func TestNoPasswords(t *testing.T) {
	values := []string{
		"postgres://ada:hush-word@db.example.com/m", "POSTGRESQL://ada:hush-word@db.example.com/m", "esdb://ada:hush-word@h1:2113,h2:2113?tls=false",
		"kurrentdb+discover://ada:hush-word@h", "smtp://ada:hush-word@mail.example.com", "SMTPS://:hush-word@mail.example.com", "https://ada:hush-word@ledger.example.com/",
		"postgres://ada:hush-word/and@more@db.example.com/m", "postgres://ada:hush-word and more@db.example.com", "postgres:ada:hush-word@db.example.com", "//ada:hush-word@db.example.com",
		"ada:hush-word@db.example.com:5432", "postgres%3A%2F%2Fada%3Ahush-word%40db.example.com", "postgres://ada%253Ahush-word@db.example.com",
		"postgres://db.example.com/m?user=ada&password=hush-word", "postgres://db.example.com/m?PassWord=hush-word", "postgres://db.example.com/m?pass%77ord=hush-word",
		"postgres://db.example.com/m?sslpassword=hush-word", "esdb://h?passwd=hush-word", "https://ledger.example.com/?pwd=hush-word", "host=db.example.com password=hush-word",
		"host=db.example.com password = 'hush-word'", "https://ledger.example.com/?access_token=hush-word", "sqlite:ada:hush-word@x",
		"postgres://ada:hush%2-word@db.example.com",
	}
	k, err := kong.New(&cli{})
	must(t, err)
	var ways [][]string
	for _, v := range values {
		ways = append(ways, []string{v}, []string{"--", v}, []string{"verify", "--key", "k", "--", v}, []string{"--help", v}, []string{"-q", "import", "-", v}, []string{"--password=" + v})
	}
	flags := 0
	for _, node := range k.Model.Leaves(false) {
		for _, group := range node.AllFlags(false) {
			for _, f := range group {
				flags++
				for _, v := range values {
					path := strings.Fields(node.Path())[1:]
					ways = append(ways, append(path, "--"+f.Name, v), append(path, "--"+f.Name+"="+v))
				}
			}
		}
	}
	if flags < 50 {
		t.Fatalf("%d flags were tried", flags)
	}
	for _, args := range ways {
		var out, errs bytes.Buffer
		code := run(t.Context(), args, terminal{in: strings.NewReader(""), out: &out, err: &errs, dir: t.TempDir()})
		if code != exitUsage || !strings.Contains(errs.String(), "holds a password") || strings.Contains(out.String()+errs.String(), "hush") {
			t.Fatalf("muniment %s: exit code %d: %s", strings.Join(args, " "), code, errs.String())
		}
	}
	for _, fine := range []string{"postgres://ada@db.example.com:5432/m?sslmode=verify-full&passfile=/etc/pass", "esdb://h1:2113,h2:2113?tlsCaFile=ca.crt", "smtp://ada@mail.example.com:587",
		"https://ledger.example.com:8443/at/12:30", "Privacy team <privacy@company.example>", "Team: <privacy@company.example>", "2026-10-01T00:00:00Z", "127.0.0.1:8080", "[::1]:8080",
		"--ctm-secrets=secrets.conf", "ledger.example.com+12345678+AY=", "anna@example.com", "calls/{tenant}/*/{id}.mp3", "--tls-key=key.pem", "100% sure"} {
		if holdsPassword(fine) {
			t.Errorf("%s was refused", fine)
		}
	}
}
