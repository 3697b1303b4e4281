import { useEffect } from 'react';
import { t } from '../text';

// useTitle names the document after the page.
export function useTitle(title: string) {
  useEffect(() => {
    document.title = title ? t.shell.documentTitle(title) : t.shell.product;
  }, [title]);
}
