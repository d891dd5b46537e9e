"""Where the catalog's synced facts come from: a Protocol (`base`) and one reader per outside system."""
