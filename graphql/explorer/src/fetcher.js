import { getOperationAST } from 'graphql';
import { follow } from './stream.js';
import { caseFault, headers, stated } from './stated.js';

const ENDED =
  'Your sign-in has ended. Ask for a new sign-in link: muniment token link or the link printed by muniment serve.';
const UNREACHABLE = 'The server could not be reached. Check that muniment serve is running, then try again.';

// Failures come back as results, because GraphiQL shows a thrown error with
// its stack.
const refusal = (message) => ({ errors: [{ message }] });

async function post(request, accept, signal) {
  const fault = caseFault(stated().case);
  if (fault) throw new Error(fault);
  try {
    return await fetch('/graphql', {
      method: 'POST',
      credentials: 'same-origin',
      headers: { 'Content-Type': 'application/json', Accept: accept, ...headers() },
      body: JSON.stringify(request),
      signal,
    });
  } catch {
    throw new Error(UNREACHABLE);
  }
}

export function createFetcher(onSignedOut) {
  async function result(response) {
    onSignedOut(response.status === 401);
    if (response.status === 401) return refusal(ENDED);
    try {
      return await response.json();
    } catch {
      return refusal(`The server answered ${response.status}, without a result.`);
    }
  }

  const ask = (request) =>
    post(request, 'application/graphql-response+json, application/json')
      .then(result)
      .catch((error) => refusal(error.message));

  return (request, { documentAST } = {}) =>
    documentAST && getOperationAST(documentAST, request.operationName)?.operation === 'subscription'
      ? follow((signal) => post(request, 'text/event-stream', signal), result, refusal)
      : ask(request);
}
