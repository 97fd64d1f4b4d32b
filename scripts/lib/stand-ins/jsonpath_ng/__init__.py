"""Stands in for jsonpath_ng, which Debian 12 does not have."""
