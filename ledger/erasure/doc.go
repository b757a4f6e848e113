// Package erasure carries out what takes keys away: it orders the steps, keeps what was done as
// events, and finishes after a crash what had begun.
package erasure
