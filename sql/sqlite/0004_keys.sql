-- Who may ask. key_hash is the SHA-256 of the key's bytes, in hexadecimal; the key itself is nowhere. hourly_limit 0: none.
-- revoked_at 0: it may still ask.
CREATE TABLE IF NOT EXISTS api_key (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    key_hash     TEXT    NOT NULL UNIQUE,
    name         TEXT    NOT NULL,
    is_admin     INTEGER NOT NULL DEFAULT 0,
    hourly_limit INTEGER NOT NULL DEFAULT 0,
    created_at   INTEGER NOT NULL,
    revoked_at   INTEGER NOT NULL DEFAULT 0
);

-- Requests of each key in each hour since the epoch. Handlers reserve requests of the current hour here before they spend
-- them, so its count may be a little ahead.
CREATE TABLE IF NOT EXISTS api_usage (
    key_id   INTEGER NOT NULL,
    hour     INTEGER NOT NULL,
    requests INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (key_id, hour)
);
