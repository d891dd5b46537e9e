"""Every write of the wiki: require, change, record."""
