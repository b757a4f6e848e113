package vault

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Epochs lists the epochs whose roots lie here, the oldest first: one, or two while a rotation is
// under way.
func (d KeysDir) Epochs() ([]int64, error) { return d.numbers(rootFile) }

// numbers lists the numbers of the keys whose files are called so, the lowest first.
func (d KeysDir) numbers(file string) (all []int64, err error) {
	list, err := os.ReadDir(d.path)
	if err != nil {
		return nil, fmt.Errorf("keys directory: %w", err)
	}
	for _, f := range list {
		var number int64
		if n, _ := fmt.Sscanf(f.Name(), file, &number); n == 1 && f.Name() == fmt.Sprintf(file, number) {
			all = append(all, number)
		}
	}
	slices.Sort(all)
	return all, nil
}

// addKey makes a key, unless it is there: then what made it was cut off. It appears under its name only
// when it is whole.
func (d KeysDir) addKey(name string) ([]byte, error) {
	if _, err := os.Stat(filepath.Join(d.path, name)); err == nil {
		return d.readKey(name)
	}
	begun := name + ".new"
	if err := os.Remove(filepath.Join(d.path, begun)); err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("key file: %w", err)
	}
	key := randomKey()
	if err := d.write(begun, key); err != nil {
		return nil, err
	}
	if err := os.Rename(filepath.Join(d.path, begun), filepath.Join(d.path, name)); err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	return key, d.sync()
}

// dying is what the name of a key ends with that is being destroyed.
const dying = ".dying"

// destroyKey overwrites a key, removes it and syncs file and directory. What a file system or a
// disk keeps of overwritten bytes (snapshots, journals, worn cells) is beyond its reach, and so are
// copies: they are for whoever made them to destroy.
func (d KeysDir) destroyKey(name string) error {
	path := filepath.Join(d.path, name)
	if err := os.Rename(path, path+dying); err != nil { // under its name it would be a damaged key
		return fmt.Errorf("destroy a key: %w", err)
	}
	if err := d.sync(); err != nil {
		return err
	}
	return d.buryDying()
}

// buryDying destroys what a crash left of keys that were being destroyed.
func (d KeysDir) buryDying() error {
	left, err := os.ReadDir(d.path) // filepath.Glob would find nothing in a directory that can't be read
	if err != nil {
		return fmt.Errorf("destroy a key: %w", err)
	}
	for _, entry := range left {
		if !strings.HasSuffix(entry.Name(), dying) {
			continue
		}
		path := filepath.Join(d.path, entry.Name())
		if err := overwrite(path); err != nil {
			return fmt.Errorf("destroy a key: %w", err)
		}
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("destroy a key: %w", err)
		}
	}
	return d.sync()
}

func overwrite(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	noise := make([]byte, info.Size())
	rand.Read(noise)
	if _, err := f.WriteAt(noise, 0); err != nil {
		return err
	}
	return f.Sync()
}

func (d KeysDir) sync() error {
	dir, err := os.Open(d.path)
	if err != nil {
		return fmt.Errorf("keys directory: %w", err)
	}
	defer dir.Close()
	return dir.Sync()
}
