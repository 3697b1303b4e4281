// Reads messages and answers them, as harness.py says.
import { createInterface } from 'node:readline';
import { verify } from './verify.mjs';

for await (const line of createInterface({ input: process.stdin })) {
  const [secret, id, timestamp, signature, body] = line.split('\t').map((f) => (f === '-' ? undefined : Buffer.from(f, 'base64')));
  const given = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature };
  const headers = Object.fromEntries(Object.entries(given).flatMap(([k, v]) => (v === undefined ? [] : [[k, v.toString('latin1')]])));
  let genuine = true;
  try {
    verify(secret.toString(), headers, body);
  } catch {
    genuine = false;
  }
  process.stdout.write(`${genuine}\n`);
}
