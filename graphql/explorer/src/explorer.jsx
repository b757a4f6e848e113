import { useMemo, useState } from 'react';
import { GraphiQL } from 'graphiql';
import { Bar } from './bar.jsx';
import { Editors } from './editors.jsx';
import { ReadyQueries } from './ready.jsx';
import { createFetcher } from './fetcher.js';
import { queries } from './queries.js';

export function Explorer() {
  const [signedOut, setSignedOut] = useState(false);
  const [slot, setSlot] = useState(null);
  // GraphiQL asks for the schema anew whenever it is handed another fetcher.
  const fetcher = useMemo(() => createFetcher(setSignedOut), []);
  return (
    <>
      <Bar signedOut={signedOut} slotRef={setSlot} />
      <main aria-label="Query and result">
        {/* sessionStorage: variables may hold a phone number, and GraphiQL
            would keep them in localStorage for ever. The headers' editor is
            off: the bar states the only two headers there are. */}
        <GraphiQL
          fetcher={fetcher}
          storage={window.sessionStorage}
          defaultQuery={queries[0].text}
          isHeadersEditorEnabled={false}
          shouldPersistHeaders={false}
        >
          <GraphiQL.Logo>
            <span />
          </GraphiQL.Logo>
          <ReadyQueries slot={slot} />
          <Editors />
        </GraphiQL>
      </main>
    </>
  );
}
