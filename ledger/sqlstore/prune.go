package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/sqldb"
)

var _ ledger.Pruner = (*Log)(nil)

// Prune implements [ledger.Pruner]. The bytes are gone from the file when the database was opened with
// SecureDelete; a server has old versions of the rows until it vacuums.
func (l *Log) Prune(ctx context.Context, rests []ledger.Rest) (domain.StrikeFinality, error) {
	fail := func(err error) (domain.StrikeFinality, error) {
		return "", fmt.Errorf("prune events: %w", err)
	}
	if err := l.enter(); err != nil {
		return fail(err)
	}
	defer l.calls.Done()
	err := l.strikes(ctx, func(tx *sql.Tx) error {
		for _, r := range rests {
			if err := pruneOne(ctx, tx, r); err != nil {
				return fmt.Errorf("event %d: %w", r.Seq, err)
			}
		}
		return nil
	})
	if err != nil {
		return fail(sqldb.Explain(err))
	}
	if l.db.Kind() != sqldb.SQLite {
		return domain.StrikeServerHolds, nil
	}
	if err := l.db.TruncateSoon(ctx); err != nil {
		return fail(err)
	}
	return domain.StrikeGone, nil
}

// pruneOne changes a row only where the claim says that it is the event meant.
func pruneOne(ctx context.Context, tx *sql.Tx, r ledger.Rest) error {
	c := claimOf(r.Key.ID, streamHash(streamColumn(r.Key.Stream)))
	done, err := tx.ExecContext(ctx, `UPDATE events SET envelope = ?, payload = ? WHERE seq = ? AND seq = (SELECT seq FROM claims WHERE key = ?)`,
		ledger.PrunedStub(r.Key.ID, r.Leaf), []byte{}, r.Seq, c[:])
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n != 1 {
		return errors.Join(err, errors.New("it isn't the one that was to be pruned"))
	}
	_, err = tx.ExecContext(ctx, `UPDATE claims SET digest = NULL WHERE key = ?`, c[:])
	return err
}
