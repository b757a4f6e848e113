// Package graphql is asking: resolvers over the views, mutations over the decisions, the HTTP
// handler with its limits, and the rules of who may ask what.
//
//	access/       principals: tokens, sessions, one-time sign-in links
//	explorer/     GraphiQL, self-hosted
//	api.go        the schema with its resolvers
//	serve.go      GraphQL over HTTP; call.go what clients send, and how they like their answers
//	principal.go  who asks, by token or cookie
//	live.go       subscriptions, whatever carries them: sse.go server-sent events, socket.go WebSockets
//	guard.go      what an operation may cost, and which role may run it
//	request.go    one request: who, for what purpose, at which viewpoint; release of personal values
//	errors.go     the one public mapping of errors
//	one file per section of schema.graphql; mutate_*.go for the commands
package graphql
