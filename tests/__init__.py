"""The tests, and what they share: servers, a browser, builders."""
