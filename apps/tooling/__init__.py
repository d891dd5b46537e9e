"""Standards for tools without a dictatorship: the radar, exceptions in days, and one `decide()` for every surface."""
