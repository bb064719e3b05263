import { createServer } from 'node:http';
import { close, listen } from '../../../scripts/provider/http.js';

/** A server on another origin, which the page must not send any request to. `requests`: the paths that it received. */
export type PixelServer = { origin: string; requests: string[]; close(): Promise<void> };

export async function startPixelServer(): Promise<PixelServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    response.writeHead(200, { 'content-type': 'image/gif', 'access-control-allow-origin': '*' }).end('GIF89a');
  });
  const port = await listen(server, 0);
  return { origin: `http://127.0.0.1:${port}`, requests, close: () => close(server) };
}

/** Texts that run or fetch something if they become markup. */
export const attacks = (origin: string): string[] => [
  '<script>globalThis.pwned = "script"</script>',
  `<script src="${origin}/script"></script>`,
  `<img src="${origin}/img" onerror="globalThis.pwned = 'img'">`,
  `<svg onload="alert('svg')"><image href="${origin}/svg"/></svg>`,
  `<iframe src="${origin}/frame"></iframe><iframe srcdoc="<script>parent.pwned = 'frame'</script>"></iframe>`,
  `<style>* { background: url(${origin}/style) }</style><link rel="stylesheet" href="${origin}/link">`,
  `<meta http-equiv="refresh" content="0; url=${origin}/meta"><base href="${origin}/">`,
  `<video src="${origin}/video" autoplay></video><object data="${origin}/object"></object><embed src="${origin}/embed">`,
  `<form action="${origin}/form"><button>Go on</button></form>`,
  `<details open ontoggle="alert('toggle')"><summary>x</summary></details>`,
  `![pixel](${origin}/pixel) ![][pixel]\n\n[pixel]: ${origin}/reference`,
  `[![nested](${origin}/nested)](javascript:alert('nested'))`,
  "[runs](javascript:alert('link')) [runs](JaVaScRiPt:alert('case')) [runs](&#106;avascript:alert('entity'))",
  "[runs]( javascript:alert('space')) [runs](<java\tscript:alert('tab')>) [runs](vbscript:alert(1))",
  "[data](data:text/html,<script>alert('data')</script>) <javascript:alert('auto')>",
  `<a href="javascript:alert('anchor')" onclick="alert('click')">anchor</a>`,
  `&lt;img src=x onerror=alert('entities')&gt; &#60;script&#62;alert('numbers')&#60;/script&#62;`,
  `\`\`\`html\n<img src="${origin}/fence" onerror="alert('fence')">\n\`\`\``,
  `| a | b |\n| - | - |\n| <img src="${origin}/cell"> | [x](javascript:alert('cell')) |`,
  '<b>bold</b> <input autofocus onfocus="alert(\'focus\')"> <x-y z="1"> </div></article></main>',
];

/** Such a text that is short enough for a name. */
export const attackName = (origin: string): string =>
  `<img src=${origin}/name onerror=alert('name')><script>x</script>`;
