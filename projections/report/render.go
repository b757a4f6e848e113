package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"muniment/domain"
)

// Format is what kind of file.
type Format string

// The formats.
const (
	JSON Format = "json"
	CSV  Format = "csv"
	HTML Format = "html"
)

// File is a report as it is handed out.
type File struct {
	Name        string
	ContentType string
	Bytes       []byte
	Digest      string // SHA-256 of Bytes, hex
}

// Render makes a file of a document. table says which table a CSV file holds, "" the main one.
func Render(d *Document, f Format, table string) (File, error) {
	if table != "" && f != CSV {
		return File{}, domain.Malformed("table", "only a CSV file holds one table: leave it out")
	}
	file := File{}
	var err error
	switch f {
	case JSON:
		file.ContentType = "application/json"
		file.Bytes, err = d.json()
	case CSV:
		file.ContentType = "text/csv; charset=utf-8; header=present"
		file.Bytes, err = d.csv(table)
	case HTML:
		file.ContentType = "text/html; charset=utf-8"
		file.Bytes = d.html()
	default:
		return file, domain.Malformed("format", "expected %s, %s or %s", JSON, CSV, HTML)
	}
	if err != nil {
		return file, err
	}
	file.Name = d.fileName(f, table)
	sum := sha256.Sum256(file.Bytes)
	file.Digest = hex.EncodeToString(sum[:])
	return file, nil
}

// tableNamed finds a table; the refusal lists the names.
func (d *Document) tableNamed(name string) (*Table, error) {
	if name == "" {
		return &d.Tables[0], nil
	}
	names := make([]string, len(d.Tables))
	for i := range d.Tables {
		if names[i] = d.Tables[i].Name; names[i] == name {
			return &d.Tables[i], nil
		}
	}
	return nil, domain.Malformed("table", "this report has no such table: expected one of %s", strings.Join(names, ", "))
}

// sizeWords says which events were looked at.
func (v Viewpoint) sizeWords() string {
	switch v.Known {
	case -1:
		return "no event"
	case 0:
		return "1 event (no. 0)"
	}
	return fmt.Sprintf("%s events (no. 0 to %s)", grouped(v.Size()), grouped(v.Known))
}
