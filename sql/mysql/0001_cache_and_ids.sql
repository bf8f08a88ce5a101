-- One row a film. A hit is copied from facts to the wire as it is; the columns after expires_at only serve
-- people with an SQL prompt and cost nothing when a row is written.
CREATE TABLE IF NOT EXISTS rt_cache (
    imdb_id        VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    rt_slug        VARCHAR(500) NOT NULL,
    facts          TEXT NOT NULL,
    cached_at      BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    title          VARCHAR(512) GENERATED ALWAYS AS (JSON_VALUE(facts, '$.title')) VIRTUAL,
    year           INT GENERATED ALWAYS AS (JSON_VALUE(facts, '$.year')) VIRTUAL,
    critic_score   INT GENERATED ALWAYS AS (JSON_VALUE(facts, '$.criticScore')) VIRTUAL,
    audience_score INT GENERATED ALWAYS AS (JSON_VALUE(facts, '$.audienceScore')) VIRTUAL,
    KEY rt_cache_expires_at (expires_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What Wikidata said; rt_id NULL: it knows none.
CREATE TABLE IF NOT EXISTS rt_id (
    imdb_id    VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    rt_id      VARCHAR(500),
    checked_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    KEY rt_id_expires_at (expires_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
