import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

/** A picture, and how long it is shown. */
type Frame = { png: Buffer; ms: number };

/** What stands still for longer than this is cut: nobody watches a film to wait. */
const longestMs = 1_200;
const everyMs = 100;

/** Films a page until it is told to stop, and writes it as a GIF. Needs ffmpeg. */
export function filmPage(page: Page) {
  const frames: Frame[] = [];
  let over = false;
  const running = (async () => {
    while (!over) {
      const next = new Promise((resolve) => setTimeout(resolve, everyMs));
      const png = await page.screenshot();
      const last = frames.at(-1);
      if (last?.png.equals(png)) last.ms += everyMs;
      else frames.push({ png, ms: everyMs });
      await next;
    }
  })();
  return {
    async stop(file: string): Promise<void> {
      over = true;
      await running;
      await encode(frames, file);
    },
  };
}

async function encode(frames: readonly Frame[], file: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'film-'));
  try {
    const lines: string[] = [];
    for (const [n, { png, ms }] of frames.entries()) {
      const isLast = n === frames.length - 1;
      await writeFile(join(folder, `${n}.png`), png);
      lines.push(`file ${n}.png`, `duration ${(isLast ? 3_000 : Math.min(ms, longestMs)) / 1_000}`);
    }
    // The last duration counts only if a picture follows it.
    lines.push(`file ${frames.length - 1}.png`);
    await writeFile(join(folder, 'frames.txt'), lines.join('\n'));
    const filter = 'fps=10,split[a][b];[a]palettegen=max_colors=64[p];[b][p]paletteuse=dither=none:diff_mode=rectangle';
    const input = ['-f', 'concat', '-i', join(folder, 'frames.txt')];
    const { status, stderr } = spawnSync('ffmpeg', ['-y', '-v', 'error', ...input, '-vf', filter, file]);
    if (status !== 0) throw new Error(`ffmpeg could not make ${file}: ${stderr ?? 'it is not installed'}`);
  } finally {
    await rm(folder, { recursive: true });
  }
}
