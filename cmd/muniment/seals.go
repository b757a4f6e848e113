package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain"
	"muniment/graphql/access"
	"muniment/ledger"
	"muniment/ledger/seal"
	"muniment/ledger/seal/epochs"
	"muniment/ledger/sqldb"
	"muniment/ledger/vault"
)

// tilesDir is where the log's tiles are published in the data directory: derived, made anew when lost.
const tilesDir = "tiles"

// openSeals opens the evidence: whatever is sealed from here on goes on from what was signed last.
func (h *house) openSeals(ctx context.Context, origin string) error {
	db, err := h.database(ctx, "seal", sqldb.Options{})
	if err != nil {
		return err
	}
	h.seals, err = seal.Open(ctx, seal.Config{Log: h.ledger.Log, DB: db, Tiles: h.tiles(),
		Keys: h.dir.keys.LogKeys, Retired: h.dir.keys.RetiredLogKeys, Mark: sealedMark{h.dir.keys}, Origin: origin, Ledger: h.dir.id,
		Warn: func(what string, err error) { h.log.WithField("error", err.Error()).Warn(what) }})
	if err != nil {
		return err
	}
	return h.recordLogKeys(ctx)
}

// sealedMark is how far the log was signed, beside the keys.
type sealedMark struct{ vault.KeysDir }

// Last implements [seal.Mark].
func (k sealedMark) Last() (string, int64, tlog.Hash, error) {
	m, err := k.Mark()
	return m.Origin, m.Size, m.Root, err
}

// Signed implements [seal.Mark].
func (k sealedMark) Signed(origin string, size int64, root tlog.Hash) error {
	return k.SetMark(vault.Mark{Origin: origin, Size: size, Root: root})
}

// authenticated is the log whose records are authenticated by the row keys.
func (h *house) authenticated(log ledger.Log) (ledger.Log, error) {
	keys, err := h.dir.keys.RowKeys()
	if err != nil {
		return nil, err
	}
	return ledger.Authenticate(log, h.dir.id, keys...)
}

// rekeyRows authenticates with the row keys that lie in the keys directory now.
func (h *house) rekeyRows() error {
	keys, err := h.dir.keys.RowKeys()
	if err != nil {
		return err
	}
	return h.ledger.Log.(ledger.Rekeyer).Rekey(keys...)
}

// signerOf is the signer of a log by the keys that lie there.
func signerOf(origin string, keys vault.KeysDir) (*seal.Signer, error) {
	sign, err := keys.LogKeys(false)
	if err != nil {
		return nil, err
	}
	retired, err := keys.RetiredLogKeys()
	if err != nil {
		return nil, err
	}
	s, err := seal.NewSigner(origin, sign...)
	if err != nil {
		return nil, err
	}
	return s.Knowing(retired...)
}

// recordLogKeys keeps which keys sign the log, should a change of them have been cut off before it did.
func (h *house) recordLogKeys(ctx context.Context) error {
	numbers, err := h.dir.keys.LogKeyNumbers()
	if err != nil {
		return err
	}
	return h.seals.RecordKeys(ctx, h.ledger, numbers)
}

// rekey signs with the keys that lie in the keys directory now, and keeps that they do.
func (h *house) rekey(ctx context.Context) error {
	keys, err := h.dir.keys.LogKeys(false)
	if err != nil {
		return err
	}
	if err := h.seals.Rekey(keys...); err != nil {
		return err
	}
	if err := h.recordLogKeys(ctx); err != nil {
		return err
	}
	return h.seals.Seal(ctx)
}

// openHeads opens what counts each tenant's and subject's events. It is derived: lost, it is gathered
// anew from the log.
func (h *house) openHeads(ctx context.Context) error {
	db, err := h.database(ctx, "heads", sqldb.Options{})
	if err != nil {
		return err
	}
	store, err := epochs.Open(ctx, db)
	if err != nil {
		return err
	}
	h.epochs = &epochs.Keeper{Ledger: h.ledger, Seals: h.seals, Store: store}
	if err := h.epochs.Begin(ctx); err != nil { // the next epoch tries again
		h.log.WithField("error", err.Error()).Error("heads that were damaged could not be gathered anew")
	}
	return nil
}

