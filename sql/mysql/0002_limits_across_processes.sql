-- Claims with an owner and an end: slots (slot.rt.1), places in the line for them (slot.rt.wait.0.OWNER), flights
-- (flight.page.tt0113277), locks. One that has ended is free, whoever owned it. Times are this server's.
CREATE TABLE IF NOT EXISTS lease (
    name        VARCHAR(190) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    owner       VARCHAR(160) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    acquired_at BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What each upstream lets us do: nothing before shut_until; once is_open, one probe first.
CREATE TABLE IF NOT EXISTS upstream_state (
    upstream    VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    failures    INT NOT NULL DEFAULT 0,
    forbidden   INT NOT NULL DEFAULT 0,
    is_open     SMALLINT NOT NULL DEFAULT 0,
    opening_ms  BIGINT NOT NULL DEFAULT 30000,
    shut_at     BIGINT NOT NULL DEFAULT 0,
    shut_until  BIGINT NOT NULL DEFAULT 0,
    probe_until BIGINT NOT NULL DEFAULT 0,
    version     BIGINT NOT NULL DEFAULT 0
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
INSERT IGNORE INTO upstream_state (upstream) VALUES ('wikidata'), ('rt');

-- Films whose last fetch failed. Not tried again before retry_at; gone when a fetch succeeds.
CREATE TABLE IF NOT EXISTS rt_failure (
    imdb_id   VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    failures  INT NOT NULL,
    failed_at BIGINT NOT NULL,
    retry_at  BIGINT NOT NULL,
    message   VARCHAR(500) NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
