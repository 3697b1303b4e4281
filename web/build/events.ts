// What scripts/testreport reads: a line of JSON an event, as of go test -json.
interface Ended {
  file: string; // below web
  name: string;
  result: 'pass' | 'fail' | 'skip';
  seconds: number;
  said: string; // why it failed or was skipped
}

const packageOf = (file: string) => `patchboard/web/${file}`;

// testEvents reports one test. A slash in a name would make it a part of another.
export function testEvents({ file, name, result, seconds, said }: Ended): string {
  const common = { Package: packageOf(file), Test: name.replaceAll('/', '\u2044') };
  const events: object[] = [{ Action: 'run', ...common }];
  if (said) events.push({ Action: 'output', ...common, Output: `${common.Package}: ${name}\n${said}\n` });
  events.push({ Action: result, ...common, Elapsed: seconds });
  return lines(events);
}

// brokenFile reports a file whose tests could not run at all.
export function brokenFile(file: string, said: string): string {
  return lines([
    { Action: 'output', Package: packageOf(file), Output: `${said}\n` },
    { Action: 'fail', Package: packageOf(file) },
  ]);
}

const lines = (events: object[]) => events.map((event) => `${JSON.stringify(event)}\n`).join('');
