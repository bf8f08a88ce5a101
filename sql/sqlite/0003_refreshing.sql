-- How each row came to its lifetime: scrapes in a row that found the same scores; since when a page lacks a fact that
-- the row has (0: it does not); midnight of the release date that the page names.
ALTER TABLE rt_cache ADD COLUMN unchanged INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rt_cache ADD COLUMN suspect_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rt_cache ADD COLUMN released_at INTEGER;

-- How often and how lately each film was asked for. weight is the sum over its requests of 2^((time - 2026-01-01) / 7 days),
-- so that it orders by demand that halves every 7 days without being touched; a double holds it until 2045.
-- wanted_place: on a list of what should be warm, 0 is the most wanted.
CREATE TABLE IF NOT EXISTS demand (
    imdb_id      TEXT    NOT NULL PRIMARY KEY,
    requests     INTEGER NOT NULL DEFAULT 0,
    weight       REAL    NOT NULL DEFAULT 0,
    first_at     INTEGER NOT NULL DEFAULT 0,
    last_at      INTEGER NOT NULL DEFAULT 0,
    wanted_place INTEGER,
    wanted_at    INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS demand_last_at ON demand (last_at);

-- What batches were answered, in periods of 5 minutes, over all handlers.
CREATE TABLE IF NOT EXISTS served (
    since     INTEGER NOT NULL PRIMARY KEY,
    cached    INTEGER NOT NULL DEFAULT 0,
    stale     INTEGER NOT NULL DEFAULT 0,
    fetched   INTEGER NOT NULL DEFAULT 0,
    not_found INTEGER NOT NULL DEFAULT 0,
    failed    INTEGER NOT NULL DEFAULT 0
);

-- Every page that was asked for, and what came of it: read, lost (it lacks a fact that the row has), unreadable, other
-- (another film's), gone, failed.
CREATE TABLE IF NOT EXISTS rt_scrape (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    imdb_id        TEXT    NOT NULL,
    scraped_at     INTEGER NOT NULL,
    outcome        TEXT    NOT NULL,
    critic_score   INTEGER,
    audience_score INTEGER,
    detail         TEXT    NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS rt_scrape_imdb_id ON rt_scrape (imdb_id, scraped_at);
CREATE INDEX IF NOT EXISTS rt_scrape_scraped_at ON rt_scrape (scraped_at);

-- The markup guard: since when nothing is written because pages lost facts or cannot be read (0: it is), and from when
-- on pages count for it.
ALTER TABLE upstream_state ADD COLUMN suspended_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE upstream_state ADD COLUMN cleared_at INTEGER NOT NULL DEFAULT 0;

-- What each run of the refresher did. ended_at 0: it runs, or was killed.
CREATE TABLE IF NOT EXISTS refresh_run (
    started_at INTEGER NOT NULL PRIMARY KEY,
    owner      TEXT    NOT NULL,
    ended_at   INTEGER NOT NULL DEFAULT 0,
    due        INTEGER NOT NULL DEFAULT 0,
    pages      INTEGER NOT NULL DEFAULT 0,
    renewed    INTEGER NOT NULL DEFAULT 0,
    not_found  INTEGER NOT NULL DEFAULT 0,
    failed     INTEGER NOT NULL DEFAULT 0,
    ended_by   TEXT    NOT NULL DEFAULT ''
);

-- How far the whole mapping has been taken over from Wikidata: all ids up to after_rt_id. ended_at 0: not to the end yet.
CREATE TABLE IF NOT EXISTS id_sync (
    source      TEXT    NOT NULL PRIMARY KEY,
    started_at  INTEGER NOT NULL,
    ended_at    INTEGER NOT NULL DEFAULT 0,
    after_rt_id TEXT    NOT NULL DEFAULT '',
    requests    INTEGER NOT NULL DEFAULT 0,
    found       INTEGER NOT NULL DEFAULT 0
);
