import type { Target } from '../target.ts';
import { cloudRequests } from './cloud.ts';
import { files } from './files.ts';
import { inlineTiles, messages } from './messages.ts';
import { requests } from './requests.ts';
import { words } from './words.ts';

/** Everything that reads what others wrote. */
export const targets: readonly Target[] = [...messages, inlineTiles, ...files, ...requests, cloudRequests, ...words];
