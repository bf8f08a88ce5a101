-- What is looked for to be deleted: answers of Wikidata that there is no page, which have expired; hours long ago.
CREATE INDEX IF NOT EXISTS rt_id_absent ON rt_id (expires_at) WHERE rt_id IS NULL;
CREATE INDEX IF NOT EXISTS api_usage_hour ON api_usage (hour);
