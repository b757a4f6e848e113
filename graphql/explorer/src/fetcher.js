import { getOperationAST } from 'graphql';
import { follow } from './stream.js';
import { caseFault, headers, stated } from './stated.js';

const ENDED =
  'Your sign-in has ended. Ask for a new sign-in link: muniment token create … or the link printed by muniment serve.';

const refusal = (message) => ({ errors: [{ message }] });

export function createFetcher(onSignedOut) {
  const post = (request, accept, signal) =>
    fetch('/graphql', {
      method: 'POST',
      credentials: 'same-origin',
      headers: { 'Content-Type': 'application/json', Accept: accept, ...headers() },
      body: JSON.stringify(request),
      signal,
    });

  // Failures come back as results, because GraphiQL shows a thrown error
  // with its stack.
  async function result(response) {
    onSignedOut(response.status === 401);
    if (response.status === 401) return refusal(ENDED);
    try {
      return await response.json();
    } catch {
      return refusal(`The server answered ${response.status} ${response.statusText}, without a result.`.replace(' ,', ','));
    }
  }

  async function ask(request) {
    const fault = caseFault(stated().case);
    if (fault) return refusal(fault);
    try {
      return await result(await post(request, 'application/graphql-response+json, application/json'));
    } catch {
      return refusal('The server could not be reached. Check that muniment serve is running, then try again.');
    }
  }

  return (request, { documentAST } = {}) =>
    documentAST && getOperationAST(documentAST, request.operationName)?.operation === 'subscription'
      ? follow((signal) => post(request, 'text/event-stream', signal), result)
      : ask(request);
}
