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
func (l *Log) Strike(ctx context.Context, at ledger.Key, stub []byte) (domain.StrikeFinality, error) {
	fail := func(err error) (domain.StrikeFinality, error) {
		return "", fmt.Errorf("strike event %s: %w", at.ID, err)
	}
	if err := l.enter(); err != nil {
		return fail(err)
	}
	defer l.calls.Done()
	if _, ok := ledger.Struck(stub); !ok {
		return fail(errors.New("what is to stand there instead is no stub"))
	}
	c := claimOf(at.ID, streamHash(streamColumn(at.Stream)))
	err := l.strikes(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, `UPDATE events SET payload = ? WHERE seq = (SELECT seq FROM claims WHERE key = ?)`, stub, c[:])
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n != 1 {
			return errors.Join(err, errors.New("there is no such event"))
		}
		_, err = tx.ExecContext(ctx, `UPDATE claims SET digest = NULL WHERE key = ?`, c[:])
		return err
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
