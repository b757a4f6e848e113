package bundle

import (
	"context"

	"muniment/domain/canon"
)

// headFile writes heads.json: docs/bundle.md, section 4.
func (w *making) headFile(_ context.Context, h *Head) ([]byte, error) {
	o := map[string]any{"epoch": h.Epoch, "replayed": []any{}}
	for name, value := range h.Proof {
		o[name] = value
	}
	if h.Count > 0 {
		shown := make([]int64, len(w.run))
		for i := range shown {
			shown[i] = h.from + int64(i)
		}
		cover, err := Cover(h.Count, shown, h.Tree)
		if err != nil {
			return nil, err
		}
		o["from"], o["hashes"] = h.from, hashList(cover)
	}
	return canon.Append(nil, o), nil
}