// counting makes epochs until ctx ends.
func (h *house) counting(ctx context.Context) error {
	return h.throughOutages(ctx, "epochs", func(ctx context.Context) error {
		return h.epochs.Run(ctx, func(err error) {
			h.log.WithField("error", err.Error()).Error("no epoch could be made; it is tried again in an hour; muniment epoch makes one now")
		})
	})
}

// sealing seals what is kept until ctx ends.
func (h *house) sealing(ctx context.Context) error {
	err := h.throughOutages(ctx, "sealing", h.seals.Run)
	if err != nil && ended(ctx, err) != nil {
		h.log.WithField("error", err.Error()).Error("the log is not sealed any more")
	}
	var forged ledger.Forged
	if !errors.As(err, &forged) {
		return err
	}
	// Questions are answered on, so that somebody sees the finding; readyz says that something is wrong.
	if err := h.foundForged(ctx, forged); err != nil {
		return err
	}
	h.observed(sound, "log", notOurs)
	<-ctx.Done()
	return nil
}

// notOurs is what readyz says of a log with an event that isn't what was kept, however that was met.
const notOurs = "the log holds an event that Muniment didn't write: see the findings"

// foundForged keeps a finding of a record that Muniment didn't write; once, however often it is met.
func (h *house) foundForged(ctx context.Context, f ledger.Forged) error {
	e := domain.FindingRaised{Finding: "LOG_FORGED", Position: f.Seq}
	return raiseOnce(ctx, h.ledger, "log", fmt.Sprintf("LOG_FORGED/%d", f.Seq), e)
}

// watchReaders has what is shown compared with what was signed, and hears of each event that isn't what was kept.
func (h *house) watchReaders() {
	h.ledger.Log.(ledger.Watched).Watch(ledger.Watch{Same: h.seals.Same, Damaged: func(seq int64) {
		select {
		case h.damage <- seq:
		default: // whoever meets it next tells again
		}
	}})
}

// tellingDamage keeps a finding of each event that somebody read and that isn't what was kept.
func (h *house) tellingDamage(ctx context.Context) error {
	known := map[int64]bool{}
	for {
		var seq int64
		select {
		case <-ctx.Done():
			return nil
		case seq = <-h.damage:
		}
		if known[seq] {
			continue
		}
		known[seq] = true
		f := ledger.Forged{Seq: seq}
		h.log.WithField("error", f.Error()).Error("an event isn't what was kept")
		h.observed(sound, "log", notOurs)
		if err := h.foundForged(ctx, f); err != nil && ctx.Err() == nil {
			h.log.WithField("error", err.Error()).Error("the finding could not be kept")
		}
	}
}

// sealed seals what a command has kept, before it exits. A full disk can wait: the next command goes on.
func (h *house) sealed(ctx context.Context) error {
	err := h.seals.Seal(ctx)
	if err != nil && seal.IsFull(err) {
		h.log.WithField("error", err.Error()).Warn("not sealed for want of room: the next command goes on, nothing is lost")
		return nil
	}
	var forged ledger.Forged
	if errors.As(err, &forged) {
		return errors.Join(err, h.foundForged(ctx, forged))
	}
	return ended(ctx, err)
}

// proveSoon proves an event, and waits a moment for one that is about to be sealed.
func (h *house) proveSoon(ctx context.Context, seq int64) (seal.Proof, error) {
	soon, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	if err := h.seals.Wait(soon, seq); err != nil && ctx.Err() != nil {
		return seal.Proof{}, err
	}
	return h.seals.Proof(ctx, seq) // or says that it isn't sealed yet
}

// door lets the log be read over HTTP: checkpoint and hashes by everybody, entries by auditors.
func (h *house) door() http.Handler {
	return seal.Door{Sealer: h.seals, MayReadEntries: func(r *http.Request) error {
		p, err := h.api.Principal(r)
		if err == nil && p.Role != access.Regulator && p.Role != access.DPO {
			err = &domain.Refusal{Code: domain.Unauthorised, Rule: "access.role", Message: "the log's entries are for auditors: muniment token create --role regulator"}
		}
		return err
	}, Internal: func(err error) {
		if !errors.Is(err, context.Canceled) {
			h.log.WithField("error", err.Error()).Error("read the log")
		}
	}}
}
