package witness

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"muniment/ledger/seal"
)

// ahead: the witness has seen another size than the one the proof begins at.
type ahead struct{ size int64 }

func (a ahead) Error() string { return fmt.Sprintf("the witness has seen size %d", a.size) }

// unproven: the witness doesn't find its own tree in ours.
type unproven struct{ said string }

func (u unproven) Error() string { return "the witness refuses the proof: " + u.said }

const maxAnswer = 16 << 10

// submit sends a checkpoint with the proof that it continues what the witness saw, and returns the
// witness's signature line.
func (w Witness) submit(ctx context.Context, client *http.Client, old int64, path tlog.TreeProof, c seal.Checkpoint) (line string, err error) {
	var body bytes.Buffer
	fmt.Fprintf(&body, "old %d\n", old)
	for _, h := range path {
		body.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
	}
	body.WriteByte('\n')
	body.Write(c.Text)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL+"/add-checkpoint", &body)
	if err != nil {
		return "", err
	}
	answer, err := client.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return "", err
	}
	said := strings.TrimSpace(string(text))
	switch answer.StatusCode {
	case http.StatusOK:
		return w.signature(c, text)
	case http.StatusConflict:
		size, err := strconv.ParseInt(said, 10, 64)
		if err != nil || size < 0 {
			return "", fmt.Errorf("%s: expected a size, got %.100q", answer.Status, said)
		}
		return "", ahead{size}
	case http.StatusUnprocessableEntity:
		return "", unproven{fmt.Sprintf("%.100s", said)}
	}
	return "", fmt.Errorf("%s: %.200s", answer.Status, said)
}

// signature finds the witness's own signature in its answer, and believes nothing else of it.
func (w Witness) signature(c seal.Checkpoint, answer []byte) (string, error) {
	for line := range strings.Lines(string(answer)) {
		n, err := note.Open(append(bytes.Clone(c.Text), line...), note.VerifierList(w.verifier))
		if err == nil && len(n.Sigs) == 1 {
			return strings.TrimSuffix(line, "\n") + "\n", nil
		}
	}
	return "", fmt.Errorf("the answer holds no signature by %s", w.verifier.Name())
}

// Seen asks the witnesses of a policy how many events of the log they have seen, by showing them a
// checkpoint that was signed before. away are those who did not say; an error when nobody did.
func Seen(ctx context.Context, client *http.Client, p Policy, c seal.Checkpoint) (size int64, away []string, err error) {
	for _, w := range p.Witnesses {
		var a ahead
		_, bad := w.submit(ctx, client, 0, nil, c)
		switch {
		case bad == nil: // it has seen nothing before
			size = max(size, c.Size)
		case errors.As(bad, &a):
			size = max(size, a.size)
		default:
			away, err = append(away, w.Name), bad
		}
	}
	if len(away) < len(p.Witnesses) {
		return size, away, nil
	}
	return 0, away, fmt.Errorf("no witness says how long the log was: %w", err)
}
