// curlOf is the command that sends an event, as a shell takes it.
export function curlOf(origin: string, key: string): string {
  const body = '{"type": "contact.created", "data": {"id": "con_1", "email": "ada@example.com", "firstName": "Ada"}}';
  return [
    `curl -sS ${origin}/api/v1/events`,
    `  -H 'Authorization: Bearer ${key}'`,
    `  -H 'Content-Type: application/json'`,
    `  -d '${body}'`,
  ].join(' \\\n');
}
