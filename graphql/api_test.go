package graphql

import "testing"

func TestEveryFieldHasItsResolver(t *testing.T) {
	if _, err := Open(Config{}); err != nil {
		t.Fatal(err)
	}
}
