package graphql

import (
	"bytes"

	"muniment/domain"
)

const (
	maxValues  = 20_000 // of a request's JSON: decoded, each takes many times its bytes
	maxNesting = 64
)

// lean refuses JSON that would grow large when it is decoded, before it is. It counts what separates values,
// outside of texts; what isn't JSON at all the decoder tells.
func lean(text []byte) *domain.Refusal {
	values, depth := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
			values++
		case '}', ']':
			depth--
		case ',':
			values++
		default:
			if n := bytes.IndexAny(text[i:], "\"{[}],"); n > 0 {
				i += n - 1
			}
		}
		if values > maxValues || depth > maxNesting {
			return tooMuch("query.body", "the body has more than %d values, or is nested deeper than %d: send less at a time", maxValues, maxNesting)
		}
	}
	return nil
}
