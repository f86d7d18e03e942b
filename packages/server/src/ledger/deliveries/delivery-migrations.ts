/**
 * The migrations from version 1 on. Versions 1 to 3 kept an attempt for each notice of a request; since 4 it is kept once for all of them, and
 * a delivery says which was its first.
 */
export const deliveryMigrations: readonly string[] = [
  'ALTER TABLE attempts ADD COLUMN same_as INTEGER;',
  'CREATE INDEX deliveries_by_app ON deliveries (app, id);',
  `
    ALTER TABLE deliveries RENAME TO deliveries_3;
    ALTER TABLE attempts RENAME TO attempts_3;
    DROP INDEX deliveries_by_notice;
    DROP INDEX deliveries_by_app;
    DROP INDEX deliveries_by_channel;
    DROP INDEX deliveries_unfinished;
    -- Which attempt each row was: of a batch, the one whose row has what was exchanged, if it is still there.
    CREATE TABLE attempt_of (id INTEGER PRIMARY KEY, delivery INTEGER NOT NULL, attempt INTEGER NOT NULL) STRICT;
    INSERT INTO attempt_of SELECT a.id, a.delivery, coalesce((
        SELECT b.id FROM attempts_3 b WHERE b.id = a.same_as AND b.attempt = a.attempt AND b.at_ms = a.at_ms
          AND b.next = a.next AND b.redelivery IS a.redelivery
      ), a.id) FROM attempts_3 a;
    CREATE INDEX attempt_of_delivery ON attempt_of (delivery, id);
    CREATE TABLE deliveries (
      id INTEGER PRIMARY KEY, app TEXT NOT NULL, endpoint TEXT NOT NULL, notice_id TEXT NOT NULL,
      position INTEGER NOT NULL, type INTEGER NOT NULL, channel TEXT NOT NULL, sid TEXT NOT NULL, seq INTEGER NOT NULL,
      uid INTEGER, account TEXT, event_ms INTEGER NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
      attempts INTEGER NOT NULL, redelivered INTEGER NOT NULL, status INTEGER NOT NULL, first_attempt INTEGER NOT NULL
    ) STRICT;
    INSERT INTO deliveries SELECT d.*, coalesce(
        (SELECT attempt FROM attempt_of WHERE delivery = d.id ORDER BY id LIMIT 1), 0
      ) FROM deliveries_3 d;
    CREATE UNIQUE INDEX deliveries_by_notice ON deliveries (notice_id, endpoint);
    CREATE INDEX deliveries_by_app ON deliveries (app, id);
    CREATE INDEX deliveries_by_channel ON deliveries (app, channel, id);
    CREATE INDEX deliveries_unfinished ON deliveries (status, app, id) WHERE status < 2;
    CREATE TABLE attempts (
      id INTEGER PRIMARY KEY, attempt INTEGER NOT NULL, at_ms INTEGER NOT NULL, duration_ms INTEGER NOT NULL,
      answered INTEGER, stage TEXT, detail TEXT, next TEXT NOT NULL, redelivery TEXT, headers TEXT, body TEXT, answer TEXT
    ) STRICT;
    INSERT INTO attempts SELECT a.id, a.attempt, a.at_ms, a.duration_ms, a.answered, a.stage, a.detail, a.next,
        a.redelivery, coalesce(a.headers, b.headers), coalesce(a.body, b.body), coalesce(a.answer, b.answer)
      FROM attempts_3 a LEFT JOIN attempts_3 b ON b.id = a.same_as
      WHERE a.id IN (SELECT attempt FROM attempt_of);
    CREATE TABLE further_attempts (
      delivery INTEGER NOT NULL, attempt INTEGER NOT NULL, PRIMARY KEY (delivery, attempt)
    ) STRICT, WITHOUT ROWID;
    INSERT OR IGNORE INTO further_attempts SELECT o.delivery, o.attempt FROM attempt_of o
      JOIN deliveries d ON d.id = o.delivery WHERE o.attempt <> d.first_attempt;
    DROP TABLE attempt_of;
    DROP TABLE attempts_3;
    DROP TABLE deliveries_3;
  `,
  'ALTER TABLE attempts ADD COLUMN body_of INTEGER;',
];
