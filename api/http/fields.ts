import { z } from 'zod';

/** Fields that many resources have. */

export const id = (prefix: string) => z.string().meta({ description: `\`${prefix}_\` and a UUIDv7` });
export const at = () => z.iso.datetime().meta({ description: 'ISO 8601, UTC' });
