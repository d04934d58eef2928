"""The domain: tables, the one writer, and the rules of claims, dates, names and standing. No HTTP here."""
