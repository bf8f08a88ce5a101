-- Who may ask. key_hash is the SHA-256 of the key's bytes, in hexadecimal; the key itself is nowhere. hourly_limit 0: none.
-- revoked_at 0: it may still ask.
CREATE TABLE IF NOT EXISTS api_key (
    id           BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    key_hash     VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    name         VARCHAR(100) NOT NULL,
    is_admin     SMALLINT NOT NULL DEFAULT 0,
    hourly_limit BIGINT NOT NULL DEFAULT 0,
    created_at   BIGINT NOT NULL,
    revoked_at   BIGINT NOT NULL DEFAULT 0,
    UNIQUE KEY api_key_hash (key_hash)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Requests of each key in each hour since the epoch. Handlers reserve requests of the current hour here before they spend
-- them, so its count may be a little ahead.
CREATE TABLE IF NOT EXISTS api_usage (
    key_id   BIGINT NOT NULL,
    hour     BIGINT NOT NULL,
    requests BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (key_id, hour)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
