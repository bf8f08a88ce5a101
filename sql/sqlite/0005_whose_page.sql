-- Whose page an address is: it is looked for by the address too.
CREATE INDEX IF NOT EXISTS rt_id_rt_id ON rt_id (rt_id);

-- Requests in a row, for different pages, that the site redirected away from where films are; the last of those pages.
ALTER TABLE upstream_state ADD COLUMN redirected INTEGER NOT NULL DEFAULT 0;
ALTER TABLE upstream_state ADD COLUMN redirected_page TEXT NOT NULL DEFAULT '';
