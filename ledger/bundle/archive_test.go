package bundle

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func someFiles() map[string][]byte {
	files := map[string][]byte{}
	for i, n := range names {
		files[n] = bytes.Repeat([]byte(n+"\n"), i)
	}
	return files
}

func pack(t testing.TB, files map[string][]byte) []byte {
	t.Helper()
	text, err := Pack(files)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestPack: the container comes back whole, is written as docs/bundle.md says, and other programs read it.
func TestPack(t *testing.T) {
	files := someFiles()
	text := pack(t, files)
	back, err := Unpack(text)
	if err != nil {
		t.Fatal(err)
	}
	for n := range files {
		if !bytes.Equal(files[n], back[n]) {
			t.Errorf("%s came back as %q", n, back[n])
		}
	}
	h := text[:30+len("checkpoint")]
	want := "PK\x03\x04" + "\x14\x00" + "\x00\x00" + "\x00\x00" + "\x00\x00" + "\x21\x00" + strings.Repeat("\x00", 12) + "\x0a\x00" + "\x00\x00" + "checkpoint"
	if string(h) != want {
		t.Errorf("the first local header is\n%x, and should be\n%x", h, want)
	}
	central := bytes.Index(text, []byte("PK\x01\x02"))
	if got := text[central+4 : central+10]; string(got) != "\x14\x00\x14\x00\x00\x00" {
		t.Errorf("versions and flags in the directory: %x", got)
	}
	path := filepath.Join(t.TempDir(), "b.zip")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("python3", "-c", "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(z.testzip(), len(z.namelist()))", path).CombinedOutput(); err == nil {
		if string(out) != "None 7\n" {
			t.Errorf("Python's zipfile: %s", out)
		}
	} else {
		t.Log("LOUD: no python3 here to read it, too")
	}
}

// TestUnpackRefuses: another way to write the same files is another container, and so is more in it.
func TestUnpackRefuses(t *testing.T) {
	good := pack(t, someFiles())
	deflated := func(name string, size int) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		for range size >> 20 {
			w.Write(make([]byte, 1<<20))
		}
		z.Close()
		return b.Bytes()
	}
	without := someFiles()
	delete(without, TreeFile)
	stranger := someFiles()
	stranger["../escape"] = nil
	liar := bytes.Clone(good)
	for at := 0; ; { // says that the first file is enormous, in both places
		i := bytes.Index(liar[at:], []byte("PK\x01\x02"))
		if i < 0 {
			break
		}
		at += i + 4
		binary.LittleEndian.PutUint32(liar[at+16:], 1<<31)
		binary.LittleEndian.PutUint32(liar[at+20:], 1<<31)
	}
	twice := new(bytes.Buffer)
	z := zip.NewWriter(twice)
	for range 2 {
		z.CreateRaw(&zip.FileHeader{Name: TreeFile})
	}
	z.Close()
	for name, c := range map[string]struct {
		text []byte
		says string
	}{
		"nothing":          {nil, "no zip"},
		"text":             {[]byte("hello"), "no zip"},
		"a bomb":           {deflated(LeavesFile, 64<<20), "not stored as it is"},
		"a way out":        {pack(t, stranger), `no file called "../escape"`},
		"a missing file":   {pack(t, without), "tree.json is missing"},
		"a file twice":     {twice.Bytes(), "there twice"},
		"bytes before":     {append([]byte("x"), good...), "written in another way"},
		"bytes behind":     {append(bytes.Clone(good), 0), "written in another way"},
		"enormous by word": {liar, "not stored as it is"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Unpack(c.text); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, expected %q", err, c.says)
			}
		})
	}
}

// TestUnpackEveryByte: no byte of the container is free, but for the files' own, which the manifest has.
func TestUnpackEveryByte(t *testing.T) {
	files := someFiles()
	good := pack(t, files)
	for i := range good {
		changed := bytes.Clone(good)
		changed[i] ^= 1 << (i % 8)
		if back, err := Unpack(changed); err == nil && maps.EqualFunc(back, files, bytes.Equal) {
			t.Fatalf("byte %d can be changed without a trace", i)
		} else if err == nil {
			t.Fatalf("byte %d can be changed: its CRC isn't looked at", i)
		}
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(pack(f, someFiles()))
	f.Fuzz(func(t *testing.T, text []byte) {
		files, err := Unpack(text)
		if err == nil && !bytes.Equal(pack(t, files), text) {
			t.Error("two containers for one set of files")
		}
	})
}
