import { useEffect } from 'react';
import { useEditorContext } from '@graphiql/react';

// CodeMirror takes Tab to indent, which holds a keyboard user inside the
// editor (WCAG 2.1.2). Handing the key back lets focus move on; an open list
// of completions still takes it first.
const released = { Tab: false, 'Shift-Tab': false };

// What GraphiQL leaves out of its editors: a name each, a way out by
// keyboard, and lines that wrap, so that an explanation is read whole.
export function Editors() {
  const { queryEditor, variableEditor, responseEditor } = useEditorContext({ nonNull: true });
  useEffect(() => prepare(queryEditor, 'Query'), [queryEditor]);
  useEffect(() => prepare(variableEditor, 'Variables'), [variableEditor]);
  useEffect(() => prepare(responseEditor, 'Result'), [responseEditor]);
  return null;
}

function prepare(editor, name) {
  if (!editor) return;
  editor.getInputField().setAttribute('aria-label', name);
  editor.setOption('lineWrapping', true);
  editor.addKeyMap(released);
  return () => editor.removeKeyMap(released);
}
