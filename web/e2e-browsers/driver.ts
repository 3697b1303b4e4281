// Driver is a browser with one page, as the tests use it. A part of the page is
// named by its role and by its label, as the browser computes that.
export interface Driver {
  open(address: string): Promise<void>;
  part(role: Role, label: string): Promise<Part | null>; // the first, or null
  press(modifier: 'Control', letter: string): Promise<void>;
  run<T>(inPage: () => T): Promise<T>; // inPage knows nothing but the page
  picture(file: `${string}.png`): Promise<void>;
  close(): Promise<void>;
}

export interface Part {
  click(): Promise<void>;
  type(text: string): Promise<void>;
  value(): Promise<string>;
  checked(): Promise<boolean>;
}

// Role is one of ARIA's, or a password field, which ARIA has none for.
export type Role = 'button' | 'checkbox' | 'dialog' | 'link' | 'password' | 'switch' | 'textbox';

// program is the path of a browser, which scripts/with-browsers finds.
export function program(name: 'FIREFOX' | 'WEBKIT' | 'WEBKIT_DRIVER'): string {
  const path = process.env[name];
  if (!path) throw new Error(`${name} names no program: start this by "make e2e-browsers"`);
  return path;
}
