import type { ReactNode } from 'react';
import { ColorSchemeToggle } from './color-scheme-toggle.tsx';
import { Logo } from './logo.tsx';
import { RouteLink, useAddress } from './router.tsx';
import classes from './shell.module.css';

/** The pages of the header. With `ofApp` a page is about one app, and its link keeps the app that was chosen. */
const pages = [
  { href: '/', label: 'Home', ofApp: false },
  { href: '/demo', label: 'Demo', ofApp: false },
  { href: '/inspector', label: 'Notices', ofApp: true },
  { href: '/endpoints', label: 'Endpoints', ofApp: true },
  { href: '/deliveries', label: 'Deliveries', ofApp: true },
] as const;

/** The header with the way to every page, and the page itself. */
export function PageFrame({ children }: { children: ReactNode }) {
  const { pathname, searchParams } = useAddress();
  const app = searchParams.get('app');
  return (
    <>
      <a className={classes.skip} href="#main">
        Skip to the page
      </a>
      <header className={classes.header}>
        <nav className={classes.bar} aria-label="Pages">
          <RouteLink className={classes.brand} href="/" aria-label="Housecount, home">
            <Logo />
            <span className={classes.name}>Housecount</span>
          </RouteLink>
          <div className={classes.links}>
            {pages.map(({ href, label, ofApp }) => (
              <RouteLink
                key={href}
                className={classes.link}
                href={ofApp && app !== null ? `${href}?app=${encodeURIComponent(app)}` : href}
                aria-current={pathname === href ? 'page' : undefined}
              >
                {label}
              </RouteLink>
            ))}
          </div>
          <ColorSchemeToggle />
        </nav>
      </header>
      <main id="main" className={classes.main} tabIndex={-1} style={{ outline: 'none' }}>
        {children}
      </main>
    </>
  );
}
