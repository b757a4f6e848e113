package domain

import "testing"

// TestZones: an offset that no zone has would move an event to another day.
func TestZones(t *testing.T) {
	for text, good := range map[string]bool{
		"2026-10-01T10:17:00+14:00": true, "2026-10-01T10:17:00-12:00": true, "2026-10-01T10:17:00+14:01": false, "2026-10-01T10:17:00-23:59": false, "2026-10-01T10:17:00-14:00": true, "2026-10-01T10:17:00-14:01": false,
	} {
		if _, _, err := ParseTime(text); (err == nil) != good {
			t.Errorf("%s: %v", text, err)
		}
	}
}
