// The ready queries are files of their own, so that a Go test can hold each
// against schema.graphql.
const files = import.meta.glob('../queries/*.graphql', { query: '?raw', import: 'default', eager: true });

export const queries = Object.keys(files)
  .sort()
  .map((file) => ({ file, title: /^# Title: (.*)$/m.exec(files[file])[1], text: files[file] }));
