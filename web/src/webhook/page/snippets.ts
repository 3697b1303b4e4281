import java from '../../../../docs/verify/Verify.java?raw';
import go from '../../../../docs/verify/verify.go.txt?raw';
import node from '../../../../docs/verify/verify.mjs?raw';
import php from '../../../../docs/verify/verify.php?raw';
import python from '../../../../docs/verify/verify.py?raw';
import ruby from '../../../../docs/verify/verify.rb?raw';

export interface Snippet {
  id: string;
  language: string; // a proper name, the same in every language
  needs: 'standard' | 'none'; // the Standard Webhooks library, or nothing
  code: string;
}

// snippets are the very files of docs/verify that the tests run.
export const snippets: Snippet[] = [
  { id: 'go', language: 'Go', needs: 'standard', code: go },
  { id: 'node', language: 'Node', needs: 'standard', code: node },
  { id: 'python', language: 'Python', needs: 'none', code: python },
  { id: 'ruby', language: 'Ruby', needs: 'none', code: ruby },
  { id: 'php', language: 'PHP', needs: 'none', code: php },
  { id: 'java', language: 'Java', needs: 'none', code: java },
];
