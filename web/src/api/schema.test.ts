import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import openapi, { astToString, COMMENT_HEADER } from 'openapi-typescript';
import { expect, test } from 'vitest';

test("schema.d.ts is what the server's description gives (npm run generate)", async () => {
  const description = pathToFileURL(resolve('../internal/api/testdata/openapi.json'));
  const fresh = COMMENT_HEADER + astToString(await openapi(description));
  const kept = await readFile('src/api/schema.d.ts', 'utf8');
  expect(kept === fresh, 'schema.d.ts is stale: run make generate').toBe(true);
});
