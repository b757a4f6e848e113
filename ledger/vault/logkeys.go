package vault

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

const (
	logFile     = "log-%06d.key"
	retiredFile = "log-%06d.pub"
)

// LogKeys are the keys that sign the log's checkpoints, apart from all others, the oldest first: one, or
// two while the newer takes over. The first is made only for a log that is begun: a new key in the place
// of a lost one would be another log's.
func (d KeysDir) LogKeys(begin bool) (keys [][]byte, err error) {
	if begin {
		if _, err := d.addKey(fmt.Sprintf(logFile, 1)); err != nil {
			return nil, err
		}
	}
	numbers, err := d.LogKeyNumbers()
	for _, n := range numbers {
		key, err := d.readKey(fmt.Sprintf(logFile, n))
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	if err == nil && len(keys) == 0 {
		err = fmt.Errorf("keys directory %s has no log key, such as "+logFile+": bring it back from the keys' own backup", d.path, 1)
	}
	return keys, err
}

// LogKeyNumbers lists the numbers of the log keys that lie here, the oldest first.
func (d KeysDir) LogKeyNumbers() ([]int64, error) { return d.numbers(logFile) }

// AddLogKey makes the key that is to take over.
func (d KeysDir) AddLogKey() (number int64, err error) {
	numbers, err := d.LogKeyNumbers()
	switch {
	case err != nil:
		return 0, err
	case len(numbers) == 0:
		return 0, errors.New("there is no log key yet that another could take over from")
	case len(numbers) > 1:
		return 0, fmt.Errorf("log key %d is taking over already: end that first, with muniment keys retire-log", numbers[1])
	}
	number = numbers[0] + 1
	_, err = d.addKey(fmt.Sprintf(logFile, number))
	return number, err
}

// DestroyLogKey destroys a key that has been taken over from. Its public half stays, so that an older
// backup is still known for the log's own.
func (d KeysDir) DestroyLogKey(number int64) error {
	name := fmt.Sprintf(logFile, number)
	key, err := d.readKey(name)
	if err != nil {
		return err
	}
	public := fmt.Sprintf(retiredFile, number)
	if err := os.Remove(filepath.Join(d.path, public)); err != nil && !os.IsNotExist(err) { // of an attempt that was cut off
		return fmt.Errorf("key file: %w", err)
	}
	if err := d.write(public, ed25519.NewKeyFromSeed(key).Public().(ed25519.PublicKey)); err != nil {
		return err
	}
	return d.destroyKey(name)
}

// RetiredLogKeys are the public halves of those that were destroyed, the oldest first.
func (d KeysDir) RetiredLogKeys() (all [][]byte, err error) {
	numbers, err := d.numbers(retiredFile)
	for _, n := range numbers {
		public, err := d.readKey(fmt.Sprintf(retiredFile, n))
		if err != nil {
			return nil, err
		}
		all = append(all, public)
	}
	return all, err
}
