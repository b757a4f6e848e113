package small

import "testing"

func TestTested(t *testing.T) {
	for n, want := range map[int]Pair{10: {10, 11}, 11: {11, 12}} {
		if p, err := Tested(n); p != want || err != nil {
			t.Errorf("%d: %v, %v", n, p, err)
		}
	}
	if p, err := Tested(9); err != ErrSmall || p != (Pair{}) {
		t.Errorf("9: %v, %v", p, err)
	}
}
