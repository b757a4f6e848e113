package seal

import (
	"errors"
	"fmt"
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
	data, err := d.Sealer.config.Tiles.read(tile)
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
	case errors.Is(err, ledger.ErrPruned):
		d.pruned(w, r, tile.N*maxBundle)
	case err != nil:
		d.failed(w, err)
	default:
		send(w, "application/octet-stream", "private, no-store", bundle)
	}
}

// pruned says what became of a bundle of which events were pruned. What of it is left is not shown: entries
// are whole bundles.
func (d Door) pruned(w http.ResponseWriter, r *http.Request, first int64) {
	by, err := PrunedBy(r.Context(), d.Sealer.config.Log, d.Sealer.config.Ledger, first)
	if err != nil {
		d.failed(w, err)
		return
	}
	said := "by an order that is being carried out"
	if by != nil {
		said = fmt.Sprintf("as event %d of %s says", by.Seq, by.LogTime)
	}
	http.Error(w, fmt.Sprintf("Events %d to %d were pruned, %s: their leaves are removed for good. Their hashes stay in tile/0 and under every checkpoint, so the tree, consistency and the place of a leaf that you kept can still be checked.",
		first, first+maxBundle-1, said), http.StatusGone)
}

func (d Door) failed(w http.ResponseWriter, err error) {
	d.Internal(err)
	http.Error(w, "internal error", http.StatusInternalServerError)
}

func send(w http.ResponseWriter, media, cache string, body []byte) {
	w.Header().Set("Content-Type", media)
	w.Header().Set("Cache-Control", cache)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Write(body)
}
