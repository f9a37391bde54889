"""The mart in a DuckLake: many writers and readers of one mart (docs/lake.md). Optional; nothing else imports this."""
