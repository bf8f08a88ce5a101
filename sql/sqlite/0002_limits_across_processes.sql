-- Claims with an owner and an end: slots (slot.rt.1), places in the line for them (slot.rt.wait.0.OWNER), flights
-- (flight.page.tt0113277), locks. One that has ended is free, whoever owned it.
CREATE TABLE IF NOT EXISTS lease (
    name        TEXT    NOT NULL PRIMARY KEY,
    owner       TEXT    NOT NULL,
    acquired_at INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL
);

-- What each upstream lets us do: nothing before shut_until; once is_open, one probe first.
CREATE TABLE IF NOT EXISTS upstream_state (
    upstream    TEXT    NOT NULL PRIMARY KEY,
    failures    INTEGER NOT NULL DEFAULT 0,
    forbidden   INTEGER NOT NULL DEFAULT 0,
    is_open     INTEGER NOT NULL DEFAULT 0,
    opening_ms  INTEGER NOT NULL DEFAULT 30000,
    shut_at     INTEGER NOT NULL DEFAULT 0,
    shut_until  INTEGER NOT NULL DEFAULT 0,
    probe_until INTEGER NOT NULL DEFAULT 0,
    version     INTEGER NOT NULL DEFAULT 0
);
INSERT OR IGNORE INTO upstream_state (upstream) VALUES ('wikidata'), ('rt');

-- Films whose last fetch failed. Not tried again before retry_at; gone when a fetch succeeds.
CREATE TABLE IF NOT EXISTS rt_failure (
    imdb_id   TEXT    NOT NULL PRIMARY KEY,
    failures  INTEGER NOT NULL,
    failed_at INTEGER NOT NULL,
    retry_at  INTEGER NOT NULL,
    message   TEXT    NOT NULL
);
