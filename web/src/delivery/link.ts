import { useCallback } from 'react';
import { useLocation, useNavigate, useSearchParams } from 'react-router';

const name = 'delivery';

// The open delivery is part of the address: it can be sent to somebody, and
// Back closes it.
export function useOpenDelivery() {
  const [params, setParams] = useSearchParams();
  const navigate = useNavigate();
  const location = useLocation();
  const opened = (location.state as { deliveryOpened?: boolean } | null)?.deliveryOpened === true;

  const close = useCallback(() => {
    if (opened) return void navigate(-1);
    setParams(
      (now) => {
        now.delete(name);
        return now;
      },
      { replace: true },
    );
  }, [opened, navigate, setParams]);

  return { id: params.get(name) ?? '', close };
}

// useDeliveryLink gives where a delivery is shown on this page.
export function useDeliveryLink() {
  const [params] = useSearchParams();
  return useCallback(
    (id: string) => {
      const search = new URLSearchParams(params);
      search.set(name, id);
      return { to: { search: `?${search}` }, state: { deliveryOpened: true } };
    },
    [params],
  );
}
