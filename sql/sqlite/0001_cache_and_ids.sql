-- One row a film. A hit is copied from facts to the wire as it is; the columns after expires_at only serve
-- people with an SQL prompt. SQLite computes them when it writes a row too, so they must not fail on any text.
CREATE TABLE IF NOT EXISTS rt_cache (
    imdb_id        TEXT    NOT NULL PRIMARY KEY,
    rt_slug        TEXT    NOT NULL,
    facts          TEXT    NOT NULL,
    cached_at      INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    title          TEXT    GENERATED ALWAYS AS (iif(json_valid(facts), json_extract(facts, '$.title'), NULL)) VIRTUAL,
    year           INTEGER GENERATED ALWAYS AS (iif(json_valid(facts), json_extract(facts, '$.year'), NULL)) VIRTUAL,
    critic_score   INTEGER GENERATED ALWAYS AS (iif(json_valid(facts), json_extract(facts, '$.criticScore'), NULL)) VIRTUAL,
    audience_score INTEGER GENERATED ALWAYS AS (iif(json_valid(facts), json_extract(facts, '$.audienceScore'), NULL)) VIRTUAL
);
CREATE INDEX IF NOT EXISTS rt_cache_expires_at ON rt_cache (expires_at);

-- What Wikidata said; rt_id NULL: it knows none.
CREATE TABLE IF NOT EXISTS rt_id (
    imdb_id    TEXT    NOT NULL PRIMARY KEY,
    rt_id      TEXT,
    checked_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS rt_id_expires_at ON rt_id (expires_at);
