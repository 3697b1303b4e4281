import { useEffect, useMemo, useRef } from 'react';
import { useSearchParams } from 'react-router';
import { countSet } from './range';

// Kind reads and writes the filters of a list in an address.
export interface Kind<F> {
  read: (params: URLSearchParams) => F;
  write: (params: URLSearchParams, filters: F) => URLSearchParams; // what else it holds stays
}

// useFilters keeps a list's filters in the address. The history gets no step for
// each word that is typed. kind is the same object in each render.
export function useFilters<F extends { text: string }>(kind: Kind<F>) {
  const [params, setParams] = useSearchParams();
  const address = kind.write(new URLSearchParams(), kind.read(params)).toString();
  const filters = useMemo(() => kind.read(new URLSearchParams(address)), [kind, address]);
  // Of two changes at once the second builds on the first, which no render has shown yet.
  const latest = useRef(params);
  useEffect(() => {
    latest.current = params;
  }, [params]);
  const change = (part: Partial<F>) => {
    const typing = part.text !== undefined && part.text !== filters.text;
    latest.current = kind.write(latest.current, { ...kind.read(latest.current), ...part });
    setParams(latest.current, { replace: typing, preventScrollReset: true });
  };
  return { filters, change, filtered: address !== '', set: countSet(new URLSearchParams(address)) };
}
