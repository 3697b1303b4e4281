import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

// Words that a person reads stand in the catalog of a language alone, so that a
// translation is a file.

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.tsx') && !name.endsWith('.test.tsx'));

const read = new Set('alt confirmLabel consequence description error label message nothingFoundMessage placeholder subtitle text title'.split(' '));
const samples = ['whsec_…']; // what a value looks like, in every language

const joins = new Set([ts.SyntaxKind.PlusToken, ts.SyntaxKind.AmpersandAmpersandToken, ts.SyntaxKind.BarBarToken, ts.SyntaxKind.QuestionQuestionToken]);

const isRead = (name: string) => read.has(name) || /^aria-(?:description|label|placeholder|roledescription|valuetext)$/.test(name);
const isWord = (text: string) => /\p{L}{2}/u.test(text) && !samples.includes(text.trim());

// wordsIn finds what a component would show that no catalog has.
function wordsIn(name: string, text: string): string[] {
  const file = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const found: string[] = [];
  const note = (node: ts.Node, words: string) => {
    if (isWord(words)) found.push(`${name}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${words.trim()}`);
  };
  // The texts that a value may be.
  const value = (node: ts.Expression | undefined) => {
    if (!node) return;
    if (ts.isStringLiteralLike(node)) note(node, node.text);
    else if (ts.isTemplateExpression(node)) [node.head, ...node.templateSpans.map((span) => span.literal)].forEach((part) => note(part, part.text));
    else if (ts.isParenthesizedExpression(node)) value(node.expression);
    else if (ts.isConditionalExpression(node)) [node.whenTrue, node.whenFalse].forEach(value);
    else if (ts.isBinaryExpression(node) && joins.has(node.operatorToken.kind)) [node.left, node.right].forEach(value);
  };
  const visit = (node: ts.Node) => {
    if (ts.isJsxText(node)) note(node, node.text);
    if (ts.isJsxExpression(node) && !ts.isJsxAttribute(node.parent)) value(node.expression);
    if (ts.isJsxAttribute(node) && isRead(node.name.getText())) {
      const set = node.initializer;
      value(set && ts.isJsxExpression(set) ? set.expression : set && ts.isStringLiteral(set) ? set : undefined);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

test('what stands in a component itself is found', () => {
  const text = 'const a = <p title="The title" id="word">Some text {on ? "Yes" : `is ${n} off`} {t.fine} – {n}{" · "}</p>;';
  expect(wordsIn('a.tsx', text).map((line) => line.split(': ')[1])).toEqual(['The title', 'Some text', 'Yes', 'is', 'off']);
});

test('no component has words of its own', () => {
  expect(sources.length).toBeGreaterThan(100);
  expect(sources.flatMap((name) => wordsIn(name, readFileSync(join('src', name), 'utf8')))).toEqual([]);
});
