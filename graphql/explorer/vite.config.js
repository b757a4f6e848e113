import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

// GraphiQL's stylesheet carries two web fonts as data: URLs, half a megabyte
// with licences of their own. The reader's own fonts serve as well.
const withoutFonts = {
  name: 'without-fonts',
  enforce: 'pre',
  transform(code, id) {
    if (id.endsWith('graphiql/dist/style.css')) {
      return { code: code.replace(/@font-face\s*{[^}]*}/g, ''), map: null };
    }
  },
};

export default defineConfig({
  base: '/explorer/',
  plugins: [withoutFonts],
  resolve: {
    alias: { 'react-style-singleton': fileURLToPath(new URL('src/style-singleton.js', import.meta.url)) },
  },
  build: {
    // The licences ask to travel with the code they cover.
    license: { fileName: 'licenses.md' },
    // GraphiQL in one piece is larger than Vite's advice for public sites.
    chunkSizeWarningLimit: 2000,
    // "use client" in libraries speaks to server-side renderers; there is none here.
    rolldownOptions: { checks: { moduleLevelDirective: false } },
  },
});
