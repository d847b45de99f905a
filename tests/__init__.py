"""The tests. They read nothing outside this project."""
