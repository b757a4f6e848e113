package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muniment/domain"
)

func TestSecretsFile(t *testing.T) {
	const tenant = "c0ffee00000000000000000000000001"
	good := "# call tracker\n\n" + tenant + " = a secret = with signs \ntenant-00000000000000000000000000000abc=x\n"
	secrets, err := parseSecrets(strings.NewReader(good))
	id, _ := domain.ParseID(tenant)
	if err != nil || len(secrets) != 2 || secrets[id] != "a secret = with signs" {
		t.Errorf("%d secrets, %v", len(secrets), err)
	}
	for _, bad := range []string{"x = y", tenant, tenant + " =", tenant + " = hidden\n" + tenant + " = hidden"} {
		if _, err := parseSecrets(strings.NewReader("\n" + bad)); err == nil || !strings.HasPrefix(err.Error(), "line ") || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	path := filepath.Join(t.TempDir(), "secrets")
	if err := os.WriteFile(path, []byte(good), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := readSecrets(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("readable by all: %v", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if secrets, err := readSecrets(path); err != nil || len(secrets) != 2 {
		t.Error(err)
	}
	if _, err := readSecrets(path + "x"); err == nil {
		t.Error("a missing file is taken for none")
	}
}
