package domain

import "reflect"

// StruckText is what a text reads that was removed with its event's payload.
const StruckText = "STRUCK"

// Blank is what is left of an event of the type whose payload was struck: that it happened. Its texts
// read STRUCK, but those that could be left out are; its personal values are sealed for good; numbers,
// ids, days, lists and words of closed lists are zero. So folds still know what exists.
func (t Type) Blank() Event {
	v := reflect.ValueOf(t.new()).Elem()
	for _, f := range layout(v.Type()) {
		switch {
		case f.personal:
			v.Field(f.index).Set(reflect.ValueOf(Sealed()))
		case f.plain != "" && !f.optional && v.Field(f.index).Kind() == reflect.String:
			v.Field(f.index).SetString(StruckText)
		}
	}
	return v.Interface().(Event)
}

// unwritable are the reasons of plain.go whose form leaves no room for what is about a person.
var unwritable = map[string]bool{"country": true, "region": true, "zone": true, "language": true, "publickey": true, "period": true, "kind": true}

// Writable reports whether an event of the type has a field in the clear that somebody could have
// written a name, a number or anything else about a person into.
func (t Type) Writable() bool { return writable(reflect.TypeOf(t.new()).Elem()) }

func writable(t reflect.Type) bool {
	for t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || reflect.PointerTo(t).Implements(textType) || t == personalType {
		return false
	}
	for _, f := range layout(t) {
		if f.plain != "" && !unwritable[f.plain] || writable(t.Field(f.index).Type) {
			return true
		}
	}
	return false
}

// Steers: the classes decide what dies, and the list that blocks is made of it; a whole erasure can be
// told from its kind alone.
func (e ErasureRequested) Steers() bool { return len(e.Classes) > 0 || e.Suppress != "" }

// Steers: a hold is in force as long as it can be read.
func (HoldPlaced) Steers() bool { return true }

// Steers: which hold was lifted must stay known.
func (HoldLifted) Steers() bool { return true }

// Steers: a login leads to whom this names.
func (UserEnrolled) Steers() bool { return true }

// Steers: its leaf says what it says.
func (EpochSealed) Steers() bool { return true }

// Steers: its leaf says what it says.
func (EpochWithdrawn) Steers() bool { return true }

// Steers: it commits to the log that was lost.
func (TailLost) Steers() bool { return true }

// Steers: which period holds decides what is destroyed.
func (PeriodSet) Steers() bool { return true }
