"""Program search with language models, rewarded by unit tests."""
