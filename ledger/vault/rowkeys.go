package vault

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"muniment/ledger"
)

const (
	rowFile  = "row-%06d.key"
	rowEnded = "row-%06d.end"
)

// RowKeys are the keys that authenticate kept records, the oldest first: all that were ever used, because
// what they vouched for is still there. One that another has taken over from says up to where.
func (d KeysDir) RowKeys() (keys []ledger.RowKey, err error) {
	numbers, err := d.numbers(rowFile)
	if err != nil {
		return nil, err
	}
	if len(numbers) == 0 {
		return nil, fmt.Errorf("keys directory %s has no row key, such as "+rowFile+": bring it back from the keys' own backup", d.path, 1)
	}
	for _, n := range numbers {
		text, err := d.readKey(fmt.Sprintf(rowFile, n))
		if err != nil {
			return nil, err
		}
		k := ledger.RowKey{Number: uint32(n), Key: [32]byte(text)}
		name := fmt.Sprintf(rowEnded, n)
		if _, err := os.Stat(filepath.Join(d.path, name)); err == nil {
			end, err := d.read(name)
			if err != nil {
				return nil, err
			}
			if len(end) != 8 {
				return nil, fmt.Errorf("key file %s is damaged: expected 8 bytes in hex; bring it back from the keys' backup", filepath.Join(d.path, name))
			}
			k.Until = int64(binary.BigEndian.Uint64(end))
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// AddRowKey makes the key that authenticates from now on.
func (d KeysDir) AddRowKey() error {
	numbers, err := d.numbers(rowFile)
	if err != nil {
		return err
	}
	next := int64(1)
	if len(numbers) > 0 {
		next = numbers[len(numbers)-1] + 1
	}
	_, err = d.addKey(fmt.Sprintf(rowFile, next))
	return err
}

// EndRowKeys says of all keys but the newest that they vouch for nothing from an event on. Those that have
// ended keep their end.
func (d KeysDir) EndRowKeys(next int64) error {
	keys, err := d.RowKeys()
	if err != nil {
		return err
	}
	for _, k := range keys[:len(keys)-1] {
		if k.Until != 0 {
			continue
		}
		if next <= 0 {
			return errors.New("a row key ends behind the events that it vouches for: there are none yet")
		}
		if err := d.replace(fmt.Sprintf(rowEnded, k.Number), fmt.Sprintf("%016x\n", next)); err != nil {
			return err
		}
	}
	return nil
}

// replace puts a file in the place of another, or of none. Whoever reads it finds the old text or the new;
// it is durable when replace returns.
func (d KeysDir) replace(name, text string) error {
	begun := name + ".new"
	if err := os.Remove(filepath.Join(d.path, begun)); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("key file: %w", err)
	}
	if err := d.writeText(begun, text); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(d.path, begun), filepath.Join(d.path, name)); err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	return d.sync()
}
