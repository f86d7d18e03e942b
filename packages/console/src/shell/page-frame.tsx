import type { ReactNode } from 'react';
import { ColorSchemeToggle } from './color-scheme-toggle.tsx';
import { Logo } from './logo.tsx';
import { RouteLink, useAddress } from './router.tsx';
import classes from './shell.module.css';

const pages = [
  { href: '/', label: 'Home' },
  { href: '/demo', label: 'Demo' },
  { href: '/inspector', label: 'Notices' },
  { href: '/endpoints', label: 'Endpoints' },
  { href: '/deliveries', label: 'Deliveries' },
] as const;

/** The header with the way to every page, and the page itself. */
export function PageFrame({ children }: { children: ReactNode }) {
  const { pathname } = useAddress();
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
            {pages.map(({ href, label }) => (
              <RouteLink
                key={href}
                className={classes.link}
                href={href}
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
