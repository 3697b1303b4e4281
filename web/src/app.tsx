import { MantineProvider } from '@mantine/core';
import { ModalsProvider } from '@mantine/modals';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { RouterProvider } from 'react-router';
import { onSessionEnd } from './api';
import { newQueryClient } from './client';
import { newRouter } from './routes';
import { doubtSession } from './session';
import { theme, variables } from './theme';

interface Props {
  nonce: string; // of the policy, for styles that are made in the page
}

export function App({ nonce }: Props) {
  const [client] = useState(newQueryClient);
  const [router] = useState(newRouter);
  useEffect(() => onSessionEnd(() => void doubtSession(client)), [client]);
  return (
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <QueryClientProvider client={client}>
        <ModalsProvider>
          <Notifications position="bottom-right" />
          <RouterProvider router={router} />
        </ModalsProvider>
      </QueryClientProvider>
    </MantineProvider>
  );
}
