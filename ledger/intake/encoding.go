package intake

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"

	"muniment/domain"
)

const saveAs = "save the list as UTF-8 (in a spreadsheet: Save as, CSV UTF-8), or say what it is with --encoding, such as --encoding windows-1252"

// decoded is a document as UTF-8 with LF line ends. UTF-16 is known by its first bytes; any other
// encoding has to be declared, by the sender or by an HTML page itself.
func decoded(text []byte, declared string) (string, *domain.Refusal) {
	var from encoding.Encoding
	switch {
	case bytes.HasPrefix(text, []byte{0xff, 0xfe}), bytes.HasPrefix(text, []byte{0xfe, 0xff}):
		from = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case declared != "":
		var err error
		if from, err = htmlindex.Get(declared); err != nil {
			return "", domain.Malformed("encoding", "unknown: expected utf-8, utf-16le, windows-1252, iso-8859-2, euc-kr or another encoding of the web")
		}
	case !utf8.Valid(text) && wholePage.Match(text):
		_, rest, found := bytes.Cut(bytes.ToLower(text[:min(4096, len(text))]), []byte("charset="))
		name := strings.FieldsFunc(string(rest), func(r rune) bool { return strings.ContainsRune(`"' />;`, r) })
		if e, err := htmlindex.Get(append(name, "")[0]); found && err == nil {
			from = e
		}
	}
	if from != nil {
		out, err := from.NewDecoder().Bytes(text)
		if err != nil || bytes.Contains(out, []byte("\ufffd")) {
			return "", unreadable("isn't in the encoding that is declared: %s", saveAs)
		}
		text = out
	}
	switch {
	case !utf8.Valid(text):
		return "", unreadable("invalid UTF-8: %s", saveAs)
	case bytes.IndexByte(text, 0) >= 0:
		return "", unreadable("holds zero bytes, as UTF-16 without its mark does: %s", saveAs)
	}
	doc := strings.TrimPrefix(string(text), "\ufeff")
	return strings.ReplaceAll(strings.ReplaceAll(doc, "\r\n", "\n"), "\r", "\n"), nil
}
