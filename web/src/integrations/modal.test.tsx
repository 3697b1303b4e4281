import { fireEvent, screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { show } from '../apikey/fixture';
import { useWebhookModal } from './modal';

function Page() {
  const modal = useWebhookModal();
  return (
    <>
      <p>{modal.adding ? 'adding' : modal.opened ? 'list' : 'page'}</p>
      {(['open', 'add', 'list', 'close'] as const).map((action) => (
        <button key={action} onClick={modal[action]}>
          {action}
        </button>
      ))}
    </>
  );
}

const press = (name: string) => fireEvent.click(screen.getByRole('button', { name }));
const see = (text: string) => waitFor(() => screen.getByText(text, { selector: 'p' }));

test('Back closes what was opened', async () => {
  const { router } = show(<Page />, { at: '/settings/integrations?usage=24h' });
  press('open');
  await see('list');
  expect(router.state.location.search).toBe('?usage=24h&webhooks=open');
  press('add');
  await see('adding');
  void router.navigate(-1);
  await see('list');
  void router.navigate(-1);
  await see('page');
  expect(router.state.location.search).toBe('?usage=24h');
});

test('closing goes back as far as it was opened, so that Back does not open it again', async () => {
  const { router } = show(<Page />, { at: '/?usage=24h' });
  press('open');
  await see('list');
  press('add');
  await see('adding');
  press('list');
  await see('list');
  press('add');
  await see('adding');
  press('close');
  await see('page');
  expect(router.state.location.search).toBe('?usage=24h');
});

test('a link that opens it can be closed', async () => {
  const { router } = show(<Page />, { at: '/?webhooks=add' });
  await see('adding');
  press('list');
  await see('list');
  press('close');
  await see('page');
  expect(router.state.location.search).toBe('');
});
