package domain

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"muniment/domain/canon"
)

// samples are values that satisfy the reasons of plain.go. A new reason needs one.
var samples = map[string]string{
	"country": "SE", "region": "DE-BY", "zone": "Europe/Stockholm", "language": "sv-SE", "digest": sampleDigest, "publickey": sampleDigest, "word": "RECORDING",
	"version": "2026-10", "reference": "DSR-2026-014", "ownnumber": "+46846500400", "ownaddress": "privacy@exempel.example", "company": "Exempel AB", "processing": "sends text messages",
	"place": "Ireland", "citation": "§ 201 StGB", "period": "P3Y", "kind": "consent.granted", "url": "https://example.com/privacy",
}

// sample fills every field of an event of the type, so that its golden payload shows them all. It
// fails on a field that it has no value for.
func sample(t *testing.T, k Type) Event {
	t.Helper()
	v := reflect.ValueOf(k.New()).Elem()
	n := 0
	for _, f := range layout(v.Type()) {
		fill(t, k.Kind+" "+f.name, v.Field(f.index), f, &n)
	}
	return v.Interface().(Event)
}

func fill(t *testing.T, path string, v reflect.Value, f field, n *int) {
	t.Helper()
	*n++
	if enum, ok := v.Interface().(interface{ Values() []string }); ok {
		v.SetString(enum.Values()[0]) // the first, because lists grow at their end
		return
	}
	switch v.Interface().(type) {
	case ID:
		v.Set(reflect.ValueOf(ID{0: 0xa0, 15: byte(*n)}))
		return
	case Stream:
		v.Set(reflect.ValueOf(Stream{"tenant", ID{0: 0xb0, 15: byte(*n)}}))
		return
	case Time:
		v.Set(reflect.ValueOf(moment("2026-10-01T08:17:00.123456Z") + Time(*n)))
		return
	case Date:
		v.SetString("2026-10-01")
		return
	case Personal:
		v.Set(reflect.ValueOf(Clear("a person " + strconv.Itoa(*n))))
		return
	}
	switch v.Kind() {
	case reflect.String:
		if samples[f.plain] == "" {
			t.Fatalf("%s: no sample for the reason %q", path, f.plain)
		}
		v.SetString(samples[f.plain])
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(t, path+"[]", v.Index(i), f, n)
		}
	case reflect.Struct:
		for _, f := range layout(v.Type()) {
			fill(t, path+"."+f.name, v.Field(f.index), f, n)
		}
	default:
		t.Fatalf("%s: no sample for %s", path, v.Type())
	}
}

// sealedSample is the sample as it is read back: personal values are only known to be there.
func sealedSample(e Event) (Event, []string) {
	v := reflect.New(reflect.TypeOf(e)).Elem()
	v.Set(reflect.ValueOf(e))
	var sealed []string
	eachPersonal(v, "", func(path string, _ field, v reflect.Value) {
		v.Set(reflect.ValueOf(Sealed()))
		sealed = append(sealed, path)
	})
	return v.Interface().(Event), sealed
}

// A golden payload fixes the bytes of its kind and version for ever, so -update writes what is
// missing and overwrites nothing. A field added or renamed is a new version with an upcast.
func TestGoldenPayloads(t *testing.T) {
	for _, k := range Catalogue {
		e := sample(t, k)
		if err := Check(e); err != nil {
			t.Errorf("%s: the sample is refused: %v", k.Kind, err)
		}
		plain, personal := Split(e)
		path := filepath.Join("testdata", "golden", fmt.Sprintf("%s.v%d.json", k.Kind, k.Version))
		if _, err := os.Stat(path); *update && os.IsNotExist(err) {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, append(plain, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		kept, err := os.ReadFile(path)
		if err != nil {
			t.Errorf("%v (go test ./domain -update writes it)", err)
			continue
		}
		if string(kept) != string(plain)+"\n" {
			t.Errorf("%s: kept bytes changed; that needs a new version and an upcast\ngot  %s\nkept %s", k.Kind, plain, kept)
			continue
		}
		want, sealed := sealedSample(e)
		if len(sealed) != len(personal) {
			t.Errorf("%s: %d personal fields, %d values split off", k.Kind, len(sealed), len(personal))
		}
		tree, err := canon.Parse(plain)
		if err != nil {
			t.Errorf("%s: not canonical: %v", k.Kind, err)
			continue
		}
		got, err := k.Decode(k.Version, tree, sealed)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: read back it differs (%v):\n%+v\n%+v", k.Kind, err, got, want)
		}
		for _, p := range personal {
			if strings.Contains(string(plain), p.Value) {
				t.Errorf("%s: the personal value of %s is kept in the clear", k.Kind, p.Path)
			}
		}
	}
}

var goldenName = regexp.MustCompile(`^(.+)\.v([0-9]+)\.json$`)

// Every payload that was ever kept can still be read, whatever its version.
func TestOldPayloadsAreRead(t *testing.T) {
	files, err := os.ReadDir("testdata/golden")
	if err != nil {
		t.Fatal(err)
	}
	if len(files)+words() != Growth() { // directories are marked with it, so it may never fall
		t.Errorf("%d payloads of the catalogue's kinds and versions, which are %d", len(files), Growth())
	}
	for _, f := range files {
		name := goldenName.FindStringSubmatch(f.Name())
		if name == nil {
			t.Errorf("%s: expected KIND.vVERSION.json", f.Name())
			continue
		}
		k, ok := Lookup(name[1])
		if !ok {
			t.Errorf("%s: the kind is gone, but events of it were kept", f.Name())
			continue
		}
		text, err := os.ReadFile(filepath.Join("testdata", "golden", f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		tree, err := canon.Parse([]byte(strings.TrimSuffix(string(text), "\n")))
		if err != nil {
			t.Errorf("%s: not canonical: %v", f.Name(), err)
			continue
		}
		version, _ := strconv.Atoi(name[2])
		if e, err := k.Decode(version, tree, nil); err != nil || Check(e) != nil {
			t.Errorf("%s: can't be read any more: %v, %v", f.Name(), err, Check(e))
		}
	}
}
