// Package access knows principals: who holds a token, a session or a one-time sign-in link, in
// which role and for which tenants. Secrets are 32 random bytes, kept as SHA-256 only.
package access
