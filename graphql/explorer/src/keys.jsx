import { useEffect } from 'react';
import { useEditorContext } from '@graphiql/react';

// CodeMirror takes Tab to indent, which holds a keyboard user inside the
// editor (WCAG 2.1.2). Handing the key back lets focus move on; an open list
// of completions still takes it first.
const released = { Tab: false, 'Shift-Tab': false };

export function EditorKeys() {
  const { queryEditor, variableEditor, responseEditor } = useEditorContext({ nonNull: true });
  useEffect(() => {
    const editors = [queryEditor, variableEditor, responseEditor].filter(Boolean);
    editors.forEach((editor) => editor.addKeyMap(released));
    return () => editors.forEach((editor) => editor.removeKeyMap(released));
  }, [queryEditor, variableEditor, responseEditor]);
  return null;
}
