export type CopyMethod = 'button' | 'shortcut' | 'manual';

// copyText puts a text on the clipboard, in the very click: a browser that waits
// for the text asks nobody a second time. False when no way is open.
export async function copyText(text: Promise<string>, near: HTMLElement): Promise<boolean> {
  if (window.isSecureContext && navigator.clipboard) {
    if (await write(text)) return true;
  }
  return copyBySelection(await text, near);
}

async function write(text: Promise<string>): Promise<boolean> {
  if (typeof ClipboardItem !== 'undefined' && navigator.clipboard.write) {
    try {
      const blob = text.then((value) => new Blob([value], { type: 'text/plain' }));
      await navigator.clipboard.write([new ClipboardItem({ 'text/plain': blob })]);
      return true;
    } catch {
      // refused, or a browser without promises in an item: the next way
    }
  }
  const value = await text;
  try {
    await navigator.clipboard.writeText(value);
    return true;
  } catch {
    return false;
  }
}

// copyBySelection is the old way, for pages without TLS. The field stands beside
// the button, since a dialog keeps the focus within itself.
function copyBySelection(value: string, near: HTMLElement): boolean {
  const field = document.createElement('textarea');
  field.value = value;
  field.readOnly = true;
  field.setAttribute('aria-hidden', 'true');
  field.style.position = 'fixed';
  field.style.opacity = '0';
  near.after(field);
  const before = document.activeElement;
  field.select();
  let done = false;
  try {
    done = document.execCommand('copy');
  } catch {
    done = false;
  }
  field.remove();
  if (before instanceof HTMLElement) before.focus();
  return done;
}
