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

var _ ledger.Striker = (*Log)(nil)

// Strike implements [ledger.Striker]. The bytes are gone from the file when the database was opened
// with SecureDelete; a server has old versions of the row until it vacuums.
func (l *Log) Strike(ctx context.Context, removals ...ledger.Removal) (domain.StrikeFinality, error) {
	if err := l.enter(); err != nil {
		return "", fmt.Errorf("strike: %w", err)
	}
	defer l.calls.Done()
	err := l.strikes(ctx, func(tx *sql.Tx) error {
		for _, r := range removals {
			if err := strike(ctx, tx, r); err != nil {
				return fmt.Errorf("event %s: %w", r.At.ID, err)
			}
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("strike: %w", sqldb.Explain(err))
	}
	if l.db.Kind() != sqldb.SQLite {
		return domain.StrikeServerHolds, nil
	}
	if err := l.db.TruncateSoon(ctx); err != nil {
		return "", fmt.Errorf("strike: %w", err)
	}
	return domain.StrikeGone, nil
}

func strike(ctx context.Context, tx *sql.Tx, r ledger.Removal) error {
	if _, ok := ledger.Struck(r.Stub); !ok {
		return errors.New("what is to stand there instead is no stub")
	}
	c := claimOf(r.At.ID, streamHash(streamColumn(r.At.Stream)))
	done, err := tx.ExecContext(ctx, `UPDATE events SET payload = ?, mac = ? WHERE seq = (SELECT seq FROM claims WHERE key = ?)`, r.Stub, r.MAC, c[:])
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n != 1 {
		return errors.Join(err, errors.New("there is no such event"))
	}
	_, err = tx.ExecContext(ctx, `UPDATE claims SET digest = NULL WHERE key = ?`, c[:])
	return err
}
