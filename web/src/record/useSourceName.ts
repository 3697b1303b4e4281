import { useIntegrations } from '../integrations/queries';
import { useText } from '../text';

// useSourceName names a source for people: the integration, or the API. One that the
// catalog no longer has keeps its slug.
export function useSourceName(): (source: string) => string {
  const t = useText();
  const { data } = useIntegrations();
  const all = data ? [...data.connected.integrations, ...data.available.integrations] : [];
  return (source) => (source === 'api' ? t.record.api : (all.find(({ slug }) => slug === source)?.name ?? source));
}
