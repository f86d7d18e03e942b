import '@mantine/core/styles.css';
import './page.css';
import { MantineProvider } from '@mantine/core';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { strongerText, theme } from './shell/theme.ts';

const root = document.getElementById('root');
if (root === null) throw new Error('The page lacks its #root element.');
createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      cssVariablesResolver={strongerText}
      deduplicateInlineStyles
    >
      <App />
    </MantineProvider>
  </StrictMode>,
);
