import { useEffect, useState } from 'react';
import { createPortal } from 'react-dom';
import { useEditorContext } from '@graphiql/react';
import { queries } from './queries.js';

// Drawn into the bar, but a child of GraphiQL, which alone hands out its editor.
export function ReadyQueries({ slot }) {
  const { addTab, queryEditor } = useEditorContext({ nonNull: true });
  const [chosen, setChosen] = useState(0);
  const [pending, setPending] = useState(null);

  // A new tab empties the editor while it renders, so the text waits for the next effect.
  useEffect(() => {
    if (pending === null) return;
    queryEditor.setValue(pending);
    queryEditor.focus();
    setPending(null);
  }, [pending, queryEditor]);

  function load() {
    const text = queryEditor.getValue();
    const untouched = text.trim() === '' || queries.some((query) => query.text === text);
    if (!untouched) addTab();
    setPending(queries[chosen].text);
  }

  // Choosing and loading are two steps: with arrow keys, a select passes
  // through every option on its way.
  return (
    slot &&
    createPortal(
      <>
        <label htmlFor="ready">Ready queries</label>
        <span className="field-row">
          <select id="ready" value={chosen} onChange={(event) => setChosen(Number(event.target.value))}>
            {queries.map((query, index) => (
              <option key={query.file} value={index}>
                {query.title}
              </option>
            ))}
          </select>
          <button type="button" onClick={load} disabled={!queryEditor}>
            Load
          </button>
        </span>
      </>,
      slot,
    )
  );
}
