"""What the wiki knows about text, without a database: rendering, merging, differences, bundles."""
