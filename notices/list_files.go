package notices

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strings"

	"muniment/domain"
)

// publicPage shows a page of the register.
func (n *Notices) publicPage(w http.ResponseWriter, r *http.Request, title string, modified domain.Time, body any) {
	t := n.pages.list
	if _, ok := body.(diffPage); ok {
		t = n.pages.diff
	}
	f := n.framed(title, body)
	f.Feed = true
	page, err := written(t, f)
	if err != nil {
		n.fail(w, err)
		return
	}
	public(w, r, "text/html; charset=utf-8", modified, page)
}

// listFile is the register as a program reads it.
type listFile struct {
	Organisation string         `json:"organisation"`
	On           domain.Date    `json:"on"`
	Rows         []Row          `json:"subprocessors"`
	Announced    []announceFile `json:"announced"`
	Versions     []domain.Date  `json:"versions"`
}

type announceFile struct {
	Change    domain.ID         `json:"change"`
	Type      domain.ChangeKind `json:"type"`
	Name      string            `json:"name"`
	Replaces  string            `json:"replaces,omitempty"`
	Effective domain.Date       `json:"effective"`
	Announced domain.Time       `json:"announced"`
	Summary   string            `json:"summary"`
}

func (n *Notices) listJSON(w http.ResponseWriter, r *http.Request) {
	l, err := n.listing(r)
	if err != nil {
		n.failList(w, err)
		return
	}
	f := listFile{Organisation: l.Organisation, On: l.On, Rows: append([]Row{}, l.Rows...), Announced: []announceFile{}, Versions: []domain.Date{}}
	for _, a := range l.Pending {
		f.Announced = append(f.Announced, announceFile{a.Change, a.Type, a.Name, a.Replaces, a.Effective, a.Announced, a.Summary})
	}
	for _, v := range l.Versions {
		f.Versions = append(f.Versions, v.Day)
	}
	body, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		n.fail(w, err)
		return
	}
	public(w, r, "application/json", l.Modified, append(body, '\n'))
}

func (n *Notices) listCSV(w http.ResponseWriter, r *http.Request) {
	l, err := n.listing(r)
	if err != nil {
		n.failList(w, err)
		return
	}
	var b bytes.Buffer
	c := csv.NewWriter(&b)
	c.UseCRLF = true // RFC 4180
	c.Write([]string{"name", "purpose", "service", "locations", "seat", "data categories", "transfer mechanism", "url", "status"})
	for _, row := range l.Rows {
		cells := []string{row.Name, row.Purpose, row.Service, strings.Join(row.Locations, "; "), row.Seat, strings.Join(row.DataCategories, "; "), string(row.Mechanism), row.URL, row.Status()}
		for i := range cells {
			cells[i] = domain.Cell(cells[i])
		}
		c.Write(cells)
	}
	c.Flush()
	if err := c.Error(); err != nil {
		n.fail(w, err)
		return
	}
	w.Header().Set("Content-Disposition", `attachment; filename="subprocessors-`+string(l.On)+`.csv"`)
	public(w, r, "text/csv; charset=utf-8", l.Modified, b.Bytes())
}
