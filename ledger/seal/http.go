package seal

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain"
	"muniment/ledger"
)

// Door is how the log is read over HTTP (C2SP tlog-tiles).
type Door struct {
	Sealer *Sealer
	// MayReadEntries lets a request read entry bundles: leaves are pseudonymous personal data. A
	// refusal ([domain.Refusal]) is shown.
	MayReadEntries func(*http.Request) error
	// Internal is told of errors that are not shown.
	Internal func(error)
}

// forever is for what never changes under its name. Partial tiles vanish, but don't change.
const forever = "public, max-age=31536000, immutable"

// ServeHTTP answers /checkpoint and /tile/….
func (d Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "this can only be read", http.StatusMethodNotAllowed)
		return
	}
	path := strings.TrimPrefix(r.URL.Path, "/")
	if path == checkpointFile {
		send(w, "text/plain; charset=utf-8", "no-cache", d.Sealer.Published().Text)
		return
	}
	tile, err := torchwood.ParseTilePath(path)
	switch {
	case err != nil:
		http.NotFound(w, r)
	case tile.L == -1:
		d.entries(w, r, tile)
	default:
		d.hashes(w, r, tile)
	}
}

func (d Door) hashes(w http.ResponseWriter, r *http.Request, tile tlog.Tile) {
	// What lies beyond the checkpoint isn't published, though its files may be there already.
	hashes := int64(0)
	if tile.L*torchwood.TileHeight < 63 {
		hashes = d.Sealer.Checkpoint().Size >> (tile.L * torchwood.TileHeight)
	}
	if tile.N > hashes/torchwood.TileWidth || tile.N*torchwood.TileWidth+int64(tile.W) > hashes {
		http.NotFound(w, r)
		return
	}
	data, err := d.Sealer.tile(r.Context(), tile)
	if err != nil {
		d.failed(w, err)
		return
	}
	send(w, "application/octet-stream", forever, data)
}

func (d Door) entries(w http.ResponseWriter, r *http.Request, tile tlog.Tile) {
	if err := d.MayReadEntries(r); err != nil {
		var no *domain.Refusal
		switch {
		case !errors.As(err, &no):
			d.failed(w, err)
		case no.Code == domain.Unauthed:
			w.Header().Set("WWW-Authenticate", `Bearer realm="muniment"`)
			http.Error(w, no.Message, http.StatusUnauthorized)
		default:
			http.Error(w, no.Message, http.StatusForbidden)
		}
		return
	}
	bundle, err := d.Sealer.Bundle(r.Context(), tile.N, tile.W)
	switch {
	case errors.Is(err, ErrNotSealed):
		http.NotFound(w, r)
	case err != nil:
		d.failed(w, err)
	default:
		send(w, "application/octet-stream", "private, no-store", bundle)
	}
}

func (d Door) failed(w http.ResponseWriter, err error) {
	d.Internal(err)
	said := "internal error"
	var forged ledger.Forged
	switch {
	case errors.As(err, &forged):
		said = forged.Shown()
	case errors.Is(err, ErrChanged), errors.Is(err, ErrGap):
		said = "an event in the log isn't the one that was signed: nothing of it is shown"
	case errors.Is(err, ErrTiles):
		said = ErrTiles.Error()
	}
	http.Error(w, said, http.StatusInternalServerError)
}

func send(w http.ResponseWriter, media, cache string, body []byte) {
	w.Header().Set("Content-Type", media)
	w.Header().Set("Cache-Control", cache)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Write(body)
}
