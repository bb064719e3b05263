import { render } from 'preact';
import { App } from './app.js';
import { startLanguage } from './data/preferences.js';

/** How long the page waits for its language, in milliseconds. Then it is shown in English, and changes when it arrives. */
const languageMs = 3_000;

await Promise.race([startLanguage().catch(() => undefined), new Promise((resolve) => setTimeout(resolve, languageMs))]);
const page = document.getElementById('page');
if (page) render(<App />, page);
