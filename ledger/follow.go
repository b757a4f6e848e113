package ledger

import (
	"context"
)

// Follow hands every record from seq on to fn, in order, in batches of at most size: first what is
// there, then what comes, without a gap in between. It returns fn's first error or ctx's.
func Follow(ctx context.Context, log Log, from int64, size int, fn func([]Record) error) error {
	for {
		records, err := log.Read(ctx, from, size)
		if err != nil {
			return err
		}
		if len(records) == 0 {
			if err := log.Wait(ctx, from); err != nil {
				return err
			}
			continue
		}
		if err := fn(records); err != nil {
			return err
		}
		from = records[len(records)-1].Seq + 1
	}
}
