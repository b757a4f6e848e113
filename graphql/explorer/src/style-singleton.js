// Stands in for react-style-singleton, by which GraphiQL's dialogs keep the
// page behind them from scrolling: that package writes a <style> element, which
// style-src 'self' refuses. A sheet built in script says the same and is allowed.
import { useEffect } from 'react';

export function styleSingleton() {
  const sheet = new CSSStyleSheet();
  let users = 0;
  return function Sheet({ styles }) {
    useEffect(() => {
      if (users++ === 0) {
        sheet.replaceSync(styles);
        document.adoptedStyleSheets.push(sheet);
      }
      return () => {
        if (--users === 0) document.adoptedStyleSheets = document.adoptedStyleSheets.filter((used) => used !== sheet);
      };
    }, [styles]);
    return null;
  };
}
