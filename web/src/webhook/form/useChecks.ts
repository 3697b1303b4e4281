import { useEffect, useRef, type Dispatch } from 'react';
import { api, data, type Schemas } from '../../api';
import { useLive } from '../../live';
import type { Flow, FlowEvent } from './flow';

const pause = 300; // ms without a key before the form is judged

interface With {
  secret?: string; // none yet: an endpoint is not asked before it is there
  webhookId?: string; // its secret and headers are used
}

// useChecks asks the server for the verdicts that the flow waits for. A request
// that nobody waits for any more is given up.
export function useChecks(flow: Flow, dispatch: Dispatch<FlowEvent>, { secret, webhookId }: With) {
  const { url, format, ticket, check } = flow;
  const { phase } = check;
  const live = useLive().state === 'live';
  const waits = phase === 'typing' || (phase === 'reaching' && (secret !== undefined || webhookId !== undefined));

  useEffect(() => {
    if (!waits) return;
    const reach = phase === 'reaching';
    const end = new AbortController();
    const ask = async () => {
      const body: Schemas['ValidateRequestBody'] = { url: url.trim(), reach, format };
      if (webhookId !== undefined) body.webhookId = webhookId;
      if (reach && secret !== undefined) body.secret = secret;
      try {
        dispatch({ type: 'judged', ticket, verdict: await data(api.POST('/api/v1/webhooks/validate', { body, signal: end.signal })) });
      } catch (error) {
        if (!end.signal.aborted) dispatch({ type: 'unjudged', ticket, error });
      }
    };
    const timer = setTimeout(() => void ask(), reach ? 0 : pause);
    return () => {
      clearTimeout(timer);
      end.abort();
    };
  }, [waits, phase, ticket, url, format, secret, webhookId, dispatch]);

  // What could not be judged while the server was away is asked again.
  const unjudged = phase === 'unjudged';
  const was = useRef(live);
  useEffect(() => {
    if (live && !was.current && unjudged) dispatch({ type: 'retried' });
    was.current = live;
  }, [live, unjudged, dispatch]);
}
