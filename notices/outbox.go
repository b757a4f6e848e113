package notices

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"muniment/domain"
)

// outbox writes mails into a directory, for when no relay is configured. Nothing is delivered by it.
type outbox struct{ dir string }

// newOutbox makes the directory, closed to others: what is in it names people.
func newOutbox(dir string) (outbox, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return outbox{}, fmt.Errorf("make the outbox: %w; name a directory that can be written", err)
	}
	return outbox{dir}, nil
}

func (outbox) channel() domain.NoticeChannel { return domain.ToOutbox }

// send writes the mail whole or not at all, under a name of its own, so that writing it twice leaves
// one file.
func (o outbox) send(_ context.Context, m mailing) *failure {
	if err := o.write(m); err != nil {
		return &failure{Word: "OUTBOX_NOT_WRITABLE"}
	}
	return nil
}

func (o outbox) write(m mailing) (err error) {
	f, err := os.CreateTemp(o.dir, ".writing-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	_, err = m.msg.WriteTo(f)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), filepath.Join(o.dir, m.file)); err != nil {
		return err
	}
	dir, err := os.Open(o.dir)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
