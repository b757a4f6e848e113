// Package explorer serves the page on which a data-protection officer asks
// the ledger questions of her own: GraphiQL, a set of ready queries, and a bar
// that states purpose and case.
//
// The page is built with Vite into dist/ (make explorer) and embedded; nothing
// is loaded from elsewhere, because a CDN would be an undeclared recipient of
// the reader's address. GraphiQL stays at 4.x: 5.x writes inline styles, which
// the Content-Security-Policy refuses.
//
// The package says nothing about who may see the page: the caller signs
// readers in before a request reaches [Handler].
package explorer
