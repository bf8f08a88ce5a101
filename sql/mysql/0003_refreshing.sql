-- How each row came to its lifetime: scrapes in a row that found the same scores; since when a page lacks a fact that
-- the row has (0: it does not); midnight of the release date that the page names.
ALTER TABLE rt_cache ADD COLUMN unchanged INT NOT NULL DEFAULT 0;
ALTER TABLE rt_cache ADD COLUMN suspect_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE rt_cache ADD COLUMN released_at BIGINT;

-- How often and how lately each film was asked for. weight is the sum over its requests of 2^((time - 2026-01-01) / 7 days),
-- so that it orders by demand that halves every 7 days without being touched; a double holds it until 2045.
-- wanted_place: on a list of what should be warm, 0 is the most wanted.
CREATE TABLE IF NOT EXISTS demand (
    imdb_id      VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    requests     BIGINT NOT NULL DEFAULT 0,
    weight       DOUBLE  NOT NULL DEFAULT 0,
    first_at     BIGINT NOT NULL DEFAULT 0,
    last_at      BIGINT NOT NULL DEFAULT 0,
    wanted_place BIGINT,
    wanted_at    BIGINT NOT NULL DEFAULT 0,
    KEY demand_last_at (last_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What batches were answered, in periods of 5 minutes, over all handlers.
CREATE TABLE IF NOT EXISTS served (
    since     BIGINT NOT NULL PRIMARY KEY,
    cached    BIGINT NOT NULL DEFAULT 0,
    stale     BIGINT NOT NULL DEFAULT 0,
    fetched   BIGINT NOT NULL DEFAULT 0,
    not_found BIGINT NOT NULL DEFAULT 0,
    failed    BIGINT NOT NULL DEFAULT 0
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Every page that was asked for, and what came of it: read, lost (it lacks a fact that the row has), unreadable, other
-- (another film's), gone, failed.
CREATE TABLE IF NOT EXISTS rt_scrape (
    id             BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    imdb_id        VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    scraped_at     BIGINT NOT NULL,
    outcome        VARCHAR(20) NOT NULL,
    critic_score   INT,
    audience_score INT,
    detail         VARCHAR(500) NOT NULL DEFAULT '',
    KEY rt_scrape_imdb_id (imdb_id, scraped_at),
    KEY rt_scrape_scraped_at (scraped_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The markup guard: since when nothing is written because pages lost facts or cannot be read (0: it is), and from when
-- on pages count for it.
ALTER TABLE upstream_state ADD COLUMN suspended_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE upstream_state ADD COLUMN cleared_at BIGINT NOT NULL DEFAULT 0;

-- What each run of the refresher did. ended_at 0: it runs, or was killed.
CREATE TABLE IF NOT EXISTS refresh_run (
    started_at BIGINT NOT NULL PRIMARY KEY,
    owner      VARCHAR(160) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    ended_at   BIGINT NOT NULL DEFAULT 0,
    due        BIGINT NOT NULL DEFAULT 0,
    pages      BIGINT NOT NULL DEFAULT 0,
    renewed    BIGINT NOT NULL DEFAULT 0,
    not_found  BIGINT NOT NULL DEFAULT 0,
    failed     BIGINT NOT NULL DEFAULT 0,
    ended_by   VARCHAR(100) NOT NULL DEFAULT ''
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- How far the whole mapping has been taken over from Wikidata: all ids up to after_rt_id. ended_at 0: not to the end yet.
CREATE TABLE IF NOT EXISTS id_sync (
    source      VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    started_at  BIGINT NOT NULL,
    ended_at    BIGINT NOT NULL DEFAULT 0,
    after_rt_id VARCHAR(500) NOT NULL DEFAULT '',
    requests    BIGINT NOT NULL DEFAULT 0,
    found       BIGINT NOT NULL DEFAULT 0
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
