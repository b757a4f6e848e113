package sqldb

import (
	"context"
	"fmt"
)

// Durability says in sentences what the server's settings don't promise: what is acknowledged should
// outlive a power cut, and the machine. It is empty where everything is promised, on SQLite, and on
// CockroachDB, which replicates by itself.
func (db *DB) Durability(ctx context.Context) ([]string, error) {
	if db.kind != PostgreSQL {
		return nil, nil
	}
	var fsync, pages, commit, standbys string
	err := db.read.QueryRowContext(ctx, `SELECT current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit'),
		current_setting('synchronous_standby_names')`).Scan(&fsync, &pages, &commit, &standbys)
	if err != nil {
		return nil, fmt.Errorf("ask what the server promises: %w", Explain(err))
	}
	var missing []string
	if fsync != "on" {
		missing = append(missing, "fsync is off: a power cut can lose acknowledged events or destroy the database; set fsync=on")
	}
	if pages != "on" {
		missing = append(missing, "full_page_writes is off: a power cut can tear pages, unless the file system never does; set full_page_writes=on")
	}
	if commit != "on" && commit != "remote_apply" { // sessions ask for it, so somebody takes it away
		missing = append(missing, fmt.Sprintf("synchronous_commit is %s: a crash can lose acknowledged events; let this user set it to on", commit))
	}
	if standbys == "" {
		missing = append(missing, "no synchronous standby (synchronous_standby_names is empty): when this server is lost, the last acknowledged events are lost with it, "+
			"and a standby that is promoted has a shorter log")
	}
	return missing, nil
}
