package bundle

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"slices"
)

// The files of a bundle, all there are. docs/bundle.md, section 1.
const (
	CheckpointFile = "checkpoint"
	EventsFile     = "events.ndjson"
	HeadsFile      = "heads.json"
	LeavesFile     = "leaves.ndjson"
	ManifestFile   = "manifest"
	PolicyFile     = "policy.txt"
	TreeFile       = "tree.json"
)

var names = []string{CheckpointFile, EventsFile, HeadsFile, LeavesFile, ManifestFile, PolicyFile, TreeFile}

// firstDay is the first that a zip can have: 1 January 1980.
const firstDay = 0x0021

// MaxSize is how much a reader takes in.
const MaxSize = 1 << 30

// Pack writes files as a zip in the one form that there is: stored, sorted by name, without times,
// extras or comments. The same files give the same bytes.
func Pack(files map[string][]byte) ([]byte, error) {
	size := 0
	for name, text := range files {
		size += len(text) + 2*len(name) + 128 // and its two headers
	}
	var b bytes.Buffer
	b.Grow(size + 128)
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		text := files[name]
		h := &zip.FileHeader{Name: name, Method: zip.Store, CreatorVersion: 20, ReaderVersion: 20,
			CRC32: crc32.ChecksumIEEE(text), CompressedSize64: uint64(len(text)), UncompressedSize64: uint64(len(text))}
		//lint:ignore SA1019 Modified would write an extra field beside it
		h.ModifiedDate = firstDay
		w, err := z.CreateRaw(h)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(text); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	if b.Len() > MaxSize {
		return nil, fmt.Errorf("a bundle has at most %d bytes: ask for a shorter period", MaxSize)
	}
	return b.Bytes(), nil
}

// Unpack reads what [Pack] wrote, and nothing else: what is packed again must be the same bytes.
func Unpack(text []byte) (map[string][]byte, error) {
	if len(text) > MaxSize {
		return nil, fmt.Errorf("%d bytes are more than any bundle has", len(text))
	}
	z, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return nil, fmt.Errorf("it is no zip: %w", err)
	}
	files := map[string][]byte{}
	for _, f := range z.File {
		if !slices.Contains(names, f.Name) {
			return nil, fmt.Errorf("a bundle has no file called %.40q", f.Name)
		}
		if _, twice := files[f.Name]; twice {
			return nil, fmt.Errorf("%s is there twice", f.Name)
		}
		if f.Method != zip.Store || f.UncompressedSize64 != f.CompressedSize64 || f.UncompressedSize64 > uint64(len(text)) {
			return nil, fmt.Errorf("%s is not stored as it is", f.Name)
		}
		if files[f.Name], err = read(f); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	for _, name := range names {
		if files[name] == nil && name != HeadsFile {
			return nil, fmt.Errorf("%s is missing", name)
		}
	}
	again, err := Pack(files)
	if err == nil && !bytes.Equal(again, text) {
		err = errors.New("there is more in the container than its files, or it is written in another way")
	}
	return files, err
}

func read(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	text := make([]byte, f.UncompressedSize64)
	_, err = io.ReadFull(r, text)
	return text, err
}
