// Verifies signed messages with the published library, as a receiver in Node
// would. Reads lines of JSON {secret, headers, body (base64)} from standard
// input and answers each with a line {ok} or {ok: false, error}.
import { createInterface } from 'node:readline';
import { Webhook } from 'standardwebhooks';

for await (const line of createInterface({ input: process.stdin })) {
  const { secret, headers, body } = JSON.parse(line);
  let answer = { ok: true };
  try {
    new Webhook(secret).verify(Buffer.from(body, 'base64').toString('utf8'), headers);
  } catch (error) {
    answer = { ok: false, error: String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
