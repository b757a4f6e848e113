// Package canon is the canonical JSON of docs/formats.md: the one byte string that a value has.
//
// ASCII only, object members sorted by name, no insignificant space, no floats, no null, integers
// within ±(2^53-1), one way to escape. Parse accepts nothing else than what Marshal writes when it
// is told to be strict, so parse → encode gives the same bytes. Foreign JSON goes through
// [ParseLenient], which accepts any JSON text but still refuses duplicate names, trailing data,
// invalid UTF-8 and nesting deeper than [MaxDepth].
package canon
