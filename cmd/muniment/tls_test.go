package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certified writes a certificate with a serial number, and its key.
func (h home) certified(name string, serial int64, until time.Time) (cert, key string) {
	h.t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(h.t, err)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(serial), NotBefore: until.Add(-48 * time.Hour), NotAfter: until,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}, &x509.Certificate{SerialNumber: big.NewInt(serial)}, k.Public(), k)
	must(h.t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(k)
	must(h.t, err)
	return h.file(name+".pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))),
		h.file(name+".key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
}

// serial is that of the certificate which the service shows.
func (s *serving) serial(t *testing.T, c *tls.Config) (int64, error) {
	t.Helper()
	c.InsecureSkipVerify = true
	conn, err := tls.Dial("tcp", strings.TrimPrefix(s.url, "https://"), c)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64(), nil
}

// TestTLSFiles: given two files, when serve is to show them, then only a pair that fits, is good today, and whose key
// nobody else can read.
func TestTLSFiles(t *testing.T) {
	h := newHome(t)
	tomorrow := time.Now().Add(24 * time.Hour)
	cert, key := h.certified("one", 1, tomorrow)
	_, otherKey := h.certified("two", 2, tomorrow)
	over, overKey := h.certified("over", 3, time.Now().Add(-time.Hour))
	_, open := h.certified("open", 4, tomorrow)
	must(t, os.Chmod(open, 0o640))
	for name, c := range map[string]struct{ cert, key, says string }{
		"a pair":                     {cert, key, ""},
		"neither":                    {"", "", ""},
		"no key":                     {cert, "", "give both"},
		"no certificate":             {"", key, "give both"},
		"another's key":              {cert, otherKey, "belong together"},
		"no PEM":                     {key, key, "belong together"},
		"a key that isn't there":     {cert, filepath.Join(h.dir, "none.key"), "no such file"},
		"a key for the group":        {cert, open, "chmod 600"},
		"a certificate of yesterday": {over, overKey, "renew it"},
	} {
		err := (&certificate{TLSCert: c.cert, TLSKey: c.key}).load()
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for listen, ok := range map[string]bool{"127.0.0.1:0": true, "0.0.0.0:0": false, "[::]:0": false} {
		for tls, also := range map[string]bool{"": ok, cert: true} {
			c := serveCmd{Listen: listen, certificate: certificate{TLSCert: tls}}
			if err := c.bindable(); (err == nil) != also {
				t.Errorf("listening on %s with %q: %v", listen, filepath.Base(tls), err)
			}
		}
	}
}

// TestTLS: given a certificate, then the service speaks TLS and nothing else, its cookie is taken by this host over
// TLS alone, and other files are shown as soon as they fit together.
func TestTLS(t *testing.T) {
	h := newHome(t)
	tomorrow := time.Now().Add(24 * time.Hour)
	cert, key := h.certified("one", 1, tomorrow)
	s, err := serve(h.dir, []string{"MUNIMENT_DATA=" + h.data}, "--tls-cert", cert, "--tls-key", key)
	must(t, err)
	t.Cleanup(func() { must(t, s.stop()) })
	if !strings.HasPrefix(s.url, "https://") {
		t.Error(s.url)
	}
	if _, err := s.serial(t, &tls.Config{MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
	plain, err := http.Get("http://" + strings.TrimPrefix(s.url, "https://") + "/readyz")
	if err == nil {
		plain.Body.Close()
	}
	if err != nil || plain.StatusCode != http.StatusBadRequest {
		t.Errorf("without TLS: %v %v", plain, err)
	}

	r, err := http.NewRequest(http.MethodPost, s.link, nil)
	must(t, err)
	answer, err := anyCertificate.Do(r)
	must(t, err)
	answer.Body.Close()
	cookies := answer.Cookies()
	if len(cookies) != 1 || cookies[0].Name != "__Host-muniment_session" || !cookies[0].Secure || !cookies[0].HttpOnly || cookies[0].Path != "/" || cookies[0].Domain != "" {
		t.Fatalf("%v", answer.Header["Set-Cookie"])
	}
	for name, want := range map[string]int{"__Host-muniment_session": http.StatusOK, "muniment_session": http.StatusUnauthorized} {
		r, err := http.NewRequest(http.MethodGet, s.url+"/", nil)
		must(t, err)
		r.AddCookie(&http.Cookie{Name: name, Value: cookies[0].Value})
		answer, err := anyCertificate.Do(r)
		must(t, err)
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("a cookie named %s: %s", name, answer.Status)
		}
	}

	shows := func(want int64) {
		t.Helper()
		must(t, awaited(fmt.Sprint("certificate ", want), func() (bool, error) {
			got, err := s.serial(t, &tls.Config{})
			if err != nil || got != want && got != want-1 {
				t.Errorf("shown meanwhile: %d %v", got, err)
			}
			return got == want, err
		}))
	}
	shows(1)
	newCert, newKey := h.certified("two", 2, tomorrow)
	must(t, os.Rename(newCert, cert)) // for a moment they don't fit together
	must(t, awaited("a word about it", func() (bool, error) { return strings.Contains(s.out.String(), "the one before is shown on"), nil }))
	shows(1)
	must(t, os.Rename(newKey, key))
	shows(2)
}
